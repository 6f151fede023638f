"""Which readings of the machine may stand without a person: per reason, shown on this company's own audited replies."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from voc.stats.arrays import Bools, Floats, codes, floats, probabilities
from voc.stats.intervals import exact_bound

THRESHOLDS = (0.99, 0.98, 0.97, 0.95, 0.92, 0.90, 0.85, 0.80, 0.70, 0.60, 0.50)
"""Thresholds that are tried, strictest first; fixed beforehand, not fitted."""

_PART_TO_START = 0.25
"""Begin at the strictest threshold that has this part of the reason's audits: fewer could fail by one unlucky audit."""


@dataclass(frozen=True)
class Acceptance:
    """What was shown for one reason.

    Attributes
    ----------
    code : str
    accepted : bool
        Whether readings of this reason may stand alone.
    threshold : float or None
        From this confidence on; None where nothing may.
    precision : float or None
        Estimated share of right readings at the threshold (where none is accepted: at the one tried first).
    bound : float
        The share is at least this, at the level asked for.
    audited : int
        Audited replies that this rests on.
    coverage : float
        Share of this reason's readings that would stand alone.
    missing : int or None
        Further audits of this reason after which it can probably be accepted; 0 when it is, None when more audits will hardly help
        because the machine is not that precise.
    """

    code: str
    accepted: bool
    threshold: float | None
    precision: float | None
    bound: float
    audited: int
    coverage: float
    missing: int | None


def fewest_audits(target: float, *, level: float = 0.90) -> int:
    """Audits that are needed if every one of them is right: 45 for 95 % at a level of 90 %."""
    return math.ceil(math.log(1 - level) / math.log(target))


def accept(
    names: Sequence[str],
    predicted: ArrayLike,
    confidence: ArrayLike,
    *,
    rows: ArrayLike,
    probability: ArrayLike,
    right: ArrayLike,
    target: float = 0.95,
    level: float = 0.90,
    thresholds: Sequence[float] = THRESHOLDS,
) -> tuple[Acceptance, ...]:
    """For each reason, the lowest threshold of confidence at which the precision is shown to reach ``target``.

    Parameters
    ----------
    names : sequence of str, length K
        The reasons.
    predicted, confidence : array_like, shape (N,)
        Predicted reason and confidence of all replies.
    rows, probability : array_like, shape (n,)
        Audited replies and the probability with which each was drawn.
    right : array_like of bool, shape (n,)
        Whether the reviewers' decision was the predicted reason.
    target : float
        Precision that is to be shown.
    level : float
        Of the one-sided bound: if the true precision is below ``target``, a reason is accepted with a chance of at most 1 − level.
    thresholds : sequence of float
        Strictest first; must not be chosen by looking at ``right``.

    Returns
    -------
    tuple of Acceptance, in the order of ``names``

    Raises
    ------
    ValueError
        When lengths differ or target or level do not lie between 0 and 1.

    Notes
    -----
    Trying many thresholds and keeping the one that passes would fool us: with eleven tries at 90 % something passes by luck.
    So they are tested in a fixed sequence: begin at the strictest threshold with enough audits (their *number* decides, not their
    outcome), go on to the next lower one only while the bound holds, and stop for good at the first that fails. The chance that any
    threshold below target is accepted then stays at 1 − level without a correction (Angelopoulos et al. 2021).
    The bound is Clopper and Pearson's on Kish's effective number of audits (Korn & Graubard 1998). It holds for each reason by itself; of
    twelve reasons that deserve no acceptance one or so gets it. Pass ``level=1 - 0.10 / 12`` where that must not be.

    References
    ----------
    A. N. Angelopoulos, S. Bates, E. J. Candès, M. I. Jordan, L. Lei (2021), Learn then test: calibrating predictive algorithms to
    achieve risk control. arXiv:2110.01052.
    """
    if not 0 < target < 1 or not 0 < level < 1:
        raise ValueError("target and level must lie between 0 and 1")
    code = codes(predicted, name="predicted", below=len(names))
    sure = floats(confidence, name="confidence", length=len(code))
    row = codes(rows, name="rows", below=len(code))
    weight = 1 / probabilities(probability, name="probability", length=len(row))
    hit = np.asarray(right, dtype=bool)
    if hit.shape != row.shape:
        raise ValueError("right must have one entry for each audited reply")
    tried = sorted(thresholds, reverse=True)
    results = []
    for k, name in enumerate(names):
        own = code[row] == k
        audits = _Audits(sure[row][own], weight[own], hit[own])
        results.append(_one(name, sure[code == k], audits, _Aim(target, level, fewest_audits(target, level=level)), tried))
    return tuple(results)


