"""The audit stream: drawn at random, with probabilities that are kept."""

from collections import Counter

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests import factories
from voc.db import Database
from voc.errors import Refused
from voc.reasons import codebook
from voc.reviews import sampling
from voc.reviews.tables import AuditDraw

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


def test_about_a_fifth_is_to_be_coded_twice(db: Database) -> None:
    with db.transaction() as session:
        fill(session, 300)
        sampling.draw_audit(session, 300, seed=5)
        assert 40 <= sum(row.double for row in drawn(session)) <= 80


def test_there_is_nothing_to_draw_before_anything_was_read(db: Database) -> None:
    with db.transaction() as session:
        factories.answer(session)
        with pytest.raises(Refused):
            sampling.draw_audit(session, 10)


@pytest.mark.parametrize("n", [0, -1, 10_001])
def test_a_number_that_makes_no_sense_is_refused(db: Database, n: int) -> None:
    with db.transaction() as session, pytest.raises(Refused):
        sampling.draw_audit(session, n)
