"""Runs the scenarios and sums them up: coverage, mean width, error of the share, for each group."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.bench.shares.scenarios import Lines, Scenario, erring, hard_first, mentioned, plain, planned, populations, shifted

GOOD, POOR, VERY_GOOD = 0.82, 0.62, 0.92
REVIEWED = (100, 300, 1000)
SMALL = (20, 30, 40, 50, 75, 150)


def study(repetitions: int, seed: int, *, only: str = "", before: dict[str, Any] | None = None) -> dict[str, Any]:
    """All cells of the study as one JSON object; with ``only`` those of one scenario anew, the others as they were ``before``."""
    kept = [] if before is None else [c for c in before["cells"] if c["scenario"] != only]
    cells = [
        cell(scenario, accuracy, n, repetitions, seed, kind=kind)
        for scenario, accuracy, n, kind in plan()
        if not only or _name(scenario, kind) == only
    ]
    result: dict[str, Any] = {"repetitions": repetitions, "seed": seed, "replies": 10_000, "cells": kept + cells}
    return result | {"verdicts": verdicts(result)}


def plan() -> Iterator[tuple[Scenario, float, int, str]]:
    """Scenario, accuracy, number of reviews and kind of each cell."""
    for scenario in (plain, shifted, erring, hard_first):
        yield from ((scenario, accuracy, n, "") for accuracy in (GOOD, POOR) for n in REVIEWED)
    for accuracy in (GOOD, POOR):
        yield from ((mentioned, accuracy, n, "") for n in (300, 1000))
        yield from ((planned, accuracy, n, "") for n in (150, 300))
        yield from ((plain, accuracy, n, "overconfident") for n in (300, 1000))
    for accuracy in (POOR, GOOD, VERY_GOOD):
        yield from ((plain, accuracy, n, "rare") for n in (*SMALL, *REVIEWED))
        yield from ((plain, accuracy, n, "") for n in SMALL)
    yield from ((plain, VERY_GOOD, n, "") for n in REVIEWED)


def _name(scenario: Scenario, kind: str) -> str:
    return f"{scenario.__name__} {kind}".strip()


def cell(scenario: Scenario, accuracy: float, n: int, repetitions: int, seed: int, *, kind: str = "") -> dict[str, Any]:
    """One scenario at one accuracy and number of reviews."""
    began = time.perf_counter()
    rng = np.random.default_rng([seed, int(accuracy * 100), n, len(kind)])
    replies = populations(accuracy, scenario, rng, kind=kind)
    runs = [scenario(next(replies), n, rng) for _ in range(repetitions)]
    name = _name(scenario, kind)
    result = {"scenario": name, "accuracy": accuracy, "reviewed": n, "methods": {m: summary(runs, m) for m in runs[0]}}
    print(f"{name} {accuracy} {n}: {time.perf_counter() - began:.0f} s", flush=True)
    return result


def summary(runs: list[Lines], method: str) -> dict[str, list[float]]:
    """Over the repetitions, for each group."""
    share, low, high = (np.array([run[method][0][part] for run in runs]) for part in range(3))
    truth = np.array([run[method][1] for run in runs])
    return {
        "true": _round(truth.mean(axis=0)),
        "coverage": _round(((low <= truth) & (truth <= high)).mean(axis=0)),
        "below": _round((high < truth).mean(axis=0)),
        "width": _round((high - low).mean(axis=0)),
        "bias": _round((share - truth).mean(axis=0)),
        "error": _round(np.sqrt(((share - truth) ** 2).mean(axis=0))),
    }


def _round(values: np.ndarray) -> list[float]:
    return [round(float(value), 5) for value in values]


def find(result: dict[str, Any], scenario: str, accuracy: float, reviewed: int) -> dict[str, Any]:
    """The methods of one cell."""
    return next(c["methods"] for c in result["cells"] if (c["scenario"], c["accuracy"], c["reviewed"]) == (scenario, accuracy, reviewed))


def width_ratio(methods: dict[str, Any], method: str = "voc", against: str = "reviewed only") -> float:
    """Mean over the groups of mean width ÷ mean width of the plainly reviewed sample."""
    return float(np.mean(np.array(methods[method]["width"]) / np.array(methods[against]["width"])))


def verdicts(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The targets of the study, and whether they are reached."""
    lines = []
    for scenario, method in (
        ("plain", "voc"),
        ("shifted", "voc, 1st month"),
        ("shifted", "voc, 2nd month"),
        ("shifted", "voc, difference of replies"),
        ("shifted", "voc, difference of customers"),
        ("erring", "voc, second look"),
        ("erring", "voc, one reviewer"),
        ("erring", "voc, one reviewer, against own standard"),
        ("hard_first", "voc, audits only"),
        ("plain overconfident", "voc"),
    ):
        for accuracy in (GOOD, POOR):
            for n in (300, 1000):
                coverage = find(result, scenario, accuracy, n)[method]["coverage"]
                lines.append(
                    _verdict(
                        f"{scenario}: {method}, {accuracy}, {n} reviewed: every group covered .93 to .97", min(coverage), max(coverage)
                    )
                )
    for accuracy in (GOOD, POOR):
        coverage = find(result, "planned", accuracy, 300)["voc"]["coverage"]
        lines.append(
            _verdict(
                f"planned: voc, {accuracy}, 300 reviewed and more drawn for one reason: covered .93 to .97", min(coverage), max(coverage)
            )
        )
    for accuracy, most in ((GOOD, 0.60), (POOR, 0.85)):
        for n in (300, 1000):
            ratio = width_ratio(find(result, "plain", accuracy, n))
            lines.append(
                {
                    "target": f"mean width at {accuracy}, {n} reviewed, at most {most} of reviewed only",
                    "found": round(ratio, 3),
                    "reached": ratio <= most,
                }
            )
    return lines


def _verdict(target: str, low: float, high: float) -> dict[str, Any]:
    return {"target": target, "found": [round(low, 3), round(high, 3)], "reached": bool(low >= 0.93 and high <= 0.97)}
