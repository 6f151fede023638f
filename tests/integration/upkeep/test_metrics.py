"""Figures for a monitoring system."""

import re
from dataclasses import replace
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from voc import jobs
from voc.clock import now
from voc.db import Database
from voc.readings.tables import Alert

SAMPLE = re.compile(r'[a-z_]+(\{([a-z]+="[^"]*",?)+\})? -?[0-9.e+]+')


def test_it_counts_what_waits(client: FlaskClient, db: Database) -> None:
    with db.transaction() as session:
        jobs.enqueue(session, "readings.read", run_at=now() - timedelta(seconds=90))
        answer = factories.answer(session)
        factories.prediction(session, answer=factories.answer(session))
        session.add(Alert(answer_id=answer.id, code="health_harm", source="machine", due_at=now() - timedelta(days=1)))
    answer = client.get("/metrics")
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert 'voc_jobs{status="queued"} 1' in lines
    assert "voc_answers_total 2" in lines
    assert "voc_answers_unread 1" in lines
    assert 'voc_alerts_open{code="health_harm"} 1' in lines
    assert 'voc_alerts_overdue{code="health_harm"} 1' in lines
    assert 'voc_alerts_open{code="legal"} 0' in lines
    late = next(line for line in lines if line.startswith("voc_jobs_late_seconds"))
    assert 89 < float(late.split()[1]) < 100
    assert all(line.startswith("# ") or SAMPLE.fullmatch(line) for line in lines)


def test_only_this_machine_reads_it_without_a_token(client: FlaskClient) -> None:
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.5"}).status_code == 403
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "::1"}).status_code == 200
    # through a proxy on this machine anybody may ask
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.5"}).status_code == 403


def test_with_the_token_it_is_read_from_elsewhere(app: Flask, client: FlaskClient) -> None:
    app.extensions["voc_settings"] = replace(app.extensions["voc_settings"], metrics_token="s3cret-token")
    far = {"REMOTE_ADDR": "203.0.113.5"}
    assert client.get("/metrics", environ_base=far, headers={"Authorization": "Bearer s3cret-token"}).status_code == 200
    assert client.get("/metrics", environ_base=far, headers={"Authorization": "Bearer other"}).status_code == 403
    assert client.get("/metrics", environ_base=far, headers={"Authorization": "Bearer あ"}).status_code in (400, 403)
