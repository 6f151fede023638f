"""Geometry of the figures: shares as places along an axis, in percent of its width. Pure; the templates draw."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from voc.insights.breakdown import Breakdown, Line


@dataclass(frozen=True)
class Axis:
    """From 0 to ``top`` (a share), with a label at each of ``ticks`` (shares)."""

    top: float
    ticks: tuple[float, ...]

    def at(self, share: float) -> float:
        """Place of a share, in percent of the width."""
        return round(min(max(share / self.top, 0.0), 1.0) * 100, 2)


def axis(shares: Iterable[float]) -> Axis:
    """An axis that holds all these shares: 10 %, 20 %, 30 % … with three to five ticks."""
    most = max([0.0, *shares])
    for top, step in ((0.1, 0.05), (0.2, 0.05), (0.3, 0.1), (0.4, 0.1), (0.5, 0.1), (0.6, 0.2), (0.8, 0.2)):
        if most <= top:
            return _axis(top, step)
    return _axis(1.0, 0.25)


def _axis(top: float, step: float) -> Axis:
    return Axis(top, tuple(round(step * place, 4) for place in range(round(top / step) + 1)))


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


WIDTH, HEIGHT = 320.0, 132.0
LEFT, RIGHT, TOP, BOTTOM = 36.0, 12.0, 12.0, 24.0


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
                    round(x, 1), month, _y(line.machine_share, scale),
                    *(None if share is None else _y(share, scale) for share in (line.corrected_share, line.low, line.high)),
                )
            )  # fmt: skip
        drawn.append(Panel(code, label, tuple(points), _path((p.x, p.share) for p in points), _path((p.x, p.counted) for p in points)))
    return drawn


def height_of(share: float, scale: Axis) -> float:
    return _y(share, scale)


def _y(share: float, scale: Axis) -> float:
    return round(HEIGHT - BOTTOM - min(share / scale.top, 1.0) * (HEIGHT - TOP - BOTTOM), 1)


def _path(points: Iterable[tuple[float, float | None]]) -> str:
    parts, pen = [], "M"
    for x, y in points:
        if y is None:
            pen = "M"
        else:
            parts.append(f"{pen}{x} {y}")
            pen = "L"
    return " ".join(parts)


@dataclass(frozen=True)
class Mark:
    """One point of a trend; ``y`` is none where nothing can be told yet."""

    x: float
    y: float | None
    label: str


@dataclass(frozen=True)
class Trend:
    """A share over time, and a line that others quote."""

    marks: tuple[Mark, ...]
    path: str
    scale: Axis
    reference: float | None
    width: float = 640.0


def trend(values: Sequence[tuple[str, float | None]], reference: float | None = None) -> Trend:
    """Shares (or none) with their labels, from left to right."""
    scale = axis([*(share for _, share in values if share is not None), reference or 0.0])
    step = (Trend.width - LEFT - 2 * RIGHT) / max(len(values) - 1, 1)
    marks = tuple(
        Mark(round(LEFT + step * place, 1), None if share is None else _y(share, scale), label)
        for place, (label, share) in enumerate(values)
    )
    return Trend(marks, _path((mark.x, mark.y) for mark in marks), scale, None if reference is None else _y(reference, scale))
