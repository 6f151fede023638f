"""Ranges of answers read by processes of their own, each with its connection to read with; whoever asked writes what they find."""

import logging
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from multiprocessing.connection import Connection
from typing import Any, Self

from voc.db import Database
from voc.readings.columns import ColumnReader, Findings, read_range

AT_MOST = 4
"""More than these, one writer cannot keep up with."""
UNDER_WAY = 2
"""Ranges that one process has before it: one that it reads, one that waits."""

Range = tuple[int, int]

log = logging.getLogger("voc.readings")


class ReaderGone(Exception):
    """A process that read has ended, by a signal or for want of memory."""


def available() -> int:
    """Processors that this process may use, as far as they are of use."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(AT_MOST, processors)


class Readers:
    """Some processes that read ranges in turn; what they find comes in the order of the ranges.

    They are started afresh, not forked: a copy of a process with threads and open connections would share their locks. They hold a copy
    of the classifier, end when this process ends, however it does, and write nothing.
    """

    def __init__(self, db: Database, reader: ColumnReader, version: str, processes: int) -> None:
        self.db, self.reader, self.version = db, reader, version
        self._count = processes
        self._ends: list[Connection[Any, Any]] = []
        self._processes: list[Any] = []

    def __enter__(self) -> Self:
        context = multiprocessing.get_context("spawn")
        url = self.db.url.render_as_string(hide_password=False)
        for _ in range(self._count):
            here, there = context.Pipe()
            process = context.Process(target=_serve, args=(there, url, self.version), daemon=True)
            process.start()
            there.close()
            self._ends.append(here)
            self._processes.append(process)
        for end in self._ends:
            _tell(end, self.reader)
        return self

    def __exit__(self, *_: object) -> None:
        for end in self._ends:
            end.close()
        for process in self._processes:
            process.terminate()
            process.join()

    def read(self, ranges: Iterable[Range]) -> Iterator[Findings]:
        """What was found in each range, in order.

        Raises
        ------
        ReaderGone
        """
        waiting: deque[Connection[Any, Any]] = deque()
        for number, one in enumerate(ranges):
            if len(waiting) >= UNDER_WAY * self._count:
                yield _answer(waiting.popleft())
            end = self._ends[number % self._count]
            _tell(end, one)
            waiting.append(end)
        while waiting:
            yield _answer(waiting.popleft())


def _tell(end: "Connection[Any, Any]", what: Any) -> None:
    try:
        end.send(what)
    except OSError as error:
        raise ReaderGone from error


def _answer(end: "Connection[Any, Any]") -> Findings:
    try:
        found = end.recv()
    except (EOFError, OSError) as error:
        raise ReaderGone from error
    if isinstance(found, Exception):
        raise found
    assert isinstance(found, Findings)
    return found


def _serve(end: "Connection[Any, Any]", url: str, version: str) -> None:
    """A process that reads: gets the classifier, then ranges, until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asked is told, and closes the line
    from threadpoolctl import threadpool_limits

    import voc.classifier.reader  # noqa: F401  (loaded while the other processes start, before the classifier arrives)

    db = Database(url, pool_size=1)
    try:
        reader = end.recv()
        with threadpool_limits(1):
            while True:
                after, last = end.recv()
                with db.reading() as session:
                    found: Findings | Exception = _found(session, reader, version, after, last)
                end.send(found)
    except (EOFError, OSError):
        pass
    finally:
        db.dispose()


def _found(session: Any, reader: ColumnReader, version: str, after: int, last: int) -> Findings | Exception:
    try:
        return read_range(session, reader, version, after, last)
    except Exception as error:  # whoever asked for the range raises it
        return error
