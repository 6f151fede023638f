"""With which chance a reply was drawn at random and reviewed in its turn, over all draws that it was open to.

Each draw (wave) takes replies at random within its own strata, at its own rates: one to know everything, one for a single
reason, one after new replies came. Together they are one sample in which reply i is with the chance

    π_i = Σ_w  p_w q_w Π_{v < w} (1 − p_v)

over the waves w that it was open to, in their order: p_w is the rate of the stratum that it belongs to in w, q_w the part of that
stratum's draws which has been reviewed. What was drawn by an earlier wave is not drawn again, hence the product.
docs/statistics.md says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from voc.stats.arrays import Bools, Floats, Ints, codes, floats
from voc.stats.planner import Draw
from voc.stats.strata import Strata


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """What has to be kept of a wave's stratum, so that other replies can be placed in it later.

    Attributes
    ----------
    name : str
        ``no_effect:0.412-0.655``: code and confidences.
    code : int
        Predicted code.
    low, high : float
        Least and greatest confidence in it.
    rate : float
        Drawn ÷ available at this draw; 0 where nothing was drawn.
    """

    name: str
    code: int
    low: float
    high: float
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """One draw, and how it stands to the n drawn replies of all waves.

    Attributes
    ----------
    name : str
    strata : sequence of Stratum
    open : ndarray of bool, shape (n,)
        Whether the reply could have been drawn in it: it was there, within its scope.
    code, confidence : ndarray, shape (n,)
        The reply's reading at the time.
    """

    name: str
    strata: Sequence[Stratum]
    open: Bools
    code: Ints
    confidence: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One reply that was drawn; a list of them stands in the order in which each wave was written, which is random."""

    wave: str
    stratum: str
    probability: float
    decided: bool
    in_order: bool = False
    """Decided as the stream of random draws brought it, which it does in the order of the list."""


def strata_of(strata: Strata, confidence: ArrayLike, drawn: Draw, names: Sequence[str], *, taken: ArrayLike = ()) -> tuple[Stratum, ...]:
    """What is kept of each stratum of a draw, in their order.

    Parameters
    ----------
    strata : Strata
        Of the N replies that were drawn among; H strata, unmerged.
    confidence : array_like, shape (N,)
    drawn : Draw
    names : sequence of str
        The predicted codes.
    taken : array_like of int
        Positions of the replies that were drawn before.

    Returns
    -------
    tuple of Stratum, length H, no name twice
    """
    sure, size = floats(confidence, name="confidence", length=len(strata.of)), len(strata)
    low, high = np.full(size, 1.0), np.zeros(size)
    np.minimum.at(low, strata.of, sure)
    np.maximum.at(high, strata.of, sure)
    before = codes(taken, name="taken", below=len(sure)) if len(np.asarray(taken)) else np.zeros(0, dtype=np.int64)
    available = strata.size - np.bincount(strata.of[before], minlength=size)
    rate = np.bincount(drawn.stratum, minlength=size) / np.maximum(available, 1)
    kept: dict[str, Stratum] = {}
    for h in range(size):
        name = f"{names[strata.predicted[h]]}:{low[h]:.3f}-{high[h]:.3f}"
        name = f"{name}#{strata.band[h]}" if name in kept else name
        kept[name] = Stratum(name=name, code=int(strata.predicted[h]), low=float(low[h]), high=float(high[h]), rate=float(rate[h]))
    return tuple(kept.values())


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
    """Rate of the stratum of each reply in a wave, 0 where it was not open to it, and the part of it that was reviewed."""
    if not wave.strata:
        return np.zeros(len(wave.open)), np.zeros(len(wave.open))
    order = sorted(wave.strata, key=lambda stratum: (stratum.code, stratum.low))
    code = np.array([stratum.code for stratum in order])
    begins = code * 2.0 + np.array([stratum.low for stratum in order])
    place = np.searchsorted(begins, wave.code * 2.0 + wave.confidence + 1e-9, side="right") - 1
    # Below the least confidence that the code had then: its lowest stratum, which comes next.
    low = (place < 0) | (code[np.maximum(place, 0)] != wave.code)
    place = np.where(low, np.minimum(place + 1, len(order) - 1), place)
    there = wave.open & (code[place] == wave.code)
    rate = np.array([stratum.rate for stratum in order], dtype=np.float64)[place]
    part = np.array([reviewed.get((wave.name, stratum.name), 0.0) for stratum in order], dtype=np.float64)[place]
    return np.where(there, rate, 0.0), part
