"""The worker: takes due jobs and runs them. Knows every job's function, and what recurs."""

import logging
import os
import signal
import socket
import threading
import time
import traceback
from collections.abc import Callable
from datetime import timedelta
from types import FrameType

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from voc import jobs
from voc.acceptance import work as acceptance
from voc.clock import now
from voc.config import Settings
from voc.customers import work as customers
from voc.db import Database
from voc.delivery import work as delivery
from voc.errors import TemporaryFailure, VocError
from voc.learning import work as learning
from voc.readings import work as readings
from voc.surveys import work as surveys

log = logging.getLogger("voc.worker")

POLL_SECONDS = 0.5
HEARTBEAT_SECONDS = 15
TICK_SECONDS = 20
DATABASE_WAIT_SECONDS = 5
#: With ``--until-idle``, a database that does not answer so often ends the worker with an error.
DATABASE_TRIES = 12


Handler = Callable[[jobs.Context], None]

HANDLERS: dict[str, Handler] = {
    "customers.import": customers.run_import,
    "surveys.import_replies": surveys.run_import,
    "campaigns.invite": delivery.invite_due,
    "delivery.send": delivery.send_due,
    "readings.read": readings.read_pending,
    "learning.train": learning.train,
    "learning.watch": learning.watch,
    "insights.check_automatic": acceptance.check,  # the name stands in rows
}

#: Job → how often it is asked for anew.
RECURRING: dict[str, timedelta] = {
    "delivery.send": timedelta(minutes=1),
    "readings.read": timedelta(minutes=5),
    "campaigns.invite": timedelta(hours=1),
    "learning.watch": timedelta(days=1),
    "insights.check_automatic": timedelta(days=1),  # which of them are due after a month, the rows tell
}


class Worker:
    """One process that works jobs off, one after the other, until it is told to stop.

    It takes only jobs that it knows, so that an old worker leaves a newer version's jobs to a newer worker.
    """

    def __init__(self, db: Database, settings: Settings) -> None:
        self.db = db
        self.settings = settings
        self.name = f"{socket.gethostname()}-{os.getpid()}-{os.urandom(3).hex()}"[-80:]
        self.stopping = threading.Event()
        self._job_stopping: threading.Event | None = None
        self._next_tick = 0.0

    def stop(self) -> None:
        """End after the present step: a job that looks at its ``stopping`` returns, and is put back."""
        self.stopping.set()
        if self._job_stopping is not None:
            self._job_stopping.set()

    def stop_on_signals(self) -> None:
        def stop(signum: int, frame: FrameType | None) -> None:
            self.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)

    def run(self, *, until_idle: bool = False) -> None:
        """Work until stopped; with ``until_idle`` until nothing is due.

        Raises
        ------
        TemporaryFailure
            Only with ``until_idle``: the database did not answer for a minute.
        """
        failures = 0
        while not self.stopping.is_set():
            try:
                if not until_idle:
                    self._ask_for_recurring()
                worked = self.run_one()
            except SQLAlchemyError as error:  # of the queue itself: what a job raises is kept in its row
                failures += 1
                if until_idle and failures >= DATABASE_TRIES:
                    raise TemporaryFailure("データベースが応答しません。接続先と空き容量を確かめて、もう一度実行してください。") from error
                log.error("the database does not answer, trying again in %s s: %s", DATABASE_WAIT_SECONDS, _words(error))
                self.stopping.wait(DATABASE_WAIT_SECONDS)
                continue
            failures = 0
            if not worked:
                if until_idle:
                    return
                self.stopping.wait(POLL_SECONDS)

    def run_one(self) -> bool:
        """Claim and run one due job. ``False`` when none was due."""
        with self.db.reading() as session:  # most looks find nothing: they cost no write
            if session.scalar(sa.select(jobs.Job.id).where(jobs.due(now(), HANDLERS)).limit(1)) is None:
                return False
        with self.db.transaction() as session:
            held = jobs.claim(session, self.name, HANDLERS)
        if held is not None:
            self._run(held)
        return True

    def _run(self, held: jobs.Claim) -> None:
        stopping, done = threading.Event(), threading.Event()
        self._job_stopping = stopping
        if self.stopping.is_set():  # the signal came between claim and here
            stopping.set()
        beat = threading.Thread(target=self._heartbeat, args=(held, stopping, done), daemon=True)
        beat.start()
        context = jobs.Context(db=self.db, settings=self.settings, payload=held.payload, claim=held, stopping=stopping)
        try:
            HANDLERS[held.name](context)
        except jobs.LeaseLost:
            log.warning("job %s %s: another worker has taken it over", held.id, held.name)
        except Exception as error:  # whatever a job does must not take the worker down; the row keeps the reason
            self._failed(held, error)
        else:
            self._returned(held, unfinished=stopping.is_set())
        finally:
            self._job_stopping = None
            done.set()
            beat.join()

    def _returned(self, held: jobs.Claim, *, unfinished: bool) -> None:
        """A function that returned while it was asked to stop may have left something: its job waits for the next worker."""
        with self.db.transaction() as session:
            kept = jobs.release(session, held) if unfinished else jobs.finish(session, held)
        if not kept:
            log.warning("job %s %s: another worker has taken it over", held.id, held.name)

    def _failed(self, held: jobs.Claim, error: Exception) -> None:
        hopeless = isinstance(error, VocError) and not isinstance(error, TemporaryFailure)
        where = "".join(traceback.format_tb(error.__traceback__)).rstrip()
        log.error("job %s %s failed at attempt %s: %s\n%s", held.id, held.name, held.attempt, _words(error), where)
        with self.db.transaction() as session:
            jobs.fail(session, held, _words(error), for_good=hopeless)

    def _heartbeat(self, held: jobs.Claim, stopping: threading.Event, done: threading.Event) -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            try:
                with self.db.transaction() as session:
                    ours = jobs.heartbeat(session, held)
            except SQLAlchemyError as error:
                log.warning("heartbeat of job %s missed: %s", held.id, _words(error))
                continue
            if not ours and not done.is_set():
                log.warning("job %s %s: the lease is lost, stopping", held.id, held.name)
                stopping.set()
                return

    def _ask_for_recurring(self) -> None:
        if time.monotonic() < self._next_tick:
            return
        self._next_tick = time.monotonic() + TICK_SECONDS
        with self.db.transaction() as session:
            for name, every in RECURRING.items():
                latest = session.scalar(sa.select(sa.func.max(jobs.Job.created_at)).where(jobs.Job.name == name))
                if latest is None or latest <= now() - every:
                    jobs.enqueue(session, name)
            jobs.prune(session)


def _words(error: Exception) -> str:
    """What is kept of an error: the sentence of an expected one; never a statement's parameters, which are people's data."""
    if isinstance(error, VocError):
        return error.message
    if isinstance(error, DBAPIError):
        return f"{type(error.orig).__name__}: {str(error.orig).splitlines()[0]}"  # the lines below quote the row
    return f"{type(error).__name__}: {error}"
