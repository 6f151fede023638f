"""The rules of the queue, one by one."""

import threading
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.process import BaseProcess

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from tests.integration.jobs.conftest import marked, wait_until
from voc import clock, jobs
from voc import worker as workers
from voc.clock import now
from voc.config import Settings
from voc.customers.tables import Suppression
from voc.db import Database
from voc.errors import Conflict, Refused, TemporaryFailure
from voc.jobs import LEASE, MAX_ATTEMPTS, Context, Job
from voc.worker import HANDLERS, Worker

Start = Callable[..., BaseProcess]


@pytest.fixture
def worker(db: Database, settings: Settings) -> Worker:
    return Worker(db, settings)


def enqueue(db: Database, name: str = "test.mark", **values: object) -> None:
    with db.transaction() as session:
        jobs.enqueue(session, name, **({"number": 1} | values))  # type: ignore[arg-type]


def only(db: Database) -> Job:
    with db.reading() as session:
        return session.scalars(sa.select(Job)).one()


def all_jobs(db: Database) -> list[Job]:
    with db.reading() as session:
        return list(session.scalars(sa.select(Job).order_by(Job.id)))


def take(db: Database, name: str = "w1") -> jobs.Claim | None:
    with db.transaction() as session:
        return jobs.claim(session, name)


# -- asking ---------------------------------------------------------------------------------------------------------------


def test_the_same_work_waits_once(db: Database) -> None:
    for _ in range(3):
        enqueue(db)
    assert len(all_jobs(db)) == 1


def test_what_is_asked_for_while_it_runs_waits_for_another_run(db: Database) -> None:
    enqueue(db)
    assert take(db) is not None
    enqueue(db)
    enqueue(db)
    assert [job.status for job in all_jobs(db)] == ["running", "queued"]


def test_a_job_is_there_only_when_its_data_is(db: Database) -> None:
    with db.open_session(write=True) as session:
        jobs.enqueue(session, "test.mark")
        session.rollback()
    assert all_jobs(db) == []


def test_it_waits_for_its_time(db: Database, worker: Worker) -> None:
    enqueue(db, run_at=now() + timedelta(minutes=5))
    assert worker.run_one() is False
    with clock.frozen(now() + timedelta(minutes=6)):
        assert worker.run_one() is True
    assert only(db).status == "done"


# -- holding --------------------------------------------------------------------------------------------------------------


def test_a_held_job_is_nobody_elses_until_its_lease_is_over(db: Database) -> None:
    enqueue(db)
    first = take(db, "w1")
    assert first is not None
    assert take(db, "w2") is None
    with clock.frozen(now() + LEASE + timedelta(seconds=1)):
        second = take(db, "w2")
    assert second is not None
    assert (second.id, second.attempt) == (first.id, 2)
    with db.transaction() as session:
        assert jobs.finish(session, first) is False, "who lost the lease marks nothing"
        assert jobs.heartbeat(session, first) is False
        assert jobs.fail(session, first, "late") is False
        assert jobs.release(session, first) is False
        assert jobs.finish(session, second) is True
    assert only(db).status == "done"


def test_a_heartbeat_keeps_the_lease_of_long_work(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "LEASE", timedelta(seconds=0.6))
    monkeypatch.setattr(workers, "HEARTBEAT_SECONDS", 0.1)
    runs = []

    def long_work(context: Context) -> None:
        runs.append(context.claim.worker)
        context.stopping.wait(2)

    monkeypatch.setitem(HANDLERS, "test.long", long_work)
    enqueue(db, "test.long")
    first, second = Worker(db, settings), Worker(db, settings)
    thread = threading.Thread(target=first.run_one)
    thread.start()
    wait_until(lambda: bool(runs))
    while thread.is_alive():
        second.run_one()
        thread.join(0.1)
    assert runs == [first.name]
    assert only(db).status == "done"


def test_who_loses_the_lease_is_told_to_stop(db: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "HEARTBEAT_SECONDS", 0.05)
    enqueue(db, "test.linger")
    thread = threading.Thread(target=worker.run_one)
    thread.start()
    wait_until(lambda: marked(db) > 0)
    with db.transaction() as session:
        session.execute(sa.update(Job).values(worker="another", attempts=2))
    thread.join(10)
    assert not thread.is_alive()
    assert (only(db).status, only(db).worker) == ("running", "another"), "the other's claim is untouched"


