"""Agreement between two who coded blind: known numbers, and nothing claimed from too few."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests import factories
from voc.db import Database
from voc.reviews import agreement


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
