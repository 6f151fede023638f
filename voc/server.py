"""gunicorn, set up for voc: a few processes, threads in each, the application loaded once before they part."""

import mmap
import select
import socket
import struct
import time
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import TConn, ThreadWorker

from voc.app import create_app
from voc.config import Settings
from voc.errors import VocError

COUNT = struct.Struct("i")


class FairWorker(ThreadWorker):
    """gunicorn's threads, with two things that matter when a mailing brings many customers at once.

    A new connection goes to the process that has fewer: of two that wait at one door the one that is awake would else
    take nearly all. And a thread that has answered looks for a moment whether the same customer's next request is
    there, so that a page and its style sheet, or an answer and its thanks, need no hand-over between threads.
    """

    SHARED: mmap.mmap
    PATIENCE = 5
    """How often a process with more connections leaves a new one to the others, a millisecond each."""
    LINGER_MILLISECONDS = 1

    slot = 0
    _passed = 0

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        COUNT.pack_into(self.SHARED, self.slot * COUNT.size, self.nr_conns)
        super().wait_for_and_dispatch_events(timeout)

    def accept(self, listener: socket.socket) -> None:
        fewest = min(count for (count,) in COUNT.iter_unpack(self.SHARED[: self.cfg.workers * COUNT.size]))
        if self.nr_conns > fewest and self._passed < self.PATIENCE:
            self._passed += 1
            time.sleep(0.001)
            return
        self._passed = 0
        super().accept(listener)

    def handle(self, conn: TConn) -> Any:
        kept = super().handle(conn)
        while kept is True and self.alive and self._more_is_there(conn):
            kept = super().handle(conn)
        return kept

    def _more_is_there(self, conn: TConn) -> bool:
        if conn.parser.unreader.buf.getvalue() or not self.tpool._work_queue.empty():
            return False  # the main thread sees to the one; others wait in the other case
        poller = select.poll()
        poller.register(conn.sock, select.POLLIN)
        return bool(poller.poll(self.LINGER_MILLISECONDS))


def _give_slot(arbiter: Any, worker: FairWorker) -> None:
    """Each process writes its number of connections in a place of its own; one that takes over from a dead one takes its place."""
    taken = {other.slot for other in arbiter.WORKERS.values()}
    worker.slot = min(set(range(arbiter.num_workers + len(taken))) - taken) % arbiter.num_workers
    COUNT.pack_into(FairWorker.SHARED, worker.slot * COUNT.size, 0)


class Server(BaseApplication):
    def __init__(self, app: Flask, options: dict[str, Any]) -> None:
        self.app = app
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for key, value in self.options.items():
            self.cfg.set(key, value)

    def load(self) -> Flask:
        return self.app


def _refuse_taken_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise VocError(f"{host} のポート {port} で待ち受けられません({error.strerror})。--port で別の番号を選んでください。") from None


def run(settings: Settings, *, host: str, port: int, processes: int, threads: int) -> None:
    _refuse_taken_port(host, port)
    app = create_app(settings)
    FairWorker.SHARED = mmap.mmap(-1, mmap.PAGESIZE)
    options = {
        "bind": f"{host}:{port}",
        "workers": processes,
        "threads": threads,
        "worker_class": FairWorker,
        "pre_fork": _give_slot,
        "preload_app": True,
        "timeout": 120,
        "graceful_timeout": 10,
        "keepalive": 5,
        "loglevel": "warning",
        # A longer line is refused by gunicorn itself, without a page of ours. Words pasted into a search are nine letters a character.
        "limit_request_line": 8190,
        "proc_name": "voc",
    }
    Server(app, options).run()
