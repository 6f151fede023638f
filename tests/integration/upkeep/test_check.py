"""What is wrong with an installation, in sentences."""

import os
import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from tests import factories
from voc import audit, clock, jobs
from voc.accounts import service as accounts
from voc.accounts.tables import Role, User
from voc.clock import now
from voc.config import Settings
from voc.db import Database
from voc.delivery.tables import Message
from voc.jobs import Job
from voc.upkeep.check import NOTICE, PROBLEM, check


@pytest.fixture
def sound(app: Flask, db: Database, settings: Settings) -> Settings:
    """An installation without a problem."""
    with app.app_context(), db.transaction() as session:
        accounts.add_user(session, "admin@example.co.jp", role="admin", password="a good long password")
    return replace(settings, base_url="https://voc.example.co.jp")


def problems(db: Database, settings: Settings) -> list[str]:
    return [finding.sentence for finding in check(db, settings) if finding.level == PROBLEM]


def test_a_sound_installation_has_no_problem(db: Database, sound: Settings) -> None:
    assert problems(db, sound) == []
    assert [finding.level for finding in check(db, sound)] == [NOTICE]  # mails are written to files


def test_it_tells_that_the_worker_stands_still(db: Database, sound: Settings) -> None:
    with db.transaction() as session:
        jobs.enqueue(session, "readings.read", run_at=now() - timedelta(hours=1))
        session.add(Job(name="x", unique_key="x", status="running", run_at=now(), lease_until=now() - timedelta(hours=1)))
        session.add(Job(name="y", unique_key="y", status="failed", error="ValueError: 何かの誤り\nmore", finished_at=now()))
    late, lost, failed = problems(db, sound)
    assert "ワーカー" in late
    assert "引き継がれていません" in lost
    assert "ValueError: 何かの誤り)" in failed


def test_it_tells_of_mails_that_do_not_leave(db: Database, sound: Settings) -> None:
    with db.transaction() as session:
        invitation = factories.invitation(session, customer=factories.customer(session, shop=factories.shop(session)))
        session.add(
            Message(
                invitation_id=invitation.id, channel="mail", address="a@example.jp", message_id="<1@x>", status="queued", attempts=4,
                created_at=now() - timedelta(hours=2), error="メールサーバーに接続できません。",
            )
        )  # fmt: skip
    assert any("1時間以上送れずにいます(メールサーバーに接続できません。)" in sentence for sentence in problems(db, sound))
    assert any("どれかが未設定のまま" in sentence for sentence in problems(db, sound))  # an active campaign, and nobody said who sends


def test_it_tries_the_mail_server(db: Database, sound: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers there
        away = replace(sound, smtp_url=f"smtp://127.0.0.1:{taken.getsockname()[1]}")
        assert len(problems(db, away)) == 1
        local = replace(away, base_url="http://localhost:8000", mail_from="voc@localhost")
        assert len(problems(db, local)) == 3  # links that nobody can open, a sender that nobody believes


def test_it_asks_for_https(db: Database, sound: Settings) -> None:
    assert any("HTTPS" in sentence for sentence in problems(db, replace(sound, base_url="http://voc.example.co.jp")))


def test_it_sees_that_others_can_read_the_key(db: Database, sound: Settings, tmp_path: Path) -> None:
    key = tmp_path / "secret_key"
    key.write_text("k")
    key.chmod(0o644)
    tmp_path.chmod(0o755)
    assert any(str(key) in sentence for sentence in problems(db, sound))
    tmp_path.chmod(0o700)  # nobody gets as far as the file
    assert not any(str(key) in sentence for sentence in problems(db, sound))


@pytest.mark.skipif(os.getuid() == 0 and not Path("/proc").exists(), reason="needs a file system")
def test_it_sees_a_full_disk(db: Database, sound: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 50 << 20})())
    assert any("空き容量が 50 MB" in sentence for sentence in problems(db, sound))


def test_it_misses_an_administrator(db: Database, sound: Settings) -> None:
    with db.transaction() as session:
        session.execute(sa.update(User).values(active=False))
    assert any("管理者がいません" in sentence for sentence in problems(db, sound))
    with db.reading() as session:
        assert session.scalar(sa.select(Role.name)) == "admin"


def test_it_sees_a_clock_that_went_back(db: Database, sound: Settings) -> None:
    if not db.is_sqlite:
        return  # PostgreSQL has a clock of its own to compare with
    with db.transaction() as session, clock.frozen(now() + timedelta(days=2)):
        audit.record(session, "test.later")
    assert any("時計が戻っています" in sentence for sentence in problems(db, sound))


def test_an_old_schema_is_one_problem_and_not_ten(db: Database, sound: Settings, tmp_path: Path) -> None:
    empty = Database(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    assert [sentence for sentence in problems(empty, sound) if "migrate" in sentence]
    assert len(problems(empty, sound)) == 1
    empty.dispose()


def test_a_database_that_is_away_is_told(db: Database, sound: Settings) -> None:
    away = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert any("接続できません" in sentence for sentence in problems(away, sound))
    away.dispose()
