"""Reads of the survey pages. One statement a page: customers come by the thousand when a mailing goes out."""

import re
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from voc.accounts import company as companies
from voc.accounts.company import Company
from voc.campaigns.tables import TAKES_ANSWERS, Campaign, Invitation
from voc.clock import now
from voc.customers.tables import Customer, Product
from voc.db import Database, table
from voc.errors import NotFound
from voc.surveys.tables import Answer, Draft, FollowUp

COMPANY_SECONDS = 3.0
_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,32}")

_companies: WeakKeyDictionary[Database, tuple[float, Company]] = WeakKeyDictionary()

# Tables, not mapped classes: the survey pages stay below the ORM.
_invitations, _campaigns, _products, _customers = (table(row) for row in (Invitation, Campaign, Product, Customer))
_answers, _follow_ups, _drafts = (table(row) for row in (Answer, FollowUp, Draft))


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """All that the pages of one invitation need to know."""

    id: int
    token: str
    customer_id: int
    shop_id: int
    product_id: int | None
    product: str | None
    purchase_type: str
    campaign_status: str
    expires_at: datetime
    shown_at: datetime | None
    answered_at: datetime | None
    draft: dict[str, Any] | None

    @property
    def state(self) -> str:
        """``open``, ``answered`` or ``closed``."""
        if self.answered_at is not None:
            return "answered"
        return "open" if self.campaign_status in TAKES_ANSWERS and self.expires_at > now() else "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What was answered, as far as the pages after the survey need it."""

    answer_id: int
    invitation_id: int
    customer_id: int | None
    stated: str | None
    text: str
    expectation: int | None
    question: str | None
    """Code of the follow-up question that was asked, if one was."""
    pending: bool
    """The follow-up question has neither been answered nor skipped."""


_INVITED = (
    sa.select(
        _invitations.c.id,
        _invitations.c.token,
        _invitations.c.customer_id,
        _customers.c.shop_id,
        _invitations.c.product_id,
        _products.c.name.label("product"),
        _invitations.c.purchase_type,
        _campaigns.c.status.label("campaign_status"),
        _invitations.c.expires_at,
        _invitations.c.shown_at,
        _invitations.c.answered_at,
        _drafts.c.fields.label("draft"),
    )
    .select_from(_invitations)
    .join(_campaigns, _campaigns.c.id == _invitations.c.campaign_id)
    .join(_customers, _customers.c.id == _invitations.c.customer_id)
    .outerjoin(_products, _products.c.id == _invitations.c.product_id)
    .outerjoin(_drafts, _drafts.c.invitation_id == _invitations.c.id)
    .where(sa.not_(_invitations.c.held_out))
)
_BY_TOKEN = _INVITED.where(_invitations.c.token == sa.bindparam("token"))
_BY_ID = _INVITED.where(_invitations.c.id == sa.bindparam("id"))

_ANSWERED = (
    sa.select(
        _answers.c.id.label("answer_id"),
        _answers.c.invitation_id,
        _answers.c.customer_id,
        _answers.c.stated,
        _answers.c.text,
        _answers.c.expectation,
        _follow_ups.c.question,
        sa.and_(_follow_ups.c.answered_at.is_(None), sa.not_(sa.func.coalesce(_follow_ups.c.skipped, sa.true()))).label("pending"),
    )
    .select_from(_answers)
    .outerjoin(_follow_ups, _follow_ups.c.answer_id == _answers.c.id)
)
_ANSWERED_BY_ID = _ANSWERED.where(_answers.c.invitation_id == sa.bindparam("invitation_id"))
_ANSWERED_BY_TOKEN = _ANSWERED.join(_invitations, _invitations.c.id == _answers.c.invitation_id).where(
    _invitations.c.token == sa.bindparam("token")
)


def invited(connection: Connection, token: str) -> Invited:
    """The invitation with this token.

    Raises
    ------
    NotFound
        No such token, or one of the comparison group, which was never given to anybody.
    """
    row = connection.execute(_BY_TOKEN, {"token": token}).one_or_none() if _TOKEN.fullmatch(token) else None
    if row is None:
        raise NotFound("アドレスが途中で切れているかもしれません。お送りしたメールやはがきのアドレスを、もう一度お確かめください。")
    return Invited(**row._mapping)


def invited_by_id(connection: Connection, invitation_id: int) -> Invited | None:
    row = connection.execute(_BY_ID, {"id": invitation_id}).one_or_none()
    return None if row is None else Invited(**row._mapping)


def answered(connection: Connection, invitation_id: int) -> Answered | None:
    row = connection.execute(_ANSWERED_BY_ID, {"invitation_id": invitation_id}).one_or_none()
    return None if row is None else Answered(**row._mapping)


def answered_by_token(connection: Connection, token: str) -> Answered | None:
    row = connection.execute(_ANSWERED_BY_TOKEN, {"token": token}).one_or_none() if _TOKEN.fullmatch(token) else None
    return None if row is None else Answered(**row._mapping)


def company(db: Database) -> Company:
    """What the company says about itself, read anew after a few seconds."""
    read_at, kept = _companies.get(db, (0.0, None))
    if kept is None or time.monotonic() - read_at > COMPANY_SECONDS:
        with db.reading() as session:
            kept = companies.read(session)
        _companies[db] = (time.monotonic(), kept)
    return kept
