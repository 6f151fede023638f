"""Reads: the outbox, and what is to be printed or handed over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc.campaigns.tables import Campaign, Invitation
from voc.clock import now
from voc.customers.tables import Customer, Product, Suppression
from voc.delivery.tables import Message
from voc.paging import Page, nearest

PER_PAGE = 25

#: Letters on one print page: what a printer's paper tray takes.
PRINT_BATCH = 100


def outbox(session: Session, *, status: str = "", campaign_id: int | None = None, page: int = 1) -> Page[sa.Row[*tuple[Any, ...]]]:
    """Messages with campaign, customer and whether the address is on the list of suppressed ones; the newest first."""
    wanted = _of(campaign_id)
    if status:
        wanted.append(Message.status == status)
    total = session.scalar(sa.select(sa.func.count()).select_from(Message).join(Invitation).where(*wanted)) or 0
    number = nearest(page, total, PER_PAGE)
    rows = session.execute(
        sa.select(Message, Campaign, Customer, Suppression.id)
        .join(Invitation, Invitation.id == Message.invitation_id)
        .join(Campaign, Campaign.id == Invitation.campaign_id)
        .join(Customer, Customer.id == Invitation.customer_id)
        .outerjoin(Suppression, sa.and_(Suppression.channel == Message.channel, Suppression.address == Message.address))
        .where(*wanted)
        .order_by(Message.id.desc())
        .limit(PER_PAGE)
        .offset((number - 1) * PER_PAGE)
    ).all()
    return Page(rows=rows, number=number, total=total, size=PER_PAGE)


def counts(session: Session, *, campaign_id: int | None = None) -> dict[str, int]:
    """Messages by status."""
    statement = sa.select(Message.status, sa.func.count().label("messages")).group_by(Message.status)
    if campaign_id is not None:
        statement = statement.join(Invitation).where(*_of(campaign_id))
    return {row.status: row.messages for row in session.execute(statement)}


@dataclass(frozen=True)
class Trouble:
    """Why mails wait that should have gone out: the newest reason, and for how many it holds."""

    words: str
    waiting: int
    next_attempt_at: datetime


def trouble(session: Session) -> Trouble | None:
    waits = sa.and_(Message.status == "queued", Message.error.is_not(None))
    newest = session.execute(
        sa.select(Message.error, Message.next_attempt_at).where(waits).order_by(Message.next_attempt_at.desc(), Message.id).limit(1)
    ).one_or_none()
    if newest is None:
        return None
    waiting = session.scalar(sa.select(sa.func.count()).where(Message.status == "queued")) or 0
    return Trouble(words=newest.error or "", waiting=waiting, next_attempt_at=newest.next_attempt_at)


def to_hand_over(session: Session, campaign_id: int, *, limit: int | None = None) -> Sequence[sa.Row[Invitation, Customer, str | None]]:
    """Open invitations of a campaign that nobody has printed, exported or called yet, with customer and product."""
    return session.execute(
        sa.select(Invitation, Customer, Product.name)
        .join(Customer, Customer.id == Invitation.customer_id)
        .outerjoin(Product, Product.id == Invitation.product_id)
        .where(_waiting(campaign_id))
        .order_by(Invitation.id)
        .limit(limit)
    ).all()


def count_to_hand_over(session: Session, campaign_id: int) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(Invitation).where(_waiting(campaign_id))) or 0


def last_handed_over(session: Session, campaign_id: int) -> Sequence[sa.Row[datetime, int]]:
    """When lately how many letters were printed or links handed over."""
    return session.execute(
        sa.select(Invitation.asked_at, sa.func.count())
        .where(Invitation.campaign_id == campaign_id, Invitation.asked_at.is_not(None))
        .group_by(Invitation.asked_at)
        .order_by(Invitation.asked_at.desc())
        .limit(5)
    ).all()  # type: ignore[return-value]


def example(session: Session, campaign_id: int) -> tuple[str, str]:
    """Name and product for a preview: of the newest invitation, else made up."""
    row = session.execute(
        sa.select(Customer.name, Product.name)
        .select_from(Invitation)
        .join(Customer, Customer.id == Invitation.customer_id)
        .outerjoin(Product, Product.id == Invitation.product_id)
        .where(Invitation.campaign_id == campaign_id)
        .order_by(Invitation.id.desc())
        .limit(1)
    ).one_or_none()
    name, product = row if row is not None else (None, session.scalar(sa.select(Product.name).order_by(Product.id).limit(1)))
    return name or "山田 花子", product or ""


def _of(campaign_id: int | None) -> list[sa.ColumnElement[bool]]:
    return [] if campaign_id is None else [Invitation.campaign_id == campaign_id]


def _waiting(campaign_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        Invitation.campaign_id == campaign_id, Invitation.held_out.is_(False), Invitation.asked_at.is_(None),
        Invitation.answered_at.is_(None), Invitation.expires_at > now(),
    )  # fmt: skip
