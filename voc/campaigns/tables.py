"""Who is asked, when, and by which way."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voc.clock import now
from voc.db import Base, one_of
from voc.reasons.codebook import PURCHASE_TYPES

CHANNELS = ("mail", "paper", "line", "sms", "phone")

#: A paused campaign asks nobody any more, but who was asked may answer: only closing ends that.
TAKES_ANSWERS = ("active", "paused")


class Campaign(Base):
    __tablename__ = "campaigns"
    __table_args__ = (
        one_of("status", ("draft", "active", "paused", "closed")),
        one_of("channel", CHANNELS),
        one_of("purchase_type", PURCHASE_TYPES),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(100), unique=True)
    status: Mapped[str] = mapped_column(sa.String(10), default="draft")
    purchase_type: Mapped[str] = mapped_column(sa.String(12))
    """one_off: those who did not repurchase; subscription: those who cancelled."""
    channel: Mapped[str] = mapped_column(sa.String(10), default="mail")
    rule: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """campaigns.rules.Rule as plain data."""
    mail_subject: Mapped[str] = mapped_column(sa.String(120), default="")
    """The company's own subject line and opening words; empty: voc's."""
    mail_text: Mapped[str] = mapped_column(sa.Text, default="")
    open_days: Mapped[int] = mapped_column(default=30)
    holdout_percent: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    activated_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class Invitation(Base):
    """One customer, asked once within one campaign. ``asked_at``, ``shown_at``, ``answered_at`` are the denominators."""

    __tablename__ = "invitations"
    __table_args__ = (
        sa.UniqueConstraint("campaign_id", "customer_id"),
        one_of("channel", CHANNELS),
        one_of("purchase_type", PURCHASE_TYPES),
        sa.Index("ix_invitations_customer_id_created_at", "customer_id", "created_at"),
        # Covers the denominators of every report: asked and answered by any of these, without touching the rows.
        sa.Index("ix_invitations_asked_at", "asked_at", "purchase_type", "product_id", "channel", "campaign_id", "answered_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(sa.ForeignKey("campaigns.id"))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id", ondelete="CASCADE"))
    token: Mapped[str] = mapped_column(sa.String(32), unique=True)
    channel: Mapped[str] = mapped_column(sa.String(10))
    purchase_type: Mapped[str] = mapped_column(sa.String(12))
    product_id: Mapped[int | None] = mapped_column(sa.ForeignKey("products.id"))
    order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("orders.id", ondelete="SET NULL"))
    subscription_id: Mapped[int | None] = mapped_column(sa.ForeignKey("subscriptions.id", ondelete="SET NULL"))
    held_out: Mapped[bool] = mapped_column(default=False)
    """Drawn into the comparison group: eligible, and on purpose not asked."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    """When the message left the house, the letter was printed, or the call was made."""
    shown_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]

    campaign: Mapped[Campaign] = relationship()
