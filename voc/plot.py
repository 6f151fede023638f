"""Where dots and lines of a figure stand. Pure; the templates draw."""

from collections.abc import Iterable
from dataclasses import dataclass

WIDTH, HEIGHT = 320.0, 132.0
LEFT, RIGHT, TOP, BOTTOM = 36.0, 12.0, 12.0, 24.0


@dataclass(frozen=True)
class Axis:
    """From 0 to ``top`` (a share), with a label at each of ``ticks`` (shares)."""

    top: float
    ticks: tuple[float, ...]

    def at(self, share: float) -> float:
        """Place of a share along the axis, in percent of the width."""
        return round(min(max(share / self.top, 0.0), 1.0) * 100, 2)

    def height(self, share: float) -> float:
        """Place of a share where the axis stands upright, in the units of the figure."""
        return round(HEIGHT - BOTTOM - min(share / self.top, 1.0) * (HEIGHT - TOP - BOTTOM), 1)


def axis(shares: Iterable[float]) -> Axis:
    """An axis that holds all these shares: 10 %, 20 %, 30 % … with three to five ticks."""
    most = max([0.0, *shares])
    for top, step in ((0.1, 0.05), (0.2, 0.05), (0.3, 0.1), (0.4, 0.1), (0.5, 0.1), (0.6, 0.2), (0.8, 0.2)):
        if most <= top:
            return _axis(top, step)
    return _axis(1.0, 0.25)


def _axis(top: float, step: float) -> Axis:
    return Axis(top, tuple(round(step * place, 4) for place in range(round(top / step) + 1)))


def path(points: Iterable[tuple[float, float | None]]) -> str:
    """A line as an SVG path, broken where a point has no height."""
    parts, pen = [], "M"
    for x, y in points:
        if y is None:
            pen = "M"
        else:
            parts.append(f"{pen}{x} {y}")
            pen = "L"
    return " ".join(parts)
