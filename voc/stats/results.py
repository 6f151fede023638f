"""What a page shows: corrected shares and differences; what may be claimed, and how many reviews are missing where not."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from voc.stats.arrays import Bools, Floats, Ints
from voc.stats.estimate import Estimate, Of
from voc.stats.intervals import difference, wilson

Method = Literal["none", "corrected", "complete"]
"""``none``: nobody reviewed anything; ``corrected``: stratified prediction-powered, Wilson on the effective n; ``complete``: every
reply was reviewed, so the share of these replies is exact."""


@dataclass(frozen=True)
class ClaimRule:
    """Under which conditions a share is shown at all.

    The number of reviews is the smallest for which the simulation study (docs/statistics.md) found the promised coverage; the
    rest is the rule of the U.S. National Center for Health Statistics for showing proportions.

    Attributes
    ----------
    reviewed : int
        Fewest reviews in the segment.
    effective : int
        Fewest effective reviews of a code.
    width : float
        Widest interval (high − low).
    narrow : float
        An interval this narrow is shown whatever its relation to the share.
    relative : float
        Widest interval as a multiple of the share, unless it is narrow.

    References
    ----------
    J. D. Parker et al. (2017), National Center for Health Statistics data presentation standards for proportions. Vital and
    Health Statistics 2 (175).
    """

    reviewed: int = 50
    effective: int = 30
    width: float = 0.30
    narrow: float = 0.05
    relative: float = 1.30

    def met(self, share: Floats, low: Floats, high: Floats, effective: Floats) -> Bools:
        """Whether each share may be shown, judged by its interval; the number of reviews is judged apart."""
        width = high - low
        readable = (width <= self.narrow) | (width <= self.relative * share)
        return (effective >= self.effective) & (width <= self.width) & readable


DEFAULT_RULE = ClaimRule()


@dataclass(frozen=True)
class Share:
    """One line of a breakdown.

    Attributes
    ----------
    code : str
    counted : int
        Replies that the machine read so.
    counted_share : float
        ``counted`` ÷ all replies of the segment.
    share, low, high : float or None
        Corrected share and its interval; None where nothing is claimed.
    reviewed : int
        Reviews in the segment that were drawn at random.
    effective_n : float
        Plainly reviewed replies that would tell as much; infinite when every reply was reviewed.
    claimable : bool
    missing : int
        Further reviews after which the share can probably be shown; 0 when it can.
    method : Method
    """

    code: str
    counted: int
    counted_share: float
    share: float | None
    low: float | None
    high: float | None
    reviewed: int
    effective_n: float
    claimable: bool
    missing: int
    method: Method


@dataclass(frozen=True)
class Difference:
    """A code's share in one segment minus its share in another.

    Attributes
    ----------
    code : str
    difference, low, high : float or None
        In shares (0.04 is 4 points); None where nothing is claimed.
    clear : bool
        Whether the interval leaves 0 out.
    claimable : bool
    missing : int
        Further reviews that are missing, in both segments together.
    """

    code: str
    difference: float | None
    low: float | None
    high: float | None
    clear: bool
    claimable: bool
    missing: int


def shares(estimate: Estimate, *, level: float = 0.95, of: Of = "replies", rule: ClaimRule = DEFAULT_RULE) -> tuple[Share, ...]:
    """The lines of a breakdown, in the order of the estimate's codes.

    Parameters
    ----------
    estimate : Estimate
    level : float
        Coverage of the intervals.
    of : {"replies", "customers"}
        Whether the interval says how well the share among *these replies* is known, or the share among the customers they stand for.
    rule : ClaimRule

    Returns
    -------
    tuple of Share
    """
    low, high = estimate.interval(level=level, of=of)
    effective = estimate.effective_n(of=of)
    claimable, missing = _claims(estimate, level=level, of=of, rule=rule)
    complete = estimate.replies > 0 and estimate.reviewed == estimate.replies
    method: Method = "none" if not estimate.reviewed else "complete" if complete else "corrected"
    return tuple(
        Share(
            code=code,
            counted=int(estimate.counted[k]),
            counted_share=float(estimate.counted[k] / estimate.replies) if estimate.replies else 0.0,
            share=float(estimate.share[k]) if claimable[k] else None,
            low=float(low[k]) if claimable[k] else None,
            high=float(high[k]) if claimable[k] else None,
            reviewed=estimate.reviewed,
            effective_n=float(effective[k]),
            claimable=bool(claimable[k]),
            missing=int(missing[k]),
            method=method,
        )
        for k, code in enumerate(estimate.codes)
    )


def differences(
    now: Estimate, before: Estimate, *, level: float = 0.95, of: Of = "customers", rule: ClaimRule = DEFAULT_RULE
) -> tuple[Difference, ...]:
    """Differences between two segments or periods that have no reply in common: ``now`` minus ``before``.

    By default of customers, not of replies: two months differ in who happened to answer even when nothing has changed.

    Raises
    ------
    ValueError
        When the two have other codes.
    """
    if now.codes != before.codes:
        raise ValueError("both estimates must have the same codes in the same order")
    change, low, high = difference(_with_interval(now, level, of), _with_interval(before, level, of))
    may_now, missing_now = _claims(now, level=level, of=of, rule=rule)
    may_before, missing_before = _claims(before, level=level, of=of, rule=rule)
    may = may_now & may_before
    return tuple(
        Difference(
            code=code,
            difference=float(change[k]) if may[k] else None,
            low=float(low[k]) if may[k] else None,
            high=float(high[k]) if may[k] else None,
            clear=bool(may[k] and (low[k] > 0 or high[k] < 0)),
            claimable=bool(may[k]),
            missing=int(missing_now[k] + missing_before[k]),
        )
        for k, code in enumerate(now.codes)
    )


def _with_interval(estimate: Estimate, level: float, of: Of) -> tuple[Floats, Floats, Floats]:
    low, high = estimate.interval(level=level, of=of)
    return estimate.share, low, high


def _claims(estimate: Estimate, *, level: float, of: Of, rule: ClaimRule) -> tuple[Bools, Ints]:
    """Which shares may be shown, and how many more reviews the others need; shape (K,) each."""
    n, size, count = estimate.reviewed, estimate.replies, len(estimate.codes)
    if not size:
        return np.zeros(count, dtype=bool), np.full(count, rule.reviewed)
    if n == size and of == "replies":
        return np.ones(count, dtype=bool), np.zeros(count, dtype=np.int64)
    low, high = estimate.interval(level=level, of=of)
    share = estimate.share if n else estimate.counted / size
    met = rule.met(share, low, high, estimate.effective_n(of=of)) if n else np.zeros(count, dtype=bool)
    claimable = met & (n >= min(rule.reviewed, size))
    missing = np.where(claimable, 0, np.maximum(rule.reviewed - n, _until_met(estimate, share, level, of, rule)))
    return claimable, np.where(claimable, 0, np.clip(missing, 1, max(size - n, 1)))


def _until_met(estimate: Estimate, share: Floats, level: float, of: Of, rule: ClaimRule) -> Ints:
    """Smallest number of further reviews, on a grid of steps of about 2 %, with which the rule would be met at the present share."""
    n, size = estimate.reviewed, estimate.replies
    most = max(size - n, 1)
    steps = np.unique(np.concatenate([np.arange(min(most, 50) + 1), np.geomspace(1, most, 400).round().astype(np.int64), [most]]))
    inside = np.clip(share, 0.5 / max(n, 1), 1 - 0.5 / max(n, 1))
    by_one = inside * (1 - inside) if not n else (estimate.variance * n / max(1 - n / size, 1e-9))
    total = np.maximum(n + steps[:, None], 1)
    variance = by_one / total * (1 - total / size) + (estimate.chance if of == "customers" and n else 0)
    with np.errstate(divide="ignore"):
        effective = np.where(variance > 0, inside * (1 - inside) / variance, np.inf)
    low, high = wilson(share, effective, level=level)
    enough = rule.met(np.broadcast_to(share, low.shape), low, high, effective)
    enough[-1] = True
    return np.asarray(steps[enough.argmax(axis=0)])
