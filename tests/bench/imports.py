"""How long a shop's file takes and how much memory: 100,000 order rows by the command line, start of the program included.

    python tests/bench/imports.py [--database sqlite|postgresql|both] [--rows 100000] [--runs 3]

Each run starts from an empty database; then the same file again, which must change nothing. The best of the runs counts:
what else the machine does can only make it slower. Exits with 1 when a goal is missed.
"""

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.site import ROOT, empty_database, machine
from tests.shop_files import EC_CUBE_ORDERS, SHOPIFY_ORDERS, ec_cube_order, shopify_order

GOAL_SECONDS = 5.0
GOAL_MIB = 150.0
PRODUCTS = tuple((f"AJ-{n:02d}", f"青汁セブン {n}日分") for n in (7, 14, 30, 60, 90))


@dataclass(frozen=True)
class Measured:
    """One run of the command."""

    seconds: float
    cpu: float
    """Seconds of processor time: what a busy machine changes least."""
    mib: float
    imported: int
    merged: int


def ec_cube(rows: int, *, customers: int, fees: bool) -> Iterator[list[str]]:
    """EC-CUBE 4: 70 columns, a row for each line of an order, shipping and fees among them; or one row an order."""
    chance = random.Random(1)
    places = {name: place for place, name in reversed(list(enumerate(EC_CUBE_ORDERS)))}
    made = number = 0
    while made < rows:
        number += 1
        customer = chance.randrange(customers)
        code, name = chance.choice(PRODUCTS)
        lines = [("1", name, code, "3980", "1")]
        if fees:
            lines += [("1", "めぐみ美容液 50ml", "BE-1", "5800", "2")] * (chance.random() < 0.3) + [("2", "送料", "", "500", "1")]
            lines += [("3", "手数料", "", "330", "1")] * (chance.random() < 0.3)
        head = {
            "会員ID": str(customer) if customer % 5 else "", "メールアドレス": f"customer{customer}@example.jp", "お名前(名)": f"花子{customer}",
            "受注日": _moment(chance), "対応状況(ID)": chance.choice("1555563"),
        }  # fmt: skip
        for order in ec_cube_order(str(number), lines, **head):
            cells = [""] * len(EC_CUBE_ORDERS)
            for column, value in order.items():
                cells[places[column]] = value
            made += 1
            yield cells


def shopify(rows: int, *, customers: int) -> Iterator[list[str]]:
    """Shopify: 71 columns, continuation rows for the second and later lines of an order."""
    chance = random.Random(2)
    places = {name: place for place, name in enumerate(SHOPIFY_ORDERS)}
    made = number = 0
    while made < rows:
        number += 1
        skus = [f"SK-{chance.randrange(40)}" for _ in range(chance.choice((1, 1, 1, 2, 2, 3)))]
        head = {"Email": f"c{chance.randrange(customers)}@example.jp", "Created at": f"{_moment(chance)} +0900"}
        for order in shopify_order(f"#{number}", skus, **head):
            cells = [""] * len(SHOPIFY_ORDERS)
            for column, value in order.items():
                cells[places[column]] = value
            made += 1
            yield cells


FILES: dict[str, tuple[str, list[str], Callable[[int], Iterator[list[str]]]]] = {
    "EC-CUBE 4, lines and fees": ("cp932", EC_CUBE_ORDERS, lambda rows: ec_cube(rows, customers=30_000, fees=True)),
    "EC-CUBE 4, one row an order": ("cp932", EC_CUBE_ORDERS, lambda rows: ec_cube(rows, customers=60_000, fees=False)),
    "Shopify": ("utf-8", SHOPIFY_ORDERS, lambda rows: shopify(rows, customers=30_000)),
}


def write_file(path: Path, name: str, rows: int) -> None:
    encoding, header, make = FILES[name]
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(row for _, row in zip(range(rows), make(rows), strict=False))


def run(url: str, folder: Path, path: Path) -> Measured:
    """The command as a process of its own: wall clock, and the most memory it ever held."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VOC_")}
    environment |= {"VOC_DATABASE_URL": url, "VOC_INSTANCE_DIR": str(folder)}
    output = folder / "output.json"
    began = time.perf_counter()
    with output.open("wb") as told:
        command = [sys.executable, "-m", "voc", "import", "orders", str(path), "--shop", "bench", "--json"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=told)
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the import ended with {process.returncode}")
    result = json.loads(output.read_text())
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, result["imported"], result["merged"])


def best(runs: list[Measured]) -> Measured:
    return min(runs, key=lambda measured: measured.seconds)


def measure(kind: str, name: str, *, rows: int, times: int) -> tuple[Measured, Measured]:
    """The best first import, and the best import of the same file again."""
    first, again = [], []
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "orders.csv"
        write_file(path, name, rows)
        for time_ in range(times):
            folder = Path(scratch) / str(time_)
            folder.mkdir()
            with empty_database(kind, folder) as url:
                first.append(run(url, folder, path))
                again.append(run(url, folder, path))
            assert again[-1].imported == 0
            assert first[-1].imported + first[-1].merged == rows
    return best(first), best(again)


def _moment(chance: random.Random) -> str:
    return f"{chance.randrange(2024, 2027)}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d} {chance.randrange(24):02d}:{chance.randrange(60):02d}:12"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    kinds = ["sqlite", "postgresql"] if options.database == "both" else [options.database]
    print(machine())
    print(
        f"\n| {options.rows:,} order rows | database | orders | seconds | of that CPU | peak MiB | again, seconds |\n|---|---|---|---|---|---|---|"
    )
    missed = False
    for name in FILES:
        for kind in kinds:
            first, again = measure(kind, name, rows=options.rows, times=options.runs)
            print(
                f"| {name} | {kind} | {first.imported:,} | {first.seconds:.1f} | {first.cpu:.1f} | {first.mib:.0f} | {again.seconds:.1f} |",
                flush=True,
            )
            missed = missed or first.seconds > GOAL_SECONDS or first.mib > GOAL_MIB
    print(f"\nGoal: {GOAL_SECONDS:g} s and {GOAL_MIB:g} MiB: {'missed' if missed else 'reached'}.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
