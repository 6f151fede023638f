"""How fast replies are read: a file of 100,000 from cold, one reply within a request, all again from the cache.

python -m tests.bench.reading [--replies 100000] [--again 1000000] [--kind sqlite|postgresql] [--processes 2]

The replies are texts of the corpus that were written one by one (those for the sample's company, which no model was trained on, and the
training split), over and over. Nothing remembers a text while it reads, so a repeated one costs what a new one does; sentence vectors
are consulted for fewer of the known texts than of a stranger's, so the time with vectors for every single reply is told beside it.
"""

import argparse
import csv
import json
import multiprocessing
import os
import pickle
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import sqlalchemy as sa
from threadpoolctl import threadpool_limits

import voc.schema  # noqa: F401
from tests.bench.site import ROOT, empty_database, machine, open_database
from voc import clock
from voc.classifier import artefact, corpus
from voc.customers.tables import Shop
from voc.db import Database, table
from voc.readings import again, columns, models, processes, queries, service
from voc.readings.tables import Alert, ModelVersion, Prediction, ReadingCache
from voc.surveys.tables import Answer

GOAL_FILE_S = 60.0
GOAL_ONE_MS = 10.0
GOAL_AGAIN_S = 60.0
ONES = 300
SAMPLE = corpus.CORPUS / "sample.jsonl"


def replies(n: int) -> list[tuple[str, str]]:
    """Texts with the way of buying, strangers' first, over and over."""
    own = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    known = [(row["text"], row["purchase_type"]) for row in own] + [(reply.text, reply.purchase_type) for reply in corpus.load()]
    return list(islice(cycle(known), n))


Took = tuple[float, float]


def taken(command: list[str]) -> Took:
    """Seconds of a whole command, its start included, and of processor time of all its processes."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def file_from_cold(folder: Path, n: int) -> Took:
    """``voc classify``."""
    source = folder / "in.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["番号", "購入区分", "解約理由"])
        writer.writerows([str(number), bought, text] for number, (text, bought) in enumerate(replies(n), start=1))
    return taken([sys.executable, "-m", "voc", "classify", str(source), "-o", str(folder / "out.csv")])


def worst_case(folder: Path) -> Took:
    """The same where no reply is clear by its words alone."""
    model = artefact.load(artefact.shipped())
    model.sure_ = 2.0
    artefact.save(model, folder / "doubting", {})
    code = "import sys; from pathlib import Path; from voc.classifier.table import classify_table as c; a, b, m = map(Path, sys.argv[1:]); c(a, b, model=m)"
    return taken([sys.executable, "-c", code, *(str(folder / name) for name in ("in.csv", "out.csv", "doubting"))])


def one_by_one() -> list[float]:
    """Milliseconds of each of some replies, read alone."""
    model = artefact.load(artefact.shipped())
    model.read(["高い"], ["subscription"])
    times = []
    for text, bought in replies(ONES):
        began = time.perf_counter()
        model.read([text], [bought])
        times.append((time.perf_counter() - began) * 1000)
    return sorted(times)


@dataclass
class Again:
    """How answers in a database were read again with the next model."""

    first: Took
    """Of the different ones, as they were read first."""
    different: int
    seconds: float
    own: float
    helpers: float
    """Processor time of this process, which writes, and of those that read."""
    memory: float
    """MiB of all these processes at the most, what they share counted once."""
    waits: list[float]
    """Milliseconds that a small write beside it took."""


def all_again(url: str, n: int, reading: int) -> Again:
    """A first pass over the different replies, copies of them until there are ``n``, and the next model's pass over all."""
    db, model = open_database(url), artefact.load(artefact.shipped())
    known = list(dict.fromkeys(replies(100_000)))[:n]
    with db.transaction() as session:
        session.execute(sa.insert(Shop), [{"id": 1, "name": "本店"}])
        session.execute(
            sa.insert(ModelVersion), [{"version": v, "path": "-", "sha256": "-", "in_use": v == "first"} for v in ("first", "next")]
        )
        same = {"source": "web", "shop_id": 1, "answered_at": clock.now(), "extra": {}}
        rows = [same | {"id": number, "text": text, "purchase_type": bought} for number, (text, bought) in enumerate(known, start=1)]
        session.execute(sa.insert(Answer), rows)
    began = time.perf_counter(), time.process_time()
    service.read_pending(db, model, "first")
    first = time.perf_counter() - began[0], time.process_time() - began[1]
    multiply(db, len(known), n)
    with db.transaction() as session:
        models.use(session, "next")
    with watched(db) as seen:
        began, before = (time.perf_counter(), time.process_time()), resource.getrusage(resource.RUSAGE_CHILDREN)
        done = service.read_pending(db, next_model(model), "next", processes=reading)
        took, own = time.perf_counter() - began[0], time.process_time() - began[1]
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done == n, done
    helpers = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    db.dispose()
    return Again(first, len(known), took, own, helpers, max(seen.memory), sorted(seen.waits))


def next_model(model: Any) -> Any:
    """Another model of the same kind: all its probabilities differ a little, and so do its scores of alerts."""
    other = pickle.loads(pickle.dumps(model))
    other.intercepts_ = (other.intercepts_ + np.random.default_rng(1).normal(0, 0.02, other.intercepts_.shape)).astype(np.float32)
    return other


