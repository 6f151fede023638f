"""Pages of delivery: outbox, preview, letters, lists."""

import csv
import io
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests import factories as make
from tests.smtp import mail_server
from voc.campaigns.tables import Campaign, Invitation
from voc.db import Database
from voc.delivery.tables import Message

Queue = Callable[..., int]
Send = Callable[[str], None]


def on_paper(db: Database, count: int = 3, **values: object) -> int:
    with db.transaction() as session:
        campaign = make.campaign(session, **({"channel": "paper"} | values))
        shop = make.shop(session)
        for number in range(count):
            customer = make.customer(session, shop=shop, name=f"山田{number}", postal_address="東京都港区1-1", phone="=1+1")
            make.invitation(session, customer=customer, campaign=campaign, channel="paper", asked_at=None)
        held = make.customer(session, shop=shop, name="くじの人")
        make.invitation(session, customer=held, campaign=campaign, channel="paper", asked_at=None, held_out=True)
        return campaign.id


def asked(db: Database) -> int:
    with db.reading() as session:
        return session.query(Invitation).filter(Invitation.asked_at.is_not(None)).count()


def test_an_empty_outbox_says_so(as_manager: FlaskClient) -> None:
    assert "まだメールはありません" in as_manager.get("/outbox").text


def test_the_outbox_says_in_plain_words_why_mails_wait(as_manager: FlaskClient, queue_mails: Queue, send: Send) -> None:
    campaign_id = queue_mails(3)
    send("smtp://127.0.0.1:9?per_second=0")
    page = as_manager.get("/outbox").text
    assert "3 通が送れずに待っています" in page
    assert "接続を受け付けません" in page
    assert "お客様には届いていません" in page
    with mail_server() as server:
        assert as_manager.post("/outbox/retry").status_code == 302
        send(server.url)
        assert len(server.mails) == 3
    done = as_manager.get("/outbox", query_string={"status": "sent", "campaign": campaign_id}).text
    assert done.count("送信済み") >= 3
    assert "待っています" not in done


def test_a_failed_mail_shows_the_servers_words_and_can_be_sent_again(
    as_manager: FlaskClient, db: Database, queue_mails: Queue, send: Send
) -> None:
    queue_mails(1)
    with mail_server(data=lambda number: "554 5.6.0 looks like spam") as server:
        send(server.url)
    page = as_manager.get("/outbox", query_string={"status": "failed"}).text
    assert "554 5.6.0 looks like spam" in page
    with db.reading() as session:
        message_id = session.scalars(sa.select(Message.id)).one()
    assert as_manager.post(f"/outbox/{message_id}/retry").status_code == 302
    with db.reading() as session:
        assert session.scalars(sa.select(Message.status)).one() == "queued"


def test_a_mail_that_went_out_is_not_sent_again_by_a_late_click(
    as_manager: FlaskClient, db: Database, queue_mails: Queue, send: Send
) -> None:
    queue_mails(1)
    with mail_server() as server:
        send(server.url)
    assert as_manager.post("/outbox/1/retry").status_code == 409


def test_the_preview_shows_mail_and_survey(as_manager: FlaskClient, db: Database, queue_mails: Queue) -> None:
    campaign_id = queue_mails(1)
    page = as_manager.get(f"/campaigns/{campaign_id}/preview")
    assert "おやめになった理由を1分でお聞かせください" in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    mail = as_manager.get(f"/campaigns/{campaign_id}/preview/mail")
    assert "「濃い青汁」の定期購入" in mail.text
    assert "sandbox" in mail.headers["Content-Security-Policy"]
    survey = as_manager.get(f"/campaigns/{campaign_id}/preview/survey")
    assert "濃い青汁" in survey.text
    assert "sandbox" in survey.headers["Content-Security-Policy"]
    with db.reading() as session:
        token = session.scalars(sa.select(Invitation.token)).one()
    assert token not in page.text + mail.text + survey.text, "a preview is nobody's survey"


def test_the_preview_works_before_there_is_any_customer(as_manager: FlaskClient, db: Database) -> None:
    with db.transaction() as session:
        campaign_id = make.campaign(session, status="draft").id
    for path in ("preview", "preview/mail", "preview/survey"):
        assert as_manager.get(f"/campaigns/{campaign_id}/{path}").status_code == 200


@pytest.mark.parametrize("form", ["letters", "labels"])
def test_letters_carry_name_and_code_and_printing_counts_as_asked(as_manager: FlaskClient, db: Database, form: str) -> None:
    campaign_id = on_paper(db)
    page = as_manager.get(f"/campaigns/{campaign_id}/letters", query_string={"form": form}).text
    assert page.count("<svg") == 3
    assert "山田0 様" in page
    assert "くじの人" not in page
    assert asked(db) == 0, "looking is not printing"
    with db.reading() as session:
        ids = session.scalars(sa.select(Invitation.id)).all()
    for _ in range(2):
        as_manager.post(f"/campaigns/{campaign_id}/letters", data={"invitation": [str(one) for one in ids], "form": form})
        assert asked(db) == 3, "all but the one held out, and once"
    assert "いま届ける方はいません" in as_manager.get(f"/campaigns/{campaign_id}/letters").text


def test_printing_marks_only_what_belongs_to_the_campaign(as_manager: FlaskClient, db: Database) -> None:
    mine, other = on_paper(db), on_paper(db)
    with db.reading() as session:
        foreign = session.scalars(sa.select(Invitation.id).where(Invitation.campaign_id == other)).all()
    as_manager.post(f"/campaigns/{mine}/letters", data={"invitation": [str(one) for one in foreign]})
    assert asked(db) == 0


def test_links_leave_as_csv_once(as_manager: FlaskClient, db: Database) -> None:
    campaign_id = on_paper(db, channel="line")
    answer = as_manager.post(f"/campaigns/{campaign_id}/links.csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["お名前"] for row in rows] == ["山田0", "山田1", "山田2"]
    assert rows[0]["アンケートのアドレス"].startswith("http://localhost/s/")
    assert rows[0]["電話番号"] == "'=1+1", "no cell becomes a formula"
    assert asked(db) == 3
    again = as_manager.post(f"/campaigns/{campaign_id}/links.csv")
    assert again.status_code == 422
    assert "書き出す方がいません" in again.text


def test_links_in_cp932_for_old_programs(as_manager: FlaskClient, db: Database) -> None:
    campaign_id = on_paper(db, channel="sms")
    assert "山田0" in as_manager.post(f"/campaigns/{campaign_id}/links.csv", data={"encoding": "cp932"}).data.decode("cp932")


def test_staff_see_none_of_it(as_staff: FlaskClient, db: Database) -> None:
    campaign_id = on_paper(db)
    for path in ("/outbox", f"/campaigns/{campaign_id}/letters", f"/campaigns/{campaign_id}/preview"):
        assert as_staff.get(path).status_code == 403
    with db.reading() as session:
        assert session.get(Campaign, campaign_id) is not None
