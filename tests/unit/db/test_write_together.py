"""Writes of many threads in one transaction."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from voc.db import WriteTogether


class Transactions:
    """Counts, and lets a test hold one open."""

    def __init__(self) -> None:
        self.committed: list[list[Any]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    @contextmanager
    def __call__(self) -> Iterator[Any]:
        written: list[Any] = []
        self.entered.set()
        self.gate.wait(5)
        yield written
        self.committed.append(written)


def keep(session: Any, items: list[int]) -> list[int]:
    if -1 in items:
        raise ValueError("no such item")
    session.extend(items)
    return [item * 10 for item in items]


def test_what_comes_while_one_is_written_is_written_next_and_together() -> None:
    transactions = Transactions()
    together = WriteTogether(transactions)
    transactions.gate.clear()
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(together.run, keep, 1)
        transactions.entered.wait(5)
        others = [pool.submit(together.run, keep, n) for n in range(2, 10)]
        while len(together._waiting) < 8:
            pass
        transactions.gate.set()
        assert first.result(5) == 10
        assert [other.result(5) for other in others] == [n * 10 for n in range(2, 10)]
    assert transactions.committed[0] == [1]
    assert sorted(transactions.committed[1]) == list(range(2, 10))
    assert len(transactions.committed) == 2


def test_only_the_one_at_fault_fails() -> None:
    transactions = Transactions()
    together = WriteTogether(transactions)
    transactions.gate.clear()
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(together.run, keep, 1)
        transactions.entered.wait(5)
        others = [pool.submit(together.run, keep, n) for n in (2, -1, 3)]
        while len(together._waiting) < 3:
            pass
        transactions.gate.set()
        assert first.result(5) == 10
        assert others[0].result(5) == 20
        assert others[2].result(5) == 30
        with pytest.raises(ValueError, match="no such item"):
            others[1].result(5)
    assert transactions.committed == [[1], [2], [3]]


def test_when_the_database_cannot_write_nobody_waits_again() -> None:
    transactions = Transactions()
    together = WriteTogether(transactions)
    tries: list[int] = []

    def locked(session: Any, items: list[int]) -> list[int]:
        tries.append(len(items))
        raise OperationalError("COMMIT", {}, Exception("database is locked"))

    transactions.gate.clear()
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(together.run, keep, 1)
        transactions.entered.wait(5)
        others = [pool.submit(together.run, locked, n) for n in (2, 3, 4)]
        while len(together._waiting) < 3:
            pass
        transactions.gate.set()
        assert first.result(5) == 10
        for other in others:
            with pytest.raises(OperationalError):
                other.result(5)
    assert tries == [3]


def test_after_a_failure_the_next_one_is_written() -> None:
    together = WriteTogether(Transactions())
    with pytest.raises(ValueError, match="no such item"):
        together.run(keep, -1)
    assert together.run(keep, 4) == 40


@pytest.mark.parametrize("lanes", [1, 3])
def test_nobody_is_forgotten_among_many_threads(lanes: int) -> None:
    transactions = Transactions()
    together = WriteTogether(transactions, lanes=lanes)
    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(lambda n: together.run(keep, n), range(2000)))
    assert results == [n * 10 for n in range(2000)]
    assert sorted(item for written in transactions.committed for item in written) == list(range(2000))
