"""The report of a selection: who belongs to it, what its denominators are."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from tests import factories as make
from voc import clock
from voc.clock import JST
from voc.db import Database
from voc.exports import rows
from voc.insights import report
from voc.insights.report import Report
from voc.replies.selection import CUTS, Selection
from voc.surveys.tables import Answer


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(hour=12, tzinfo=JST)


@pytest.fixture
def company(db: Database) -> dict[str, int]:
    """Two products, two campaigns, replies of three months, an old list."""
    with db.transaction() as session:
        shop = make.shop(session)
        juice, lotion = (make.product(session, shop=shop, name=name) for name in ("青汁", "美容液"))
        by_mail = make.campaign(session, name="解約", purchase_type="subscription")
        by_card = make.campaign(session, name="カード", purchase_type="one_off", channel="paper")
        for n, (day, leaf) in enumerate([("2026-09-10", "price"), ("2026-10-10", "price"), ("2026-10-31", "unused_stock")]):
            person = make.customer(session, shop=shop, first_order_at=at(f"2026-0{n + 1}-05"))
            asked = make.invitation(session, customer=person, campaign=by_mail, asked_at=at(day), answered_at=at(day), product_id=juice.id)
            _reply(session, leaf, day, invitation_id=asked.id, customer_id=person.id, product_id=juice.id, source="web", stated="price")
        for _ in range(3):
            person = make.customer(session, shop=shop)
            make.invitation(session, customer=person, campaign=by_mail, asked_at=at("2026-10-15"), product_id=juice.id)
        person = make.customer(session, shop=shop)
        card = make.invitation(
            session,
            customer=person,
            campaign=by_card,
            channel="paper",
            asked_at=at("2026-10-20"),
            answered_at=at("2026-10-25"),
            product_id=lotion.id,
        )
        _reply(session, "quality", "2026-10-25", invitation_id=card.id, product_id=lotion.id, source="paper", purchase_type="one_off")
        _reply(session, "price", "2026-10-01")
        never = make.customer(session, shop=shop)
        make.invitation(session, customer=never, campaign=by_mail, asked_at=None, held_out=True)
        return {"juice": juice.id, "lotion": lotion.id, "mail": by_mail.id, "card": by_card.id}


def _reply(session: Session, leaf: str, day: str, **values: object) -> Answer:
    answer = make.answer(session, answered_at=at(day), **values)
    make.prediction(session, answer=answer, primary_leaf=leaf)
    return answer


def made(db: Database, selection: Selection | None = None, by: str | None = None) -> Report:
    with db.reading() as session:
        return report.make(session, selection or Selection(), by=by)


def test_everything(db: Database, company: dict[str, int]) -> None:
    found = made(db)
    assert (found.breakdown.replies, found.asked.asked, found.asked.answered) == (5, 7, 4)
    assert found.breakdown.line("other").raw_count == 3
    assert found.response is not None
    assert found.response.share == pytest.approx(4 / 7)
    assert found.before is None


def test_days_are_those_of_japan_and_both_ends_belong_to_it(db: Database, company: dict[str, int]) -> None:
    found = made(db, Selection(start=date(2026, 10, 1), end=date(2026, 10, 31)))
    assert (found.breakdown.replies, found.asked.asked) == (4, 6)
    assert found.before == Selection(start=date(2026, 9, 1), end=date(2026, 9, 30))
    with db.transaction() as session:
        _reply(session, "price", "2026-10-31").answered_at = clock.end_of_day(date(2026, 10, 31))
    assert made(db, Selection(start=date(2026, 10, 1), end=date(2026, 10, 31))).breakdown.replies == 4


FILTERS = [
    ({"purchase_type": "one_off"}, 1, 1),
    ({"purchase_type": "subscription"}, 4, 6),
    ({"product": "juice"}, 3, 6),
    ({"campaign": "card"}, 1, 1),
    ({"campaign": "mail"}, 3, 6),
    ({"way": "mail"}, 3, 6),
    ({"way": "paper"}, 1, 1),
    ({"way": "import"}, 1, 0),
    ({"way": "line"}, 0, 0),
]


def test_filters(db: Database, company: dict[str, int]) -> None:
    ids = {"product": "product_id", "campaign": "campaign_id"}
    for values, replies, asked in FILTERS:
        selection = Selection(**{ids.get(name, name): company[value] if name in ids else value for name, value in values.items()})  # type: ignore[arg-type]
        found = made(db, selection)
        assert (found.breakdown.replies, found.asked.asked) == (replies, asked), values
        with db.reading() as session:  # the exports choose in SQL, the report in columns
            assert rows.count(session, "replies", selection) == replies, values
            assert len(list(rows.replies(session, selection).rows)) == replies, values


def test_parts_add_up_to_the_whole(db: Database, company: dict[str, int]) -> None:
    for by in CUTS:
        found = made(db, by=by)
        assert sum(section.breakdown.replies for section in found.sections) == 5
        if by != "stated":
            assert sum(section.asked.asked for section in found.sections if section.asked) == 7
        assert len({section.key for section in found.sections}) == len(found.sections)
        assert all(section.label for section in found.sections)


def test_parts_in_the_order_people_expect(db: Database, company: dict[str, int]) -> None:
    def labels(by: str) -> list[tuple[str, int]]:
        return [(section.label, section.breakdown.replies) for section in made(db, by=by).sections]

    assert labels("month") == [("2026年9月", 1), ("2026年10月", 4)]
    assert labels("product") == [("青汁", 3), ("美容液", 1), ("不明", 1)]
    assert labels("cohort") == [("2026年1月", 1), ("2026年2月", 1), ("2026年3月", 1), ("不明", 2)]
    assert labels("purchase_type") == [("通常購入", 1), ("定期購入", 4)]
    assert labels("channel") == [("メール", 3), ("手紙・同梱", 1), ("取り込み", 1)]
    assert labels("stated") == [("値段が高い", 3), ("選択なし", 2)]


def test_a_part_that_was_asked_and_silent_is_told(db: Database, company: dict[str, int]) -> None:
    with db.transaction() as session:
        person = make.customer(session, shop=make.shop(session))
        make.invitation(session, customer=person, asked_at=at("2026-08-01"))
    silent = made(db, by="month").sections[0]
    assert (silent.label, silent.asked.asked if silent.asked else None, silent.breakdown.replies) == ("2026年8月", 1, 0)


def test_corrected_shares_rest_on_the_random_draws_of_the_selection(db: Database) -> None:
    with db.transaction() as session:
        person = make.user(session)
        for n in range(120):
            answer = _reply(session, "no_effect" if n % 2 else "price", "2026-10-10")
            if n < 100:
                make.draw(session, answer=answer, probability=100 / 120)
                make.decision(
                    session, answer=answer, by=person, stream="audit", primary_leaf="unused_stock" if n % 4 == 1 else answer_leaf(n)
                )
        for _ in range(3):
            make.decision(session, answer=_reply(session, "price", "2026-10-11"), by=person, primary_leaf="quality")
    found = made(db).breakdown
    assert (found.reviewed, found.drawn) == (103, 100)
    line = found.line("unused_stock")
    assert line.claimable
    assert line.machine_count == 0
    assert line.corrected_share == pytest.approx(0.25, abs=0.02)
    assert line.low is not None
    assert line.high is not None
    assert line.low < 0.25 < line.high
    data = report.as_json(made(db, by="month"))
    assert [group["group"] for group in data["groups"]] == [line.code for line in found.lines]
    assert data["groups"][3]["corrected_share"] == pytest.approx(line.corrected_share, abs=1e-6)
    assert data["segments"][0]["groups"][3] == data["groups"][3]
    assert data["groups"][0]["leaves"][0]["leaf"] == "quality"


def answer_leaf(n: int) -> str:
    return "no_effect" if n % 2 else "price"


def test_a_later_day_is_compared_with_the_days_before(db: Database) -> None:
    with db.transaction() as session:
        _reply(session, "price", "2026-10-10")
        _reply(session, "price", "2026-10-17")
    found = made(db, Selection(start=date(2026, 10, 14), end=date(2026, 10, 20)))
    assert found.before == Selection(start=date(2026, 10, 7), end=date(2026, 10, 13))
    assert found.breakdown.line("other").change is not None
    assert found.generated_at - clock.now() < timedelta(minutes=1)
