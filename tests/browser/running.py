"""A site with a made-up company behind it, running in a thread; and where Chromium is."""

import logging
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from werkzeug.serving import make_server

from tests.conftest import PASSWORD
from voc import migrate
from voc.accounts import service as accounts
from voc.app import create_app
from voc.campaigns import queries as campaigns
from voc.config import Settings
from voc.db import Database
from voc.sample.build import Size, fill
from voc.worker import Worker

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM = next((found for name in NAMES if (found := shutil.which(name))), None)
#: No sandbox: CI runs as root. Everything that would talk to its maker is off.
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
    "--disable-default-apps", "--disable-sync", "--no-first-run", "--metrics-recording-only", "--disable-domain-reliability",
    "--disable-features=OptimizationHints,MediaRouter,Translate", "--font-render-hinting=none",
)  # fmt: skip
PHONE, DESK = (390, 844), (1280, 900)
ROLES = {"staff": "田中 美咲", "manager": "鈴木 恵子", "admin": "高橋 誠"}


@dataclass
class Site:
    """The running site, its database, and people who may log in."""

    url: str
    db: Database
    settings: Settings

    def work(self) -> None:
        """Let the worker do what is due."""
        Worker(self.db, self.settings).run(until_idle=True)

    def open_tokens(self, count: int) -> list[str]:
        with self.db.reading() as session:
            return list(campaigns.open_tokens(session, limit=count))

    def scalar(self, statement: sa.Select[Any]) -> Any:
        with self.db.reading() as session:
            return session.scalar(statement)


@contextmanager
def running(home: Path, size: Size) -> Iterator[Site]:
    """Fill a new database and serve it until the block ends."""
    port = _free_port()
    settings = Settings(
        database_url=f"sqlite:///{home / 'voc.sqlite3'}", secret_key="k" * 64, base_url=f"http://127.0.0.1:{port}",
        smtp_url=f"file:{home / 'outbox'}", mail_from="voice@example.co.jp", instance_dir=home,
    )  # fmt: skip
    db = Database(settings.database_url)
    migrate.upgrade(db)
    fill(db, settings, size)
    app = create_app(settings)
    with app.app_context(), db.transaction() as session:
        for role, name in ROLES.items():
            accounts.add_user(session, f"{role}@example.co.jp", role=role, password=PASSWORD, name=name)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Site(settings.base_url, db, settings)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions["voc_db"].dispose()
        db.dispose()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
