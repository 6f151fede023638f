"""What a decision keeps, what follows from it, and that it can be taken back."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests import factories
from voc import clock
from voc.db import Database
from voc.errors import Conflict, Refused
from voc.readings import service as readings
from voc.readings.tables import Alert
from voc.reviews import queries, queue, service
from voc.reviews.queue import Wish
from voc.reviews.service import Choice
from voc.reviews.tables import Decision, PassedOn


def decide(session: Session, answer_id: int, by: int, primary: str = "price", **values: object) -> Decision:
    alerts_seen = values.pop("alerts_seen", ())
    facts = {
        "round": values.pop("round", "first"),
        "stream": values.pop("stream", "hard"),
        "prediction_id": values.pop("prediction_id", None),
    }
    opened_at = values.pop("opened_at", None)
    choice = Choice(primary=primary, **values)  # type: ignore[arg-type]
    return service.decide(session, answer_id, choice, by=by, alerts_seen=alerts_seen, opened_at=opened_at, **facts)  # type: ignore[arg-type]


def alerts(session: Session, answer_id: int) -> dict[str, str]:
    session.expire_all()
    return {alert.code: alert.status for alert in session.scalars(sa.select(Alert).where(Alert.answer_id == answer_id))}


def real(session: Session, answer_id: int) -> tuple[str, str]:
    found = queries.effective().subquery()
    row = session.execute(sa.select(found.c.leaf, found.c.source).where(found.c.answer_id == answer_id)).one()
    return row.leaf, row.source


def test_a_decision_keeps_how_the_answer_came(db: Database) -> None:
    with db.transaction() as session:
        me, answer = factories.user(session), factories.answer(session)
        seen = factories.prediction(session, answer=answer)
        factories.draw(session, answer=answer, probability=0.25)
        opened = clock.now() - timedelta(seconds=4)
        made = decide(session, answer.id, me.id, "price", secondary=["no_effect", "price"], note=" 迷った ", stream="audit",
                      prediction_id=seen.id, opened_at=opened)  # fmt: skip
        assert (made.round, made.stream, made.probability, made.prediction_id) == ("first", "audit", 0.25, seen.id)
        assert (made.secondary, made.note) == (["no_effect"], "迷った")
        assert made.seconds is not None
        assert 4 <= made.seconds < 5


def test_the_probability_of_a_draw_is_kept_whichever_way_the_answer_came(db: Database) -> None:
    with db.transaction() as session:
        me, answer = factories.user(session), factories.answer(session)
        factories.draw(session, answer=answer, probability=0.25)
        assert decide(session, answer.id, me.id, stream="alert").probability == 0.25


def test_an_answer_that_lay_on_the_screen_for_long_has_no_seconds(db: Database) -> None:
    with db.transaction() as session:
        me = factories.user(session)
        for opened in (clock.now() - timedelta(minutes=11), clock.now() + timedelta(minutes=1)):
            assert decide(session, factories.answer(session).id, me.id, opened_at=opened).seconds is None


def test_a_reading_of_another_answer_is_not_taken_for_this_one(db: Database) -> None:
    with db.transaction() as session:
        me = factories.user(session)
        other = factories.prediction(session, answer=factories.answer(session))
        assert decide(session, factories.answer(session).id, me.id, prediction_id=other.id).prediction_id is None


def test_somebody_who_decides_second_is_told_who_was_first(db: Database) -> None:
    with db.transaction() as session:
        one, two = factories.user(session, name="佐藤"), factories.user(session)
        answer = factories.answer(session)
        decide(session, answer.id, one.id, "price")
        with pytest.raises(Conflict, match="佐藤さんが先に「価格が高い」"):
            decide(session, answer.id, two.id, "quality")
        assert real(session, answer.id) == ("price", "decision")


def test_of_two_at_the_same_moment_the_database_takes_one(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.transaction() as session:
        one, two = factories.user(session), factories.user(session)
        answer = factories.answer(session)
        decide(session, answer.id, one.id)
        monkeypatch.setattr(service, "_open_to", lambda *facts: True)  # both looked before either wrote
        with pytest.raises(Conflict):
            decide(session, answer.id, two.id, "quality")
        assert session.scalar(sa.select(sa.func.count()).select_from(Decision)) == 1


def test_a_reason_that_is_not_in_the_codebook_is_refused(db: Database) -> None:
    with db.transaction() as session:
        me, answer = factories.user(session), factories.answer(session)
        for wrong in ({"primary": ""}, {"primary": "x"}, {"primary": "price", "secondary": ["x"]}, {"primary": "price", "alerts": ["x"]}):
            with pytest.raises(Refused):
                decide(session, answer.id, me.id, **wrong)  # type: ignore[arg-type]


def test_a_ticked_alert_is_raised_in_the_reviewers_name(db: Database) -> None:
    with db.transaction() as session:
        me, answer = factories.user(session), factories.answer(session)
        decide(session, answer.id, me.id, alerts=["health_harm", "winback"])
        assert alerts(session, answer.id) == {"health_harm": "open", "winback": "open"}
        assert {alert.source for alert in session.scalars(sa.select(Alert))} == {"reviewer"}


def test_leaving_the_tick_out_dismisses_what_was_shown_and_nothing_else(db: Database) -> None:
    with db.transaction() as session:
        me, answer = factories.user(session), factories.answer(session)
        factories.alert(session, answer=answer, code="health_harm")
        factories.alert(session, answer=answer, code="legal")  # came after the page was made
        decide(session, answer.id, me.id, alerts_seen=["health_harm"])
        assert alerts(session, answer.id) == {"health_harm": "dismissed", "legal": "open"}


def test_an_alert_that_somebody_works_on_is_not_changed_by_a_decision(db: Database) -> None:
    with db.transaction() as session:
        me, answer = factories.user(session), factories.answer(session)
        alert = factories.alert(session, answer=answer)
        readings.handle_alert(session, alert.id, status="done", seen="open", note="報告済み", by=me.id)
        decide(session, answer.id, me.id, alerts=["health_harm"], alerts_seen=["health_harm"])
        session.expire_all()
        assert (alert.status, alert.note) == ("done", "報告済み")


def test_undoing_takes_everything_back_and_brings_the_answer_back(db: Database) -> None:
    with db.transaction() as session:
        me = factories.user(session)
        answer = factories.answer(session)
        factories.prediction(session, answer=answer, confidence=0.2)
        factories.alert(session, answer=answer, code="health_harm")
        decide(session, answer.id, me.id, alerts=["winback"], alerts_seen=["health_harm"])
        assert alerts(session, answer.id) == {"health_harm": "dismissed", "winback": "open"}
        undone = service.undo_last(session, me.id)
        assert undone.answer_id == answer.id
        assert alerts(session, answer.id) == {"health_harm": "open"}
        assert real(session, answer.id) == ("unused_stock", "prediction")
        assert queries.round_for(session, answer.id, me.id) == "first"


def test_undoing_goes_back_step_by_step(db: Database) -> None:
    with db.transaction() as session:
        me = factories.user(session)
        one, two = factories.answer(session), factories.answer(session)
        decide(session, one.id, me.id)
        decide(session, two.id, me.id)
        assert [service.undo_last(session, me.id).answer_id, service.undo_last(session, me.id).answer_id] == [two.id, one.id]
        with pytest.raises(Refused):
            service.undo_last(session, me.id)


def test_the_undone_decision_stays_as_a_record(db: Database) -> None:
    with db.transaction() as session:
        me, answer = factories.user(session), factories.answer(session)
        decide(session, answer.id, me.id, "price")
        service.undo_last(session, me.id)
        decide(session, answer.id, me.id, "quality")
        rows = session.scalars(sa.select(Decision).order_by(Decision.id)).all()
        assert [(row.primary_leaf, row.undone_at is None) for row in rows] == [("price", False), ("quality", True)]


def test_what_others_did_to_an_alert_after_the_decision_survives_the_undo(db: Database) -> None:
    with db.transaction() as session:
        me, other, answer = factories.user(session), factories.user(session), factories.answer(session)
        decide(session, answer.id, me.id, alerts=["health_harm"])
        alert = session.scalars(sa.select(Alert)).one()
        readings.handle_alert(session, alert.id, status="confirmed", seen="open", note="電話した", by=other.id)
        service.undo_last(session, me.id)
        assert alerts(session, answer.id) == {"health_harm": "confirmed"}


def test_undoing_does_not_lose_a_machines_alert_that_was_opened_again(db: Database) -> None:
    with db.transaction() as session:
        me, answer = factories.user(session), factories.answer(session)
        alert = factories.alert(session, answer=answer)
        readings.handle_alert(session, alert.id, status="dismissed", seen="open", note="", by=me.id)
        decide(session, answer.id, me.id, alerts=["health_harm"])
        assert alerts(session, answer.id) == {"health_harm": "open"}
        service.undo_last(session, me.id)
        assert alerts(session, answer.id) == {"health_harm": "dismissed"}


def test_only_a_manager_undoes_somebody_elses_decision(db: Database) -> None:
    with db.transaction() as session:
        one, two, answer = factories.user(session), factories.user(session), factories.answer(session)
        made = decide(session, answer.id, one.id)
        with pytest.raises(Refused):
            service.undo(session, made.id, by=two.id, as_manager=False)
        service.undo(session, made.id, by=two.id, as_manager=True)
        with pytest.raises(Conflict):
            service.undo(session, made.id, by=two.id, as_manager=True)


def test_undo_does_not_reach_back_to_yesterday(db: Database) -> None:
    with db.transaction() as session:
        me, answer = factories.user(session), factories.answer(session)
        decide(session, answer.id, me.id)
        with clock.frozen(clock.now() + timedelta(hours=13)), pytest.raises(Refused):
            service.undo_last(session, me.id)


def test_passing_on_keeps_every_note_and_gives_the_answer_free(db: Database) -> None:
    with db.transaction() as session:
        one, two, answer = factories.user(session), factories.user(session), factories.answer(session)
        queue.claim(session, answer.id, one.id)
        service.pass_on(session, answer.id, by=one.id, note="体調の話?")
        assert queue.take_next(session, two.id, Wish()) == (answer.id, "passed_on")
        service.pass_on(session, answer.id, by=two.id, note="私も迷う")
        row = session.scalars(sa.select(PassedOn)).one()
        assert (row.by, row.note) == (two.id, "体調の話?\n私も迷う")
        assert queue.take_next(session, one.id, Wish()) == (answer.id, "passed_on")


def test_a_decided_answer_cannot_be_passed_on(db: Database) -> None:
    with db.transaction() as session:
        one, two, answer = factories.user(session), factories.user(session), factories.answer(session)
        decide(session, answer.id, one.id)
        with pytest.raises(Conflict):
            service.pass_on(session, answer.id, by=two.id, note="")


def test_the_real_reason_is_adjudicated_before_decided_before_read(db: Database) -> None:
    with db.transaction() as session:
        one, two, lead, answer = (
            factories.user(session),
            factories.user(session),
            factories.user(session, "manager"),
            factories.answer(session),
        )
        factories.draw(session, answer=answer, double=True)
        factories.prediction(session, answer=answer)
        assert real(session, answer.id) == ("unused_stock", "prediction")
        decide(session, answer.id, one.id, "price")
        assert real(session, answer.id) == ("price", "decision")
        decide(session, answer.id, two.id, "quality", round="second")
        assert real(session, answer.id) == ("price", "decision")
        decide(session, answer.id, lead.id, "competitor", round="adjudication")
        assert real(session, answer.id) == ("competitor", "adjudication")


def test_an_unread_answer_has_no_real_reason(db: Database) -> None:
    with db.transaction() as session:
        factories.answer(session)
        assert session.execute(queries.effective()).all() == []


def test_a_second_coding_adds_alerts_and_dismisses_none(db: Database) -> None:
    with db.transaction() as session:
        one, two, answer = factories.user(session), factories.user(session), factories.answer(session)
        factories.draw(session, answer=answer, double=True)
        factories.alert(session, answer=answer, code="legal")
        seen = factories.prediction(session, answer=answer)
        decide(session, answer.id, one.id, alerts=["legal"], alerts_seen=["legal"])
        second = decide(session, answer.id, two.id, round="second", alerts=["health_harm"], alerts_seen=["legal"], prediction_id=seen.id)
        assert alerts(session, answer.id) == {"legal": "open", "health_harm": "open"}
        assert (second.prediction_id, second.stream) == (None, "audit")


def test_a_decision_on_which_a_later_one_rests_stays(db: Database) -> None:
    with db.transaction() as session:
        one, two, lead, answer = (
            factories.user(session),
            factories.user(session),
            factories.user(session, "manager"),
            factories.answer(session),
        )
        factories.draw(session, answer=answer, double=True)
        first = decide(session, answer.id, one.id, "price")
        second = decide(session, answer.id, two.id, "quality", round="second")
        with pytest.raises(Refused, match="二人目"):
            service.undo(session, first.id, by=one.id, as_manager=False)
        decide(session, answer.id, lead.id, "quality", round="adjudication")
        with pytest.raises(Refused, match="責任者"):
            service.undo(session, second.id, by=two.id, as_manager=False)


def test_nobody_judges_before_two_have_decided_and_nobody_twice(db: Database) -> None:
    with db.transaction() as session:
        one, two, lead, answer = (
            factories.user(session),
            factories.user(session),
            factories.user(session, "manager"),
            factories.answer(session),
        )
        factories.draw(session, answer=answer, double=True)
        decide(session, answer.id, one.id)
        with pytest.raises(Conflict):
            decide(session, answer.id, lead.id, round="adjudication")
        decide(session, answer.id, two.id, "quality", round="second")
        decide(session, answer.id, lead.id, round="adjudication")
        with pytest.raises(Conflict):
            decide(session, answer.id, lead.id, "quality", round="adjudication")
