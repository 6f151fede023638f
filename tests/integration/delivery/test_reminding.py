"""One reminder to those who have not answered: to whom, how often, and that it moves no denominator."""

import email
import email.policy
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests import factories as make
from tests.smtp import mail_server
from voc import clock
from voc.audit import Event
from voc.campaigns import queries as campaigns
from voc.campaigns.rules import Rule
from voc.campaigns.tables import Campaign, Invitation
from voc.clock import now
from voc.config import Settings
from voc.customers.tables import Customer, Subscription
from voc.db import Database
from voc.delivery import inviting, reminding, service
from voc.delivery.tables import Message

Queue = Callable[..., int]
Send = Callable[[str], None]


@pytest.fixture
def asked(db: Database, queue_mails: Queue, send: Send) -> Callable[..., int]:
    """So many people were asked by mail just now, in a campaign that reminds after five days; the campaign's id."""

    def ask(count: int, **rule: object) -> int:
        campaign_id = queue_mails(count)
        with mail_server() as server:
            send(server.url)
        with db.transaction() as session:
            values = {"wait_days": 3, "remind_days": 5} | rule
            session.get_one(Campaign, campaign_id).rule = Rule(**values).to_json()  # type: ignore[arg-type]
        return campaign_id

    return ask


def reminded(db: Database, settings: Settings, *, days: int) -> int:
    """How many reminders are made so many days from now."""
    with clock.frozen(now() + timedelta(days=days)):
        return sum(made.reminders for made in inviting.invite_due(db, settings))


def test_it_reminds_once_and_only_after_the_days(asked: Callable[..., int], db: Database, settings: Settings, send: Send) -> None:
    campaign_id = asked(3)
    assert reminded(db, settings, days=4) == 0
    assert reminded(db, settings, days=5) == 3
    assert reminded(db, settings, days=6) == 0
    with clock.frozen(now() + timedelta(days=6)), mail_server() as server:
        send(server.url)
        assert len(server.mails) == 3
    assert reminded(db, settings, days=20) == 0
    with db.reading() as session:
        assert Counter(session.scalars(sa.select(Event.kind).where(Event.kind.in_(("invitation.asked", "invitation.reminded"))))) == {
            "invitation.asked": 3,
            "invitation.reminded": 3,
        }
        assert reminding.standing(session, campaign_id) == reminding.Standing(sent=3)


def test_without_the_wish_nobody_is_reminded(asked: Callable[..., int], db: Database, settings: Settings) -> None:
    asked(2, remind_days=None)
    assert reminded(db, settings, days=10) == 0


def test_the_denominators_stay_and_answers_after_it_are_counted_apart(
    asked: Callable[..., int], db: Database, settings: Settings, send: Send, client: FlaskClient
) -> None:
    campaign_id = asked(4)
    with db.reading() as session:
        before = {row.id: row.asked_at for row in session.scalars(sa.select(Invitation))}
        first, second = session.scalars(sa.select(Invitation.token).order_by(Invitation.id).limit(2))
    client.post(f"/s/{first}", data={"text": "高いので"})
    assert reminded(db, settings, days=5) == 3
    with clock.frozen(now() + timedelta(days=5)), mail_server() as server:
        send(server.url)
    with clock.frozen(now() + timedelta(days=6)):
        client.post(f"/s/{second}", data={"text": "飲み忘れるので"})
    with db.reading() as session:
        assert {row.id: row.asked_at for row in session.scalars(sa.select(Invitation))} == before
        standing = campaigns.standings(session)[campaign_id]
        assert (standing.made, standing.asked, standing.answered) == (4, 4, 2)
        assert reminding.standing(session, campaign_id) == reminding.Standing(sent=3, answered=1)


