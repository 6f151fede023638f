"""With which chance an answer was drawn at random and reviewed in its turn, over all draws that it was open to. Pure.

Each draw (wave) takes answers at random within its own strata, at its own rates: one to know everything, one for a single
reason, one after new answers came. Together they are one sample in which answer i is with the chance

    π_i = Σ_w  p_w q_w Π_{v < w} (1 − p_v)

over the waves w that it was open to, in their order: p_w is the rate of the stratum that it belongs to in w, q_w the part of that
stratum's draws which has been reviewed. What was drawn by an earlier wave is not drawn again, hence the product.
docs/statistics.md says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voc.reasons.codebook import GROUPS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
GROUP_CODES = tuple(GROUPS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """One draw, and how it stands to the n drawn answers of all waves.

    Attributes
    ----------
    name : str
    strata : sequence of {"name", "group", "low", "high", "rate"}
        As AuditWave keeps them.
    open : ndarray of bool, shape (n,)
        Whether the answer could have been drawn in it: it was there, within its scope.
    group, confidence : ndarray, shape (n,)
        The answer's reading at the time: place in GROUP_CODES, confidence.
    """

    name: str
    strata: Sequence[dict[str, Any]]
    open: Bools
    group: Ints
    confidence: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One answer that was drawn; a list of them stands in the order in which each wave was written, which is random."""

    answer_id: int
    wave: str
    stratum: str
    probability: float
    decided: bool
    in_order: bool = False
    """Decided as the stream of random draws brought it, which it does in the order of the list."""


def in_turn(draws: Sequence[Drawn]) -> Bools:
    """Which draws count as reviewed: in each wave those up to the last one that was decided in order, shape (n,).

    Many are decided out of their turn, since they were alarming, hard or looked for. They are not like the others, and would
    stand for them as long as the wave is reviewed in part: so they wait until their turn comes. When all are decided all count.
    (To count up to the first gap would not do: the sample would end where by luck the next ones were decided already.)
    """
    last: dict[str, int] = {}
    open_: set[str] = set()
    for place, draw in enumerate(draws):
        if draw.decided and draw.in_order:
            last[draw.wave] = place
        if not draw.decided:
            open_.add(draw.wave)
    return np.array(
        [draw.decided and (draw.wave not in open_ or place <= last.get(draw.wave, -1)) for place, draw in enumerate(draws)], dtype=bool
    )


def chances(draws: Sequence[Drawn], waves: Sequence[Wave]) -> Floats:
    """π of each draw; 0 for those that do not count (yet). Shape (n,). ``waves`` stand in the order in which they were drawn."""
    counts = in_turn(draws)
    reviewed = _reviewed(draws, counts)
    own_rate = np.array([draw.probability for draw in draws], dtype=np.float64)
    own_part = np.array([reviewed[(draw.wave, draw.stratum)] for draw in draws], dtype=np.float64)
    if len(waves) < 2:
        return np.where(counts, own_rate * own_part, 0.0)
    own_wave = np.array([draw.wave for draw in draws])
    chance, escaped = np.zeros(len(draws)), np.ones(len(draws))
    for wave in waves:
        rate, part = _rates(wave, reviewed)
        mine = own_wave == wave.name
        rate, part = np.where(mine, own_rate, rate), np.where(mine, own_part, part)
        chance += rate * part * escaped
        escaped *= 1 - rate
    return np.where(counts, np.clip(chance, 1e-9, 1.0), 0.0)


def _reviewed(draws: Sequence[Drawn], counts: Bools) -> dict[tuple[str, str], float]:
    """Part of the draws of each wave and stratum that counts as reviewed."""
    drawn: dict[tuple[str, str], int] = {}
    done: dict[tuple[str, str], int] = {}
    for draw, counted in zip(draws, counts, strict=True):
        cell = (draw.wave, draw.stratum)
        drawn[cell] = drawn.get(cell, 0) + 1
        done[cell] = done.get(cell, 0) + int(counted)
    return {cell: done[cell] / number for cell, number in drawn.items()}


def _rates(wave: Wave, reviewed: dict[tuple[str, str], float]) -> tuple[Floats, Floats]:
    """Rate of the stratum of each answer in a wave, 0 where it was not open to it, and the part of it that was reviewed."""
    if not wave.strata:
        return np.zeros(len(wave.open)), np.zeros(len(wave.open))
    order = sorted(wave.strata, key=lambda told: (GROUP_CODES.index(told["group"]), told["low"]))
    group = np.array([GROUP_CODES.index(told["group"]) for told in order])
    begins = group * 2.0 + np.array([told["low"] for told in order])
    place = np.searchsorted(begins, wave.group * 2.0 + wave.confidence + 1e-9, side="right") - 1
    # Below the least confidence that the group had then: its lowest stratum, which comes next.
    low = (place < 0) | (group[np.maximum(place, 0)] != wave.group)
    place = np.where(low, np.minimum(place + 1, len(order) - 1), place)
    there = wave.open & (group[place] == wave.group)
    rate = np.array([told["rate"] for told in order], dtype=np.float64)[place]
    part = np.array([reviewed.get((wave.name, told["name"]), 0.0) for told in order], dtype=np.float64)[place]
    return np.where(there, rate, 0.0), part
