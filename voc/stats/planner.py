"""Which replies a person should read next: how many for a wished precision, in which strata, drawn with which probability.

Every draw is random within strata and its probability is kept for ever: that is what lets the reviews speak for the replies
that nobody read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from voc.stats.arrays import Bools, Floats, Ints, codes, floats
from voc.stats.estimate import Estimate, Of
from voc.stats.intervals import effective_n, wilson
from voc.stats.strata import Strata, bands_for, stratify

LEAST_PER_STRATUM = 5
UNREACHABLE = -1
"""In place of a number of reviews: replies are missing, not reviews."""
_READS = 0.02
"""A code is read in a stratum from this part on."""
_BELIEF = 25
"""Reviews that the expectation from the confidence counts for, beside those that were made."""


@dataclass(frozen=True)
class Outlook:
    """What is known, or expected, before the next draw.

    Attributes
    ----------
    codes : tuple of str, length K
    strata : Strata
        H strata, unmerged.
    taken : ndarray of int, shape (H,)
        Replies already drawn, reviewed or waiting for it.
    within : ndarray, shape (H, K)
        Variance of the machine's error within each stratum.
    share : ndarray, shape (K,)
        Best guess of the shares.
    gone : ndarray of int, shape (H,), or None
        Replies that were drawn and will not be reviewed: neither to be had nor known.
    chance : ndarray, shape (K,), or None
        Variance that comes from these customers and not others having answered; no review makes it less.
    """

    codes: tuple[str, ...]
    strata: Strata
    taken: Ints
    within: Floats
    share: Floats
    gone: Ints | None = None
    chance: Floats | None = None

    @property
    def most(self) -> Ints:
        """Reviews that there can be in the end, shape (H,)."""
        return self.strata.size if self.gone is None else self.strata.size - self.gone


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


def look_ahead(
    predicted: ArrayLike,
    confidence: ArrayLike,
    names: Sequence[str],
    *,
    taken: ArrayLike = (),
    gone: ArrayLike = (),
    wanted: int = 300,
    known: Estimate | None = None,
    read: ArrayLike | None = None,
) -> Outlook:
    """Strata for the next draw, and what to expect in them.

    Parameters
    ----------
    predicted : array_like of int, shape (N,)
        Predicted code (report group) of each reply, a position in ``names``.
    confidence : array_like, shape (N,)
    names : sequence of str, length K
        The codes.
    taken : array_like of int
        Positions of the replies that were drawn before, without those ``gone``.
    gone : array_like of int
        Positions of those that were drawn and will not be reviewed.
    wanted : int
        Reviews that there are to be in the end; decides how fine the strata are.
    known : Estimate, optional
        An estimate of the same codes for the same replies; without it (nobody reviewed anything) the confidence must serve.
    read : array_like of int, shape (N,), optional
        For finer codes than the strata are made of (leaves of a group): the code that was read, a position in ``names``;
        ``predicted`` is then the coarser one.

    Returns
    -------
    Outlook
    """
    code = codes(predicted, name="predicted", below=len(names) if read is None else None)
    fine = code if read is None else codes(read, name="read", below=len(names), length=len(code))
    sure = floats(confidence, name="confidence", length=len(code))
    strata = stratify(code, sure, bands=bands_for(wanted, len(np.unique(code))))
    share = np.bincount(fine[fine >= 0], minlength=len(names)) / max(len(fine), 1)
    part = _parts(strata, fine, len(names))
    within = _expected(strata, sure, share) if read is None else _expected_finer(strata, sure, share, part)
    chance = share * (1 - share) / max(len(code), 1)
    if known is not None and known.reviewed:
        share, chance = known.share, known.chance
        within = _scaled(strata, within, known, reads=part > _READS)
    done, lost = (_in_strata(strata, places, name=name) for places, name in ((taken, "taken"), (gone, "gone")))
    return Outlook(tuple(names), strata, done, within, share, lost, chance)


def _in_strata(strata: Strata, places: ArrayLike, *, name: str) -> Ints:
    rows = codes(places, name=name, below=len(strata.of)) if len(np.asarray(places)) else np.zeros(0, dtype=np.int64)
    return np.asarray(np.bincount(strata.of[rows], minlength=len(strata)), dtype=np.int64)


def _parts(strata: Strata, read: Ints, n_codes: int) -> Floats:
    """Part of each stratum that was read as each code, shape (H, K)."""
    cell = strata.of * (n_codes + 1) + read + 1
    table = np.bincount(cell, minlength=len(strata) * (n_codes + 1)).reshape(len(strata), n_codes + 1)[:, 1:]
    return np.asarray(table / np.maximum(strata.size, 1)[:, None])


def _expected_finer(strata: Strata, sure: Floats, share: Floats, part: Floats) -> Floats:
    """The same as :func:`_expected` where a stratum holds several codes: the variance of the error among the replies that were read so,
    among the others, and between the two, (H, K)."""
    right = np.clip(np.bincount(strata.of, weights=sure, minlength=len(strata)) / np.maximum(strata.size, 1), 0.05, 0.97)[:, None]
    missed = np.minimum((1 - right) * np.clip(share, 0.01, 0.9), 0.5)
    return np.asarray(part * right * (1 - right) + (1 - part) * missed * (1 - missed) + part * (1 - part) * (1 - right + missed) ** 2)


def _expected(strata: Strata, sure: Floats, share: Floats) -> Floats:
    """Variance within strata if the machine were as often right as it says, its errors falling on the codes by their shares, (H, K)."""
    right = np.clip(np.bincount(strata.of, weights=sure, minlength=len(strata)) / np.maximum(strata.size, 1), 0.05, 0.97)
    usual = np.clip(share, 0.02, 0.9)
    own = np.clip(strata.predicted, 0, None)
    missed = (1 - right)[:, None] * usual / (1 - usual[own])[:, None]
    chance = np.minimum(missed, 0.5)
    chance[np.arange(len(strata)), own] = right
    return np.asarray(chance * (1 - chance))


def _scaled(strata: Strata, expected: Floats, known: Estimate, *, reads: Bools) -> Floats:
    """Expectation, scaled to what the reviews found for each code: once where the machine reads it, once where not, shape (H, K).

    Not stratum by stratum: a stratum in which few reviews met no error would get no more of them, one in which they met some would
    get many, and the mean of both draws would be pulled towards no error. (In the simulation study a reason that was drawn for so came out
    1.2 points too low, and its intervals covered 86 %.)
    """
    frame = known.frame
    table = np.bincount(strata.of * len(frame.strata) + frame.strata.of, minlength=len(strata) * len(frame.strata))
    nearest = table.reshape(len(strata), len(frame.strata)).argmax(axis=1)
    met = strata.size[:, None] * known.within[nearest]
    awaited = strata.size[:, None] * expected
    result = np.empty_like(expected)
    for kind in (reads, ~reads):
        trust = known.reviewed / (known.reviewed + _BELIEF)
        ratio = (met * kind).sum(axis=0) / np.maximum((awaited * kind).sum(axis=0), 1e-12)
        result = np.where(kind, expected * (trust * ratio + 1 - trust), result)
    return np.minimum(result, 0.25)


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


def overall_probability(by_draw: ArrayLike) -> Floats:
    """Probability of being drawn at all, from those of several draws one after the other.

    Parameters
    ----------
    by_draw : array_like, shape (n, draws)
        For each reply, the rate of its stratum in each draw that it was, or would have been, open to; 0 where it was not yet there.

    Returns
    -------
    ndarray, shape (n,)
        1 − Π (1 − p): what :func:`voc.stats.estimate.make_frame` wants as ``probability``.
    """
    rates = np.asarray(by_draw, dtype=np.float64)
    if rates.ndim != 2 or (rates < 0).any() or (rates > 1).any():
        raise ValueError("by_draw must be a table of rates between 0 and 1")
    return np.asarray(1 - np.prod(1 - rates, axis=1))


def second_look(first: ArrayLike, predicted: ArrayLike, *, agreeing: float = 0.1, seed: int) -> tuple[Bools, Floats]:
    """Which reviews a second person should code as well: all in which reviewer and machine differ, and a sample of the others.

    A reviewer's slip nearly always differs from the machine's reading, so most slips lie in the part that differs: a second look
    there removes the bias of a reviewer who errs now and then at the price of few double codings.

    Parameters
    ----------
    first, predicted : array_like of int, shape (n,)
        First decision and machine's reading of each audited reply.
    agreeing : float
        Share of the agreeing ones to be coded twice, so that agreement can be estimated (weight by 1 ÷ probability).
    seed : int

    Returns
    -------
    chosen : ndarray of bool, shape (n,)
    probability : ndarray, shape (n,)
        With which each was chosen: 1 or ``agreeing``.
    """
    decided = codes(first, name="first")
    probability = np.where(decided != codes(predicted, name="predicted", length=len(decided)), 1.0, agreeing)
    return np.random.default_rng(seed).random(len(decided)) < probability, probability
