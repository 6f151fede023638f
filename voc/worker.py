"""The worker: takes due jobs and runs them. Knows every job's function, and what recurs."""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from types import FrameType

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from voc import jobs
from voc.campaigns import work as campaigns
from voc.clock import now
from voc.config import Settings
from voc.customers import work as customers
from voc.db import Database
from voc.delivery import work as delivery
from voc.errors import TemporaryFailure, VocError
from voc.readings import work as readings

log = logging.getLogger("voc.worker")

POLL_SECONDS = 0.5
HEARTBEAT_SECONDS = 15


Handler = Callable[[jobs.Context], None]

HANDLERS: dict[str, Handler] = {
    "customers.import": customers.run_import,
    "campaigns.invite": campaigns.invite_due,
    "delivery.send": delivery.send_due,
    "readings.read": readings.read_pending,
}

#: Job → how often it is asked for anew.
RECURRING: dict[str, timedelta] = {
    "delivery.send": timedelta(minutes=1),
    "readings.read": timedelta(minutes=5),
    "campaigns.invite": timedelta(hours=1),
}


class Worker:
    """One process that works jobs off, one after the other, until it is told to stop."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.db = db
        self.settings = settings
        self.name = f"{socket.gethostname()}-{os.getpid()}-{os.urandom(3).hex()}"[:80]
        self.stopping = threading.Event()
        self._next_tick = 0.0

    def stop_on_signals(self) -> None:
        def stop(signum: int, frame: FrameType | None) -> None:
            self.stopping.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)

    def run(self, *, until_idle: bool = False) -> None:
        """Work until stopped; with ``until_idle`` until nothing is due."""
        while not self.stopping.is_set():
            try:
                if not until_idle:
                    self._ask_for_recurring()
                worked = self.run_one()
            except OperationalError:
                log.exception("the database does not answer; trying again in 5 s")
                self.stopping.wait(5)
                continue
            if not worked:
                if until_idle:
                    return
                self.stopping.wait(POLL_SECONDS)

    def run_one(self) -> bool:
        """Claim and run one due job. ``False`` when none was due."""
        with self.db.reading() as session:  # most looks find nothing: they cost no write
            if not _anything_due(session):
                return False
        with self.db.transaction() as session:
            held = jobs.claim(session, self.name)
        if held is None:
            return True
        self._run(held)
        return True

    def _run(self, held: jobs.Claim) -> None:
        done = threading.Event()
        beat = threading.Thread(target=self._heartbeat, args=(held, done), daemon=True)
        beat.start()
        try:
            HANDLERS[held.name](jobs.Context(db=self.db, settings=self.settings, payload=held.payload, claim=held, stopping=self.stopping))
        except Exception as error:  # whatever a job does must not take the worker down; the row keeps the reason
            self._failed(held, error)
        else:
            with self.db.transaction() as session:
                jobs.finish(session, held)
        finally:
            done.set()
            beat.join()

    def _failed(self, held: jobs.Claim, error: Exception) -> None:
        hopeless = isinstance(error, KeyError) and held.name not in HANDLERS
        hopeless = hopeless or (isinstance(error, VocError) and not isinstance(error, TemporaryFailure))
        log.error("job %s %s failed at attempt %s", held.id, held.name, held.attempt, exc_info=error)
        with self.db.transaction() as session:
            jobs.fail(session, held, f"{type(error).__name__}: {error}", for_good=hopeless)

    def _heartbeat(self, held: jobs.Claim, done: threading.Event) -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            try:
                with self.db.transaction() as session:
                    jobs.heartbeat(session, held)
            except OperationalError:
                log.warning("heartbeat of job %s missed", held.id)

    def _ask_for_recurring(self) -> None:
        if time.monotonic() < self._next_tick:
            return
        self._next_tick = time.monotonic() + 20
        with self.db.transaction() as session:
            for name, every in RECURRING.items():
                latest = session.scalar(sa.select(sa.func.max(jobs.Job.created_at)).where(jobs.Job.name == name))
                if latest is None or latest <= now() - every:
                    jobs.enqueue(session, name)
            jobs.prune(session)


def _anything_due(session: Session) -> bool:
    moment = now()
    due = sa.select(jobs.Job.id).where(
        sa.or_(
            sa.and_(jobs.Job.status == "queued", jobs.Job.run_at <= moment),
            sa.and_(jobs.Job.status == "running", jobs.Job.lease_until < moment),
        )
    )
    return session.scalar(due.limit(1)) is not None
