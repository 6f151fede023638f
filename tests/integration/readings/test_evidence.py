"""Words that speak for a reading are found when somebody looks, where the pass that read it left them out."""

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests import factories
from voc.classifier import artefact
from voc.config import Settings
from voc.db import Database
from voc.readings import evidence, models
from voc.readings.tables import ModelVersion

TEXT = "味に不満はないのですが、一番は値段です。"


def put(db: Database, settings: Settings, **values: object) -> int:
    with db.transaction() as session:
        model = models.register(session, settings)
        assert model is not None
        answer = factories.answer(session, TEXT)
        factories.prediction(session, answer=answer, model_version=model.version, primary_leaf="price", **values)
        return answer.id


def test_the_page_shows_evidence_that_was_left_out(as_staff: FlaskClient, db: Database, settings: Settings) -> None:
    page = as_staff.get(f"/review/{put(db, settings, evidence=sa.null())}").text
    assert '<mark class="denied">味に不満はないのですが</mark>' in page
    assert '<mark class="for">一番は値段です</mark>' in page


def test_what_is_kept_is_shown_as_it_is(as_staff: FlaskClient, db: Database, settings: Settings) -> None:
    page = as_staff.get(f"/review/{put(db, settings, evidence=[[0, 1, 'for']])}").text
    assert '<mark class="for">味</mark>に不満はないのですが、一番は値段です。' in page


def test_the_words_are_shown_bare_when_the_model_is_gone(
    as_staff: FlaskClient, db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "shipped"
    shutil.copytree(artefact.shipped(), home / artefact.shipped().name)
    monkeypatch.setattr(models, "SHIPPED", home)
    answer = put(db, settings, evidence=sa.null())
    shutil.rmtree(home)
    models._load.cache_clear()
    page = as_staff.get(f"/review/{answer}")
    assert page.status_code == 200
    assert TEXT in page.text
    assert "<mark" not in page.text


def test_it_says_nothing_about_a_version_that_is_not_known(db: Database, settings: Settings) -> None:
    with db.transaction() as session:
        found = factories.prediction(session, answer=factories.answer(session, TEXT), evidence=sa.null())
        assert session.get(ModelVersion, "test") is None
        assert evidence.spans(session, found, TEXT, settings) == []
