"""What people decided: the real reason (ホンネ) of each reviewed answer, and how the answer came before them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from voc.clock import now
from voc.db import Base, one_of
from voc.reasons.codebook import LEAVES


class AuditWave(Base):
    """One random draw: what for, among which answers, at which rate in each stratum.

    Written once; only ``closed_at`` changes. All that is needed to tell with which chance any answer would have been drawn
    in it (stats.waves), also those that were drawn in another wave.
    """

    __tablename__ = "audit_waves"
    __table_args__ = (
        sa.UniqueConstraint("name"),
        sa.CheckConstraint("double_share >= 0 AND double_share <= 1", name="double_share"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    """Day and number: ``2026-11-22/1``."""
    focus: Mapped[str] = mapped_column(sa.String(60), default="")
    """What is to be known better: a group, a leaf in its group (``other/price``), ``health_harm``, or all reasons alike."""
    within: Mapped[float | None]
    """Half width that was wished for, in shares: 0.03 is ±3 points."""
    scope: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The answers it was drawn among, as the parameters of a report; empty: all of them."""
    unflagged: Mapped[bool] = mapped_column(default=False)
    """Drawn among answers only in which the machine had found no harm."""
    model_version: Mapped[str] = mapped_column(sa.String(60), default="")
    """Whose readings the strata are made of."""
    last_answer_id: Mapped[int]
    """The newest answer that could have been drawn."""
    strata: Mapped[list[Any]] = mapped_column(default=list)
    """``{"name", "group", "low", "high", "rate"}`` of every stratum, also those that nothing was drawn from (rate 0)."""
    double_share: Mapped[float] = mapped_column(default=0.0)
    """Share of the draws that two people code in any case, blind."""
    second_look: Mapped[bool] = mapped_column(default=False)
    """Whether two people code all those in which the first person and the machine differ."""
    drawn_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    drawn_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]
    """What was not decided by then waits no longer."""


class AuditDraw(Base):
    """An answer drawn at random for review, with the probability it was drawn with: what corrected shares rest on.

    Written once and never changed; an answer is drawn at most once. Within a wave the rows stand in random order.
    """

    __tablename__ = "audit_draws"
    __table_args__ = (
        sa.UniqueConstraint("answer_id"),
        sa.CheckConstraint("probability > 0 AND probability <= 1", name="probability"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(sa.ForeignKey("answers.id", ondelete="CASCADE"))
    wave: Mapped[str] = mapped_column(sa.ForeignKey("audit_waves.name"))
    stratum: Mapped[str] = mapped_column(sa.String(60))
    probability: Mapped[float]
    double: Mapped[bool] = mapped_column(default=False)
    """To be coded by a second person as well, blind, whatever the first one decides (see AuditWave.second_look)."""
    drawn_at: Mapped[datetime] = mapped_column(default=now)


class Decision(Base):
    """One person's decision about one answer. Never overwritten: undone ones and earlier rounds stay."""

    __tablename__ = "decisions"
    __table_args__ = (
        one_of("primary_leaf", tuple(LEAVES)),
        one_of("round", ("first", "second", "adjudication")),
        one_of("stream", ("audit", "hard", "alert", "search", "passed_on")),
        sa.Index("uq_decisions_answer_id_round", "answer_id", "round", unique=True,
                 sqlite_where=sa.text("undone_at IS NULL"), postgresql_where=sa.text("undone_at IS NULL")),
        sa.Index("ix_decisions_reviewer_id_decided_at", "reviewer_id", "decided_at"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(sa.ForeignKey("answers.id", ondelete="CASCADE"))
    reviewer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    round: Mapped[str] = mapped_column(sa.String(12), default="first")
    stream: Mapped[str] = mapped_column(sa.String(10))
    probability: Mapped[float | None]
    """That of the audit draw, copied here; none where the answer was not drawn at random."""
    prediction_id: Mapped[int | None] = mapped_column(sa.ForeignKey("predictions.id", ondelete="SET NULL"))
    """The reading that the reviewer saw; none when blind."""
    primary_leaf: Mapped[str] = mapped_column(sa.String(30))
    secondary: Mapped[list[str]] = mapped_column(default=list)
    alerts: Mapped[list[str]] = mapped_column(default=list)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    seconds: Mapped[float | None]
    """How long the answer was on screen."""
    decided_at: Mapped[datetime] = mapped_column(default=now)
    undone_at: Mapped[datetime | None]


class Claimed(Base):
    """An answer that is on somebody's screen right now, so that two people do not review the same one."""

    __tablename__ = "review_claims"

    answer_id: Mapped[int] = mapped_column(sa.ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True)
    reviewer_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    until: Mapped[datetime]


class PassedOn(Base):
    """An answer that its reviewer handed to another person, with the question it raised."""

    __tablename__ = "passed_on"
    __table_args__ = (sa.UniqueConstraint("answer_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(sa.ForeignKey("answers.id", ondelete="CASCADE"))
    by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    note: Mapped[str] = mapped_column(sa.Text, default="")
    at: Mapped[datetime] = mapped_column(default=now)
