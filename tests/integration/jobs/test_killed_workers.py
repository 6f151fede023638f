"""kill -9 in the middle of the work: nothing is lost, and nothing is done twice beyond what docs/delivery.md says."""

import os
import signal
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

import sqlalchemy as sa

from tests import factories as make
from tests.integration.jobs.conftest import kill_9, let_leases_run_out, marked, marks, wait_until
from tests.smtp import mail_server
from voc import jobs
from voc.campaigns.rules import Rule
from voc.campaigns.tables import Invitation
from voc.clock import now
from voc.config import Settings
from voc.db import Database
from voc.delivery import inviting
from voc.delivery.tables import Message
from voc.jobs import Job

Start = Callable[..., BaseProcess]

JOBS = 120
MAILS = 100
KILLS = 3


def ask_for(db: Database, count: int) -> None:
    with db.transaction() as session:
        for number in range(count):
            jobs.enqueue(session, "test.mark", unique_key=f"mark:{number}", number=number)


def queue_mails(db: Database, settings: Settings, count: int) -> None:
    with db.transaction() as session:
        shop = make.shop(session)
        for _ in range(count):
            make.subscription(session, customer=make.customer(session, shop=shop), cancelled_at=now() - timedelta(days=5))
        make.campaign(session, rule=Rule(wait_days=3).to_json())
    inviting.invite_due(db, settings)


def statuses(db: Database, table: type[Job] | type[Message]) -> Counter[str]:
    with db.reading() as session:
        return Counter(session.scalars(sa.select(table.status)))


def test_killed_workers_lose_no_job_and_repeat_one_a_kill_at_most(db: Database, start_worker: Start) -> None:
    ask_for(db, JOBS)
    for kill in range(1, KILLS + 1):
        worker = start_worker()
        wait_until(lambda n=kill: marked(db) >= n * JOBS // (KILLS + 1))
        kill_9(worker)
        let_leases_run_out(db)
    last = start_worker(until_idle=True)
    last.join(60)
    assert last.exitcode == 0
    ran = Counter(number for number, _ in marks(db))
    assert set(ran) == set(range(JOBS)), "each ran"
    assert ran.total() - JOBS <= KILLS
    assert statuses(db, Job) == {"done": JOBS}


def test_two_workers_at_once_share_the_jobs_and_do_each_once(db: Database, start_worker: Start) -> None:
    ask_for(db, JOBS)
    first, second = start_worker(until_idle=True), start_worker(until_idle=True)
    for worker in (first, second):
        worker.join(60)
        assert worker.exitcode == 0
    ran = marks(db)
    assert sorted(number for number, _ in ran) == list(range(JOBS))
    assert len({pid for _, pid in ran}) == 2, "both worked"


def test_one_of_two_workers_is_killed_and_the_other_goes_on(db: Database, start_worker: Start) -> None:
    ask_for(db, JOBS)
    victim, survivor = start_worker(), start_worker()
    wait_until(lambda: len({pid for _, pid in marks(db)}) == 2)
    kill_9(victim)
    let_leases_run_out(db)
    wait_until(lambda: statuses(db, Job) == {"done": JOBS})
    assert survivor.is_alive()
    ran = Counter(number for number, _ in marks(db))
    assert set(ran) == set(range(JOBS))
    assert ran.total() - JOBS <= 2, "the victim's, and the survivor's whose lease the test took away too"


def test_killed_senders_lose_no_mail_and_repeat_one_a_kill_at_most(db: Database, settings: Settings, start_worker: Start) -> None:
    queue_mails(db, settings, MAILS)
    with mail_server() as server:
        for kill in range(1, KILLS + 1):
            worker = start_worker(smtp_url=server.url)
            wait_until(lambda n=kill: len(server.mails) >= n * MAILS // (KILLS + 1))
            kill_9(worker)
            let_leases_run_out(db)
        last = start_worker(until_idle=True, smtp_url=server.url)
        last.join(60)
        assert last.exitcode == 0
        sent = Counter(server.message_ids)
    with db.reading() as session:
        assert set(sent) == set(session.scalars(sa.select(Message.message_id))), "each mail arrived"
        assert session.query(Invitation).filter(Invitation.asked_at.is_(None)).count() == 0
    assert sent.total() - MAILS <= KILLS, "a repeated mail has the same Message-ID"
    assert statuses(db, Message) == {"sent": MAILS}


def test_killed_writers_of_eml_files_leave_each_mail_exactly_once(
    db: Database, settings: Settings, start_worker: Start, tmp_path: Path
) -> None:
    queue_mails(db, settings, MAILS)
    folder = tmp_path / "eml"
    for kill in range(1, KILLS + 1):
        worker = start_worker(smtp_url=f"file:{folder}")
        wait_until(lambda n=kill: len(list(folder.glob("*.eml"))) >= n * MAILS // (KILLS + 1))
        kill_9(worker)
        let_leases_run_out(db)
    last = start_worker(until_idle=True, smtp_url=f"file:{folder}")
    last.join(60)
    assert last.exitcode == 0
    assert len(list(folder.glob("*.eml"))) == MAILS
    assert statuses(db, Message) == {"sent": MAILS}


def test_two_senders_at_once_send_each_mail_once(db: Database, settings: Settings, start_worker: Start) -> None:
    queue_mails(db, settings, MAILS)
    with mail_server() as server:
        first = start_worker(smtp_url=server.url)
        wait_until(lambda: len(server.mails) > 0)
        with db.transaction() as session:
            jobs.enqueue(session, "delivery.send")
        second = start_worker(smtp_url=server.url)
        wait_until(lambda: statuses(db, Message) == {"sent": MAILS})
        for worker in (first, second):
            os.kill(worker.pid or 0, signal.SIGTERM)
            worker.join(20)
            assert worker.exitcode == 0
        assert len(server.mails) == len(set(server.message_ids)) == MAILS


def test_a_worker_that_is_asked_to_end_gives_back_what_it_has_not_sent(db: Database, settings: Settings, start_worker: Start) -> None:
    queue_mails(db, settings, MAILS)
    with mail_server() as server:
        worker = start_worker(smtp_url=server.url)
        wait_until(lambda: len(server.mails) >= 10)
        worker.terminate()
        worker.join(20)
        assert worker.exitcode == 0
        left = statuses(db, Message)
        assert set(left) <= {"sent", "queued"}, "nothing hangs in between"
        assert left["sent"] == len(server.mails)
        start_worker(until_idle=True, smtp_url=server.url).join(60)
        assert len(server.mails) == len(set(server.message_ids)) == MAILS
