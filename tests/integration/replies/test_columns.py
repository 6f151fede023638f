"""The columns in memory are what the database holds, whatever happens to it between two looks."""

from datetime import timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests import factories as make
from voc import clock
from voc.db import Database
from voc.readings.tables import Prediction
from voc.replies import columns, queries
from voc.replies.codes import LEAF_CODES
from voc.replies.columns import Columns
from voc.reviews.queries import effective
from voc.surveys.tables import Answer


def look(db: Database) -> Columns:
    with db.reading() as session:
        return columns.read(session)


def leaves(db: Database) -> list[str]:
    return [LEAF_CODES[leaf] if leaf >= 0 else "" for leaf in look(db).leaf]


def read_answer(session: Session, leaf: str = "price", **values: object) -> Answer:
    answer = make.answer(session, **values)
    make.prediction(session, answer=answer, primary_leaf=leaf)
    return answer


def test_it_holds_what_the_answers_are(db: Database) -> None:
    with db.transaction() as session:
        product = make.product(session, shop=make.shop(session))
        read_answer(session, stated="price", product_id=product.id, answered_at=clock.start_of_day(clock.today()))
        make.answer(
            session,
            purchase_type="one_off",
            stated="an option of later",
            answered_at=clock.start_of_day(clock.today()) - timedelta(seconds=1),
        )
    found = look(db)
    assert found.product.tolist() == [product.id, 0]
    assert (found.day[0] - found.day[1]).item() == 1  # a second before midnight in Japan is the day before
    assert found.stated.tolist() == [columns.STATED_CODES.index("price"), -1]
    assert leaves(db) == ["price", ""]
    assert found.confidence[0] == pytest.approx(0.7, abs=1e-5)
    assert found.models == ("test",)


def test_new_answers_and_readings_are_added(db: Database) -> None:
    with db.transaction() as session:
        read_answer(session)
    assert leaves(db) == ["price"]
    with db.transaction() as session:
        read_answer(session, "quality")
        make.answer(session)
    assert leaves(db) == ["price", "quality", ""]


def test_a_reading_that_is_made_anew_in_place_is_seen(db: Database) -> None:
    with db.transaction() as session:
        answer = read_answer(session)
    assert leaves(db) == ["price"]
    with db.transaction() as session:
        session.execute(
            sa.update(Prediction)
            .where(Prediction.answer_id == answer.id)
            .values(primary_leaf="service", confidence=0.5, created_at=clock.now())
        )
    assert leaves(db) == ["service"]


def test_going_back_to_an_earlier_model_is_seen(db: Database) -> None:
    with db.transaction() as session:
        answer = read_answer(session)
        make.prediction(session, answer=answer, model_version="old", primary_leaf="competitor", confidence=0.3, current=False)
    assert leaves(db) == ["price"]
    with db.transaction() as session:
        session.execute(sa.update(Prediction).where(Prediction.model_version == "test").values(current=False))
        session.execute(sa.update(Prediction).where(Prediction.model_version == "old").values(current=True))
    assert leaves(db) == ["competitor"]
    assert look(db).models == ("old",)


def test_an_erased_answer_is_gone(db: Database) -> None:
    with db.transaction() as session:
        first = read_answer(session)
        read_answer(session, "quality")
    assert leaves(db) == ["price", "quality"]
    with db.transaction() as session:
        session.execute(sa.delete(Answer).where(Answer.id == first.id))
    assert leaves(db) == ["quality"]


def test_an_answer_erased_and_another_come_is_no_confusion(db: Database) -> None:
    with db.transaction() as session:
        first = read_answer(session)
        read_answer(session, "quality")
    look(db)
    with db.transaction() as session:
        session.execute(sa.delete(Answer).where(Answer.id == first.id))
        read_answer(session, "service")
    assert leaves(db) == ["quality", "service"]


def test_nothing_changed_means_nothing_is_loaded(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.transaction() as session:
        read_answer(session)
    before = look(db)
    monkeypatch.setattr(columns, "chunks", lambda *_: pytest.fail("loaded again"))
    assert look(db) is before


def test_everything_is_looked_at_again_after_a_while(db: Database) -> None:
    with db.transaction() as session:
        answer = read_answer(session)
        product = make.product(session, shop=make.shop(session))
    look(db)
    with db.transaction() as session:
        session.execute(sa.update(Answer).where(Answer.id == answer.id).values(product_id=product.id))
    with clock.frozen(clock.now() + columns.TRUST):
        assert look(db).product.tolist() == [product.id]


def test_nothing_there_is_no_error(db: Database) -> None:
    assert len(look(db)) == 0


def test_the_leaf_that_counts_is_that_of_the_expression_others_join(db: Database) -> None:
    with db.transaction() as session:
        first, second = make.user(session), make.user(session)
        answers = [read_answer(session) for _ in range(6)]
        unread = make.answer(session)
        make.decision(session, answer=answers[1], by=first, primary_leaf="quality")
        make.decision(session, answer=answers[2], by=first, primary_leaf="quality")
        make.decision(session, answer=answers[2], by=second, primary_leaf="service", round="second")
        make.decision(session, answer=answers[3], by=first, primary_leaf="quality")
        make.decision(session, answer=answers[3], by=second, primary_leaf="other_reason", round="adjudication")
        make.decision(session, answer=answers[4], by=first, primary_leaf="quality", undone_at=clock.now())
        make.decision(session, answer=unread, by=first, primary_leaf="goal_met")
    with db.reading() as session:
        everything = queries.read(session)
        places = everything.effective
        expected = {row.answer_id: row.leaf for row in session.execute(effective())}
    known = np.flatnonzero(places >= 0)
    assert {int(everything.columns.answer[place]): LEAF_CODES[places[place]] for place in known} == expected
