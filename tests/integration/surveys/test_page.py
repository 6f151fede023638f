"""The survey page: what it shows, what it weighs, what it leaves alone."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.integration.surveys.conftest import Ask
from voc.accounts.company import Company
from voc.audit import Event
from voc.campaigns import queries as campaigns
from voc.campaigns.tables import Invitation
from voc.clock import now
from voc.db import Database
from voc.schema import metadata
from voc.surveys import render
from voc.surveys.questions import order_for


def options(page: str) -> list[str]:
    return re.findall(r'name="stated" value="([a-z_]+)"', page)


def test_it_asks_three_questions_about_the_product_and_says_who_asks_and_what_for(
    client: FlaskClient, token: str, company: Company
) -> None:
    answer = client.get(f"/s/{token}")
    assert answer.status_code == 200
    assert "ご利用をおやめになった理由を" in answer.text
    assert "すこやか青汁 &lt;30包&gt;" in answer.text
    assert "すこやか堂 お客様係" in answer.text
    assert company.purpose in answer.text
    assert 'href="https://example.co.jp/privacy"' in answer.text
    assert [answer.text.count(f'name="{name}"') for name in ("stated", "text", "expectation")] == [7, 1, 5]


def test_one_off_buyers_are_not_told_that_they_cancelled(client: FlaskClient, ask: Ask) -> None:
    page = client.get(f"/s/{ask(campaign={'purchase_type': 'one_off'})}").text
    assert "おやめになった" not in page
    assert "次のご購入を見送られた理由を" in page


def test_it_needs_no_cookie_no_script_and_no_other_page(app: Flask, client: FlaskClient, token: str) -> None:
    answer = client.get(f"/s/{token}")
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "onclick" not in answer.text
    assert "<noscript" not in answer.text
    posted = app.test_client().post(f"/s/{token}", data={"stated": "price"})  # no script ran, no page was loaded
    assert posted.status_code == 303
    assert "Set-Cookie" not in posted.headers


def test_somebody_with_a_log_in_gets_the_same_page(as_staff: FlaskClient, client: FlaskClient, token: str) -> None:
    answer = as_staff.get(f"/s/{token}", headers={"Cookie": "voc_language=en; remember_token=x"})
    assert answer.status_code == 200
    assert answer.text == client.get(f"/s/{token}").text
    assert "Set-Cookie" not in answer.headers


def test_it_weighs_less_than_20_kB_with_all_that_belongs_to_it(client: FlaskClient, token: str, company: Company) -> None:
    page = client.get(f"/s/{token}")
    belongings = [client.get(address, buffered=True) for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)]
    assert len(belongings) == 2
    assert all("Set-Cookie" not in each.headers and "Cookie" not in each.headers.get("Vary", "") for each in belongings)
    assert all(each.status_code == 200 for each in belongings)
    assert len(page.data) + sum(len(each.data) for each in belongings) < 20_000


def test_the_order_of_the_options_is_kept_for_a_customer_and_differs_between_them(client: FlaskClient, ask: Ask) -> None:
    tokens = [ask() for _ in range(6)]
    orders = {token: options(client.get(f"/s/{token}").text) for token in tokens}
    assert all(order == options(client.get(f"/s/{token}").text) == list(order_for(token)) for token, order in orders.items())
    assert len({tuple(order) for order in orders.values()}) > 1


def test_looking_at_it_changes_nothing(client: FlaskClient, token: str, db: Database) -> None:
    def rows() -> dict[str, int]:
        with db.reading() as session:
            return {table.name: session.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in metadata.sorted_tables}

    before = rows()
    for path in ("", "/more", "/thanks"):
        client.get(f"/s/{token}{path}")
        client.head(f"/s/{token}{path}")
    assert rows() == before
    with db.reading() as session:
        assert session.scalar(sa.select(Invitation.shown_at)) is None
        assert session.scalar(sa.select(sa.func.count()).select_from(Event)) == 0


@pytest.mark.parametrize(
    "path", ["/s/nobody-has-this-token", "/s/a", "/s/%00", "/s/あ", "/s/" + "a" * 300, "/s/x/y/z", "/s/nobody-has-this-token/thanks"]
)
def test_an_unknown_address_is_a_kind_404(client: FlaskClient, company: Company, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "アドレスが途中で切れている" in answer.text
    assert "0120-000-000" in answer.text
    assert "Set-Cookie" not in answer.headers


def test_the_comparison_group_has_no_survey(client: FlaskClient, ask: Ask) -> None:
    assert client.get(f"/s/{ask(held_out=True)}").status_code == 404


@pytest.mark.parametrize(
    ("status", "expires", "told"),
    [
        ("closed", timedelta(days=1), "受け付けを終了しました"),
        ("active", timedelta(seconds=-1), "受け付けを終了しました"),
        ("draft", timedelta(days=1), "受け付けを終了しました"),
    ],
)
def test_a_survey_that_is_over_is_a_kind_410_and_gives_the_words_back(
    client: FlaskClient, ask: Ask, answers: Callable[[], list[object]], status: str, expires: timedelta, told: str
) -> None:
    token = ask(campaign={"status": status}, expires_at=now() + expires)
    assert client.get(f"/s/{token}").status_code == 410
    posted = client.post(f"/s/{token}", data={"text": "せっかく書いた言葉"})
    assert posted.status_code == 410
    assert told in posted.text
    assert "せっかく書いた言葉" in posted.text
    assert answers() == []


def test_a_paused_campaign_still_takes_the_answers_of_those_who_were_asked(
    client: FlaskClient, ask: Ask, answers: Callable[[], list[object]]
) -> None:
    token = ask(campaign={"status": "paused"})
    assert client.get(f"/s/{token}").status_code == 200
    assert client.post(f"/s/{token}", data={"text": "値段が上がったので"}).status_code == 303
    assert len(answers()) == 1


def test_open_links_are_those_that_take_an_answer(ask: Ask, db: Database, client: FlaskClient) -> None:
    good, answered, paused = ask(), ask(), ask(campaign={"status": "paused"})
    ask(campaign={"status": "closed"})
    ask(expires_at=now() - timedelta(days=1))
    ask(held_out=True)
    client.post(f"/s/{answered}", data={})
    last = ask()
    with db.reading() as session:
        assert campaigns.open_tokens(session).all() == [last, paused, good]
        assert campaigns.open_tokens(session, limit=1).all() == [last]


def test_a_change_of_the_company_shows_within_seconds(
    client: FlaskClient, token: str, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from voc.accounts.company import change
    from voc.surveys import queries

    client.get(f"/s/{token}")
    with db.transaction() as session:
        change(session, Company(name="新しい名前"))
    monkeypatch.setattr(queries, "COMPANY_SECONDS", 0.0)
    assert "新しい名前" in client.get(f"/s/{token}").text


def test_the_preview_can_neither_be_filled_in_nor_sent(app: Flask, company: Company) -> None:
    with app.test_request_context("/campaigns/1/preview"):
        page = render.preview(company, "one_off", product="青汁")
    assert '<fieldset class="preview" disabled>' in page
    assert len(options(page)) == 7
    assert "<script" not in page
