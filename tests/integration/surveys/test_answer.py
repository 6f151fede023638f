"""Answering: what is kept, what follows, what happens twice."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from tests.integration.surveys.conftest import Ask
from voc.audit import Event
from voc.campaigns.tables import Invitation
from voc.db import Database
from voc.jobs import Job
from voc.surveys import service
from voc.surveys.questions import EXPECTATION, TEXT_KEPT, VERSION, order_for
from voc.surveys.tables import Answer, Draft, FollowUp, QuestionShown

Answers = Callable[[], list[Answer]]
FollowUps = Callable[[], list[FollowUp]]
CLEAR = "朝バタバタして飲み忘れる日が多くて、気づいたら3袋たまっていました。"
FORM = {"stated": "unused_stock", "text": CLEAR, "expectation": "3"}


def test_an_answer_is_kept_with_all_that_follows_from_it(client: FlaskClient, token: str, db: Database, answers: Answers) -> None:
    client.post(f"/s/{token}/draft", data=FORM)
    posted = client.post(f"/s/{token}", data=FORM)
    assert (posted.status_code, posted.headers["Location"]) == (303, f"/s/{token}/thanks")
    thanks = client.get(posted.headers["Location"])
    assert thanks.status_code == 200
    assert "ありがとうございました" in thanks.text
    (answer,) = answers()
    assert (answer.stated, answer.text, answer.expectation, answer.source) == ("unused_stock", CLEAR, 3, "web")
    assert answer.purchase_type == "subscription"
    with db.reading() as session:
        invitation = session.scalars(sa.select(Invitation)).one()
        assert invitation.answered_at == invitation.shown_at == answer.answered_at
        assert (answer.customer_id, answer.product_id) == (invitation.customer_id, invitation.product_id)
        assert answer.shop_id is not None
        assert session.scalars(sa.select(Job.name)).all() == ["readings.read"]
        assert session.scalar(sa.select(sa.func.count()).select_from(Draft)) == 0
        events = session.scalars(sa.select(Event).order_by(Event.id)).all()
        assert [event.kind for event in events] == ["invitation.shown", "answer.received"]
        assert events[1].data == {"source": "web", "questions": VERSION, "purpose": "1"}
        assert events[1].answer_id == answer.id


def test_the_questions_are_recorded_as_they_were_shown(client: FlaskClient, token: str, db: Database) -> None:
    client.post(f"/s/{token}", data=FORM)
    with db.reading() as session:
        shown = {row.question: row for row in session.scalars(sa.select(QuestionShown))}
    assert set(shown) == {"stated", "text", "expectation"}
    assert shown["stated"].options == list(order_for(token))
    assert shown["expectation"].options == [str(value) for value in EXPECTATION]
    assert {row.version for row in shown.values()} == {VERSION}


def test_everything_may_be_left_empty(client: FlaskClient, token: str, answers: Answers) -> None:
    assert client.post(f"/s/{token}", data={}).status_code == 303
    (answer,) = answers()
    assert (answer.stated, answer.text, answer.expectation) == (None, "", None)


def test_values_that_no_page_offers_are_left_out_and_the_rest_is_kept(client: FlaskClient, token: str, answers: Answers) -> None:
    posted = client.post(
        f"/s/{token}", data={"stated": "'; DROP TABLE", "text": CLEAR, "expectation": "99", "last_use": "5月ごろ", "x": "y"}
    )
    assert posted.status_code == 303
    (answer,) = answers()
    assert (answer.stated, answer.text, answer.expectation, answer.extra) == (None, CLEAR, None, {"last_use": "5月ごろ"})


HOSTILE = {
    "nul": "前\x00後",
    "escape sign": "\x1a0000 \x1a",
    "controls": "".join(map(chr, range(1, 32))) + "\x7f\x85",
    "bidi": "\u202eevil\u202c \u2066x\u2069 \ufeff",
    "astral": "👨‍👩‍👧‍👦𠮷野家🏴󠁧󠁢󠁥󠁮󠁧󠁿\U0010ffff",
    "not normalised": "か\u3099 が ｶﾞ ㍿ Å A\u030a",
    "noncharacters": "\ufffe\uffff\ufdd0",
    "private": "\ue000\uf8ff",
    "breaks": "\n\r\n 始まりと終わりの改行\r\n\n",
    "spaces": " \u3000\t全角も\u00a0残す\u3000 ",
    "markup": "</textarea><script>alert(1)</script>{{ 7*7 }}{% raw %}&amp;&#0;",
    "sql": "%_\\'\";--",
    "formula": '=HYPERLINK("http://x")',
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_every_text_comes_back_code_point_for_code_point(client: FlaskClient, token: str, answers: Answers, text: str) -> None:
    assert client.post(f"/s/{token}", data={"text": text}).status_code == 303
    (answer,) = answers()
    assert answer.text == text


def test_half_an_emoji_survives_where_a_program_brings_it(db: Database, answers: Answers) -> None:
    """A browser cannot send a lone surrogate; a JSON file can."""
    text = "\ud83d half \udc4d \x00"
    with db.transaction() as session:
        service.enter(
            session, service.Given(text=text), source="paper", user_id=None, answered_at=service.now(), purchase_type="one_off"  # type: ignore[arg-type]
        )  # fmt: skip
    (answer,) = answers()
    assert answer.text == text


def test_bytes_that_are_no_text_harm_nothing(client: FlaskClient, token: str, answers: Answers) -> None:
    posted = client.post(f"/s/{token}", data=b"text=%FF%FE%ED%A0%80&stated=price", content_type="application/x-www-form-urlencoded")
    assert posted.status_code == 303
    (answer,) = answers()
    assert answer.stated == "price"
    assert answer.text == "%FF%FE%ED%A0%80"


def test_more_than_2000_characters_are_kept_whole_and_the_customer_is_told(client: FlaskClient, token: str, answers: Answers) -> None:
    text = "続けたかったのですが、" * 300
    posted = client.post(f"/s/{token}", data={"text": text})
    assert posted.status_code == 303
    assert "最後まですべて受け取りました" in client.get(posted.headers["Location"]).text
    assert answers()[0].text == text


def test_beyond_all_sense_the_page_comes_back_with_everything_in_it(client: FlaskClient, token: str, answers: Answers) -> None:
    text = "長" * TEXT_KEPT + "!"
    posted = client.post(f"/s/{token}", data={"text": text, "stated": "price", "expectation": "5"})
    assert posted.status_code == 422
    assert text in posted.text
    assert 'value="price" checked' in posted.text
    assert 'value="5" checked' in posted.text
    assert answers() == []


def test_a_body_of_megabytes_is_refused_kindly(client: FlaskClient, token: str, answers: Answers) -> None:
    posted = client.post(f"/s/{token}", data={"text": "x" * 3_000_000})
    assert posted.status_code == 413
    assert "短くしてからお送りください" in posted.text
    assert answers() == []


@pytest.mark.parametrize("text", ["", "  \r\n", "特になし", "なんとなく", "忙しい"])
def test_a_vague_or_empty_text_leads_to_one_gentle_question(
    client: FlaskClient, token: str, follow_ups: FollowUps, answers: Answers, text: str
) -> None:
    posted = client.post(f"/s/{token}", data={"text": text})
    assert posted.headers["Location"] == f"/s/{token}/more"
    page = client.get(posted.headers["Location"])
    assert page.status_code == 200
    assert page.text.count("<textarea") == 1
    assert 'name="skip"' in page.text
    (asked,) = follow_ups()
    assert not asked.answered_at
    sent = client.post(f"/s/{token}/more", data={asked.question: "先月の旅行のころまでです。"})
    assert (sent.status_code, sent.headers["Location"]) == (303, f"/s/{token}/thanks")
    (said,) = follow_ups()
    assert said.text == "先月の旅行のころまでです。"
    assert said.answered_at
    assert answers()[0].text == text


def test_the_question_can_be_skipped_and_is_not_asked_again(client: FlaskClient, token: str, follow_ups: FollowUps) -> None:
    client.post(f"/s/{token}", data={})
    asked = follow_ups()[0].question
    assert client.post(f"/s/{token}/more", data={"skip": "1", asked: ""}).headers["Location"].endswith("/thanks")
    assert follow_ups()[0].skipped
    assert client.get(f"/s/{token}/more").headers["Location"] == f"/s/{token}/thanks"


def test_the_first_words_of_the_follow_up_stay(client: FlaskClient, token: str, follow_ups: FollowUps, db: Database) -> None:
    client.post(f"/s/{token}", data={})
    asked = follow_ups()[0].question
    client.post(f"/s/{token}/more", data={asked: ""})
    client.post(f"/s/{token}/more", data={asked: "やはり書きます"})
    client.post(f"/s/{token}/more", data={asked: "別の言葉"})
    client.post(f"/s/{token}/more", data={"skip": "1"})
    (said,) = follow_ups()
    assert (said.text, said.skipped) == ("やはり書きます", False)
    with db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).where(Event.kind == "follow_up.answered")) == 1


def test_a_follow_up_of_many_pages_comes_back_with_everything_in_it(client: FlaskClient, token: str, follow_ups: FollowUps) -> None:
    client.post(f"/s/{token}", data={})
    text = "長" * (TEXT_KEPT + 1)
    sent = client.post(f"/s/{token}/more", data={follow_ups()[0].question: text})
    assert sent.status_code == 422
    assert text in sent.text


def test_the_pages_after_the_answer_lead_back_to_the_survey_before_it(client: FlaskClient, token: str) -> None:
    for answer in (client.get(f"/s/{token}/more"), client.get(f"/s/{token}/thanks"), client.post(f"/s/{token}/more", data={})):
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/s/{token}")


def test_the_same_answer_sent_twice_is_one_answer(client: FlaskClient, token: str, answers: Answers, follow_ups: FollowUps) -> None:
    first, second = (client.post(f"/s/{token}", data={"stated": "price"}) for _ in range(2))
    assert (first.status_code, first.headers["Location"]) == (second.status_code, second.headers["Location"]) == (303, f"/s/{token}/more")
    assert len(answers()) == len(follow_ups()) == 1


def test_another_answer_does_not_replace_the_first_and_its_words_are_given_back(client: FlaskClient, token: str, answers: Answers) -> None:
    client.post(f"/s/{token}", data=FORM)
    second = client.post(f"/s/{token}", data=FORM | {"text": "書き直した言葉"})
    assert second.status_code == 410
    assert "すでに受け取りました" in second.text
    assert "書き直した言葉" in second.text
    assert [answer.text for answer in answers()] == [CLEAR]


def test_after_the_answer_the_link_is_a_kind_410_with_the_way_to_the_open_question(client: FlaskClient, ask: Ask) -> None:
    said, silent = ask(), ask()
    client.post(f"/s/{said}", data=FORM)
    client.post(f"/s/{silent}", data={})
    for token, offered in ((said, False), (silent, True)):
        page = client.get(f"/s/{token}")
        assert page.status_code == 410
        assert "すでに受け取りました" in page.text
        assert (f"/s/{token}/more" in page.text) is offered


def test_two_that_come_at_once_are_one_answer(app: Flask, ask: Ask, answers: Answers, follow_ups: FollowUps) -> None:
    tokens = [ask() for _ in range(5)]
    barrier = threading.Barrier(4)
    seen: list[tuple[int, str | None]] = []

    def send(token: str, form: dict[str, str]) -> None:
        client = app.test_client()
        barrier.wait()
        answer = client.post(f"/s/{token}", data=form)
        seen.append((answer.status_code, answer.headers.get("Location")))

    for token in tokens:
        threads = [threading.Thread(target=send, args=(token, {"stated": "price"})) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(answers()) == len(follow_ups()) == len(tokens)
    assert len(seen) == 4 * len(tokens)
    assert {status for status, _ in seen} == {303}
    assert {location for _, location in seen} == {f"/s/{token}/more" for token in tokens}


def test_of_two_different_ones_that_come_at_once_one_counts_and_the_other_is_told(app: Flask, token: str, answers: Answers) -> None:
    barrier = threading.Barrier(2)
    seen: dict[str, int] = {}

    def send(stated: str) -> None:
        client = app.test_client()
        barrier.wait()
        seen[stated] = client.post(f"/s/{token}", data={"stated": stated, "text": CLEAR}).status_code

    threads = [threading.Thread(target=send, args=(stated,)) for stated in ("price", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (answer,) = answers()
    assert seen == {str(answer.stated): 303} | {stated: 410 for stated in ("price", "other") if stated != answer.stated}


@pytest.mark.parametrize(
    ("message", "told"), [("database is locked", "混み合っています"), ("database or disk is full", "混み合っています")]
)
def test_when_the_database_cannot_write_the_words_stay_and_can_be_sent_again(
    client: FlaskClient, token: str, answers: Answers, monkeypatch: pytest.MonkeyPatch, message: str, told: str
) -> None:
    def fail(*_: Any) -> None:
        raise OperationalError("INSERT", {}, Exception(message))

    with monkeypatch.context() as patch:
        patch.setattr("voc.surveys.service._take", fail)
        failed = client.post(f"/s/{token}", data=FORM)
    assert failed.status_code == 503
    assert told in failed.text
    assert CLEAR in failed.text
    assert 'name="stated" value="unused_stock"' in failed.text
    assert "もう一度送信する" in failed.text
    assert answers() == []
    assert client.post(f"/s/{token}", data=FORM).status_code == 303


def test_an_erased_answer_leaves_no_page_behind(client: FlaskClient, token: str, db: Database) -> None:
    client.post(f"/s/{token}", data=FORM)
    with db.transaction() as session:
        session.execute(sa.delete(Answer))
    assert client.get(f"/s/{token}").status_code == 410
    assert client.get(f"/s/{token}/thanks").status_code == 303
