"""Pages of campaigns, as a manager uses them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests import factories as make
from voc.campaigns.rules import Rule
from voc.campaigns.tables import Campaign
from voc.clock import now
from voc.db import Database
from voc.jobs import Job

FORM = {
    "name": "解約した方へ", "purchase_type": "subscription", "channel": "mail", "wait_days": "3", "window_days": "14", "daily_limit": "",
    "open_days": "30", "holdout_percent": "0", "mail_subject": "", "mail_text": "",
}  # fmt: skip


def cancelled(db: Database, count: int = 1) -> None:
    with db.transaction() as session:
        shop = make.shop(session)
        for _ in range(count):
            make.subscription(session, customer=make.customer(session, shop=shop), cancelled_at=now() - timedelta(days=5))


def campaign(db: Database) -> Campaign:
    with db.reading() as session:
        return session.scalars(sa.select(Campaign)).one()


def test_an_empty_list_says_what_to_do(as_manager: FlaskClient) -> None:
    assert "はじめの配信を作る" in as_manager.get("/campaigns").text


def test_the_way_from_draft_to_end(as_manager: FlaskClient, db: Database) -> None:
    cancelled(db, 2)
    assert as_manager.post("/campaigns/new", data=FORM | {"daily_limit": "100"}).status_code == 302
    made = campaign(db)
    assert (made.status, Rule.from_json(made.rule)) == ("draft", Rule(wait_days=3, window_days=14, daily_limit=100))
    page = as_manager.get(f"/campaigns/{made.id}").text
    assert "始める" in page
    assert "解約から3日たった方に(17日を過ぎた方は除く)" in page
    for step, status in (("activate", "active"), ("pause", "paused"), ("activate", "active"), ("close", "closed")):
        assert as_manager.post(f"/campaigns/{made.id}/{step}").status_code == 302
        assert campaign(db).status == status
        assert as_manager.get(f"/campaigns/{made.id}").status_code == 200
    with db.reading() as session:
        assert {job.name for job in session.query(Job)} == {"campaigns.invite", "delivery.send"}
    assert as_manager.post(f"/campaigns/{made.id}/activate").status_code == 409
    assert "終了" in as_manager.get("/campaigns").text


def test_a_draft_can_be_changed_and_thrown_away(as_manager: FlaskClient, db: Database) -> None:
    as_manager.post("/campaigns/new", data=FORM)
    made = campaign(db)
    assert 'value="解約した方へ"' in as_manager.get(f"/campaigns/{made.id}/edit").text
    as_manager.post(f"/campaigns/{made.id}/edit", data=FORM | {"name": "秋の解約", "channel": "paper", "wait_days": "5"})
    assert (campaign(db).name, campaign(db).channel, campaign(db).rule["wait_days"]) == ("秋の解約", "paper", 5)
    as_manager.post(f"/campaigns/{made.id}/discard")
    assert "まだ配信がありません" in as_manager.get("/campaigns").text


def test_two_of_one_name_are_refused_and_nothing_typed_is_lost(as_manager: FlaskClient) -> None:
    as_manager.post("/campaigns/new", data=FORM)
    page = as_manager.post("/campaigns/new", data=FORM | {"mail_text": "いつもありがとうございます。"}).text
    assert "すでにあります" in page
    assert "いつもありがとうございます。" in page


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"wait_days": "-1"}, {"wait_days": "三"}, {"window_days": "9999"}, {"channel": "fax"}, {"product_ids": "99"}]
)
def test_what_cannot_be_is_told_at_the_field(as_manager: FlaskClient, db: Database, wrong: dict[str, str]) -> None:
    page = as_manager.post("/campaigns/new", data=FORM | wrong)
    assert page.status_code == 200
    assert 'class="error"' in page.text
    with db.reading() as session:
        assert session.query(Campaign).count() == 0


def test_the_preview_counts_before_anything_is_saved(as_manager: FlaskClient, db: Database) -> None:
    cancelled(db, 3)
    with db.transaction() as session:
        make.subscription(
            session, customer=make.customer(session, shop=make.shop(session), may_mail=False), cancelled_at=now() - timedelta(days=5)
        )
    part = as_manager.get("/campaigns/audience", query_string=FORM, headers={"HX-Request": "true"}).text
    assert '<b class="num">3</b>' in part
    assert "根拠(同意など)の記録がない" in part
    assert "この条件で 3 人" in part
    assert '<b class="num">0</b>' in as_manager.get("/campaigns/audience", query_string=FORM | {"wait_days": "30"}).text
    limited = as_manager.get("/campaigns/audience", query_string=FORM | {"daily_limit": "2"}).text
    assert "今日は 2 人、全員に依頼し終わるまで約 2 日" in limited
    assert "の数を入れてください" in as_manager.get("/campaigns/audience", query_string=FORM | {"wait_days": "x"}).text


def test_doubtful_words_are_told_while_they_are_written(as_manager: FlaskClient) -> None:
    told = as_manager.post("/campaigns/wording", data={"mail_text": "続けないと逆効果です。"}).text
    assert "解約の妨げ" in told
    assert as_manager.post("/campaigns/wording", data={"mail_text": "ありがとうございました。"}).text.strip() == ""


def test_the_invitations_can_be_searched_and_leafed_through(as_manager: FlaskClient, db: Database) -> None:
    with db.transaction() as session:
        made = make.campaign(session)
        shop = make.shop(session)
        for number in range(60):
            make.invitation(
                session, customer=make.customer(session, shop=shop, name=f"客{number:02}"), campaign=made,
                answered_at=now() if number < 2 else None, held_out=number == 59,
            )  # fmt: skip
        path = f"/campaigns/{made.id}"
    first = as_manager.get(path).text
    assert "客59" in first
    assert "客10" not in first
    assert "全60件" in first
    assert "客10" in as_manager.get(path, query_string={"page": 2}).text
    answered = as_manager.get(path, query_string={"state": "answered"}).text
    assert "客01" in answered
    assert "客05" not in answered
    assert "客07" in as_manager.get(path, query_string={"q": "客07"}).text
    assert "この条件に合う依頼はありません" in as_manager.get(path, query_string={"q": "100%\0"}).text
    part = as_manager.get(path, query_string={"state": "held_out"}, headers={"HX-Request": "true", "HX-Target": "invitations"}).text
    assert "客59" in part
    assert "<html" not in part


def test_a_page_number_out_of_range_shows_the_last_page(as_manager: FlaskClient, db: Database) -> None:
    with db.transaction() as session:
        path = f"/campaigns/{make.campaign(session).id}"
    assert as_manager.get(path, query_string={"page": 99}).status_code == 200


def test_an_unknown_campaign_is_not_found(as_manager: FlaskClient) -> None:
    for path in ("/campaigns/99", "/campaigns/99/edit", "/campaigns/99/preview", "/campaigns/99/letters"):
        assert as_manager.get(path).status_code == 404


def test_the_missing_sender_address_is_pointed_out(as_manager: FlaskClient, db: Database) -> None:
    with db.transaction() as session:
        path = f"/campaigns/{make.campaign(session).id}"
    assert "会社の名前・住所・問い合わせ先のどれかが未設定です" in as_manager.get(path).text
