"""A mail to oneself: the real one, behind which nothing is kept."""

import email
import email.policy
import re
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import sqlalchemy as sa
from flask.testing import FlaskClient

from tests import factories as make
from voc.accounts.company import Company, change
from voc.campaigns.tables import Invitation
from voc.clock import today
from voc.config import Settings
from voc.db import Database
from voc.schema import metadata

OFFER = "今なら30%OFFで再開できます。"


def draft(db: Database, **values: object) -> int:
    with db.transaction() as session:
        return make.campaign(session, **({"status": "draft"} | values)).id


def only_mail(folder: Path) -> EmailMessage:
    [path] = folder.glob("*.eml")
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)  # type: ignore[return-value]


def rows(db: Database) -> dict[str, int]:
    """How many rows each table has, but for the events."""
    with db.reading() as session:
        return {
            table.name: session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in metadata.sorted_tables
            if table.name != "events"
        }


def test_the_mail_is_real_and_its_pages_keep_nothing(
    as_manager: FlaskClient, client: FlaskClient, db: Database, settings: Settings
) -> None:
    campaign_id, before = draft(db, mail_subject="お元気ですか"), rows(db)
    page = as_manager.post(f"/campaigns/{campaign_id}/trial", follow_redirects=True).text
    assert "manager@example.co.jp に送りました" in page
    mail = only_mail(settings.instance_dir / "outbox")
    assert (mail["Subject"], mail["To"]) == ("お元気ですか", "manager@example.co.jp")
    text = str(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    [survey] = re.findall(r"http://localhost(/s/\S+)", text)
    assert "記録されません" in client.get(survey).text
    assert "もうひとつだけ" in client.post(survey, data={"text": ""}).text
    assert "ありがとうございました" in client.post(survey, data={"text": "値段が高くて続けられませんでした"}).text
    assert "ありがとうございました" in client.post(survey, data={"skip": "1"}).text
    leave = re.findall(r"http://localhost(/u/\S+)", text)[0]
    assert "お止めしますか" in client.get(leave).text
    assert "承りました" in client.post(leave).text
    assert rows(db) == before


def test_trial_and_preview_name_the_day_that_customers_will_have(as_manager: FlaskClient, db: Database, settings: Settings) -> None:
    campaign_id = draft(db)
    day = today() + timedelta(days=30)
    told = f"{day.month}月{day.day}日まで"
    as_manager.post(f"/campaigns/{campaign_id}/trial")
    mail = only_mail(settings.instance_dir / "outbox")
    assert told in str(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert told in as_manager.get(f"/campaigns/{campaign_id}/preview/mail").text


def test_a_forged_or_foreign_address_opens_nothing(client: FlaskClient) -> None:
    assert client.get("/s/trial/MQ.aaaa.bbbb").status_code == 404
    assert "もう一度お送りください" in client.get("/s/trial/1").text


def test_a_mail_server_that_is_away_is_a_sentence(as_manager: FlaskClient, db: Database, settings: Settings) -> None:
    (settings.instance_dir / "outbox").write_text("in the way")
    page = as_manager.post(f"/campaigns/{draft(db)}/trial", follow_redirects=True).text
    assert "書けません" in page


def test_staff_cannot_send_it(as_staff: FlaskClient, db: Database) -> None:
    assert as_staff.post(f"/campaigns/{draft(db)}/trial").status_code == 403


# -- advertising without a sender ------------------------------------------------------------------------------------------------


def test_advertising_without_a_sender_does_not_start(as_manager: FlaskClient, db: Database) -> None:
    campaign_id = draft(db, mail_text=OFFER)
    page = as_manager.post(f"/campaigns/{campaign_id}/activate", follow_redirects=True).text
    assert "管理者が「設定」に入れるか" in page
    assert "準備中" in page
    assert "管理者が「設定」に入れるか" in as_manager.post(f"/campaigns/{campaign_id}/trial", follow_redirects=True).text
    with db.transaction() as session:
        change(session, Company(name="すこやか堂", postal_address="東京都千代田区千代田1-1", contact="0120-000-000"))
    assert "始めました" in as_manager.post(f"/campaigns/{campaign_id}/activate", follow_redirects=True).text


def test_a_plain_survey_starts_and_is_warned_about(as_manager: FlaskClient, db: Database) -> None:
    campaign_id = draft(db)
    assert "未設定です" in as_manager.get(f"/campaigns/{campaign_id}").text
    assert "始めました" in as_manager.post(f"/campaigns/{campaign_id}/activate", follow_redirects=True).text


def test_words_that_advertise_are_refused_while_it_runs_too(as_manager: FlaskClient, db: Database) -> None:
    campaign_id = draft(db)
    as_manager.post(f"/campaigns/{campaign_id}/activate")
    form = {
        "name": "解約した方へ", "purchase_type": "subscription", "channel": "mail", "wait_days": "3", "window_days": "14",
        "open_days": "30", "holdout_percent": "0", "mail_text": OFFER,
    }  # fmt: skip
    assert "広告のメールにあたります" in as_manager.post(f"/campaigns/{campaign_id}/edit", data=form).text


def test_a_sender_taken_away_holds_the_mails_back(
    db: Database, settings: Settings, queue_mails: Callable[..., int], send: Callable[[str], None], as_manager: FlaskClient
) -> None:
    queue_mails(1, mail_text=OFFER)
    send(settings.smtp_url)
    assert not list(settings.instance_dir.glob("outbox/*.eml"))
    page = as_manager.get("/outbox").text
    assert "送れなかった" in page
    assert "管理者が「設定」に入れるか" in page
    with db.reading() as session:
        assert session.scalar(sa.select(sa.func.count(Invitation.asked_at))) == 0
