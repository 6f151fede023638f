"""Customers, what they bought, and whether they may be asked."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voc.clock import now
from voc.db import Base, one_of
from voc.reasons.codebook import PURCHASE_TYPES


class Shop(Base):
    """One shop system that files come from; ids are unique within it only."""

    __tablename__ = "shops"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(100), unique=True)
    platform: Mapped[str] = mapped_column(sa.String(30), default="generic")
    created_at: Mapped[datetime] = mapped_column(default=now)


class Customer(Base):
    __tablename__ = "customers"
    __table_args__ = (
        sa.UniqueConstraint("shop_id", "external_id"),
        sa.Index("ix_customers_shop_id_email", "shop_id", "email"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    shop_id: Mapped[int] = mapped_column(sa.ForeignKey("shops.id"))
    external_id: Mapped[str | None] = mapped_column(sa.String(80))
    """The shop system's id; none where it has none (Shopify's order file): then the e-mail identifies."""
    email: Mapped[str | None] = mapped_column(sa.String(254))
    """Lower-cased; kept also where it cannot be mailed to (see email_problem)."""
    email_problem: Mapped[str | None] = mapped_column(sa.String(40))
    phone: Mapped[str | None] = mapped_column(sa.String(30))
    name: Mapped[str | None] = mapped_column(sa.String(200))
    postal_address: Mapped[str | None] = mapped_column(sa.String(400))
    opt_out_token: Mapped[str] = mapped_column(sa.String(32), unique=True)
    first_order_at: Mapped[datetime | None]
    entry: Mapped[str | None] = mapped_column(sa.String(200))
    """How the customer came: the advertisement or offer of the first order, where the file tells."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    shop: Mapped[Shop] = relationship()


class Product(Base):
    __tablename__ = "products"
    __table_args__ = (sa.UniqueConstraint("shop_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    shop_id: Mapped[int] = mapped_column(sa.ForeignKey("shops.id"))
    code: Mapped[str] = mapped_column(sa.String(120))
    name: Mapped[str] = mapped_column(sa.String(300))
    days_supply: Mapped[int] = mapped_column(default=30)
    """Days after which one unit has run out: the base of 'did not repurchase'."""


class Order(Base):
    __tablename__ = "orders"
    __table_args__ = (
        sa.UniqueConstraint("shop_id", "number"),
        one_of("status", ("purchased", "cancelled", "pending")),
        one_of("purchase_type", PURCHASE_TYPES),
        sa.Index("ix_orders_customer_id_ordered_at", "customer_id", "ordered_at"),
        sa.Index("ix_orders_ordered_at", "ordered_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    shop_id: Mapped[int] = mapped_column(sa.ForeignKey("shops.id"))
    number: Mapped[str] = mapped_column(sa.String(80))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id", ondelete="CASCADE"))
    ordered_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(sa.String(10))
    purchase_type: Mapped[str] = mapped_column(sa.String(12), default="one_off")
    total: Mapped[int] = mapped_column(default=0)
    """Yen, tax included."""

    lines: Mapped[list["OrderLine"]] = relationship(back_populates="order", cascade="all, delete-orphan", passive_deletes=True)


class OrderLine(Base):
    __tablename__ = "order_lines"
    __table_args__ = (sa.Index("ix_order_lines_order_id", "order_id"), sa.Index("ix_order_lines_product_id", "product_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id", ondelete="CASCADE"))
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("products.id"))
    quantity: Mapped[int] = mapped_column(default=1)
    unit_price: Mapped[int] = mapped_column(default=0)

    order: Mapped[Order] = relationship(back_populates="lines")


class Subscription(Base):
    __tablename__ = "subscriptions"
    __table_args__ = (
        sa.UniqueConstraint("shop_id", "external_id"),
        one_of("status", ("active", "paused", "cancelled")),
        sa.Index("ix_subscriptions_status_cancelled_at", "status", "cancelled_at"),
        sa.Index("ix_subscriptions_customer_id", "customer_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    shop_id: Mapped[int] = mapped_column(sa.ForeignKey("shops.id"))
    external_id: Mapped[str] = mapped_column(sa.String(80))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id", ondelete="CASCADE"))
    product_id: Mapped[int | None] = mapped_column(sa.ForeignKey("products.id"))
    status: Mapped[str] = mapped_column(sa.String(10))
    started_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cycle_days: Mapped[int | None]
    deliveries: Mapped[int] = mapped_column(default=0)


class Consent(Base):
    """The basis on which a customer may be asked over a channel (特定電子メール法); withdrawn rows are kept as the record."""

    __tablename__ = "consents"
    __table_args__ = (
        one_of("channel", ("mail", "line", "sms", "post", "phone")),
        one_of("basis", ("consent", "business_relation")),
        sa.UniqueConstraint("customer_id", "channel"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(sa.String(10))
    basis: Mapped[str] = mapped_column(sa.String(20))
    source: Mapped[str] = mapped_column(sa.String(200))
    form_version: Mapped[str | None] = mapped_column(sa.String(60))
    given_at: Mapped[datetime] = mapped_column(default=now)
    withdrawn_at: Mapped[datetime | None]


class Suppression(Base):
    """An address that is never written to again, whichever customer row it stands in."""

    __tablename__ = "suppressions"
    __table_args__ = (
        sa.UniqueConstraint("channel", "address"),
        one_of("reason", ("opt_out", "hard_bounce", "complaint", "manual")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(sa.String(10))
    address: Mapped[str] = mapped_column(sa.String(254))
    reason: Mapped[str] = mapped_column(sa.String(20))
    created_at: Mapped[datetime] = mapped_column(default=now)


class ImportRun(Base):
    """One file that was offered: what it was, how it was read, and what became of each row."""

    __tablename__ = "import_runs"
    __table_args__ = (
        one_of("kind", ("orders", "customers", "subscriptions", "replies")),
        one_of("status", ("uploaded", "queued", "running", "taken", "refused")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    status: Mapped[str] = mapped_column(sa.String(10))
    shop_id: Mapped[int | None] = mapped_column(sa.ForeignKey("shops.id"))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    filename: Mapped[str] = mapped_column(sa.String(255))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    encoding: Mapped[str | None] = mapped_column(sa.String(20))
    platform: Mapped[str | None] = mapped_column(sa.String(30))
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    rows: Mapped[int] = mapped_column(default=0)
    imported: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    merged: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[list[Any]] = mapped_column(default=list)
    error: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]


class ColumnMapping(Base):
    """The columns that a person confirmed for a shop and kind of file, so that the next file needs no question."""

    __tablename__ = "column_mappings"
    __table_args__ = (sa.UniqueConstraint("shop_id", "kind", "header_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    shop_id: Mapped[int] = mapped_column(sa.ForeignKey("shops.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(sa.String(20))
    header_hash: Mapped[str] = mapped_column(sa.String(64))
    mapping: Mapped[dict[str, Any]]
    confirmed_at: Mapped[datetime] = mapped_column(default=now)
