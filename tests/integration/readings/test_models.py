"""Models on disk, the one in use, and the job that reads with it."""

import json
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests import factories
from tests.readers import WordReader
from voc import jobs
from voc.config import Settings
from voc.db import Database
from voc.jobs import Job
from voc.readings import models, queries, work
from voc.readings.models import ModelMissing
from voc.readings.tables import Alert, ModelVersion, Prediction


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "shipped"
    monkeypatch.setattr(models, "SHIPPED", home)
    return home


def put(home: Path, version: str, sha256: str = "a") -> None:
    (home / version).mkdir(parents=True, exist_ok=True)
    (home / version / "card.json").write_text(json.dumps({"version": version, "sha256": sha256}))


def job(db: Database, settings: Settings, stopping: threading.Event | None = None) -> None:
    """Run the job as a worker does."""
    with db.transaction() as session:
        session.execute(sa.delete(Job))
        jobs.enqueue(session, "readings.read")
        held = jobs.claim(session, "test")
    assert held is not None
    work.read_pending(jobs.Context(db=db, settings=settings, payload={}, claim=held, stopping=stopping or threading.Event()))
    with db.transaction() as session:
        jobs.finish(session, held)


def in_use(db: Database) -> str | None:
    with db.reading() as session:
        model = queries.in_use(session)
        return model.version if model else None


def test_the_newest_shipped_model_is_put_in_use_when_none_is(db: Database, settings: Settings, shipped: Path) -> None:
    put(shipped, "2026-10-01")
    put(shipped, "2026-11-22")
    job(db, settings)
    assert in_use(db) == "2026-11-22"


def test_a_newer_shipped_model_waits_until_a_person_takes_it(db: Database, settings: Settings, shipped: Path) -> None:
    put(shipped, "2026-10-01")
    job(db, settings)
    put(shipped, "2026-11-22")
    job(db, settings)
    assert in_use(db) == "2026-10-01"
    with db.reading() as session:
        assert {model.version for model in queries.versions(session)} == {"2026-10-01", "2026-11-22"}


def test_when_voc_no_longer_ships_the_model_in_use_reading_goes_on_with_the_newest(db: Database, settings: Settings, shipped: Path) -> None:
    put(shipped, "2026-10-01")
    job(db, settings)
    (shipped / "2026-10-01" / "card.json").unlink()
    put(shipped, "2026-11-22")
    job(db, settings)
    assert in_use(db) == "2026-11-22"


def test_a_host_with_an_older_voc_does_not_switch_back(db: Database, settings: Settings, shipped: Path) -> None:
    put(shipped, "2026-11-22")
    job(db, settings)
    (shipped / "2026-11-22" / "card.json").unlink()
    put(shipped, "2026-10-01")
    job(db, settings)
    assert in_use(db) == "2026-11-22"


def test_models_trained_here_are_known_too(db: Database, settings: Settings, shipped: Path) -> None:
    put(shipped, "2026-11-22")
    put(settings.instance_dir / "models", "own-1")
    job(db, settings)
    with db.reading() as session:
        assert {model.version: model.path for model in queries.versions(session)} == {
            "2026-11-22": "models/2026-11-22",
            "own-1": "instance/models/own-1",
        }


def test_a_model_without_its_files_says_what_to_do(db: Database, settings: Settings, shipped: Path) -> None:
    with db.transaction() as session:
        model = factories.model(session, "gone")
        factories.answer(session)
    with pytest.raises(ModelMissing, match="別のモデルに切り替えて"):
        models.reader_for(model, settings)


def test_a_card_that_cannot_be_read_says_which(db: Database, settings: Settings, shipped: Path) -> None:
    (shipped / "broken").mkdir(parents=True)
    (shipped / "broken" / "card.json").write_text("{")
    with pytest.raises(ModelMissing, match="broken"):
        job(db, settings)


def test_a_worker_that_must_stop_leaves_the_rest_to_the_next(
    db: Database, settings: Settings, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(shipped, "2026-11-22")
    monkeypatch.setattr(models, "reader_for", lambda model, settings: WordReader())
    job(db, settings)
    with db.transaction() as session:
        factories.answer(session)
    stopping = threading.Event()
    stopping.set()
    job(db, settings, stopping)
    with db.reading() as session:
        assert session.scalar(sa.select(Job.name).where(Job.status == "queued")) == "readings.read"
        assert session.scalar(sa.select(Prediction.id)) is None


def test_the_model_that_voc_ships_reads_a_reply(db: Database, settings: Settings) -> None:
    text = "味は好きでしたが、飲むとお腹が痛くなるのでやめました"
    with db.transaction() as session:
        factories.answer(session, text)
    job(db, settings)
    with db.reading() as session:
        read = session.scalars(sa.select(Prediction)).one()
        assert read.primary_leaf == "side_effect"
        assert len(read.suggestions) == 3
        assert all(0 <= start < end <= len(text) and role in ("for", "denied") for start, end, role in read.evidence)
        alert = session.scalars(sa.select(Alert).where(Alert.code == "health_harm")).one()
        assert "お腹" in "".join(text[start:end] for start, end in alert.evidence)
        assert session.scalar(sa.select(ModelVersion.in_use)) is True
