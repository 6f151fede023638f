"""The monthly look at the readings: what is kept, what a manager is told."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests import factories
from voc import jobs
from voc.clock import frozen, now
from voc.config import Settings
from voc.db import Database
from voc.jobs import Context
from voc.learning import drift, work
from voc.readings import models
from voc.readings.tables import DriftCheck

TODAY = datetime(2026, 11, 22, 3, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "SHIPPED", tmp_path / "none")


def put(session: Session, month: int, *, right: int, wrong: int, confidence: float = 0.9) -> None:
    """Drawn and reviewed answers of one month, read by the model in use."""
    person = factories.user(session)
    for n in range(right + wrong):
        answer = factories.answer(session, f"声{month}-{n}", answered_at=datetime(2026, month, 10, tzinfo=UTC) + timedelta(minutes=n))
        read = factories.prediction(session, answer=answer, confidence=confidence)
        factories.draw(session, answer=answer, probability=0.5)
        leaf = read.primary_leaf if n < right else "price"
        factories.decision(session, answer=answer, by=person, stream="audit", primary_leaf=leaf, prediction_id=read.id)


def watch(db: Database, settings: Settings) -> None:
    with db.transaction() as session:
        jobs.enqueue(session, "learning.watch", unique_key=f"watch-{now()}")
        held = jobs.claim(session, "test", {"learning.watch"})
    assert held is not None
    work.watch(Context(db=db, settings=settings, payload={}, claim=held, stopping=threading.Event()))


def test_a_fall_is_told_on_home_until_a_manager_takes_note(as_manager: FlaskClient, db: Database, settings: Settings) -> None:
    with frozen(TODAY):
        with db.transaction() as session:
            factories.model(session)
            put(session, 8, right=28, wrong=2)
            put(session, 9, right=28, wrong=2)
            put(session, 10, right=18, wrong=17)
        watch(db, settings)
        assert "読み取りに変化があります" in as_manager.get("/").text
        page = as_manager.get("/models").text
        assert "読み取りの正しさが下がりました" in page
        assert "それまでの93%に対して51%" in page
        assert as_manager.post("/models/seen").status_code == 303
        watch(db, settings)  # looked at again: what was seen stays so
        assert "読み取りに変化があります" not in as_manager.get("/").text


def test_small_numbers_claim_nothing(as_manager: FlaskClient, db: Database, settings: Settings) -> None:
    with frozen(TODAY):
        with db.transaction() as session:
            factories.model(session)
            put(session, 9, right=28, wrong=2)
            put(session, 10, right=2, wrong=10)
        watch(db, settings)
        page = as_manager.get("/models").text
        assert "あと18件で言えます" in page
        assert "読み取りに変化があります" not in as_manager.get("/").text


def test_months_are_looked_at_again_when_another_model_reads(db: Database, settings: Settings) -> None:
    with frozen(TODAY):
        with db.transaction() as session:
            factories.model(session)
            put(session, 3, right=5, wrong=0)
        watch(db, settings)
        with db.reading() as session:
            assert drift.to_look_at(session, "test") == ["2026-08", "2026-09", "2026-10"]
            assert len(drift.to_look_at(session, "other")) == drift.MONTHS
            check = session.get_one(DriftCheck, "2026-03")
            assert drift.month_of(check).right.n == 5


def test_nothing_is_said_while_answers_wait_to_be_read(db: Database, settings: Settings) -> None:
    with frozen(TODAY):
        with db.transaction() as session:
            factories.model(session)
            factories.answer(session)
        watch(db, settings)
        with db.reading() as session:
            assert session.scalar(sa.select(sa.func.count()).select_from(DriftCheck)) == 0


def test_unlike_replies_are_counted_with_the_shipped_model(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "SHIPPED", models.ROOT / "models")
    with frozen(TODAY):
        with db.transaction() as session:
            current = models.register(session, settings)
            assert current is not None
            for n in range(6):
                text = "値段が高いのでやめました" if n % 2 else f"qwrtp zxcvb {n} ψφξ жщю"
                answer = factories.answer(session, text, answered_at=datetime(2026, 10, 5, tzinfo=UTC))
                factories.prediction(session, answer=answer, model_version=current.version)
        watch(db, settings)
        with db.reading() as session:
            month = drift.month_of(session.get_one(DriftCheck, "2026-10"))
            assert (month.sample, month.unlike) == (6, 3)


def test_an_empty_house_says_when_something_will_stand_here(as_manager: FlaskClient, db: Database) -> None:
    with db.transaction() as session:
        factories.model(session)
    assert "月が終わると、ここに出ます" in as_manager.get("/models").text
