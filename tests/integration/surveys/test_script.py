"""What the page's little script tells: that it was seen, and what is half written."""

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.integration.surveys.conftest import Ask
from voc import clock
from voc.audit import Event
from voc.campaigns.tables import Invitation
from voc.clock import now
from voc.db import Database
from voc.surveys import queries, service
from voc.surveys.given import Given
from voc.surveys.questions import TEXT_KEPT, order_for
from voc.surveys.tables import Answer, Draft, QuestionShown


def test_a_page_that_was_seen_is_recorded_once(client: FlaskClient, token: str, db: Database) -> None:
    first = now()
    with clock.frozen(first):
        assert client.post(f"/s/{token}/seen").status_code == 204
    with clock.frozen(first + timedelta(minutes=5)):
        assert client.post(f"/s/{token}/seen").status_code == 204
        client.post(f"/s/{token}", data={"stated": "price"})
    with db.reading() as session:
        assert session.scalar(sa.select(Invitation.shown_at)) == first
        shown = session.scalars(sa.select(QuestionShown)).all()
        assert {row.shown_at for row in shown} == {first}
        assert [row.options for row in shown if row.question == "stated"] == [list(order_for(token))]
        assert session.scalar(sa.select(sa.func.count()).where(Event.kind == "invitation.shown")) == 1


def test_what_is_half_written_is_there_at_the_next_visit(client: FlaskClient, token: str) -> None:
    text = "\r\n</textarea>書きかけ"
    assert client.post(f"/s/{token}/draft", data={"stated": "price", "text": "はじめ"}).status_code == 204
    assert client.post(f"/s/{token}/draft", data={"stated": "competitor", "text": text, "expectation": "4"}).status_code == 204
    page = client.get(f"/s/{token}").text
    assert "続きをお書きいただけます" in page
    assert "\n\r\n&lt;/textarea&gt;書きかけ</textarea>" in page
    assert 'value="competitor" checked' in page
    assert 'value="4" checked' in page
    assert 'value="price" checked' not in page


def test_any_text_can_be_half_written(client: FlaskClient, token: str, db: Database) -> None:
    text = "\x00\x1a👍\u202e"
    client.post(f"/s/{token}/draft", data={"text": text})
    with db.reading() as session:
        assert session.scalars(sa.select(Draft)).one().fields["text"] == text
    assert client.get(f"/s/{token}").status_code == 200


def test_a_draft_that_comes_after_the_answer_is_not_kept(client: FlaskClient, token: str, db: Database) -> None:
    """The browser's last words may overtake each other."""
    with db.glance() as connection:
        before = queries.invited(connection, token)
    client.post(f"/s/{token}", data={"stated": "price"})
    assert client.post(f"/s/{token}/draft", data={"text": "おそい"}).status_code == 410
    with db.transaction() as session:  # looked up before the answer, written after it
        service.keep_drafts(session, [(before, Given(text="おそい"))])
    with db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Draft)) == 0


def test_script_for_unknown_and_closed_links_gets_an_error_and_writes_nothing(client: FlaskClient, ask: Ask, db: Database) -> None:
    closed = ask(campaign={"status": "closed"})
    assert client.post("/s/nobody-has-this-token/seen").status_code == 404
    assert client.post("/s/nobody-has-this-token/draft", data={"text": "x"}).status_code == 404
    assert client.post(f"/s/{closed}/seen").status_code == 204
    assert client.post(f"/s/{closed}/draft", data={"text": "x"}).status_code == 410
    assert client.post(f"/s/{ask()}/draft", data={"text": "x" * (TEXT_KEPT + 1)}).status_code == 422
    with db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Draft)) == 0
        assert session.scalars(sa.select(Invitation.shown_at)).all() == [None, None]


def test_seen_and_draft_set_no_cookie(client: FlaskClient, token: str, answers: Callable[[], list[Answer]]) -> None:
    for path in ("seen", "draft"):
        assert "Set-Cookie" not in client.post(f"/s/{token}/{path}").headers
    assert answers() == []
