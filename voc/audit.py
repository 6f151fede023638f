"""What happened, when, and who did it: one append-only table for the whole house."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from voc.clock import now
from voc.db import Base, table


class Event(Base):
    """One thing that happened. ``kind`` reads ``<area>.<past participle>``: ``invitation.shown``."""

    __tablename__ = "events"
    __table_args__ = (
        sa.Index("ix_events_customer_at", "customer_id", "at"),
        sa.Index("ix_events_kind_at", "kind", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    kind: Mapped[str] = mapped_column(sa.String(60))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    customer_id: Mapped[int | None]
    invitation_id: Mapped[int | None]
    answer_id: Mapped[int | None]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


_INSERT = sa.insert(table(Event)).inline()


def record(
    session: Session,
    kind: str,
    *,
    user_id: int | None = None,
    customer_id: int | None = None,
    invitation_id: int | None = None,
    answer_id: int | None = None,
    **data: Any,
) -> None:
    """Write one event in the caller's transaction."""
    record_all(session, [event(kind, user_id=user_id, customer_id=customer_id, invitation_id=invitation_id, answer_id=answer_id, **data)])


def event(
    kind: str,
    *,
    user_id: int | None = None,
    customer_id: int | None = None,
    invitation_id: int | None = None,
    answer_id: int | None = None,
    **data: Any,
) -> dict[str, Any]:
    """An event for ``record_all``."""
    ids = {"user_id": user_id, "customer_id": customer_id, "invitation_id": invitation_id, "answer_id": answer_id}
    return {"at": now(), "kind": kind, "data": data, **ids}


def record_all(session: Session, events: list[dict[str, Any]]) -> None:
    """Write many events in one statement."""
    session.execute(_INSERT, events)
