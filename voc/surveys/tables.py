"""What customers answered, exactly as it came."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from voc.clock import now
from voc.db import Base, ExactText, one_of
from voc.reasons.codebook import PURCHASE_TYPES

SOURCES = ("web", "paper", "phone", "line", "import")


class Answer(Base):
    """One reply of one customer. ``text`` is kept code point for code point; reading it happens elsewhere."""

    __tablename__ = "answers"
    __table_args__ = (
        sa.UniqueConstraint("invitation_id"),
        sa.UniqueConstraint("import_key"),
        one_of("source", SOURCES),
        one_of("purchase_type", PURCHASE_TYPES),
        sa.CheckConstraint("expectation BETWEEN 1 AND 5", name="expectation"),
        sa.Index("ix_answers_answered_at", "answered_at"),
        sa.Index("ix_answers_product_id_answered_at", "product_id", "answered_at"),
        sa.Index("ix_answers_customer_id", "customer_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    invitation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("invitations.id", ondelete="SET NULL"))
    import_key: Mapped[str | None] = mapped_column(sa.String(64))
    """Makes the same row of the same old file one answer, however often the file is taken in."""
    external_id: Mapped[str | None] = mapped_column(sa.String(80))
    source: Mapped[str] = mapped_column(sa.String(10))
    shop_id: Mapped[int | None] = mapped_column(sa.ForeignKey("shops.id"))
    customer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("customers.id", ondelete="SET NULL"))
    product_id: Mapped[int | None] = mapped_column(sa.ForeignKey("products.id"))
    purchase_type: Mapped[str] = mapped_column(sa.String(12))
    stated: Mapped[str | None] = mapped_column(sa.String(30))
    """The option that was ticked (建前): a code of surveys.questions.STATED, never its label."""
    text: Mapped[str] = mapped_column(ExactText, default="")
    expectation: Mapped[int | None]
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Further columns of an imported file, further question codes of a form."""
    answered_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(default=now)


class FollowUp(Base):
    """The one gentle question that follows a vague or empty text."""

    __tablename__ = "follow_ups"
    __table_args__ = (sa.UniqueConstraint("answer_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(sa.ForeignKey("answers.id", ondelete="CASCADE"))
    question: Mapped[str] = mapped_column(sa.String(40))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    answered_at: Mapped[datetime | None]
    skipped: Mapped[bool] = mapped_column(default=False)
    text: Mapped[str] = mapped_column(ExactText, default="")


class QuestionShown(Base):
    """Which question, in which wording and order of options, a customer saw: a denominator of its own."""

    __tablename__ = "questions_shown"
    __table_args__ = (sa.UniqueConstraint("invitation_id", "question"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    invitation_id: Mapped[int] = mapped_column(sa.ForeignKey("invitations.id", ondelete="CASCADE"))
    question: Mapped[str] = mapped_column(sa.String(40))
    version: Mapped[str] = mapped_column(sa.String(20))
    options: Mapped[list[str]] = mapped_column(default=list)
    shown_at: Mapped[datetime] = mapped_column(default=now)


class Draft(Base):
    """A half-filled form, kept where the browser runs script; gone when the answer comes."""

    __tablename__ = "drafts"

    invitation_id: Mapped[int] = mapped_column(sa.ForeignKey("invitations.id", ondelete="CASCADE"), primary_key=True)
    fields: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime] = mapped_column(default=now)
