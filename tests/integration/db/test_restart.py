"""PostgreSQL restarts: connections that wait in the pool are dead, and nobody who asks next is to notice."""

import time

import pytest
import sqlalchemy as sa

from voc.db import Database


@pytest.mark.parametrize("way", ["reading", "transaction", "glance"])
def test_the_first_request_after_a_restart_gets_a_new_connection(postgres_url: str, postgres_db: Database, way: str) -> None:
    db = Database(postgres_url)

    def ask() -> int:
        with getattr(db, way)() as opened:
            return int(opened.execute(sa.text("SELECT pg_backend_pid()")).scalar_one())

    before = ask()
    with postgres_db.write_engine.begin() as other:
        other.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": before})
        while other.scalar(sa.text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid"), {"pid": before}):
            time.sleep(0.01)
    assert ask() != before
    db.dispose()
