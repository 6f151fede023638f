"""Which answer comes next, and that no two people get the same one."""

from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests import factories
from voc import clock
from voc.accounts.tables import User
from voc.db import Database
from voc.reviews import queue
from voc.reviews.queue import Wish
from voc.reviews.tables import Decision, PassedOn


def hard(session: Session, confidence: float = 0.3, text: str = "余っています", **values: object) -> int:
    answer = factories.answer(session, text, **values)
    factories.prediction(session, answer=answer, confidence=confidence)
    return answer.id


def take(session: Session, person: User, stream: str = "", **wish: object) -> tuple[int, str] | None:
    return queue.take_next(session, person.id, Wish(stream=stream, **wish))  # type: ignore[arg-type]


def test_harm_comes_first_then_colleagues_questions_then_random_draws_then_what_is_hard(db: Database) -> None:
    with db.transaction() as session:
        me, other = factories.user(session), factories.user(session)
        unsure = hard(session)
        drawn = factories.answer(session)
        factories.draw(session, answer=drawn)
        asked = factories.answer(session)
        session.add(PassedOn(answer_id=asked.id, by=other.id, note="?"))
        harmed = factories.answer(session, "かゆい")
        factories.alert(session, answer=harmed)
        session.flush()
        taken = [take(session, me) for _ in range(5)]
        assert taken == [(harmed.id, "alert"), (asked.id, "passed_on"), (drawn.id, "audit"), (unsure, "hard"), None]


def test_two_people_get_two_answers(db: Database) -> None:
    with db.transaction() as session:
        one, two = factories.user(session), factories.user(session)
        first, second = hard(session, 0.1), hard(session, 0.2)
        assert take(session, one) == (first, "hard")
        assert take(session, two) == (second, "hard")
        assert take(session, two) is None


def test_a_claim_holds_only_against_others_and_only_for_a_while(db: Database) -> None:
    with db.transaction() as session:
        one, two = factories.user(session), factories.user(session)
        answer = hard(session)
        assert queue.claim(session, answer, one.id)
        assert queue.claim(session, answer, one.id)
        assert not queue.claim(session, answer, two.id)
        with clock.frozen(clock.now() + queue.CLAIM + timedelta(seconds=1)):
            assert queue.claim(session, answer, two.id)
            assert not queue.claim(session, answer, one.id)


def test_what_is_given_back_comes_again(db: Database) -> None:
    with db.transaction() as session:
        one, two = factories.user(session), factories.user(session)
        answer = hard(session)
        take(session, one)
        queue.release(session, one.id)
        assert take(session, two) == (answer, "hard")


def test_the_least_sure_comes_first_and_the_sure_does_not_come(db: Database) -> None:
    with db.transaction() as session:
        me = factories.user(session)
        less, least = hard(session, 0.5), hard(session, 0.2)
        hard(session, 0.9)
        assert [take(session, me), take(session, me), take(session, me)] == [(least, "hard"), (less, "hard"), None]


def test_what_is_decided_does_not_come_again_unless_it_was_undone(db: Database) -> None:
    with db.transaction() as session:
        me = factories.user(session)
        answer = hard(session)
        decision = factories.decision(session, answer=session.get_one(factories.Answer, answer), by=me)
        assert take(session, me) is None
        decision.undone_at = clock.now()
        session.flush()
        assert take(session, me) == (answer, "hard")


def test_what_one_passed_on_comes_to_others_only(db: Database) -> None:
    with db.transaction() as session:
        one, two = factories.user(session), factories.user(session)
        answer = hard(session)
        session.add(PassedOn(answer_id=answer, by=one.id, note="迷う"))
        session.flush()
        assert take(session, one) is None
        assert take(session, two) == (answer, "passed_on")


def test_an_alert_that_is_closed_calls_nobody(db: Database) -> None:
    with db.transaction() as session:
        me = factories.user(session)
        factories.alert(session, answer=factories.answer(session), status="dismissed")
        assert take(session, me) is None


def test_the_second_coding_goes_to_somebody_else(db: Database) -> None:
    with db.transaction() as session:
        one, two = factories.user(session), factories.user(session)
        answer = factories.answer(session)
        factories.draw(session, answer=answer, double=True)
        factories.decision(session, answer=answer, by=one)
        assert take(session, one, "second") is None
        assert take(session, two, "second") == (answer.id, "second")


def test_a_draw_that_is_not_double_is_coded_once(db: Database) -> None:
    with db.transaction() as session:
        one, two = factories.user(session), factories.user(session)
        answer = factories.answer(session)
        factories.draw(session, answer=answer)
        factories.decision(session, answer=answer, by=one)
        assert take(session, two, "second") is None


def test_filters_hold_in_every_stream(db: Database) -> None:
    with db.transaction() as session:
        me, shop = factories.user(session), factories.shop(session)
        product = factories.product(session, shop=shop)
        day = clock.start_of_day(date(2026, 11, 18)) + timedelta(hours=1)
        here = hard(session, 0.3, product_id=product.id, answered_at=day)
        hard(session, 0.1, answered_at=day + timedelta(days=3))
        for wish in ({"product_id": product.id}, {"until": date(2026, 11, 18)}, {"since": date(2026, 11, 18), "until": date(2026, 11, 18)}):
            assert take(session, me, **wish) == (here, "hard")
            queue.release(session, me.id)
        assert take(session, me, reason="price") is None
        assert queue.waiting(session, me.id, Wish(product_id=product.id))["hard"] == 1


def test_everything_undecided_comes_newest_first(db: Database) -> None:
    with db.transaction() as session:
        me = factories.user(session)
        old = factories.answer(session, answered_at=clock.now() - timedelta(days=9))
        new = factories.answer(session)
        assert [take(session, me, "all"), take(session, me, "all")] == [(new.id, "all"), (old.id, "all")]


def test_counting_stops_at_a_thousand(db: Database, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(queue, "COUNTED_UP_TO", 2)
    with db.transaction() as session:
        me = factories.user(session)
        for _ in range(4):
            hard(session)
        assert queue.waiting(session, me.id, Wish())["hard"] == 2


def test_a_wish_goes_through_an_address_and_back() -> None:
    wish = Wish(stream="hard", product_id=3, reason="price", since=date(2026, 11, 1), until=date(2026, 11, 30))
    assert Wish.from_arguments(wish.arguments()) == wish
    assert Wish.from_arguments({"stream": "x", "product": "²", "reason": "no", "since": "gestern"}) == Wish()


def test_no_decision_is_made_by_taking(db: Database) -> None:
    with db.transaction() as session:
        hard(session)
        take(session, factories.user(session))
        assert session.scalar(sa.select(sa.func.count()).select_from(Decision)) == 0
