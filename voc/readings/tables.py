"""What the machine read in an answer: reasons, confidence, evidence, alerts, and by which model."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from voc.clock import now
from voc.db import Base, one_of
from voc.reasons.codebook import ALERTS, PREDICTED_LEAVES


class ModelVersion(Base):
    """A classifier that this installation knows; the artefact lies in models/ or in the instance folder."""

    __tablename__ = "model_versions"
    __table_args__ = (
        sa.Index("uq_model_versions_in_use", "in_use", unique=True,
                 sqlite_where=sa.text("in_use"), postgresql_where=sa.text("in_use")),
    )  # fmt: skip

    version: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    path: Mapped[str] = mapped_column(sa.String(400))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    card: Mapped[dict[str, Any]] = mapped_column(default=dict)
    in_use: Mapped[bool] = mapped_column(default=False)
    in_use_since: Mapped[datetime | None]
    """When it was last put in use; stays afterwards, so that the one before is known."""
    declined_at: Mapped[datetime | None]
    """A person does not want it: it is proposed no more."""
    added_at: Mapped[datetime] = mapped_column(default=now)


class DriftCheck(Base):
    """How the model in use read the answers of one month, beside the months before: made anew while the month's reviews come in."""

    __tablename__ = "drift_checks"

    month: Mapped[str] = mapped_column(sa.String(7), primary_key=True)
    """As in 2026-11, in Japan."""
    model_version: Mapped[str] = mapped_column(sa.String(60))
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    notices: Mapped[list[str]] = mapped_column(default=list)
    """What a manager must know: "fallen", "unlike", "unsure"."""
    seen: Mapped[list[str]] = mapped_column(default=list)
    """Notices that a manager has taken note of."""
    checked_at: Mapped[datetime] = mapped_column(default=now)


class Prediction(Base):
    """One reading of one answer by one model; the newest is current, the others stay as history."""

    __tablename__ = "predictions"
    __table_args__ = (
        sa.UniqueConstraint("answer_id", "model_version"),
        one_of("primary_leaf", PREDICTED_LEAVES),
        # Written as SQLAlchemy writes the condition: SQLite takes a partial index only for the very same term. Indexes on
        # ``current`` itself would be worse than none: SQLite takes them for looking an answer up.
        sa.Index("uq_predictions_answer_id_current", "answer_id", unique=True,
                 sqlite_where=sa.text("current = 1"), postgresql_where=sa.text("current")),
        sa.Index("ix_predictions_confidence_current", "confidence", "answer_id",
                 sqlite_where=sa.text("current = 1"), postgresql_where=sa.text("current")),
        sa.Index("ix_predictions_primary_leaf_current", "primary_leaf", "answer_id",
                 sqlite_where=sa.text("current = 1"), postgresql_where=sa.text("current")),
        sa.Index("ix_predictions_created_at", "created_at"),  # what was read anew since (insights.columns)
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(sa.ForeignKey("answers.id", ondelete="CASCADE"))
    model_version: Mapped[str] = mapped_column(sa.String(60))
    codebook_version: Mapped[str] = mapped_column(sa.String(20))
    current: Mapped[bool] = mapped_column(default=True)
    primary_leaf: Mapped[str] = mapped_column(sa.String(30))
    confidence: Mapped[float]
    suggestions: Mapped[list[Any]] = mapped_column(default=list)
    """The three likeliest leaves with their probability, likeliest first: [["price", 0.61], …]."""
    secondary: Mapped[list[str]] = mapped_column(default=list)
    evidence: Mapped[list[Any] | None] = mapped_column(sa.JSON(none_as_null=True), default=list)
    """Spans of the text: [[start, end, "for" | "denied"], …], in code points. None where it was left until somebody looks
    (readings.evidence)."""
    follow_up_read: Mapped[bool] = mapped_column(default=False)
    """The follow-up's words were read along; an answered follow-up that was not makes the reading stale."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class AutomaticReason(Base):
    """A reason that a manager lets the machine settle, and what was shown of it on the company's own audited replies.

    Whether one reading is settled is never stored: readings.automatic tells it from these rows, so that the rule and what
    follows from it cannot part.
    """

    __tablename__ = "automatic_reasons"
    __table_args__ = (
        one_of("leaf", PREDICTED_LEAVES),
        one_of("lost_why", ("bound", "model", "target")),
        sa.CheckConstraint("threshold IS NULL OR (wanted AND model_version IS NOT NULL)", name="threshold"),
    )

    leaf: Mapped[str] = mapped_column(sa.String(30), primary_key=True)
    wanted: Mapped[bool] = mapped_column(default=True)
    """A manager allows it; it begins when the evidence is there."""
    threshold: Mapped[float | None]
    """From this confidence on readings stand without a person; none: people decide."""
    model_version: Mapped[str | None] = mapped_column(sa.String(60))
    """Whose readings the evidence is about: those of another model are not settled by it."""
    target: Mapped[float | None]
    precision: Mapped[float | None]
    bound: Mapped[float | None]
    audited: Mapped[int] = mapped_column(default=0)
    coverage: Mapped[float] = mapped_column(default=0.0)
    changed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    checked_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    lost_at: Mapped[datetime | None]
    """When it was switched off by itself; none once a manager has taken note."""
    lost_why: Mapped[str | None] = mapped_column(sa.String(10))


class ReadingCache(Base):
    """An answer's words as a classifier prepares them, so that the next model need not: derived, so no backup holds it.

    It goes with its answer. A row whose ``text_key`` or ``prepared_by`` is another than now is written anew when the answer is read.
    """

    __tablename__ = "reading_cache"
    __table_args__ = ({"info": {"derived": True}},)

    answer_id: Mapped[int] = mapped_column(sa.ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True)
    text_key: Mapped[bytes] = mapped_column(sa.LargeBinary)
    """Hash of the words (classifier.cache.key_of)."""
    prepared_by: Mapped[str] = mapped_column(sa.String(20))
    """Version of the preparation."""
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)
    vector: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    """Sentence vector in half precision, where a model has asked for it."""


class Alert(Base):
    """Somebody must look: raised by the machine or by a reviewer, worked until it is closed."""

    __tablename__ = "alerts"
    __table_args__ = (
        sa.UniqueConstraint("answer_id", "code"),
        one_of("code", tuple(ALERTS)),
        one_of("source", ("machine", "reviewer")),
        one_of("status", ("open", "confirmed", "dismissed", "done")),
        sa.Index("ix_alerts_status_due_at", "status", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(sa.ForeignKey("answers.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(sa.String(20))
    source: Mapped[str] = mapped_column(sa.String(10))
    score: Mapped[float | None]
    evidence: Mapped[list[Any]] = mapped_column(default=list)
    status: Mapped[str] = mapped_column(sa.String(10), default="open")
    raised_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime]
    handled_by: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    handled_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(sa.Text, default="")
