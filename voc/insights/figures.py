"""Geometry of the figures: shares as places along an axis, in percent of its width. Pure; the templates draw."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from voc.insights.breakdown import Breakdown, Line
from voc.plot import LEFT, RIGHT, WIDTH, Axis, axis, path


def axis_of(found: Iterable[Line]) -> Axis:
    lines = list(found)
    return axis([share for line in lines for share in (line.high or 0, line.machine_share)])


@dataclass(frozen=True)
class Point:
    """One month of one reason, in the units of the figure."""

    x: float
    label: str
    counted: float
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Panel:
    """One reason over time."""

    code: str
    label: str
    points: tuple[Point, ...]
    line: str
    """The corrected shares as an SVG path, broken where a month has none."""
    counted: str


def panels(months: Sequence[tuple[str, Breakdown]], codes: Sequence[tuple[str, str]], scale: Axis) -> list[Panel]:
    """Small multiples: one panel a reason, all with the same axis so that they can be compared."""
    step = (WIDTH - LEFT - RIGHT) / max(len(months) - 1, 1)
    drawn = []
    for code, label in codes:
        points = []
        for place, (month, found) in enumerate(months):
            line = next((line for line in found.lines if line.code == code), None)
            if line is None or not found.replies:
                continue
            x = LEFT + step * place if len(months) > 1 else WIDTH / 2
            points.append(
                Point(
                    round(x, 1), month, scale.height(line.machine_share),
                    *(None if share is None else scale.height(share) for share in (line.corrected_share, line.low, line.high)),
                )
            )  # fmt: skip
        drawn.append(Panel(code, label, tuple(points), path((p.x, p.share) for p in points), path((p.x, p.counted) for p in points)))
    return drawn


def beside(first: str, second: str) -> tuple[str, str]:
    """Two labels for a narrow place, where only the beginning shows: what both begin with is left out, up to the last letter."""
    alike = next((place for place, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))) - 1
    return (f"…{first[alike:]}", f"…{second[alike:]}") if alike >= 3 and max(len(first), len(second)) > 7 else (first, second)
