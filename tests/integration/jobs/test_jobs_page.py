"""The administrator's page of jobs."""

from datetime import timedelta

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from voc import jobs, pages
from voc.clock import now
from voc.db import Database
from voc.jobs import Job
from voc.worker import HANDLERS


def add(db: Database, **values: object) -> int:
    with db.transaction() as session:
        job = Job(**{"name": "delivery.send", "unique_key": str(values.get("status")), "payload": {}} | values)
        session.add(job)
        session.flush()
        return job.id


def test_it_shows_what_runs_waits_and_failed(as_admin: FlaskClient, db: Database) -> None:
    assert "まだ作業はありません" in as_admin.get("/settings/jobs").text
    add(
        db,
        status="running",
        progress={"done": 40, "total": 100},
        heartbeat_at=now(),
        lease_until=now() + timedelta(seconds=50),
        worker="host-1",
    )
    add(db, status="queued", run_at=now() + timedelta(hours=1))
    add(db, status="failed", finished_at=now(), error="列が足りません。", attempts=1)
    page = as_admin.get("/settings/jobs").text
    assert "40 / 100" in page
    assert "列が足りません。" in page
    assert "メールの送信" in page
    assert "失敗した作業が 1 件" in page


def test_it_says_when_no_worker_runs(as_admin: FlaskClient, db: Database) -> None:
    add(db, status="queued", run_at=now() - timedelta(minutes=10))
    assert "ワーカーが動いていません" in as_admin.get("/settings/jobs").text


def test_a_failed_job_can_be_done_again(as_admin: FlaskClient, db: Database) -> None:
    job_id = add(db, status="failed", finished_at=now(), error="x", attempts=8)
    assert as_admin.post(f"/settings/jobs/{job_id}/retry").status_code == 302
    with db.reading() as session:
        assert session.scalars(sa.select(Job.status)).one() == "queued"
    assert as_admin.post(f"/settings/jobs/{job_id}/retry").status_code == 409
    with db.transaction() as session:
        assert jobs.claim(session, "w") is not None


def test_it_is_the_administrators(as_manager: FlaskClient) -> None:
    assert as_manager.get("/settings/jobs").status_code == 403


def test_every_job_has_a_name_that_people_understand(app: Flask) -> None:
    with app.test_request_context():
        assert set(pages._job_names()) == {name for name in HANDLERS if not name.startswith("test.")}
