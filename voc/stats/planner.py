"""Which replies a person should read next: how many for a wished precision, in which strata, drawn with which probability.

Every draw is random within strata and its probability is kept for ever: that is what lets the reviews speak for the replies
that nobody read.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from voc.stats.arrays import Floats, Ints, codes
from voc.stats.estimate import Of
from voc.stats.intervals import effective_n, wilson
from voc.stats.outlook import Outlook

LEAST_PER_STRATUM = 5
UNREACHABLE = -1
"""In place of a number of reviews: replies are missing, not reviews."""


@dataclass(frozen=True)
class Draw:
    """Replies drawn for review.

    Attributes
    ----------
    rows : ndarray of int, shape (m,)
        Positions in the arrays that the outlook was made from.
    stratum : ndarray of int, shape (m,)
    probability : ndarray, shape (m,)
        Drawn ÷ available in the stratum at this draw: to be stored with the reply and never forgotten.
    """

    rows: Ints
    stratum: Ints
    probability: Floats


def spread(outlook: Outlook, *, focus: str | None = None) -> Floats:
    """How much a review tells in each stratum, shape (H,); the best allocation goes by stratum size × this (Neyman 1934).

    Without ``focus`` all codes count alike, each on the scale of its own share, so that rare reasons are not forgotten.

    Raises
    ------
    KeyError
        When ``focus`` is none of the codes.
    """
    if focus is not None:
        if focus not in outlook.codes:
            raise KeyError(focus)
        return np.asarray(np.sqrt(outlook.within[:, outlook.codes.index(focus)]))
    usual = np.clip(outlook.share, 0.02, 0.98)
    return np.asarray(np.sqrt((outlook.within / (usual * (1 - usual))).sum(axis=1)))


def allocate(outlook: Outlook, more: int, *, focus: str | None = None, least: int = LEAST_PER_STRATUM) -> Ints:
    """How many of ``more`` further replies to draw in each stratum, shape (H,).

    Strata are filled up towards size × spread, counting what was drawn before, with at least ``least`` in each (or all it has).

    Raises
    ------
    ValueError
        When ``more`` is negative.

    References
    ----------
    J. Neyman (1934), On the two different aspects of the representative method. JRSS 97, 558–625.
    """
    if more < 0:
        raise ValueError("more must not be negative")
    size, taken = outlook.strata.size, outlook.taken
    free = np.maximum(outlook.most - taken, 0)
    more = min(more, int(free.sum()))
    if not more:
        return np.zeros(len(size), dtype=np.int64)
    pull = size * np.maximum(spread(outlook, focus=focus), 1e-6)
    floor = np.minimum(least, size)
    deficit = np.clip(floor - taken, 0, free)
    if deficit.sum() >= more:
        return _whole(deficit * more / deficit.sum(), free, more)
    low, high = 0.0, float((size / pull).max()) + 1
    for _ in range(60):
        scale = (low + high) / 2
        if np.clip(np.maximum(scale * pull, floor) - taken, 0, free).sum() < more:
            low = scale
        else:
            high = scale
    return _whole(np.clip(np.maximum(high * pull, floor) - taken, 0, free), free, more)


def _whole(wished: Floats, free: Ints, total: int) -> Ints:
    """Whole numbers near ``wished`` that add up to ``total`` (largest remainders first), none above ``free``."""
    whole = np.minimum(np.floor(wished).astype(np.int64), free)
    rest = total - int(whole.sum())
    order = np.argsort(-np.where(whole < free, wished - whole, -np.inf), kind="stable")
    while rest > 0:
        for stratum in order[whole[order] < free[order]][:rest]:
            whole[stratum] += 1
        rest = total - int(whole.sum())
    while rest < 0:
        whole[int(np.argmax(np.where(whole > 0, whole - wished, -np.inf)))] -= 1
        rest += 1
    return whole


def needed(outlook: Outlook, half_width: float, *, level: float = 0.95, least: int = LEAST_PER_STRATUM, of: Of = "replies") -> Ints:
    """Further reviews after which the interval of each code is ± ``half_width`` or narrower, shape (K,).

    Each number holds for a draw with that code in ``focus``; 0 where the precision is reached, ``UNREACHABLE`` where not even
    reviewing every reply would reach it. Reviews that still wait count as done.

    Parameters
    ----------
    outlook : Outlook
    half_width : float
        Half of high − low, in shares: 0.03 is ±3 points.
    of : {"replies", "customers"}
        As in :meth:`Estimate.interval`.

    Raises
    ------
    ValueError
        When ``half_width`` is not positive.
    """
    if half_width <= 0:
        raise ValueError("half_width must be positive")
    most = outlook.most.astype(np.float64)
    taken = np.minimum(outlook.taken, most).astype(np.float64)
    pull = most * np.sqrt(np.maximum(outlook.within.T, 1e-12))
    floor = np.minimum(least, most)
    low = np.zeros(len(outlook.codes))
    high = (most / np.maximum(pull, 1e-9)).max(axis=1) + 1
    for _ in range(50):
        scale = (low + high) / 2
        enough = _half_width(outlook, np.clip(np.maximum(scale[:, None] * pull, floor), taken, most), level, of) <= half_width
        high, low = np.where(enough, scale, high), np.where(enough, low, scale)
    more = np.ceil((np.clip(np.maximum(high[:, None] * pull, floor), taken, most) - taken).sum(axis=1) - 1e-6).astype(np.int64)
    more = np.where(expected_half_width(outlook, level=level, of=of, all_reviewed=True) > half_width, UNREACHABLE, more)
    return np.where(expected_half_width(outlook, level=level, of=of) <= half_width, 0, more)


def expected_half_width(outlook: Outlook, *, level: float = 0.95, of: Of = "replies", all_reviewed: bool = False) -> Floats:
    """Half width of each code's interval once everything that was drawn is reviewed, or once every reply is, shape (K,)."""
    reviews = outlook.most if all_reviewed else np.minimum(outlook.taken, outlook.most)
    return _half_width(outlook, np.broadcast_to(reviews.astype(np.float64), outlook.within.T.shape), level, of)


