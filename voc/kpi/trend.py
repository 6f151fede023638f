"""Geometry of a key figure over time. Pure; the template draws."""

from collections.abc import Sequence
from dataclasses import dataclass

from voc.plot import LEFT, RIGHT, Axis, axis, path

WIDTH = 640.0


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
    width: float = WIDTH


def trend(values: Sequence[tuple[str, float | None]], reference: float | None = None) -> Trend:
    """Shares (or none) with their labels, from left to right."""
    scale = axis([*(share for _, share in values if share is not None), reference or 0.0])
    step = (WIDTH - LEFT - 2 * RIGHT) / max(len(values) - 1, 1)
    marks = tuple(
        Mark(round(LEFT + step * place, 1), None if share is None else scale.height(share), label)
        for place, (label, share) in enumerate(values)
    )
    return Trend(marks, path((mark.x, mark.y) for mark in marks), scale, None if reference is None else scale.height(reference))