def test_progress_is_shown_and_stops_who_lost_the_lease(db: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def stepwise(context: Context) -> None:
        context.progress(1, 2)
        seen.append(only(db).progress)
        with db.transaction() as session:
            session.execute(sa.update(Job).values(worker="another"))
        context.progress(2, 2)
        seen.append("never")

    monkeypatch.setitem(HANDLERS, "test.steps", stepwise)
    enqueue(db, "test.steps")
    worker.run_one()
    assert seen == [{"done": 1, "total": 2}]
    assert only(db).status == "running"


def test_a_missed_heartbeat_is_no_end(db: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "HEARTBEAT_SECONDS", 0.02)
    beats = []

    def broken(*args: object) -> bool:
        beats.append(1)
        raise OperationalError("UPDATE jobs", {}, Exception("gone"))

    monkeypatch.setattr(jobs, "heartbeat", broken)
    monkeypatch.setitem(HANDLERS, "test.slow", lambda context: wait_until(lambda: len(beats) > 2))
    enqueue(db, "test.slow")
    worker.run_one()
    assert only(db).status == "done"


# -- failing --------------------------------------------------------------------------------------------------------------


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(context: Context) -> None:
        raise error

    monkeypatch.setitem(HANDLERS, "test.fail", fail)


def test_a_failing_job_waits_longer_each_time_and_is_given_up(db: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, RuntimeError("the sky fell"))
    enqueue(db, "test.fail")
    moment, waits = now(), []
    for _ in range(MAX_ATTEMPTS - 1):
        with clock.frozen(moment):
            assert worker.run_one()
            assert not worker.run_one(), "not before its time"
        waits.append((only(db).run_at - moment).total_seconds())
        moment = only(db).run_at
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (5, 3600)
    assert only(db).status == "queued"
    with clock.frozen(moment):
        worker.run_one()
    assert (only(db).status, only(db).attempts) == ("failed", MAX_ATTEMPTS)
    assert only(db).error == "RuntimeError: the sky fell"


def test_what_cannot_help_to_repeat_is_given_up_at_once(db: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, Refused("列が足りません。"))
    enqueue(db, "test.fail")
    worker.run_one()
    assert (only(db).status, only(db).error) == ("failed", "列が足りません。")


def test_what_may_work_later_is_repeated(db: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, TemporaryFailure("いまは混み合っています。"))
    enqueue(db, "test.fail")
    worker.run_one()
    assert only(db).status == "queued"


def test_neither_the_kept_reason_nor_the_log_holds_anybodys_data(
    db: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whose = "@".join(("hanako", "example.jp"))

    def leak(context: Context) -> None:
        with context.transaction() as session:
            for _ in range(2):
                session.execute(sa.insert(Suppression).values(channel="mail", address=whose, reason="manual"))

    monkeypatch.setitem(HANDLERS, "test.fail", leak)
    enqueue(db, "test.fail")
    worker.run_one()
    assert only(db).error
    assert whose not in (only(db).error or "")
    assert "failed at attempt 1" in caplog.text
    assert whose not in caplog.text


def test_a_failing_job_whose_work_was_asked_for_again_leaves_it_to_that_one(
    db: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask_again_and_fail(context: Context) -> None:
        enqueue(db, "test.fail")
        raise RuntimeError("no")

    monkeypatch.setitem(HANDLERS, "test.fail", ask_again_and_fail)
    enqueue(db, "test.fail")
    worker.run_one()
    assert [(job.status, job.error) for job in all_jobs(db)] == [("done", "RuntimeError: no"), ("queued", None)]


def test_a_job_that_takes_its_workers_down_is_given_up(db: Database, worker: Worker) -> None:
    enqueue(db)
    moment = now()
    for number in range(MAX_ATTEMPTS):
        with clock.frozen(moment):
            assert take(db, f"w{number}") is not None
        moment += LEASE + timedelta(seconds=1)
    with clock.frozen(moment):
        worker.run_one()
        assert worker.run_one() is False
    assert only(db).status == "failed"
    assert "8回止まった" in (only(db).error or "")
    assert marked(db) == 0


def test_a_job_of_a_newer_version_is_left_to_a_newer_worker(db: Database, worker: Worker) -> None:
    enqueue(db, "future.work")
    assert worker.run_one() is False
    assert only(db).status == "queued"


def test_a_failed_job_can_be_done_again_by_hand(db: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, Refused("だめでした。"))
    enqueue(db, "test.fail")
    worker.run_one()
    monkeypatch.setitem(HANDLERS, "test.fail", lambda context: None)
    with db.transaction() as session:
        jobs.retry(session, session.get_one(Job, only(db).id))
    worker.run_one()
    assert (only(db).status, only(db).attempts) == ("done", 1)
    with pytest.raises(Conflict), db.transaction() as session:
        jobs.retry(session, session.get_one(Job, only(db).id))


# -- ending ---------------------------------------------------------------------------------------------------------------


def test_until_idle_ends_when_nothing_is_due(db: Database, worker: Worker) -> None:
    enqueue(db)
    enqueue(db, unique_key="later", run_at=now() + timedelta(hours=1))
    worker.run(until_idle=True)
    assert [job.status for job in all_jobs(db)] == ["done", "queued"]


def test_until_idle_does_not_wait_for_ever_for_a_database(db: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> bool:
        raise OperationalError("SELECT", {}, Exception("no route to host"))

    monkeypatch.setattr(workers, "DATABASE_WAIT_SECONDS", 0)
    monkeypatch.setattr(worker, "run_one", gone)
    with pytest.raises(TemporaryFailure):
        worker.run(until_idle=True)


def test_a_database_that_comes_back_finds_the_worker_there(db: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "DATABASE_WAIT_SECONDS", 0)
    run_one, failures = worker.run_one, [OperationalError("SELECT", {}, Exception("restarting"))] * 3

    def sometimes() -> bool:
        if failures:
            raise failures.pop()
        return run_one()

    monkeypatch.setattr(worker, "run_one", sometimes)
    enqueue(db)
    worker.run(until_idle=True)
    assert only(db).status == "done"


def test_a_worker_ends_cleanly_on_sigterm_and_puts_its_job_back(db: Database, start_worker: Start) -> None:
    enqueue(db, "test.linger")
    process = start_worker()
    wait_until(lambda: marked(db) > 0)
    process.terminate()
    process.join(10)
    assert process.exitcode == 0
    assert (only(db).status, only(db).attempts, only(db).worker) == ("queued", 0, None)


def test_a_job_that_returned_while_it_was_asked_to_stop_runs_again(db: Database, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(HANDLERS, "test.stop", lambda context: worker.stop())
    enqueue(db, "test.stop")
    worker.run(until_idle=True)
    assert (only(db).status, only(db).attempts) == ("queued", 0)


# -- recurring, forgetting, showing -----------------------------------------------------------------------------------------


def test_recurring_jobs_are_asked_for_in_their_time(db: Database, worker: Worker) -> None:
    worker._ask_for_recurring()
    names = sorted(job.name for job in all_jobs(db))
    assert names == sorted(workers.RECURRING)
    worker._next_tick = 0
    worker._ask_for_recurring()
    assert len(all_jobs(db)) == len(names)
    with db.transaction() as session:
        session.execute(sa.update(Job).values(status="done", finished_at=now()))
    worker._next_tick = 0
    with clock.frozen(now() + timedelta(minutes=2)):
        worker._ask_for_recurring()
    assert [job.name for job in all_jobs(db) if job.status == "queued"] == ["delivery.send"]


def test_ended_jobs_are_forgotten_after_some_days(db: Database, worker: Worker) -> None:
    enqueue(db)
    worker.run(until_idle=True)
    with clock.frozen(now() + jobs.KEPT_DONE + timedelta(minutes=1)), db.transaction() as session:
        assert jobs.prune(session) == 1


def test_the_overview_tells_when_nobody_works(db: Database, worker: Worker) -> None:
    enqueue(db)
    with db.reading() as session:
        assert not jobs.overview(session).nobody_works
    with clock.frozen(now() + timedelta(minutes=3)):
        with db.reading() as session:
            assert jobs.overview(session).nobody_works
        worker.run(until_idle=True)
        with db.reading() as session:
            assert not jobs.overview(session).nobody_works
