"""Runs the study, writes its numbers and pictures to docs/statistics/, and says which targets are reached."""

import argparse
import json
import time
from pathlib import Path

from tests.bench.shares.pictures import draw_all
from tests.bench.shares.study import study

FOLDER = Path("docs/statistics")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20261118)
    parser.add_argument("--only", default="", help="run one scenario anew and keep the numbers of the others")
    parser.add_argument("--pictures-only", action="store_true", help="draw again from the numbers that are there")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    numbers = FOLDER / "simulation.json"
    if options.pictures_only:
        result = json.loads(numbers.read_text())
    else:
        began = time.perf_counter()
        before = json.loads(numbers.read_text()) if options.only else None
        result = study(options.repetitions, options.seed, only=options.only, before=before)
        numbers.write_text(_compact(result))
        print(f"{time.perf_counter() - began:.0f} s in all")
    draw_all(result, FOLDER)
    for line in result["verdicts"]:
        print(f"{'reached' if line['reached'] else 'MISSED '}  {line['target']}: {line['found']}")


def _compact(result: object) -> str:
    """JSON with one line a list, so that a change of a number shows as a change of a line."""
    import re

    text = json.dumps(result, indent=1, ensure_ascii=False)
    return re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", lambda found: "[" + re.sub(r"\s+", " ", found[1]) + "]", text) + "\n"


main()
