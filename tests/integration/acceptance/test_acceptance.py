"""Reasons that the machine settles alone: begun, kept, lost; what then leaves the queue, and what never does."""

import csv
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests import factories as make
from voc import jobs
from voc.acceptance import evidence, queries, service, work
from voc.accounts import company
from voc.audit import Event
from voc.cli import main
from voc.clock import now
from voc.config import Settings
from voc.db import Database
from voc.exports import rows
from voc.jobs import Context
from voc.readings import automatic as rule
from voc.readings import models
from voc.readings.queries import in_use
from voc.readings.tables import Alert, AutomaticReason, ModelVersion, Prediction
from voc.replies.selection import Selection
from voc.reviews import queue, sampling
from voc.reviews.queue import Wish
from voc.reviews.tables import AuditDraw, Decision
from voc.surveys.tables import Answer
from voc.worker import HANDLERS


def replies(session: Session, leaf: str, number: int, *, sure: float = 0.97, version: str = "test") -> list[Answer]:
    answers = []
    for _ in range(number):
        answer = make.answer(session)
        make.prediction(session, answer=answer, primary_leaf=leaf, confidence=sure, model_version=version)
        answers.append(answer)
    return answers


def audits(session: Session, answers: list[Answer], found: str, *, by: int, days_ago: float = 1) -> None:
    """Drawn at random, and decided so."""
    for answer in answers:
        make.draw(session, answer=answer, stratum="other:0.900-1.000", probability=0.5)
        session.add(
            Decision(
                answer_id=answer.id,
                reviewer_id=by,
                stream="audit",
                probability=0.5,
                primary_leaf=found,
                decided_at=now() - timedelta(days=days_ago),
            )
        )
    session.flush()


