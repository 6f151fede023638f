"""The one reminder: to those who were asked by mail some days ago and have not answered.

It is a second row in the outbox for the same invitation, and the database allows one. ``asked_at`` stays what it was, so
that no denominator changes; how many were reminded, and how many answered after it, is counted apart.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from voc import jobs
from voc.campaigns import service as campaigns
from voc.campaigns.rules import Rule
from voc.campaigns.tables import Campaign, Invitation
from voc.clock import day_of, end_of_day, now, start_of_day, today
from voc.customers.tables import Consent, Order, Subscription, Suppression
from voc.delivery.message import new_message_id
from voc.delivery.tables import Message

INVITATION, REMINDER = "invitation", "reminder"

#: Whoever is reminded has at least so long to answer.
TIME_TO_ANSWER = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A campaign's reminders: how many left, how many wait for it, and who answered after theirs."""

    sent: int = 0
    waiting: int = 0
    answered: int = 0


def standing(session: Session, campaign_id: int) -> Standing:
    left = Message.status == "sent"
    row = session.execute(
        sa.select(
            sa.func.count(sa.case((left, 1))),
            sa.func.count(sa.case((Message.status.in_(("queued", "sending")), 1))),
            sa.func.count(sa.case((sa.and_(left, Invitation.answered_at > Message.sent_at), 1))),
        )
        .join(Invitation, Invitation.id == Message.invitation_id)
        .where(Invitation.campaign_id == campaign_id, Message.kind == REMINDER)
    ).one()
    return Standing(sent=row[0], waiting=row[1], answered=row[2])


def count_due(session: Session, campaign_id: int, *, days: int) -> int:
    """How many would be reminded now, ``days`` after their mail."""
    return session.scalar(sa.select(sa.func.count()).select_from(_due(campaign_id, days, now()).subquery())) or 0


def remind(session: Session, campaign_id: int, *, mail_from: str, limit: int) -> int:
    """Queue the reminders that are due now, at most ``limit``. How many. Running it twice reminds nobody twice."""
    campaigns.take_turn(session)
    campaign = session.get_one(Campaign, campaign_id, populate_existing=True)
    rule = Rule.from_json(campaign.rule)
    if campaign.status != "active" or campaign.channel != "mail" or rule.remind_days is None:
        return 0
    if rule.daily_limit is not None:
        limit = min(limit, rule.daily_limit - _made_today(session, campaign_id))
    due = session.execute(_due(campaign_id, rule.remind_days, now()).limit(max(0, limit))).all()
    if not due:
        return 0
    rows = [
        {"invitation_id": row.id, "kind": REMINDER, "channel": "mail", "address": row.address, "message_id": new_message_id(mail_from)}
        for row in due
    ]
    session.execute(sa.insert(Message), rows)
    jobs.enqueue(session, "delivery.send")
    return len(rows)


def _due(campaign_id: int, days: int, moment: datetime) -> sa.Select[int, str]:
    """Invitations to remind of, with the address of their mail; who has waited longest first.

    Left out: who answered, opted out, bounced, or came back meanwhile, whose survey is about to close, who was reminded.
    """
    first, again = aliased(Message), aliased(Message)
    reminded = sa.exists().where(again.invitation_id == Invitation.id, again.kind == REMINDER)
    ordered = sa.exists().where(
        Order.customer_id == Invitation.customer_id, Order.status != "cancelled", Order.ordered_at > Invitation.created_at
    )
    subscribes = sa.exists().where(
        Subscription.customer_id == Invitation.customer_id, Subscription.status != "cancelled", Subscription.started_at > Invitation.created_at
    )  # fmt: skip
    refused = sa.exists().where(Suppression.channel == "mail", Suppression.address == first.address)
    withdrawn = sa.exists().where(
        Consent.customer_id == Invitation.customer_id, Consent.channel == "mail", Consent.withdrawn_at.is_not(None)
    )
    return (
        sa.select(Invitation.id, first.address)
        .join(first, sa.and_(first.invitation_id == Invitation.id, first.kind == INVITATION, first.status == "sent"))
        .where(
            Invitation.campaign_id == campaign_id, Invitation.answered_at.is_(None), Invitation.expires_at > moment + TIME_TO_ANSWER,
            first.sent_at < end_of_day(day_of(moment) - timedelta(days=days)),
            ~reminded, ~ordered, ~subscribes, ~refused, ~withdrawn,
        )
        .order_by(first.sent_at, Invitation.id)
    )  # fmt: skip


def _made_today(session: Session, campaign_id: int) -> int:
    made = sa.select(sa.func.count()).select_from(Message).join(Invitation)
    return session.scalar(
        made.where(Invitation.campaign_id == campaign_id, Message.kind == REMINDER, Message.created_at >= start_of_day(today()))
    ) or 0  # fmt: skip
