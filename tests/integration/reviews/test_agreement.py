"""Agreement between two who coded blind: known numbers, and nothing claimed from too few."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests import factories
from voc.accounts import company
from voc.db import Database
from voc.reviews import agreement, queries, queue
from voc.reviews.queue import Wish


def coded(session: Session, *leaves: tuple[str, str]) -> None:
    one, two = factories.user(session, name="佐藤"), factories.user(session, name="高橋")
    for first, second in leaves:
        answer = factories.answer(session)
        factories.draw(session, answer=answer, double=True)
        factories.decision(session, answer=answer, by=one, primary_leaf=first)
        factories.decision(session, answer=answer, by=two, primary_leaf=second, round="second")


def test_kappa_of_a_known_table(db: Database) -> None:
    # 45 yes/yes, 15 yes/no, 25 no/yes, 15 no/no: κ = 0.1304 (Cohen 1960's form, worked by hand)
    with db.transaction() as session:
        coded(
            session, *[("price", "price")] * 45, *[("price", "quality")] * 15, *[("quality", "price")] * 25, *[("quality", "quality")] * 15
        )
        found = agreement.look(session)
    assert found.agreeing == 60
    assert found.kappa is not None
    assert round(found.kappa.value, 4) == 0.1304
    assert found.kappa.low < 0.13 < found.kappa.high
    assert [(kind.one, kind.other, kind.times) for kind in found.confused] == [("quality", "price", 40)]
    assert len(found.open) == 40


def test_nothing_is_claimed_from_too_few(db: Database) -> None:
    with db.transaction() as session:
        coded(session, *[("price", "price")] * 8)
        found = agreement.look(session)
    assert found.kappa is None
    assert "あと22件" in found.finding


def test_people_who_left_do_not_break_the_page(as_manager: FlaskClient, db: Database) -> None:
    with db.transaction() as session:
        coded(session, *[("price", "quality"), ("price", "price")] * 20)
        for row in session.query(agreement.Decision).all():
            row.reviewer_id = None
    page = as_manager.get("/review/agreement").text
    assert "退職した方" in page
    assert "取り違えやすい理由の組" in page


def test_what_differs_from_the_machine_is_coded_twice_blind_and_what_agrees_now_and_then(db: Database) -> None:
    with db.transaction() as session:
        one, two = factories.user(session), factories.user(session)
        factories.wave(session, "w", second_look=True, double_share=0.1)
        differing, agreeing, chosen = (factories.answer(session) for _ in range(3))
        for answer, leaf in ((differing, "price"), (agreeing, "unused_stock"), (chosen, "unused_stock")):
            read = factories.prediction(session, answer=answer)
            factories.draw(session, answer=answer, wave="w", double=answer is chosen)
            factories.decision(session, answer=answer, by=one, primary_leaf=leaf, prediction_id=read.id)
        waiting = session.scalars(queue.candidates("second", two.id, Wish())).all()
        assert waiting == [differing.id, chosen.id]
        assert [queries.round_for(session, answer.id, two.id) for answer in (differing, agreeing, chosen)] == ["second", None, "second"]
        assert queries.round_for(session, differing.id, one.id) is None, "nobody is the second to themselves"
        assert (queries.audit_progress(session).double, queries.audit_progress(session).decided) == (2, 3)
        for answer in (differing, chosen):
            factories.decision(session, answer=answer, by=two, primary_leaf="unused_stock", round="second")
        assert {pair.answer_id: pair.weight for pair in agreement.pairs(session)} == {differing.id: 1.0, chosen.id: 10.0}
        assert agreement.look(session).weighted


def test_a_wave_without_second_look_leaves_what_differs_alone(db: Database) -> None:
    with db.transaction() as session:
        one, two = factories.user(session), factories.user(session)
        answer = factories.answer(session)
        read = factories.prediction(session, answer=answer)
        factories.draw(session, answer=answer)
        factories.decision(session, answer=answer, by=one, primary_leaf="price", prediction_id=read.id)
        assert queries.round_for(session, answer.id, two.id) is None


def test_agreement_is_that_of_all_audits_though_disagreements_are_looked_for(db: Database) -> None:
    """Of 400 audits people differ in 40. All those that differ from the machine are coded twice, a tenth of the others: unweighted
    the two would seem to agree in half of them."""
    with db.transaction() as session:
        one, two = factories.user(session), factories.user(session)
        factories.wave(session, "w", second_look=True, double_share=0.1)
        cases = [("price", "quality", "quality")] * 40 + [("price", "price", "price")] * 18 + [("quality", "quality", "quality")] * 18
        for first, second, machine in cases:
            answer = factories.answer(session)
            read = factories.prediction(session, answer=answer, primary_leaf=machine)
            factories.draw(session, answer=answer, wave="w", double=first == machine)
            factories.decision(session, answer=answer, by=one, primary_leaf=first, prediction_id=read.id)
            factories.decision(session, answer=answer, by=two, primary_leaf=second, round="second")
        found = agreement.look(session)
    assert found.agreeing == 36
    assert found.kappa is not None
    assert found.kappa.observed == pytest.approx(0.9)
    assert found.kappa.value == pytest.approx(0.8, abs=0.01)
    assert set(found.by_reason) == {"price", "quality"}
    assert found.by_reason["price"].kappa.value == pytest.approx(found.kappa.value)
    assert len(found.confused[0].examples) == 3
    assert next(iter(found.by_reviewers.values())).observed == pytest.approx(0.9)


def test_a_manager_sets_how_much_two_people_code(as_manager: FlaskClient, db: Database) -> None:
    page = as_manager.get("/review/agreement").text
    assert 'name="share"' in page
    assert 'value="10"' in page
    assert as_manager.post("/review/second-look", data={"share": "25"}).status_code == 303
    with db.reading() as session:
        assert (company.read(session).double_share, company.read(session).second_look) == (0.25, False)
    as_manager.post("/review/second-look", data={"share": "101", "differing": "y"})
    assert "0〜100の数" in as_manager.get("/review/agreement").text
