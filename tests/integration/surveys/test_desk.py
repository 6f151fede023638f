"""At the desk: answers from paper and phone, and looking for what customers said."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests import factories
from tests.integration.surveys.conftest import Ask
from voc.audit import Event
from voc.campaigns.tables import Invitation
from voc.clock import now, start_of_day, today
from voc.db import Database
from voc.jobs import Job
from voc.surveys import search
from voc.surveys.search import Wish
from voc.surveys.tables import Answer

Answers = Callable[[], list[Answer]]


def form(**values: str) -> dict[str, str]:
    return {
        "source": "paper",
        "answered_on": today().isoformat(),
        "purchase_type": "one_off",
        "text": "届いた箱がつぶれていました",
    } | values


def test_an_answer_without_invitation_is_taken(as_staff: FlaskClient, db: Database, answers: Answers) -> None:
    with db.transaction() as session:
        product = factories.product(session, shop=factories.shop(session))
        number, shop = product.id, product.shop_id
    posted = as_staff.post("/answers/new", data=form(source="phone", product=str(number), stated="price", expectation="1"))
    assert posted.status_code == 302
    (answer,) = answers()
    assert (answer.source, answer.purchase_type, answer.product_id, answer.shop_id) == ("phone", "one_off", number, shop)
    assert (answer.stated, answer.text, answer.expectation) == ("price", "届いた箱がつぶれていました", 1)
    assert answer.answered_at == start_of_day(today())
    with db.reading() as session:
        assert session.scalars(sa.select(Job.name)).all() == ["readings.read"]
        event = session.scalars(sa.select(Event).where(Event.kind == "answer.received")).one()
        assert event.user_id is not None


def test_an_answer_for_an_invitation_is_its_answer_even_when_it_comes_late(
    as_staff: FlaskClient, ask: Ask, db: Database, answers: Answers
) -> None:
    token = ask(campaign={"status": "closed", "channel": "paper"}, expires_at=now() - timedelta(days=3))
    with db.reading() as session:
        invitation = session.scalars(sa.select(Invitation)).one()
    page = as_staff.get(f"/answers/new?invitation={invitation.id}")
    assert "山田 花子" in page.text
    assert as_staff.post("/answers/new", data=form(invitation=str(invitation.id))).status_code == 302
    (answer,) = answers()
    assert (answer.invitation_id, answer.customer_id, answer.purchase_type) == (invitation.id, invitation.customer_id, "subscription")
    with db.reading() as session:
        assert session.scalars(sa.select(Invitation.answered_at)).one() == start_of_day(today())
        event = session.scalars(sa.select(Event).where(Event.kind == "answer.received")).one()
        assert event.user_id is not None
        assert event.data == {"source": "paper"}
    again = as_staff.post("/answers/new", data=form(invitation=str(invitation.id)))
    assert "すでに入っています" in again.text
    assert len(answers()) == 1
    assert as_staff.get(f"/s/{token}").status_code == 410


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"text": "  "}, "お答えがまだ空です"),
        ({"answered_on": "x"}, "日付"),
        ({"answered_on": "2199-01-01"}, "今日までの日付"),
        ({"text": "長" * 20_001}, "20,000文字"),
        ({"stated": "unknown"}, "お答えを入れる"),
    ],
)
def test_what_cannot_be_taken_is_said_and_nothing_is_lost(
    as_staff: FlaskClient, answers: Answers, change: dict[str, str], told: str
) -> None:
    posted = as_staff.post("/answers/new", data=form(**change))
    assert posted.status_code == 200
    assert told in posted.text
    assert form(**change)["text"] in posted.text
    assert answers() == []


def test_an_unknown_invitation_is_a_404(as_staff: FlaskClient) -> None:
    assert as_staff.get("/answers/new?invitation=999").status_code == 404


@pytest.mark.parametrize(
    "who", ["花子", "C-77", "hanako@example.jp", "HANAKO@example.jp", "09012345678", "https://voc.example.jp/s/{token}", "{token}"]
)
def test_the_sender_is_found_by_what_is_at_hand(db: Database, who: str) -> None:
    with db.transaction() as session:
        shop = factories.shop(session)
        hanako = factories.customer(
            session, shop=shop, name="山田 花子", external_id="C-77", email="hanako@example.jp", phone="09012345678"
        )
        factories.invitation(session, customer=factories.customer(session, shop=shop, name="別の人"))
        factories.invitation(session, customer=hanako, held_out=True)
        wanted = factories.invitation(session, customer=hanako)
        found = search.people(session, who.format(token=wanted.token))
        assert [person.invitation_id for person in found] == [wanted.id]


def test_a_percent_sign_is_a_percent_sign(db: Database) -> None:
    with db.transaction() as session:
        factories.invitation(session, customer=factories.customer(session, shop=factories.shop(session), name="山田 花子"))
        assert search.people(session, "%") == []
        assert search.people(session, "  ") == []
        for text in ("50%引きでした", "500円でした", "A_B", "AxB", "ABC abc"):
            factories.answer(session, text)

        def found(words: str) -> list[str]:
            return sorted(one.text for one in search.find(session, Wish(words=(words,))).rows)

        assert found("50%") == ["50%引きでした"]
        assert found("a_b") == ["A_B"]
        assert found("abc") == ["ABC abc"]
        assert found("\\") == []


def test_answers_are_found_by_all_words_in_text_or_follow_up(as_staff: FlaskClient, db: Database) -> None:
    from voc.surveys.tables import FollowUp

    with db.transaction() as session:
        factories.answer(session, "飲み忘れて三袋も残りました")
        factories.answer(session, "三袋で十分でした")
        vague = factories.answer(session, "なんとなく")
        session.add(FollowUp(answer_id=vague.id, question="last_use", text="三袋目で飲み忘れが続きました"))
    page = as_staff.get("/answers?q=三袋 飲み忘れ").text
    assert "2件の声" in page
    assert "三袋で十分" not in page
    assert "<mark>飲み忘れ</mark>て<mark>三袋</mark>も" in page
    assert "<mark>三袋</mark>目で<mark>飲み忘れ</mark>が" in page


def test_answers_are_filtered(db: Database) -> None:
    with db.transaction() as session:
        product = factories.product(session, shop=factories.shop(session))
        at = start_of_day(date(2026, 3, 31)) + timedelta(hours=23)
        factories.answer(session, "a", source="paper", stated="price", product_id=product.id, purchase_type="one_off", answered_at=at)
        factories.answer(session, "b", answered_at=at + timedelta(hours=2))

        def found(**given: str) -> str:
            return "".join(one.text for one in search.find(session, Wish.from_arguments(given)).rows)

        assert found() == "ba"
        assert found(source="paper") == found(stated="price") == found(product=str(product.id)) == found(type="one_off") == "a"
        assert found(stated="none") == found(source="import") == "b"
        assert found(to="2026-03-31") == "a"
        assert found(**{"from": "2026-04-01"}) == "b"
        assert found(source="nonsense", product="x", **{"from": "yesterday"}) == "ba"


def test_pages_hold_fifty_and_the_last_is_not_overrun(as_staff: FlaskClient, db: Database) -> None:
    with db.transaction() as session:
        for number in range(53):
            factories.answer(session, f"声その{number:02d}", answered_at=now() + timedelta(seconds=number))
        first, last = search.find(session, Wish(), page=1), search.find(session, Wish(), page=99)
    assert (len(first.rows), first.rows[0].text, first.total, first.pages) == (50, "声その52", 53, 2)
    assert [one.text for one in last.rows] == ["声その02", "声その01", "声その00"]
    page = as_staff.get("/answers?page=2&type=subscription").text
    assert "2 / 2" in page
    assert "type=subscription" in page


def test_the_list_shows_words_of_any_kind(as_staff: FlaskClient, db: Database) -> None:
    with db.transaction() as session:
        factories.answer(session, "<b>太字</b>\ud83d\x00")
    page = as_staff.get("/answers?q=太字")
    assert page.status_code == 200
    assert "&lt;b&gt;<mark>太字</mark>&lt;/b&gt;\ufffd" in page.text
    assert as_staff.get("/answers?q=%00").status_code == 200


def test_an_empty_house_says_what_to_do(as_staff: FlaskClient) -> None:
    assert "まだ、お客様の声は届いていません" in as_staff.get("/answers").text
    assert "この条件に合う声はありません" in as_staff.get("/answers?q=x").text


def test_a_part_of_the_page_is_sent_to_htmx(as_staff: FlaskClient) -> None:
    part = as_staff.get("/answers", headers={"HX-Request": "true"}).text
    assert "<html" not in part
