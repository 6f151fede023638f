"""Real worker processes, to be killed; and what they leave behind."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from multiprocessing.process import BaseProcess

import pytest
import sqlalchemy as sa

from voc import audit
from voc import worker as workers
from voc.audit import Event
from voc.clock import now
from voc.config import Settings
from voc.db import Database
from voc.delivery.tables import Message
from voc.jobs import Context, Job
from voc.worker import Worker

# Forked, not spawned: a new interpreter costs a second, and what is tested is the death of a process, not its birth.
fork = multiprocessing.get_context("fork")


def mark(context: Context) -> None:
    """A job that leaves one trace each time it runs."""
    with context.transaction() as session:
        audit.record(session, "test.marked", number=context.payload["number"], pid=os.getpid())


def linger(context: Context) -> None:
    """A job that would take for ever, but looks whether it should stop."""
    with context.transaction() as session:
        audit.record(session, "test.marked", number=0, pid=os.getpid())
    context.stopping.wait(60)


@pytest.fixture(autouse=True)
def _known_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(workers.HANDLERS, "test.mark", mark)
    monkeypatch.setitem(workers.HANDLERS, "test.linger", linger)
    monkeypatch.setattr(workers, "POLL_SECONDS", 0.02)


def _work(settings: Settings, *, until_idle: bool) -> None:
    runner = Worker(Database(settings.database_url), settings)
    runner._next_tick = float("inf")  # nothing that recurs: the tests count
    runner.stop_on_signals()
    runner.run(until_idle=until_idle)
    os._exit(0)


@pytest.fixture
def start_worker(db: Database, settings: Settings) -> Iterator[Callable[..., BaseProcess]]:
    started: list[BaseProcess] = []

    def start(*, until_idle: bool = False, **changes: object) -> BaseProcess:
        process = fork.Process(target=_work, args=(replace(settings, **changes),), kwargs={"until_idle": until_idle})  # type: ignore[arg-type]
        process.start()
        started.append(process)
        return process

    yield start
    for process in started:
        if process.is_alive():
            process.kill()
        process.join(10)


def kill_9(process: BaseProcess) -> None:
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join(10)
    assert process.exitcode == -signal.SIGKILL


def let_leases_run_out(db: Database) -> None:
    """A minute passes. (The clock of the other processes cannot be turned.)"""
    past = now() - timedelta(seconds=1)
    with db.transaction() as session:
        session.execute(sa.update(Job).where(Job.status == "running").values(lease_until=past))
        session.execute(sa.update(Message).where(Message.status == "sending").values(lease_until=past))


def marks(db: Database) -> list[tuple[int, int]]:
    """Which jobs ran, in which process."""
    with db.reading() as session:
        return [(data["number"], data["pid"]) for data in session.scalars(sa.select(Event.data).where(Event.kind == "test.marked"))]


def marked(db: Database) -> int:
    """How often a job ran."""
    with db.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Event).where(Event.kind == "test.marked")) or 0


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
