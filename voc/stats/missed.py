"""How many reports were missed: alerts that the machine did not raise, estimated from the audits among unflagged replies."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from voc.stats.arrays import Floats, floats, probabilities


@dataclass(frozen=True)
class Missed:
    """Reports among the replies that were not flagged.

    Attributes
    ----------
    unflagged : int
        Replies that the machine did not flag.
    audited : int
        Of these, drawn at random and read by a person.
    found : int
        Of these, reports. They are missed by the machine and known now.
    estimate, low, high : float
        Reports among all unflagged replies, the found ones included. ``low`` and ``high`` are whole when every reply was drawn with
        the same probability.
    exact : bool
        Whether the interval is exact (hypergeometric) rather than Fay and Feuer's for unequal probabilities.
    """

    unflagged: int
    audited: int
    found: int
    estimate: float
    low: float
    high: float
    exact: bool

    @property
    def unseen(self) -> tuple[float, float, float]:
        """Reports that nobody has seen yet: estimate, low, high."""
        return tuple(max(value - self.found, 0.0) for value in (self.estimate, self.low, self.high))  # type: ignore[return-value]


def missed(unflagged: int, found: ArrayLike, probability: ArrayLike, *, level: float = 0.95) -> Missed:
    """Estimates the reports among unflagged replies.

    Parameters
    ----------
    unflagged : int
        Unflagged replies in all.
    found : array_like of bool, shape (m,)
        For each audited unflagged reply, whether it is a report.
    probability : array_like, shape (m,)
        Probability with which each was drawn.
    level : float
        Of the two-sided interval.

    Returns
    -------
    Missed
        Without any audit: from 0 to all.

    Raises
    ------
    ValueError
        When more is audited than there is, or lengths differ.

    Notes
    -----
    With equal probabilities the interval is the exact one of the hypergeometric distribution; with nothing found among m of many, its
    upper end is about 3.7/m of the replies (3/m for a one-sided bound: the rule of three). With unequal probabilities it is the
    gamma interval of Fay and Feuer for a weighted sum of rare events, which takes every unseen event to weigh as much as the heaviest
    audit; it errs on the side of more.

    References
    ----------
    J. A. Hanley, A. Lippman-Hand (1983), If nothing goes wrong, is everything all right? JAMA 249, 1743–1745.
    M. P. Fay, E. J. Feuer (1997), Confidence intervals for directly standardized rates: a method based on the gamma distribution.
    Statistics in Medicine 16, 791–801.
    """
    seen = np.asarray(found, dtype=bool)
    p = probabilities(probability, name="probability", length=len(seen))
    m, x = len(seen), int(seen.sum())
    if m > unflagged:
        raise ValueError("more replies are audited than are unflagged")
    if not m:
        return Missed(unflagged, 0, 0, 0.0, 0.0, float(unflagged), False)
    if np.ptp(p) <= 1e-9 * p.max():
        low, high = hypergeometric(x, m, unflagged, level=level)
        return Missed(unflagged, m, x, x * unflagged / m, float(low), float(high), True)
    weight = unflagged / p / (1 / p).sum()
    low_, high_ = weighted_count(weight[seen], heaviest=float(weight.max()), level=level)
    low_, high_ = max(low_, float(x)), min(high_, float(unflagged - m + x))
    return Missed(unflagged, m, x, float(weight[seen].sum()), low_, high_, False)


def hypergeometric(found: int, drawn: int, size: int, *, level: float = 0.95) -> tuple[int, int]:
    """Exact interval for the number of cases among ``size``, when a simple random sample of ``drawn`` holds ``found``."""
    tail = (1 - level) / 2
    low, high = found, size - drawn + found
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if _at_least(found, drawn, size, middle) <= tail else (low, middle)
    smallest = low
    low, high = smallest, size - drawn + found
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (low, middle - 1) if _at_most(found, drawn, size, middle) <= tail else (middle, high)
    return smallest, low


def weighted_count(weights: ArrayLike, *, heaviest: float, level: float = 0.95) -> tuple[float, float]:
    """Fay and Feuer's interval for the expectation of a sum of weights of rare, independent events.

    Parameters
    ----------
    weights : array_like
        Weights of the events seen; may be empty.
    heaviest : float
        Greatest weight that an event can have.
    """
    from scipy.special import gammaincinv

    w = floats(weights, name="weights")
    tail = (1 - level) / 2
    total, square = float(w.sum()), float((w**2).sum())
    low = square / total * float(gammaincinv(total**2 / square, tail)) if total else 0.0
    scale = (square + heaviest**2) / (total + heaviest)
    return low, scale * float(gammaincinv((total + heaviest) / scale, 1 - tail))


def audits_for_bound(unflagged: int, at_most: int, *, level: float = 0.95) -> int:
    """Audits, drawn alike and none of them a report, after which at most ``at_most`` reports are missed, at a one-sided ``level``.

    Raises
    ------
    ValueError
        When ``at_most`` is negative.
    """
    if at_most < 0:
        raise ValueError("at_most must not be negative")
    low, high = 0, unflagged
    while low < high:
        middle = (low + high) // 2
        shown = at_most >= unflagged - middle or _at_most(0, middle, unflagged, at_most + 1) <= 1 - level + 1e-9
        low, high = (low, middle) if shown else (middle + 1, high)
    return low


def _at_most(found: int, drawn: int, size: int, cases: int) -> float:
    """Chance of ``found`` or fewer cases in the sample when there are ``cases`` in all."""
    x = np.arange(max(0, drawn - (size - cases)), min(found, cases) + 1)
    return float(np.exp(_log_chance(x, drawn, size, cases)).sum()) if len(x) else 0.0


def _at_least(found: int, drawn: int, size: int, cases: int) -> float:
    return 1.0 if not found else 1 - _at_most(found - 1, drawn, size, cases)


def _log_chance(x: np.ndarray[tuple[int, ...], np.dtype[np.int64]], drawn: int, size: int, cases: int) -> Floats:
    return np.asarray(_log_choose(cases, x) + _log_choose(size - cases, drawn - x) - _log_choose(size, np.array(drawn)))


def _log_choose(n: int, k: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Floats:
    from scipy.special import gammaln

    return np.asarray(math.lgamma(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