def test_nobody_is_reminded_who_answered_left_bounced_or_came_back(
    asked: Callable[..., int], db: Database, settings: Settings, client: FlaskClient
) -> None:
    asked(7)
    with db.reading() as session:
        invitations = list(session.scalars(sa.select(Invitation).order_by(Invitation.id)))
    client.post(f"/s/{invitations[0].token}", data={})
    with db.transaction() as session:
        customers = [session.get_one(Customer, invitation.customer_id) for invitation in invitations]
        service.opt_out(session, customers[1])
        service.suppress(session, "mail", customers[2].email or "", reason="hard_bounce")
        product = make.product(session, shop=make.shop(session))
        make.order(session, customer=customers[3], product=product, at=now() + timedelta(days=1))
        make.subscription(session, customer=customers[4], status="active", started_at=now() + timedelta(days=1), cancelled_at=None)
        session.get_one(Invitation, invitations[5].id).expires_at = now() + timedelta(days=5, hours=3)
        assert session.scalar(sa.select(sa.func.count()).select_from(Subscription).where(Subscription.status == "active")) == 1
    assert reminded(db, settings, days=5) == 1


def test_who_answers_while_the_reminder_waits_does_not_get_it(
    asked: Callable[..., int], db: Database, settings: Settings, send: Send, client: FlaskClient
) -> None:
    asked(2)
    assert reminded(db, settings, days=5) == 2
    with db.reading() as session:
        token = session.scalars(sa.select(Invitation.token).order_by(Invitation.id)).first()
    client.post(f"/s/{token}", data={"text": "高いので"})
    with clock.frozen(now() + timedelta(days=5)), mail_server() as server:
        send(server.url)
        assert len(server.mails) == 1
        assert email.message_from_bytes(server.mails[0].body, policy=email.policy.default)["Subject"].startswith("(再度のお願い)")
    with db.reading() as session:
        kinds = session.execute(sa.select(Message.kind, Message.status).where(Message.kind == "reminder")).all()
        assert Counter(row.status for row in kinds) == {"sent": 1, "suppressed": 1}


def test_paused_and_closed_campaigns_remind_nobody(asked: Callable[..., int], db: Database, settings: Settings) -> None:
    campaign_id = asked(1)
    for status in ("paused", "closed"):
        with db.transaction() as session:
            session.get_one(Campaign, campaign_id).status = status
        assert reminded(db, settings, days=5) == 0


def test_a_daily_limit_holds_for_reminders_too(asked: Callable[..., int], db: Database, settings: Settings) -> None:
    asked(5, daily_limit=2)
    assert [reminded(db, settings, days=day) for day in (5, 5, 6, 7, 8)] == [2, 0, 2, 1, 0]


def test_the_pages_say_how_many_before_and_after(
    asked: Callable[..., int], db: Database, settings: Settings, as_manager: FlaskClient
) -> None:
    campaign_id = asked(2)
    assert "5 日たってもお答えのない方に" in as_manager.get(f"/campaigns/{campaign_id}").text
    preview = f"/campaigns/{campaign_id}/reminders/due"
    with clock.frozen(now() + timedelta(days=5)):
        assert "いまお答えのない 2 人に" in as_manager.get(preview, query_string={"remind_days": "5"}).text
        assert "いま対象になる方はいません" in as_manager.get(preview, query_string={"remind_days": "6"}).text
        assert as_manager.get(preview, query_string={"remind_days": "900"}).text == ""
        assert "いま対象の方は 2 人です" in as_manager.get(f"/campaigns/{campaign_id}/reminders").text
    assert reminded(db, settings, days=5) == 2
    assert "2 通が送信待ちです" in as_manager.get(f"/campaigns/{campaign_id}/reminders").text
    assert "再度のお願い" in as_manager.get("/outbox").text
    assert "一度だけ、あらためて" in as_manager.get(f"/campaigns/{campaign_id}/preview/mail?reminder=1").text


def test_a_reminder_after_the_survey_has_closed_is_refused(as_manager: FlaskClient) -> None:
    form = {
        "name": "解約した方へ", "purchase_type": "subscription", "channel": "mail", "wait_days": "3", "window_days": "14",
        "open_days": "7", "holdout_percent": "0", "remind_days": "7",
    }  # fmt: skip
    assert "短くしてください" in as_manager.post("/campaigns/new", data=form).text
    assert as_manager.post("/campaigns/new", data=form | {"remind_days": "5"}).status_code == 302
