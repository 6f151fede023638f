"""Weights that make the replies stand for all who were asked (or all who left): raking over several margins.

Who answers is not who left. Raking gives each reply a weight so that the weighted replies have the known shares of product, way
of buying, tenure and so on, one margin at a time, over and over until all fit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from voc.stats.arrays import Floats, Ints, codes, floats


@dataclass(frozen=True)
class Margin:
    """One property by which replies and all who were asked are compared.

    Attributes
    ----------
    name : str
    levels : sequence of str, length L
    replies : array_like of int, shape (N,)
        Level of each reply; −1 where it is not known.
    asked : array_like of float, shape (L,)
        Number (or share) of all who were asked at each level.
    """

    name: str
    levels: Sequence[str]
    replies: ArrayLike
    asked: ArrayLike


@dataclass(frozen=True)
class Gap:
    """How one level stands among the asked, among the replies, and after weighting; shares of 0 to 1."""

    margin: str
    level: str
    asked: float
    replied: float
    weighted: float


@dataclass(frozen=True)
class Weights:
    """Result of raking.

    Attributes
    ----------
    weight : ndarray, shape (N,)
        Weight of each reply; the mean is 1.
    converged : bool
        Whether every margin fits within the tolerance. Not so when trimming holds weights back.
    rounds : int
    design_effect : float
        By how much the weights enlarge variances, 1 + their squared coefficient of variation (Kish).
    effective_n : float
        N ÷ design effect.
    trimmed : int
        Replies whose weight stands at a limit.
    gaps : tuple of Gap
        Every level, the one that the weighting moves most first.
    unanswered : tuple of (margin, level)
        Levels from which nobody answered: no weight can make up for them.
    """

    weight: Floats
    converged: bool
    rounds: int
    design_effect: float
    effective_n: float
    trimmed: int
    gaps: tuple[Gap, ...]
    unanswered: tuple[tuple[str, str], ...]


def effective_size(weight: ArrayLike) -> tuple[float, float]:
    """Kish's effective sample size and design effect of weights.

    References
    ----------
    L. Kish (1965), Survey Sampling, ch. 11.7. Wiley.
    """
    w = floats(weight, name="weight")
    if not len(w):
        return 0.0, 1.0
    effect = float(len(w) * (w**2).sum() / w.sum() ** 2)
    return len(w) / effect, effect


def rake(margins: Sequence[Margin], *, least: float = 0.2, most: float = 5.0, tolerance: float = 1e-4, rounds: int = 100) -> Weights:
    """Weights that fit all margins, none below ``least`` or above ``most`` times the mean.

    Parameters
    ----------
    margins : sequence of Margin
    least, most : float
        Limits of a weight, as multiples of the mean; they cost a little fit and save variance. ``most=inf`` and ``least=0`` trim nothing.
    tolerance : float
        Greatest difference, in shares, between a weighted margin and its target for which the weights count as converged.
    rounds : int
        At most so many rounds over all margins.

    Returns
    -------
    Weights

    Raises
    ------
    ValueError
        When margins differ in length, a target is negative or all zero, or a level of the replies has a target of 0.

    Notes
    -----
    Iterative proportional fitting, with weights cut to the limits after each round. Replies whose level is not known keep their share
    in that margin. Levels that nobody answered from are left out and the others' targets enlarged, which is reported.

    References
    ----------
    W. E. Deming, F. F. Stephan (1940), On a least squares adjustment of a sampled frequency table when the expected marginal totals
    are known. Annals of Mathematical Statistics 11, 427–444.
    J.-C. Deville, C.-E. Särndal (1992), Calibration estimators in survey sampling. JASA 87, 376–382.
    """
    if not margins:
        raise ValueError("at least one margin is needed")
    if not 0 <= least < 1 < most:
        raise ValueError("the limits must lie on both sides of 1")
    levels, targets, unanswered = _prepare(margins)
    n = len(levels[0])
    if not n:
        return Weights(np.zeros(0), False, 0, 1.0, 0.0, 0, (), tuple(unanswered))
    cells, cell_of, size = _cells(levels, targets)
    by_cell, done = _fit(cells, size.astype(np.float64), targets, (least, most, tolerance, rounds))
    weight = by_cell[cell_of]
    effective, effect = effective_size(weight)
    worst = max(float(np.abs(_shares(cells[:, m], size * by_cell, len(t)) - t).max()) for m, t in enumerate(targets))
    limit = (by_cell <= least * (1 + 1e-9)) | (by_cell >= most * (1 - 1e-9))
    return Weights(
        weight=weight,
        converged=worst <= tolerance,
        rounds=done,
        design_effect=effect,
        effective_n=effective,
        trimmed=int(size[limit].sum()),
        gaps=_gaps(margins, levels, targets, weight),
        unanswered=tuple(unanswered),
    )


def _prepare(margins: Sequence[Margin]) -> tuple[list[Ints], list[Floats], list[tuple[str, str]]]:
    """Levels of the replies, 0 standing for "not known", and target shares to match."""
    levels, targets, unanswered = [], [], []
    n = len(np.asarray(margins[0].replies))
    for margin in margins:
        level = codes(margin.replies, name=margin.name, below=len(margin.levels), length=n) + 1
        asked = floats(margin.asked, name=margin.name, length=len(margin.levels))
        replied = np.bincount(level, minlength=len(asked) + 1)
        if (asked < 0).any() or asked.sum() <= 0:
            raise ValueError(f"targets of {margin.name} must not be negative, nor all zero")
        if (replied[1:][asked == 0] > 0).any():
            raise ValueError(f"{margin.name} has replies at a level from which nobody was asked")
        unanswered += [(margin.name, name) for name, silent in zip(margin.levels, (replied[1:] == 0) & (asked > 0), strict=True) if silent]
        reached = np.where(replied[1:] > 0, asked, 0.0)
        unknown = replied[0] / max(n, 1)
        share = reached / max(reached.sum(), 1e-300) * (1 - unknown)
        levels.append(level)
        targets.append(np.concatenate([[unknown], share]))
    return levels, targets, unanswered


def _cells(levels: list[Ints], targets: list[Floats]) -> tuple[Ints, Ints, Ints]:
    """Distinct combinations of levels (C, margins), the combination of each reply (N,), and how many replies it has (C,)."""
    shape = tuple(len(target) for target in targets)
    key, cell_of, size = np.unique(np.ravel_multi_index(tuple(levels), shape), return_inverse=True, return_counts=True)
    return np.column_stack(np.unravel_index(key, shape)), cell_of, size


def _fit(cells: Ints, size: Floats, targets: list[Floats], limits: tuple[float, float, float, int]) -> tuple[Floats, int]:
    """Weight of each cell, and the rounds it took."""
    least, most, tolerance, rounds = limits
    weight = np.ones(len(cells))
    for done in range(1, rounds + 1):
        worst = 0.0
        for m, target in enumerate(targets):
            now = _shares(cells[:, m], size * weight, len(target))
            worst = max(worst, float(np.abs(now - target).max()))
            factor = np.divide(target, now, out=np.ones_like(target), where=now > 0)
            weight = weight * factor[cells[:, m]]
        weight = _cut(weight, size, least, most)
        if worst <= tolerance / 10:
            return weight, done
    return weight, rounds


def _cut(weight: Floats, size: Floats, least: float, most: float) -> Floats:
    """Weights within the limits with a mean of 1."""
    total = size.sum()
    for _ in range(200):  # a few as a rule; where nearly everything stands at a limit each step mends little
        weight = weight * total / (size @ weight)
        if weight.min() >= least - 1e-9 and weight.max() <= most + 1e-9:
            break
        weight = np.clip(weight, least, most)
    return weight


def _shares(level: Ints, mass: Floats, length: int) -> Floats:
    return np.asarray(np.bincount(level, weights=mass, minlength=length) / mass.sum())


def _gaps(margins: Sequence[Margin], levels: list[Ints], targets: list[Floats], weight: Floats) -> tuple[Gap, ...]:
    gaps = []
    for margin, level, target in zip(margins, levels, targets, strict=True):
        replied = _shares(level, np.ones(len(weight)), len(target))
        weighted = _shares(level, weight, len(target))
        asked = np.asarray(margin.asked, dtype=np.float64)
        gaps += [
            Gap(margin.name, name, float(asked[k] / asked.sum()), float(replied[k + 1]), float(weighted[k + 1]))
            for k, name in enumerate(margin.levels)
        ]
    return tuple(sorted(gaps, key=lambda gap: -abs(gap.weighted - gap.replied)))
