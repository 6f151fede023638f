"""``python -m voc run``: everything on one machine, for trying voc and for small companies.

Migrates, fills an empty database with sample data, starts worker and site, says where to go, ends both cleanly.
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import FrameType

import click
import sqlalchemy as sa

from voc import links, migrate
from voc.accounts import service as accounts
from voc.accounts.tables import User
from voc.app import create_app
from voc.campaigns import queries as campaigns
from voc.config import Settings
from voc.db import Database
from voc.errors import VocError
from voc.progress import Progress
from voc.sample.build import Size, fill

FIRST_EMAIL = "admin@example.jp"
START_SECONDS = 60


def run(settings: Settings, *, port: int) -> int:
    """Start everything and wait. The exit status of the first part that ends by itself, 0 after Ctrl-C."""
    _refuse_taken_port(port)
    settings = _reachable(settings, port)
    _prepare(settings)
    stop = _Stop()
    environment = os.environ | {"VOC_BASE_URL": settings.base_url}
    parts = [
        subprocess.Popen([sys.executable, "-m", "voc", "worker"], env=environment, start_new_session=True),
        subprocess.Popen([sys.executable, "-m", "voc", "serve", "--port", str(port)], env=environment, start_new_session=True),  # noqa: S603
    ]
    try:
        _wait_until_healthy(port, parts, stop)
        _say_where(settings, port)
        while not stop.asked:
            for part in parts:
                if part.poll() is not None:
                    return part.returncode or 1
            time.sleep(0.2)
        return 0
    finally:
        _end(parts)


class _Stop:
    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGINT, self._ask)
        signal.signal(signal.SIGTERM, self._ask)

    def _ask(self, signum: int, frame: FrameType | None) -> None:
        self.asked = True


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise VocError(f"ポート {port} は使用中です。別の番号で起動してください: make run PORT={port + 1}") from None


def _reachable(settings: Settings, port: int) -> Settings:
    """Without an address of its own, the links lead to the port that was chosen."""
    from dataclasses import replace

    return settings if os.environ.get("VOC_BASE_URL") else replace(settings, base_url=f"http://localhost:{port}")


def _prepare(settings: Settings) -> None:
    db = Database(settings.database_url)
    try:
        migrate.upgrade(db)
        with db.reading() as session:
            empty = session.scalar(sa.select(User.id).limit(1)) is None
        if empty:
            app = create_app(settings)
            password = _first_password(settings.instance_dir)
            with app.app_context(), db.transaction() as session:
                accounts.add_user(session, FIRST_EMAIL, role="admin", password=password, name="管理者")
            click.echo("データベースが空なので、見本のデータを入れています…")
            with app.app_context():
                fill(db, settings, Size(), Progress())
            app.extensions["voc_db"].dispose()
    finally:
        db.dispose()


def _first_password(instance: Path) -> str:
    """Made once, readable by the owner alone, so that every start can say how to log in."""
    path = instance / "first_login.json"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(json.dumps({"email": FIRST_EMAIL, "password": secrets.token_urlsafe(9)}))
    return str(json.loads(path.read_text())["password"])


def _wait_until_healthy(port: int, parts: list[subprocess.Popen[bytes]], stop: _Stop) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and not stop.asked:
        if any(part.poll() is not None for part in parts):
            raise VocError("起動できませんでした。上に出ている記録を確かめてください。")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return
        except OSError:
            time.sleep(0.1)


def _say_where(settings: Settings, port: int) -> None:
    db = Database(settings.database_url)
    with db.reading() as session:
        token = campaigns.open_tokens(session, limit=1).first()
        first = session.scalar(sa.select(User.email).where(User.email == FIRST_EMAIL, User.active))
    db.dispose()
    click.echo("")
    click.echo(f"  voc          http://localhost:{port}/")
    if first:
        click.echo(f"  ログイン     {FIRST_EMAIL} / {_first_password(settings.instance_dir)}")
    if token:
        click.echo(f"  アンケート   {links.survey_url(f'http://localhost:{port}', token)}")
    click.echo("  終了         Ctrl-C")
    click.echo("")


def _end(parts: list[subprocess.Popen[bytes]]) -> None:
    for part in parts:
        if part.poll() is None:
            part.send_signal(signal.SIGTERM)
    for part in parts:
        try:
            part.wait(timeout=15)
        except subprocess.TimeoutExpired:
            part.kill()
            part.wait()
