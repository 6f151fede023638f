"""Job rows: work to be done outside the request, written in the transaction of the data it belongs to.

A row is claimed by one conditional UPDATE whose row count is tested; the claimer holds a lease that its heartbeat
renews. A worker that dies lets its lease run out, and the next worker takes the job up again, so every handler can
run twice: it looks at the rows to see what is left to do. A job that takes its worker down with it is given up after
``MAX_ATTEMPTS``. Handing work to another runner (Celery, say) later means replacing ``claim`` alone; the rows stay the
truth.

Two things to know. Leases compare the clocks of the hosts: keep them right (NTP) to well under a minute. And on
PostgreSQL a transaction that asks for a job that waits already, and commits only after that job has begun, can be
overlooked by it; what recurs (worker.RECURRING) finds such data at the next turn.
"""

import threading
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from voc.clock import now
from voc.config import Settings
from voc.db import Base, Database, one_of, table
from voc.errors import Conflict

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 8
KEPT_DONE = timedelta(days=3)
KEPT_FAILED = timedelta(days=90)


class LeaseLost(Exception):
    """Another worker has taken the job over; whoever held it stops at once and marks nothing."""


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
    """What a job's function gets: its payload, the database, the settings, and a way to tell how far it is.

    A function that may take long looks at ``stopping`` between two steps and returns when it is set (the worker ends, or
    the lease is lost): the job is then put back as it is, and the next worker goes on with what is left.
    """

    db: Database
    settings: Settings
    payload: dict[str, Any]
    claim: Claim
    stopping: threading.Event

    def transaction(self) -> AbstractContextManager[Session]:
        return self.db.transaction()

    def progress(self, done: int, total: int) -> None:
        """Show how far it is, and renew the lease. Not inside another transaction: on SQLite each waits for the other.

        Raises
        ------
        LeaseLost
            Another worker has the job.
        """
        with self.db.transaction() as session:
            held = heartbeat(session, self.claim, {"done": done, "total": total})
        if not held:
            self.stopping.set()
            raise LeaseLost(self.claim.name)


# Built once: it stands in every answer's transaction.
_ENQUEUE: dict[str, Any] = {
    name: dialect.insert(table(Job))
    .inline()
    .on_conflict_do_nothing(index_elements=["unique_key"], index_where=sa.text("status = 'queued'"))
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}


def enqueue(session: Session, name: str, *, unique_key: str | None = None, run_at: datetime | None = None, **payload: Any) -> None:
    """Ask for a job, in the caller's transaction. The same key waiting already: nothing is added."""
    values = {"name": name, "payload": payload, "unique_key": unique_key or name, "status": "queued", "run_at": run_at or now(),
              "attempts": 0, "created_at": now()}  # fmt: skip
    session.execute(_ENQUEUE[session.get_bind().dialect.name], values)


def due(moment: datetime, names: Collection[str] | None = None) -> sa.ColumnElement[bool]:
    """Jobs that can be taken: waiting and ripe, or held by a worker that went silent. ``names``: those that one knows."""
    ripe = sa.and_(Job.status == "queued", Job.run_at <= moment)
    orphaned = sa.and_(Job.status == "running", Job.lease_until < moment)
    either = sa.or_(ripe, orphaned)
    return either if names is None else sa.and_(either, Job.name.in_(names))


