"""The audit stream: drawn at random, with probabilities that are kept."""

from collections import Counter

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests import factories
from voc.db import Database
from voc.errors import Conflict, Refused
from voc.reasons import codebook
from voc.reviews import queries, queue, sampling
from voc.reviews.queue import Wish
from voc.reviews.tables import AuditDraw, AuditWave

LEAVES = ("unused_stock", "price", "no_effect", "side_effect")


def fill(session: Session, n: int) -> None:
    for place in range(n):
        answer = factories.answer(session)
        factories.prediction(session, answer=answer, primary_leaf=LEAVES[place % 4], confidence=(place % 10) / 10)


def drawn(session: Session) -> list[AuditDraw]:
    return list(session.scalars(sa.select(AuditDraw).order_by(AuditDraw.id)))


def test_it_draws_as_many_as_asked_each_with_its_probability(db: Database) -> None:
    with db.transaction() as session:
        fill(session, 200)
        assert sampling.draw_audit(session, 40, seed=1) == 40
        rows = drawn(session)
        by_stratum = Counter(row.stratum for row in rows)
        assert {stratum.split(":")[0] for stratum in by_stratum} == {codebook.group_of(leaf, "subscription") for leaf in LEAVES}
        assert min(by_stratum.values()) >= 2
        assert sum(1 / row.probability for row in rows) == pytest.approx(200)


def test_the_same_seed_draws_the_same(db: Database) -> None:
    with db.transaction() as session:
        fill(session, 100)
        with session.begin_nested() as first:
            sampling.draw_audit(session, 20, seed=7)
            once = [(row.answer_id, row.double) for row in drawn(session)]
            first.rollback()
        sampling.draw_audit(session, 20, seed=7)
        assert [(row.answer_id, row.double) for row in drawn(session)] == once


def test_an_answer_is_drawn_at_most_once(db: Database) -> None:
    with db.transaction() as session:
        fill(session, 60)
        assert [sampling.draw_audit(session, 40), sampling.draw_audit(session, 40)] == [40, 20]
        assert len({row.answer_id for row in drawn(session)}) == 60
        assert len({row.wave for row in drawn(session)}) == 2
        with pytest.raises(Refused):
            sampling.draw_audit(session, 1)


def test_what_was_decided_already_can_be_drawn_all_the_same(db: Database) -> None:
    with db.transaction() as session:
        fill(session, 10)
        me = factories.user(session)
        for answer in session.scalars(sa.select(factories.Answer)).all():
            factories.decision(session, answer=answer, by=me)
        assert sampling.draw_audit(session, 10) == 10


def test_the_rows_are_written_in_random_order_so_that_a_part_is_random_too(db: Database) -> None:
    with db.transaction() as session:
        fill(session, 200)
        sampling.draw_audit(session, 80, seed=3)
        order = [row.answer_id for row in drawn(session)]
        assert order != sorted(order)
        assert len({row.stratum.split(":")[0] for row in drawn(session)[:20]}) == 4


def test_a_share_that_the_company_sets_is_to_be_coded_twice(db: Database) -> None:
    with db.transaction() as session:
        fill(session, 600)
        sampling.draw_audit(session, 300, seed=5)
        assert 15 <= sum(row.double for row in drawn(session)) <= 45
        sampling.set_second_look(session, share=0.5, differing=False, by=factories.user(session).id)
        sampling.draw_audit(session, 300, seed=5)
        assert 120 <= sum(row.double for row in drawn(session)[300:]) <= 180
        first, second = session.scalars(sa.select(AuditWave).order_by(AuditWave.id)).all()
        assert (first.double_share, first.second_look, second.double_share, second.second_look) == (0.1, True, 0.5, False)


def test_a_wave_keeps_the_rate_of_every_stratum_and_who_could_be_drawn(db: Database) -> None:
    with db.transaction() as session:
        fill(session, 200)
        sampling.draw_audit(session, 40, seed=1)
        sampling.draw_audit(session, 30, seed=2)
        waves = session.scalars(sa.select(AuditWave).order_by(AuditWave.id)).all()
        for wave in waves:
            rates = {stratum["name"]: stratum["rate"] for stratum in wave.strata}
            assert len(rates) == len(wave.strata)
            assert {row.stratum: row.probability for row in drawn(session) if row.wave == wave.name}.items() <= rates.items()
            assert wave.last_answer_id == max(session.scalars(sa.select(factories.Answer.id)))


def test_a_closed_draw_waits_no_longer_and_can_be_taken_up_again(db: Database) -> None:
    with db.transaction() as session:
        fill(session, 60)
        sampling.draw_audit(session, 20, seed=1)
        me = factories.user(session)
        wave = session.scalars(sa.select(AuditWave)).one()
        assert queue.count_waiting(session, me.id, Wish(), "audit") == 20
        sampling.close(session, wave.id, by=me.id)
        assert queue.count_waiting(session, me.id, Wish(), "audit") == 0
        assert queries.audit_progress(session).drawn == 0
        with pytest.raises(Conflict):
            sampling.close(session, wave.id, by=me.id)
        sampling.reopen(session, wave.id, by=me.id)
        assert queue.count_waiting(session, me.id, Wish(), "audit") == 20


def test_there_is_nothing_to_draw_before_anything_was_read(db: Database) -> None:
    with db.transaction() as session:
        factories.answer(session)
        with pytest.raises(Refused):
            sampling.draw_audit(session, 10)


@pytest.mark.parametrize("n", [0, -1, 10_001])
def test_a_number_that_makes_no_sense_is_refused(db: Database, n: int) -> None:
    with db.transaction() as session, pytest.raises(Refused):
        sampling.draw_audit(session, n)
