"""How far long work is: a bar on a terminal, plain lines otherwise. On standard error, so that results stay clean."""

import sys
import time
from typing import TextIO

_WIDTH = 30
_BAR_SECONDS = 0.1
_LINE_SECONDS = 5.0


class Progress:
    """Told how much of how much is done, shows it now and then.

    Usable for several pieces of work one after the other: each new ``what`` begins a line of its own.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._bar = self._stream.isatty()
        self._what: str | None = None
        self._shown_at = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        last, moment = done >= total, time.monotonic()
        if what != self._what:
            self._what, self._shown_at = what, moment if not self._bar else 0.0
        if last or moment - self._shown_at >= (_BAR_SECONDS if self._bar else _LINE_SECONDS):
            self._shown_at = moment
            self._show(what, done, total, last=last)
        if last:
            self._what = None

    def of(self, what: str) -> "Steps":
        """For work that tells ``(done, total)`` only."""
        return Steps(self, what)

    def _show(self, what: str, done: int, total: int, *, last: bool) -> None:
        if not self._bar:
            print(f"{what}: {done:,} / {total:,}", file=self._stream, flush=True)
            return
        filled = _WIDTH if total <= 0 else _WIDTH * min(done, total) // total
        share = 100 if total <= 0 else 100 * min(done, total) // total
        line = f"\r{what}  {'█' * filled}{'░' * (_WIDTH - filled)} {share:3d}%  {done:,} / {total:,}"
        print(line, end="\n" if last else "", file=self._stream, flush=True)


class Steps:
    """One piece of work of a ``Progress``."""

    def __init__(self, progress: Progress, what: str) -> None:
        self._progress, self._what = progress, what

    def __call__(self, done: int, total: int) -> None:
        self._progress(self._what, done, total)