def claim(session: Session, worker: str, names: Collection[str] | None = None) -> Claim | None:
    """Take the next due job. ``None`` when nothing is due, or another worker was quicker."""
    moment = now()
    wanted = due(moment, names)
    candidate = sa.select(Job.id, Job.attempts, Job.status).where(wanted).order_by(Job.run_at, Job.id).limit(1)
    found = session.execute(candidate.with_for_update(skip_locked=True)).one_or_none()
    if found is None:
        return None
    if found.attempts >= MAX_ATTEMPTS and found.status == "running":
        session.execute(
            sa.update(Job)
            .where(Job.id == found.id, wanted)
            .values(status="failed", finished_at=moment, lease_until=None, error=DIED_EACH_TIME)
            .execution_options(synchronize_session=False)
        )
        return None
    taken = session.execute(
        sa.update(Job)
        .where(Job.id == found.id, wanted)
        .values(status="running", worker=worker, attempts=Job.attempts + 1, lease_until=moment + LEASE, heartbeat_at=moment, progress=None)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        return None
    job = session.get_one(Job, found.id, populate_existing=True)
    return Claim(id=job.id, name=job.name, payload=dict(job.payload), attempt=job.attempts, worker=worker)


DIED_EACH_TIME = (
    f"この作業の途中でワーカーが{MAX_ATTEMPTS}回止まったため、取りやめました。メモリーの不足などを確かめてから、やり直してください。"
)


def heartbeat(session: Session, held: Claim, progress: dict[str, Any] | None = None) -> bool:
    """Renew the lease. ``False``: another worker has taken the job; stop."""
    values: dict[str, Any] = {"heartbeat_at": now(), "lease_until": now() + LEASE}
    if progress is not None:
        values["progress"] = progress
    return _update_held(session, held, values)


def finish(session: Session, held: Claim) -> bool:
    return _update_held(session, held, {"status": "done", "finished_at": now(), "lease_until": None, "error": None})


def release(session: Session, held: Claim) -> bool:
    """Put an unfinished job back as it was: its worker ends. Does not count as an attempt."""
    return _back_to_queue(session, held, {"run_at": now(), "attempts": held.attempt - 1})


def fail(session: Session, held: Claim, error: str, *, for_good: bool = False) -> bool:
    """Put the job back with a growing wait, or give it up after ``MAX_ATTEMPTS``."""
    if for_good or held.attempt >= MAX_ATTEMPTS:
        return _update_held(session, held, {"status": "failed", "finished_at": now(), "lease_until": None, "error": error[:2000]})
    wait = timedelta(seconds=min(3600, 5 * 3 ** (held.attempt - 1)))
    return _back_to_queue(session, held, {"run_at": now() + wait, "error": error[:2000]})


def _back_to_queue(session: Session, held: Claim, values: dict[str, Any]) -> bool:
    """Waiting again; or done, when the same work was asked for in the meantime and waits already."""
    try:
        with session.begin_nested():
            return _update_held(session, held, values | {"status": "queued", "lease_until": None, "worker": None})
    except IntegrityError:  # uq_jobs_unique_key_queued
        ended = {"status": "done", "finished_at": now(), "lease_until": None}
        return _update_held(session, held, ended | ({"error": values["error"]} if "error" in values else {}))


def retry(session: Session, job: Job) -> None:
    """A person wants a failed job to run again, now.

    Raises
    ------
    Conflict
        It has not failed, or the same work waits already.
    """
    if job.status != "failed":
        raise Conflict("この作業は失敗していません。画面を読み込み直してください。")
    try:
        with session.begin_nested():
            job.status, job.run_at, job.attempts, job.finished_at = "queued", now(), 0, None
            session.flush()
    except IntegrityError:
        raise Conflict("同じ作業がすでに待っています。終わるのをお待ちください。") from None


def _update_held(session: Session, held: Claim, values: dict[str, Any]) -> bool:
    result = session.execute(
        sa.update(Job)
        .where(Job.id == held.id, Job.status == "running", Job.worker == held.worker, Job.attempts == held.attempt)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(result.rowcount == 1)  # type: ignore[attr-defined]


def prune(session: Session) -> int:
    """Forget jobs that ended long ago."""
    done = sa.and_(Job.status == "done", Job.finished_at < now() - KEPT_DONE)
    failed = sa.and_(Job.status == "failed", Job.finished_at < now() - KEPT_FAILED)
    gone = session.execute(sa.delete(Job).where(sa.or_(done, failed)).execution_options(synchronize_session=False))
    return int(gone.rowcount)  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class Overview:
    """How the queue stands: for the administrator's page, and for checks."""

    counts: dict[str, int]
    last_sign: datetime | None
    """When a worker last took, renewed or finished anything."""
    oldest_due: datetime | None

    @property
    def nobody_works(self) -> bool:
        """Something has been due for two minutes, and no worker has moved since."""
        limit = now() - timedelta(minutes=2)
        return self.oldest_due is not None and self.oldest_due < limit and (self.last_sign is None or self.last_sign < limit)


def overview(session: Session) -> Overview:
    rows = session.execute(sa.select(Job.status, sa.func.count().label("jobs")).group_by(Job.status))
    signs = session.execute(sa.select(sa.func.max(Job.heartbeat_at), sa.func.max(Job.finished_at))).one()
    return Overview(
        counts={row.status: row.jobs for row in rows},
        last_sign=max(filter(None, signs), default=None),
        oldest_due=session.scalar(sa.select(sa.func.min(Job.run_at)).where(due(now()))),
    )


def listed(session: Session, status: str, *, limit: int = 50) -> Sequence[Job]:
    """Jobs of one status: those waiting in the order in which they will run, the others the newest first."""
    order = (Job.run_at, Job.id) if status == "queued" else (Job.id.desc(),)
    return session.scalars(sa.select(Job).where(Job.status == status).order_by(*order).limit(limit)).all()