def still_holds(
    sure: ArrayLike, *, probability: ArrayLike, right: ArrayLike, threshold: float, target: float = 0.95, level: float = 0.90
) -> tuple[bool, float, int]:
    """Whether the audits of a new period still show the target at the threshold in use; one test, so nothing to correct.

    Parameters
    ----------
    sure : array_like, shape (n,)
        Confidence of the period's audited replies with this predicted reason.
    probability, right : array_like, shape (n,)

    Returns
    -------
    holds : bool
    bound : float
    audited : int
        Audits at or above the threshold.
    """
    confidence = floats(sure, name="sure")
    weight = 1 / probabilities(probability, name="probability", length=len(confidence))
    audits = _Audits(confidence, weight, np.asarray(right, dtype=bool)).above(threshold)
    bound = audits.bound(level)
    return bound >= target, bound, len(audits.sure)


@dataclass(frozen=True)
class _Audits:
    """Audited replies with one predicted reason."""

    sure: Floats
    weight: Floats
    right: Bools

    def above(self, threshold: float) -> "_Audits":
        inside = self.sure >= threshold
        return _Audits(self.sure[inside], self.weight[inside], self.right[inside])

    @property
    def effective(self) -> float:
        """Kish's effective number."""
        return float(self.weight.sum() ** 2 / (self.weight**2).sum()) if len(self.weight) else 0.0

    @property
    def precision(self) -> float:
        return min(float(self.weight @ self.right / self.weight.sum()), 1.0) if len(self.weight) else 0.0

    def bound(self, level: float) -> float:
        n = self.effective
        return float(exact_bound(min(self.precision * n, n), n, side="lower", level=level)) if n else 0.0


@dataclass(frozen=True)
class _Aim:
    target: float
    level: float
    fewest: int


def _one(name: str, sure: Floats, audits: _Audits, aim: _Aim, thresholds: Sequence[float]) -> Acceptance:
    start = _start(audits, thresholds, aim.fewest)
    passed: float | None = None
    for threshold in thresholds[start:]:
        if audits.above(threshold).bound(aim.level) < aim.target:
            break
        passed = threshold
    shown = audits.above(thresholds[start] if passed is None else passed)
    return Acceptance(
        code=name,
        accepted=passed is not None,
        threshold=passed,
        precision=shown.precision if len(shown.sure) else None,
        bound=shown.bound(aim.level),
        audited=len(shown.sure),
        coverage=float((sure >= passed).mean()) if passed is not None else 0.0,
        missing=0 if passed is not None else _missing(shown, aim),
    )


def _start(audits: _Audits, thresholds: Sequence[float], fewest: int) -> int:
    """Place of the threshold to begin with: decided by how many audits there are above each, never by how they came out."""
    wanted = max(fewest, _PART_TO_START * audits.effective)
    enough = (place for place, threshold in enumerate(thresholds) if audits.above(threshold).effective >= wanted)
    return next(enough, len(thresholds) - 1)


def _missing(audits: _Audits, aim: _Aim) -> int | None:
    """Further audits needed if the machine goes on being as precise as it was found to be."""
    n = audits.effective
    if not n:
        return aim.fewest
    if audits.precision <= aim.target:
        return None
    more = np.unique(np.geomspace(1, 5000, 400).round().astype(np.int64))
    total = n + more
    enough = exact_bound(audits.precision * total, total, side="lower", level=aim.level) >= aim.target
    return int(more[enough.argmax()]) if enough.any() else None
