"""How fast replies are read: a file of 100,000 from cold, one reply within a request, all again from the cache.

python -m tests.bench.reading [--replies 100000] [--again 100000] [--kind sqlite|postgresql]

The replies are texts of the corpus that were written one by one (those for the sample's company, which no model was trained on, and the
training split), over and over. Nothing remembers a text while it reads, so a repeated one costs what a new one does; sentence vectors
are consulted for fewer of the known texts than of a stranger's, so the time with vectors for every single reply is told beside it.
"""

import argparse
import csv
import gc
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import sqlalchemy as sa

import voc.schema  # noqa: F401
from tests.bench.site import ROOT, empty_database, machine, open_database
from voc import clock
from voc.classifier import artefact, corpus
from voc.customers.tables import Shop
from voc.readings import models, service
from voc.readings.tables import ModelVersion
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


def all_again(url: str, n: int) -> tuple[Took, Took]:
    """Seconds of a first pass over answers in a database, and of the next model's, which finds them prepared."""
    db, model = open_database(url), artefact.load(artefact.shipped())
    with db.transaction() as session:
        session.execute(sa.insert(Shop), [{"id": 1, "name": "本店"}])
        session.execute(
            sa.insert(ModelVersion), [{"version": v, "path": "-", "sha256": "-", "in_use": v == "first"} for v in ("first", "next")]
        )
        same = {"source": "web", "shop_id": 1, "answered_at": clock.now(), "extra": {}}
        rows = [same | {"id": number, "text": text, "purchase_type": bought} for number, (text, bought) in enumerate(replies(n), start=1)]
        session.execute(sa.insert(Answer), rows)
    gc.freeze()
    took = []
    for version in ("first", "next"):
        with db.transaction() as session:
            models.use(session, version)
        began = time.perf_counter(), time.process_time()
        service.read_pending(db, model, version)
        took.append((time.perf_counter() - began[0], time.process_time() - began[1]))
    db.dispose()
    return took[0], took[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replies", type=int, default=100_000)
    parser.add_argument("--again", type=int, default=100_000)
    parser.add_argument("--kind", choices=["sqlite", "postgresql"], default="sqlite")
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        took = file_from_cold(Path(name), options.replies)
        worst = worst_case(Path(name))
    goal = GOAL_FILE_S * options.replies / 100_000
    print(f"\n| {options.replies:,} replies from cold | goal s | s | CPU s |\n|---|---|---|---|")
    print(
        f"| `voc classify` | {goal:.0f} | {took[0]:.1f} | {took[1]:.1f} |\n| the same, sentence vectors for all | | {worst[0]:.1f} | {worst[1]:.1f} |"
    )
    ones = one_by_one()
    print("\n| one reply alone | goal ms | median ms | 99 % ms |\n|---|---|---|---|")
    print(f"| read | {GOAL_ONE_MS:.0f} | {statistics.median(ones):.1f} | {ones[len(ones) * 99 // 100]:.1f} |")
    with tempfile.TemporaryDirectory() as name, empty_database(options.kind, Path(name)) as url:
        first, again = all_again(url, options.again)
    goal_again = GOAL_AGAIN_S * options.again / 1_000_000
    print(f"\n| {options.again:,} answers in {options.kind}, one process | goal s | s | CPU s |\n|---|---|---|---|")
    print(
        f"| read | | {first[0]:.1f} | {first[1]:.1f} |\n| read again from the cache | {goal_again:.1f} | {again[0]:.1f} | {again[1]:.1f} |"
    )
    sys.exit(0 if again[0] <= goal_again and took[0] <= goal and statistics.median(ones) <= GOAL_ONE_MS else 1)


if __name__ == "__main__":
    main()
