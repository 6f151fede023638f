"""Job rows: work to be done outside the request, written in the transaction of the data it belongs to.

A row is claimed by one conditional UPDATE whose row count is tested; the claimer holds a lease that its heartbeat
renews. A worker that dies lets its lease run out, and the next worker takes the job up again, so every handler can
run twice: it looks at the rows to see what is left to do. Handing work to another runner (Celery, say) later means
replacing ``claim`` alone; the rows stay the truth.
"""

import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from voc.clock import now
from voc.config import Settings
from voc.db import Base, Database, one_of, table

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 8


class Job(Base):
    __tablename__ = "jobs"
    __table_args__ = (
        one_of("status", ("queued", "running", "done", "failed")),
        # One waiting job a key. A running one does not count: what came after it started wants another run.
        sa.Index(
            "uq_jobs_unique_key_queued", "unique_key", unique=True,
            sqlite_where=sa.text("status = 'queued'"), postgresql_where=sa.text("status = 'queued'"),
        ),
        sa.Index("ix_jobs_status_run_at", "status", "run_at"),
        sa.Index("ix_jobs_name_created_at", "name", "created_at"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    unique_key: Mapped[str] = mapped_column(sa.String(120))
    status: Mapped[str] = mapped_column(sa.String(10), default="queued")
    run_at: Mapped[datetime] = mapped_column(default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    worker: Mapped[str | None] = mapped_column(sa.String(80))
    progress: Mapped[dict[str, Any] | None]
    error: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A job that this worker holds."""

    id: int
    name: str
    payload: dict[str, Any]
    attempt: int
    worker: str


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a job's function gets: its payload, the database, the settings, and a way to tell how far it is."""

    db: Database
    settings: Settings
    payload: dict[str, Any]
    claim: Claim
    stopping: threading.Event

    def transaction(self) -> AbstractContextManager[Session]:
        return self.db.transaction()

    def progress(self, done: int, total: int) -> None:
        """Show how far it is, and renew the lease."""
        with self.db.transaction() as session:
            heartbeat(session, self.claim, {"done": done, "total": total})


# Built once: it stands in every answer's transaction.
_ENQUEUE: dict[str, Any] = {
    name: dialect.insert(table(Job)).on_conflict_do_nothing(index_elements=["unique_key"], index_where=sa.text("status = 'queued'"))
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}


def enqueue(session: Session, name: str, *, unique_key: str | None = None, run_at: datetime | None = None, **payload: Any) -> None:
    """Ask for a job, in the caller's transaction. The same key waiting already: nothing is added."""
    values = {"name": name, "payload": payload, "unique_key": unique_key or name, "status": "queued", "run_at": run_at or now(),
              "attempts": 0, "created_at": now()}  # fmt: skip
    session.execute(_ENQUEUE[session.get_bind().dialect.name], values)


def claim(session: Session, worker: str) -> Claim | None:
    """Take the next due job, or one whose worker went silent. ``None`` when nothing is due."""
    moment = now()
    due = sa.or_(
        sa.and_(Job.status == "queued", Job.run_at <= moment),
        sa.and_(Job.status == "running", Job.lease_until < moment),
    )
    candidate = sa.select(Job.id).where(due).order_by(Job.run_at, Job.id).limit(1).with_for_update(skip_locked=True)
    job_id = session.scalar(candidate)
    if job_id is None:
        return None
    taken = session.execute(
        sa.update(Job)
        .where(Job.id == job_id, due)
        .values(status="running", worker=worker, attempts=Job.attempts + 1, lease_until=moment + LEASE, heartbeat_at=moment)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        return None
    job = session.get_one(Job, job_id, populate_existing=True)
    return Claim(id=job.id, name=job.name, payload=dict(job.payload), attempt=job.attempts, worker=worker)


def heartbeat(session: Session, held: Claim, progress: dict[str, Any] | None = None) -> bool:
    """Renew the lease. ``False``: another worker has taken the job; stop."""
    values: dict[str, Any] = {"heartbeat_at": now(), "lease_until": now() + LEASE}
    if progress is not None:
        values["progress"] = progress
    return _update_held(session, held, values)


def finish(session: Session, held: Claim) -> bool:
    return _update_held(session, held, {"status": "done", "finished_at": now(), "lease_until": None, "error": None})


def fail(session: Session, held: Claim, error: str, *, for_good: bool = False) -> bool:
    """Put the job back with a growing wait, or give it up after ``MAX_ATTEMPTS``."""
    if for_good or held.attempt >= MAX_ATTEMPTS:
        return _update_held(session, held, {"status": "failed", "finished_at": now(), "lease_until": None, "error": error[:2000]})
    twin = session.scalar(
        sa.select(Job.id).where(
            Job.status == "queued", Job.unique_key == sa.select(Job.unique_key).where(Job.id == held.id).scalar_subquery()
        )
    )
    if twin is not None:  # the same work waits already
        return _update_held(session, held, {"status": "failed", "finished_at": now(), "lease_until": None, "error": error[:2000]})
    wait = timedelta(seconds=min(3600, 5 * 3 ** (held.attempt - 1)))
    return _update_held(session, held, {"status": "queued", "run_at": now() + wait, "lease_until": None, "error": error[:2000]})


def _update_held(session: Session, held: Claim, values: dict[str, Any]) -> bool:
    result = session.execute(
        sa.update(Job)
        .where(Job.id == held.id, Job.status == "running", Job.worker == held.worker, Job.attempts == held.attempt)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(result.rowcount == 1)  # type: ignore[attr-defined]


def prune(session: Session, *, older_than: timedelta = timedelta(days=14)) -> int:
    """Forget finished jobs."""
    gone = session.execute(sa.delete(Job).where(Job.status == "done", Job.finished_at < now() - older_than))
    return int(gone.rowcount)  # type: ignore[attr-defined]
