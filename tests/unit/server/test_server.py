"""New connections go to the process that has fewer; a port that is taken is a sentence."""

import mmap
import socket
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.workers.gthread import ThreadWorker

from voc import server
from voc.errors import VocError
from voc.server import COUNT, FairWorker


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(FairWorker, "SHARED", mmap.mmap(-1, mmap.PAGESIZE), raising=False)
    monkeypatch.setattr(server.time, "sleep", lambda seconds: None)
    taken: list[int] = []
    monkeypatch.setattr(ThreadWorker, "accept", lambda self, listener: taken.append(1))
    one = FairWorker.__new__(FairWorker)
    one.slot, one.nr_conns, one.cfg, one.taken = 0, 0, SimpleNamespace(workers=2), taken
    return one


def test_it_leaves_a_connection_to_the_process_with_fewer(worker: Any) -> None:
    worker.nr_conns = 3
    COUNT.pack_into(worker.SHARED, 0, 3)
    COUNT.pack_into(worker.SHARED, COUNT.size, 1)
    worker.accept(None)
    assert worker.taken == []
    COUNT.pack_into(worker.SHARED, COUNT.size, 3)
    worker.accept(None)
    assert worker.taken == [1]


def test_it_takes_the_connection_that_the_other_process_leaves_lying(worker: Any) -> None:
    worker.nr_conns = 3
    COUNT.pack_into(worker.SHARED, 0, 3)
    for _ in range(FairWorker.PATIENCE + 1):
        worker.accept(None)
    assert worker.taken == [1]


def test_a_process_takes_over_the_place_of_a_dead_one(worker: Any) -> None:
    living = SimpleNamespace(slot=1)
    COUNT.pack_into(worker.SHARED, 0, 99)
    server._give_slot(SimpleNamespace(WORKERS={7: living}, num_workers=2), worker)
    assert worker.slot == 0
    assert COUNT.unpack_from(worker.SHARED, 0) == (0,)


def test_a_port_that_is_taken_is_a_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(VocError, match="--port"):
            server._refuse_taken_port("127.0.0.1", other.getsockname()[1])