@pytest.fixture(autouse=True)
def enough_audits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all reasons together, so that these stories stay short; the true number has a story of its own."""
    monkeypatch.setattr(evidence, "FEWEST_AUDITS", 30)


@pytest.fixture
def house(db: Database) -> int:
    """Price is read well and audited sixty times, no_effect is read badly, unused_stock is hardly audited; 80 readings each."""
    with db.transaction() as session:
        make.model(session)
        person = make.user(session).id
        price, no_effect, stock = (replies(session, leaf, 80) for leaf in ("price", "no_effect", "unused_stock"))
        audits(session, price[:60], "price", by=person)
        audits(session, no_effect[:30], "no_effect", by=person)
        audits(session, no_effect[30:60], "quality", by=person)
        audits(session, stock[:10], "unused_stock", by=person)
        return person


def switch_on(db: Database, by: int, *leaves: str) -> list[str]:
    with db.reading() as session:
        known = evidence.read(session)
    assert known is not None
    with db.transaction() as session:
        return service.allow(session, leaves, known, by=by)


def check(db: Database, settings: Settings) -> None:
    """The recurring job."""
    with db.transaction() as session:
        session.execute(sa.delete(jobs.Job))
        jobs.enqueue(session, "insights.check_automatic")
        held = jobs.claim(session, "test")
    assert held is not None
    import threading

    HANDLERS["insights.check_automatic"](Context(db=db, settings=settings, payload={}, claim=held, stopping=threading.Event()))


def a_month_later(db: Database) -> None:
    with db.transaction() as session:
        session.execute(sa.update(AutomaticReason).values(checked_at=now() - timedelta(days=31)))


def row(db: Database, leaf: str = "price") -> AutomaticReason:
    with db.reading() as session:
        return session.get_one(AutomaticReason, leaf)


def kinds(db: Database) -> list[tuple[str, str]]:
    with db.reading() as session:
        return [
            (event.kind, event.data["leaf"])
            for event in session.scalars(sa.select(Event).where(Event.kind.startswith("automatic")).order_by(Event.id))
        ]


def settled(db: Database) -> int:
    with db.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Answer).where(rule.settled(Answer.id))) or 0


def test_it_is_off_until_a_manager_switches_it_on(db: Database, house: int) -> None:
    assert settled(db) == 0
    with db.reading() as session:
        overview = queries.look(session)
    assert overview is not None
    states = {one.leaf: one.state for one in overview.standings}
    assert (states["price"], states["no_effect"], states["unused_stock"], states["goal_met"]) == ("ready", "people", "people", "people")


def test_a_reason_begins_when_its_bound_is_shown(db: Database, house: int) -> None:
    assert switch_on(db, house, "price") == ["price"]
    begun = row(db)
    assert begun.threshold is not None
    assert begun.bound is not None
    assert begun.bound >= 0.95
    assert (begun.audited, begun.coverage, begun.model_version) == (60, 1.0, "test")
    assert settled(db) == 80
    assert kinds(db) == [("automatic.allowed", "price"), ("automatic.started", "price")]


def test_a_rare_reason_stays_with_people_and_says_how_many_audits_are_missing(db: Database, house: int) -> None:
    assert switch_on(db, house, "unused_stock", "no_effect") == []
    assert settled(db) == 0
    with db.reading() as session:
        overview = queries.look(session)
    assert overview is not None
    standing = {one.leaf: one for one in overview.standings}
    assert standing["unused_stock"].state == "waiting"
    assert standing["unused_stock"].missing == pytest.approx(35, abs=2)
    assert standing["no_effect"].missing is None  # right half of the time: more audits would not help
    assert standing["goal_met"].missing == 45


def test_a_reason_that_waits_begins_at_the_monthly_check(db: Database, house: int, settings: Settings) -> None:
    switch_on(db, house, "unused_stock")
    with db.transaction() as session:
        audits(session, replies(session, "unused_stock", 50), "unused_stock", by=house)
    check(db, settings)
    assert row(db, "unused_stock").threshold is None  # not looked at every day
    a_month_later(db)
    check(db, settings)
    assert row(db, "unused_stock").threshold is not None


def test_it_is_kept_while_the_audits_go_on_to_show_it(db: Database, house: int, settings: Settings) -> None:
    switch_on(db, house, "price")
    with db.transaction() as session:
        audits(session, replies(session, "price", 20), "price", by=house)
    before = row(db).threshold
    a_month_later(db)
    check(db, settings)
    kept = row(db)
    assert (kept.threshold, kept.audited, kept.lost_at) == (before, 80, None)
    assert kinds(db).count(("automatic.started", "price")) == 1


def test_it_is_switched_off_by_itself_when_the_bound_is_lost(
    db: Database, house: int, settings: Settings, as_manager: FlaskClient, as_staff: FlaskClient
) -> None:
    switch_on(db, house, "price")
    with db.transaction() as session:
        audits(session, replies(session, "price", 8), "quality", by=house)
    a_month_later(db)
    check(db, settings)
    lost = row(db)
    assert (lost.threshold, lost.wanted, lost.lost_why) == (None, False, "bound")
    assert settled(db) == 0
    assert kinds(db)[-1] == ("automatic.lost", "price")
    assert "自動の確定をやめた理由があります" in as_manager.get("/").text
    assert "自動の確定をやめた理由があります" not in as_staff.get("/").text
    assert "「価格・お金」" in as_manager.get("/automatic").text or "自動の確定をやめました" in as_manager.get("/automatic").text
    as_manager.post("/automatic/noted")
    assert "自動の確定をやめた理由があります" not in as_manager.get("/").text


def test_old_audits_are_no_evidence(db: Database, house: int, settings: Settings) -> None:
    switch_on(db, house, "price")
    with db.transaction() as session:
        session.execute(sa.update(Decision).values(decided_at=now() - timedelta(days=400)))
    a_month_later(db)
    check(db, settings)
    assert row(db).lost_why == "bound"


def read_anew(db: Database, *, leaf_of_price: str, card: dict[str, object] | None = None) -> None:
    """Another model is put in use and has read everything."""
    with db.transaction() as session:
        session.execute(sa.update(ModelVersion).values(in_use=False))
        session.add(ModelVersion(version="new", path="-", sha256="-", in_use=True, card=card or {}))
        before = session.scalars(sa.select(Prediction).order_by(Prediction.id)).all()
        session.execute(sa.update(Prediction).values(current=False))
        for one in before:
            leaf = leaf_of_price if one.primary_leaf == "price" else one.primary_leaf
            answer = session.get_one(Answer, one.answer_id)
            make.prediction(session, answer=answer, primary_leaf=leaf, confidence=one.confidence, model_version="new")
        assert in_use(session).version == "new"  # type: ignore[union-attr]


def test_a_new_model_is_judged_by_the_same_audits_and_people_decide_until_then(db: Database, house: int, settings: Settings) -> None:
    switch_on(db, house, "price")
    read_anew(db, leaf_of_price="price")
    assert settled(db) == 0
    check(db, settings)
    assert (row(db).model_version, settled(db)) == ("new", 80)


def test_a_new_model_that_reads_worse_loses_it(db: Database, house: int, settings: Settings) -> None:
    switch_on(db, house, "price")
    read_anew(db, leaf_of_price="unused_stock")
    check(db, settings)
    assert (row(db).threshold, row(db).lost_why) == (None, "model")


def test_decisions_that_a_model_learnt_from_are_no_evidence_for_it(db: Database, house: int, settings: Settings) -> None:
    switch_on(db, house, "price")
    read_anew(db, leaf_of_price="price", card={"trained_on": {"hands": ["own"]}})
    check(db, settings)
    assert (row(db).threshold, row(db).audited) == (None, 0)


def test_decisions_count_for_a_model_that_reads_those_replies_as_if_it_had_not_learnt_from_them(
    db: Database, house: int, settings: Settings
) -> None:
    switch_on(db, house, "price")
    read_anew(db, leaf_of_price="price", card={"trained_on": {"hands": ["own"]}, "held_out_sha256": "f" * 64})
    check(db, settings)
    assert row(db).audited == 60


def test_nothing_is_said_while_a_new_model_still_reads(db: Database, house: int, settings: Settings) -> None:
    switch_on(db, house, "price")
    with db.transaction() as session:
        session.execute(sa.update(ModelVersion).values(in_use=False))
        session.add(ModelVersion(version="new", path="-", sha256="-", in_use=True))
    check(db, settings)
    assert row(db).wanted
    assert row(db).lost_at is None
    assert settled(db) == 80  # those still in use were read by the model of which it was shown


def test_another_target_is_checked_at_once(db: Database, house: int, settings: Settings) -> None:
    switch_on(db, house, "price")
    with db.transaction() as session:
        company.change(session, company.edited(company.read(session), {"acceptance_percent": 99}))
    check(db, settings)
    assert row(db).lost_why == "target"


def test_a_reply_with_an_alert_is_never_settled(db: Database, house: int) -> None:
    switch_on(db, house, "price")
    with db.transaction() as session:
        answer = replies(session, "price", 1)[0]
        make.alert(session, answer=answer, code="legal", status="dismissed")
    with db.reading() as session:
        assert session.scalar(sa.select(rule.settled(Answer.id)).where(Answer.id == answer.id)) in (False, 0)
    assert settled(db) == 80


def test_what_the_machine_flagged_is_no_evidence(db: Database, house: int) -> None:
    with db.transaction() as session:
        wrong = replies(session, "price", 20)
        audits(session, wrong, "quality", by=house)
        for answer in wrong:
            make.alert(session, answer=answer, code="health_harm")
    assert switch_on(db, house, "price") == ["price"]
    assert row(db).audited == 60
    assert row(db).coverage == pytest.approx(0.8)


def test_settled_readings_leave_the_pile_but_random_draws_go_on(db: Database, house: int) -> None:
    with db.transaction() as session:
        unsure = replies(session, "price", 1, sure=0.45)[0]
    with db.reading() as session:
        before = queue.count_waiting(session, 1, Wish(), queue.ALL)
    switch_on(db, house, "price")
    with db.transaction() as session:
        assert queue.count_waiting(session, 1, Wish(), queue.ALL) == before - 20
        assert unsure.id in session.scalars(queue.candidates("hard", 1, Wish())).all()
        sampling.draw_audit(session, 100, seed=1)
        settled_and_drawn = sa.select(sa.func.count()).select_from(AuditDraw).where(rule.settled(AuditDraw.answer_id))
        assert (session.scalar(settled_and_drawn) or 0) > 60
        waiting = set(session.scalars(queue.candidates("audit", 1, Wish())).all())
        assert waiting & set(session.scalars(sa.select(Prediction.answer_id).where(rule.settled(Prediction.answer_id))).all())


def test_the_export_tells_which_were_settled(db: Database, house: int) -> None:
    switch_on(db, house, "price")
    with db.reading() as session:
        table = rows.replies(session, Selection())
        place = {name: table.header.index(name) for name in ("決め方", "自動で確定", "機械の理由コード")}
        found = [tuple(line[at] for at in place.values()) for line in table.rows]
    assert found.count(("自動で確定", 1, "price")) == 20  # sixty of the eighty were decided by a person
    assert found.count(("人の確認", 0, "price")) == 60
    assert {auto for _who, auto, leaf in found if leaf != "price"} == {0}


def test_a_manager_switches_on_the_page(db: Database, house: int, as_manager: FlaskClient, as_staff: FlaskClient) -> None:
    page = as_manager.get("/automatic").text
    assert "任せられます" in page
    assert "あと45件の確認で示せる見込み" in page
    assert as_staff.get("/automatic").status_code == 403
    assert as_staff.post("/automatic/on", data={"leaf": "price"}).status_code == 403
    assert as_manager.post("/automatic/on", data={"leaf": "wrong"}).status_code == 422
    as_manager.post("/automatic/on", data={"leaf": "all"})
    assert settled(db) == 80
    assert "証拠待ち" in as_manager.get("/automatic").text
    as_manager.post("/automatic/off", data={"leaf": "price"})
    assert (settled(db), row(db).wanted, row(db, "no_effect").wanted) == (0, False, True)
    as_manager.post("/automatic/off", data={"leaf": "all"})
    assert not row(db, "no_effect").wanted


def test_an_empty_house_says_what_to_do_first(db: Database, as_manager: FlaskClient) -> None:
    assert "まだ読み取った回答がありません" in as_manager.get("/automatic").text
    assert as_manager.post("/automatic/on", data={"leaf": "price"}).status_code == 422


def test_the_job_does_nothing_where_nothing_is_switched_on(db: Database, house: int, settings: Settings) -> None:
    check(db, settings)
    with db.reading() as session:
        assert session.scalars(sa.select(AutomaticReason)).all() == []
        assert session.scalars(sa.select(Alert)).all() == []
    assert work.log.name == "voc.acceptance"


def test_a_table_is_classified_by_what_is_switched_on_here(
    db: Database, settings: Settings, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction() as session:
        model = models.register(session, settings)
        assert model is not None
        rule_ = {"wanted": True, "target": 0.95, "model_version": model.version, "audited": 50, "coverage": 0.5}
        session.add(AutomaticReason(leaf="unused_stock", threshold=0.3, **rule_))
    monkeypatch.setenv("VOC_DATABASE_URL", database_url)
    monkeypatch.setenv("VOC_INSTANCE_DIR", str(tmp_path))
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("声\n値段が高いのでやめました\n飲み忘れて余ってしまいました\n", encoding="utf-8")
    for own, expected in (([], ["0", "0"]), (["--own"], ["0", "1"])):
        told = CliRunner().invoke(main, ["classify", str(source), "-o", str(target), *own])
        assert told.exit_code == 0, told.output
        with target.open(encoding="utf-8-sig") as file:
            assert [line["auto"] for line in csv.DictReader(file)] == expected


def test_it_claims_nothing_before_200_random_reviews(db: Database, house: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "FEWEST_AUDITS", 200)
    assert switch_on(db, house, "price") == []  # 60 of 60 were right, of 130 in all
    with db.reading() as session:
        overview = queries.look(session)
    assert overview is not None
    assert overview.lacking == 70
    assert {one.leaf: one.missing for one in overview.having("waiting")} == {"price": 70}
    with db.transaction() as session:
        audits(session, replies(session, "service", 70), "quality", by=house)
    assert switch_on(db, house, "price") == ["price"]


def test_it_ends_what_too_few_reviews_of_the_last_year_carry(
    db: Database, settings: Settings, house: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert switch_on(db, house, "price") == ["price"]
    monkeypatch.setattr(evidence, "FEWEST_AUDITS", 200)
    a_month_later(db)
    check(db, settings)
    assert row(db).threshold is None
