"""With which probability an answer was drawn for review, over all draws that it was open to. Pure."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from voc.stats.planner import overall_probability

_STRATUM = re.compile(r"(?P<group>\w+):(?P<low>[0-9.]+)-(?P<high>[0-9.]+)")
"""``no_effect:0.412-0.655``: predicted group and confidences, as reviews.sampling names it."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One answer that was drawn."""

    answer_id: int
    wave: str
    stratum: str
    probability: float
    drawn_at: datetime
    came_at: datetime
    """When the answer came: it was not open to earlier draws."""


@dataclass
class _Wave:
    drawn_at: datetime
    rates: dict[str, float]

    def rate_for(self, stratum: str) -> float:
        """What this wave took of replies like those of a stratum of another wave: of the same predicted group, and of
        the confidence in the middle of it; the wave's mean rate where it had no such group."""
        if stratum in self.rates:
            return self.rates[stratum]
        wanted = _STRATUM.fullmatch(stratum)
        if wanted is None:
            return self._mean()
        middle = (float(wanted["low"]) + float(wanted["high"])) / 2
        near = [
            (_distance(middle, float(found["low"]), float(found["high"])), rate)
            for name, rate in self.rates.items()
            if (found := _STRATUM.fullmatch(name)) and found["group"] == wanted["group"]
        ]
        return min(near)[1] if near else self._mean()

    def _mean(self) -> float:
        return sum(self.rates.values()) / len(self.rates)


def _distance(value: float, low: float, high: float) -> float:
    return max(low - value, value - high, 0.0)


def overall(draws: Sequence[Drawn]) -> dict[int, float]:
    """For each drawn answer the probability of having been drawn at all: 1 − Π (1 − rate) over the waves it was open to."""
    waves: dict[str, _Wave] = {}
    by_wave: dict[str, dict[str, float]] = defaultdict(dict)
    for draw in draws:
        by_wave[draw.wave][draw.stratum] = draw.probability
        waves[draw.wave] = _Wave(draw.drawn_at, by_wave[draw.wave])
    if len(waves) < 2:
        return {draw.answer_id: draw.probability for draw in draws}
    rates: dict[tuple[str, str], float] = {}
    table = []
    for draw in draws:
        row = []
        for name, wave in waves.items():
            if name == draw.wave:
                row.append(draw.probability)
            elif draw.came_at > wave.drawn_at:
                row.append(0.0)
            else:
                key = (name, draw.stratum)
                if key not in rates:
                    rates[key] = wave.rate_for(draw.stratum)
                row.append(rates[key])
        table.append(row)
    return {draw.answer_id: float(p) for draw, p in zip(draws, overall_probability(table), strict=True)}