def multiply(db: Database, known: int, n: int) -> None:
    """Copies of all answers with what was read in them, until there are ``n``; then what a database does of itself in quiet hours."""
    for have in range(known, n, known):
        with db.transaction() as session:
            for row in (Answer, Prediction, ReadingCache, Alert):
                of = table(row)
                key = "id" if row is Answer else "answer_id"
                names = [column.name for column in of.columns if column.name != "id" or row is Answer]
                chosen = [of.c[name] + have if name == key else of.c[name] for name in names]
                source = sa.select(*chosen).where(of.c[key] <= min(known, n - have)).order_by(of.c[key])
                session.execute(sa.insert(of).from_select(names, source))
    if db.is_sqlite:
        with db.write_engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    else:
        with db.write_engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


@dataclass
class Seen:
    memory: list[float] = field(default_factory=lambda: [0.0])
    waits: list[float] = field(default_factory=list)


@contextmanager
def watched(db: Database) -> Iterator[Seen]:
    """Ten small writes a second beside the work, as customers' answers are, and a look at the memory now and then."""
    seen, done = Seen(), threading.Event()

    def look() -> None:
        while not done.wait(0.1):
            began = time.perf_counter()
            with db.transaction() as session:
                session.execute(sa.update(Shop).values(name="本店"))
            seen.waits.append((time.perf_counter() - began) * 1000)
            if len(seen.waits) % 20 == 0:
                seen.memory.append(sum(memory(pid) for pid in [os.getpid(), *(p.pid for p in multiprocessing.active_children())]))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def memory(pid: int | None) -> float:
    """MiB of a process, its part of what it shares."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def parts(n: int) -> dict[str, float]:
    """Microseconds of processor time a reply: reading again in one process, on SQLite, told apart."""
    times = dict.fromkeys(("load", "compute", "write"), 0.0)

    def timed(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **values: Any) -> Any:
            began = time.process_time()
            try:
                return work(*args, **values)
            finally:
                times[name] += (time.process_time() - began) / n * 1e6

        return run

    with tempfile.TemporaryDirectory() as name, empty_database("sqlite", Path(name)) as url, ExitStack() as stack:
        for where, what, part in ((queries, "unread_between", "load"), (columns, "read_range", "compute"), (again, "_write", "write")):
            plain = getattr(where, what)
            for room in {where, again if what == "read_range" else where}:
                stack.enter_context(mock.patch.object(room, what, timed(part, plain)))
        all_again(url, n, 1)
    return times | {"compute": times["compute"] - times["load"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replies", type=int, default=100_000, help="0: leave files and single replies out")
    parser.add_argument("--again", type=int, default=100_000)
    parser.add_argument("--kind", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--processes", type=int, default=processes.available())
    options = parser.parse_args()
    print(machine())
    reached = fresh(options.replies) if options.replies else True
    with threadpool_limits(1):  # as the worker has it
        reached &= kept(options.again, options.kind, options.processes)
    sys.exit(0 if reached else 1)


def fresh(n: int) -> bool:
    """A file and single replies, from cold."""
    with tempfile.TemporaryDirectory() as name:
        took = file_from_cold(Path(name), n)
        worst = worst_case(Path(name))
    goal = GOAL_FILE_S * n / 100_000
    print(f"\n| {n:,} replies from cold | goal s | s | CPU s |\n|---|---|---|---|")
    print(f"| `voc classify` | {goal:.0f} | {took[0]:.1f} | {took[1]:.1f} |")
    print(f"| the same, sentence vectors for all | | {worst[0]:.1f} | {worst[1]:.1f} |")
    ones = one_by_one()
    print("\n| one reply alone | goal ms | median ms | 99 % ms |\n|---|---|---|---|")
    print(f"| read | {GOAL_ONE_MS:.0f} | {statistics.median(ones):.1f} | {ones[len(ones) * 99 // 100]:.1f} |")
    return took[0] <= goal and statistics.median(ones) <= GOAL_ONE_MS


def kept(n: int, kind: str, reading: int) -> bool:
    """Answers in a database, first and again."""
    told = parts(min(n, 100_000))
    print("\n| again, in one process, µs of processor time a reply | load | compute | write |\n|---|---|---|---|")
    print(f"| SQLite | {told['load']:.1f} | {told['compute']:.1f} | {told['write']:.1f} |")
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name, empty_database(kind, Path(name)) as url:
        found = all_again(url, n, reading)
    goal, waits = GOAL_AGAIN_S * n / 1_000_000, found.waits
    print(f"\n| {kind}, load before {load:.1f} | goal s | s | CPU s, writing | CPU s, {reading} reading | MiB |\n|---|---|---|---|---|---|")
    print(f"| {found.different:,} replies read | | {found.first[0]:.1f} | {found.first[1]:.1f} | | |")
    print(f"| {n:,} answers again | {goal:.0f} | {found.seconds:.1f} | {found.own:.1f} | {found.helpers:.1f} | {found.memory:.0f} |")
    print(
        f"\nA small write beside it: median {statistics.median(waits):.0f}, 99 % {waits[len(waits) * 99 // 100]:.0f}, at most {waits[-1]:.0f} ms"
    )
    return found.seconds <= goal


if __name__ == "__main__":
    main()