def _half_width(outlook: Outlook, reviews: Floats, level: float, of: Of) -> Floats:
    """Half width of each code's interval with so many reviews in each stratum, shape (K,); ``reviews`` has shape (K, H)."""
    size = outlook.strata.size.astype(np.float64)
    mass = size / max(size.sum(), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(reviews >= size, 0, 1 / np.maximum(reviews, 1e-9) - 1 / size)
    variance = (mass**2 * left * outlook.within.T).sum(axis=1)
    if of == "customers" and outlook.chance is not None:
        variance = variance + outlook.chance
    inside = np.clip(outlook.share, 0.005, 0.995)
    low, high = wilson(inside, effective_n(inside, variance), level=level)
    return np.asarray((high - low) / 2)


def draw(outlook: Outlook, allocation: ArrayLike, *, taken: ArrayLike = (), seed: int) -> Draw:
    """Draws replies at random within strata, without those that were drawn before.

    Parameters
    ----------
    outlook : Outlook
    allocation : array_like of int, shape (H,)
        From :func:`allocate`.
    taken : array_like of int
        Positions of the replies drawn before. Replies that somebody read for another reason (hard, alarming) stay in the draw: to
        leave them out would bias the shares; their decision is used when they are drawn.
    seed : int
        The same seed, replies and allocation give the same draw.

    Returns
    -------
    Draw

    Raises
    ------
    ValueError
        When a stratum has fewer replies left than are to be drawn.
    """
    numbers = codes(allocation, name="allocation", length=len(outlook.strata))
    free = np.ones(len(outlook.strata.of), dtype=bool)
    free[np.asarray(taken, dtype=np.int64)] = False
    rows = np.flatnonzero(free)
    of = outlook.strata.of[rows]
    available = np.bincount(of, minlength=len(numbers))
    if (numbers > available).any():
        raise ValueError("more replies are to be drawn than are left in a stratum")
    shuffled = np.random.default_rng(seed).permutation(len(rows))
    by_stratum = shuffled[np.argsort(of[shuffled], kind="stable")]
    place = np.arange(len(rows)) - (np.cumsum(available) - available)[of[by_stratum]]
    chosen = np.sort(by_stratum[place < numbers[of[by_stratum]]])
    stratum = of[chosen]
    return Draw(rows[chosen], stratum, numbers[stratum] / available[stratum])
