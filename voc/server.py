"""gunicorn, set up for voc: a few processes, threads in each, the application loaded once before they part."""

from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from voc.app import create_app
from voc.config import Settings


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


def run(settings: Settings, *, host: str, port: int, processes: int, threads: int) -> None:
    app = create_app(settings)
    options = {
        "bind": f"{host}:{port}",
        "workers": processes,
        "threads": threads,
        "worker_class": "gthread",
        "preload_app": True,
        "timeout": 120,
        "graceful_timeout": 10,
        "keepalive": 5,
        "loglevel": "warning",
        # A request in flight when a client sends a huge header or line is refused by gunicorn itself.
        "limit_request_line": 4094,
        "proc_name": "voc",
    }
    Server(app, options).run()
