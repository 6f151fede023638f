"""How far reviewers agree: Cohen's kappa, Krippendorff's alpha, and the pairs of reasons that are confused.

All functions take decisions in long form: for each decision the unit (reply), the reviewer and the code, as whole numbers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voc.stats.arrays import Floats, Ints, codes, floats
from voc.stats.intervals import exact_bound

DRAWS = 2000
"""Bootstrap repetitions."""


@dataclass(frozen=True)
class Agreement:
    """A coefficient of agreement.

    Attributes
    ----------
    value : float
        1 full agreement, 0 as much as chance, below 0 less; NaN where it is not defined (only one code was used, or nothing
        was coded twice).
    low, high : float
        Percentile bootstrap interval over units.
    units : int
        Units that were coded at least twice.
    observed : float
        Share of pairs of decisions on the same unit that agree.
    """

    value: float
    low: float
    high: float
    units: int
    observed: float


def krippendorff_alpha(
    unit: ArrayLike, reviewer: ArrayLike, code: ArrayLike, *, weight: ArrayLike | None = None, level: float = 0.95, seed: int = 0
) -> Agreement:
    """Krippendorff's alpha for nominal codes; any number of reviewers, any of them missing on any unit.

    Parameters
    ----------
    unit, reviewer, code : array_like of int, shape (m,)
        The decisions. A reviewer decides on a unit once.
    weight : array_like, shape (m,), optional
        Weight of the decision's unit (1 ÷ the probability with which it was chosen for double coding); the same for all
        decisions on a unit.
    level : float
        Of the bootstrap interval.
    seed : int

    Returns
    -------
    Agreement

    Raises
    ------
    ValueError
        When a reviewer stands twice on a unit, or lengths differ.

    References
    ----------
    K. Krippendorff (2018), Content Analysis, 4th ed., ch. 12. Sage.
    K. Krippendorff (2011), Computing Krippendorff's alpha-reliability. University of Pennsylvania.
    """
    counts, weights, _ = _counts(unit, reviewer, code, weight)
    return _alpha(counts, weights, level, seed)


def alpha_by_code(
    unit: ArrayLike, reviewer: ArrayLike, code: ArrayLike, *, weight: ArrayLike | None = None, level: float = 0.95, seed: int = 0
) -> dict[int, Agreement]:
    """Alpha for each code against all others together: how well reviewers agree on that reason."""
    counts, weights, used = _counts(unit, reviewer, code, weight)
    return {
        int(value): _alpha(np.column_stack([counts[:, k], counts.sum(axis=1) - counts[:, k]]), weights, level, seed)
        for k, value in enumerate(used)
    }


def cohen_kappa(first: ArrayLike, second: ArrayLike, *, weight: ArrayLike | None = None, level: float = 0.95, seed: int = 0) -> Agreement:
    """Cohen's kappa of two reviewers on the units that both coded.

    Parameters
    ----------
    first, second : array_like of int, shape (U,)
        Their codes, unit by unit.
    weight : array_like, shape (U,), optional

    Returns
    -------
    Agreement

    References
    ----------
    J. Cohen (1960), A coefficient of agreement for nominal scales. Educational and Psychological Measurement 20, 37–46.
    """
    one = codes(first, name="first")
    two = codes(second, name="second", length=len(one))
    weights = np.ones(len(one)) if weight is None else floats(weight, name="weight", length=len(one))
    if not len(one):
        return _undefined(0)
    _, both = np.unique(np.concatenate([one, two]), return_inverse=True)
    size = int(both.max()) + 1
    cell = both[: len(one)] * size + both[len(one) :]
    resampled = _resample(np.column_stack([cell, weights]), seed)
    if resampled is None:
        return _undefined(len(one))
    patterns, times = resampled
    table = np.zeros((len(times), size * size))
    for k, (place, heavy) in enumerate(patterns):
        table[:, int(place)] += times[:, k] * heavy
    observed, kappa = _kappa(table.reshape(-1, size, size))
    return _interval(kappa, float(observed[0]), len(one), 1 - _expected(table[:1].reshape(1, size, size))[0], level)


def kappa_by_code(
    first: ArrayLike, second: ArrayLike, *, weight: ArrayLike | None = None, level: float = 0.95, seed: int = 0
) -> dict[int, Agreement]:
    """Cohen's kappa for each code against all others together."""
    one = codes(first, name="first")
    two = codes(second, name="second", length=len(one))
    used = np.unique(np.concatenate([one, two]))
    return {
        int(value): cohen_kappa((one == value).astype(np.int64), (two == value).astype(np.int64), weight=weight, level=level, seed=seed)
        for value in used
    }


def kappa_by_pair(
    unit: ArrayLike, reviewer: ArrayLike, code: ArrayLike, *, weight: ArrayLike | None = None, level: float = 0.95, seed: int = 0
) -> dict[tuple[int, int], Agreement]:
    """Kappa of each pair of reviewers who have units in common, keyed by (lower, higher) reviewer; ``weight`` as in alpha."""
    units, people, given = _decisions(unit, reviewer, code)
    weights = np.ones(len(units)) if weight is None else floats(weight, name="weight", length=len(units))
    order = np.lexsort((people, units))
    units, people, given, weights = units[order], people[order], given[order], weights[order]
    found: dict[tuple[int, int], list[tuple[float, float, float]]] = {}
    for apart in range(1, _most_per_unit(units)):
        same = np.flatnonzero(units[apart:] == units[:-apart])
        for k in same:
            found.setdefault((int(people[k]), int(people[k + apart])), []).append((given[k], given[k + apart], weights[k]))
    result = {}
    for pair, decisions in sorted(found.items()):
        table = np.array(decisions, dtype=np.float64)
        one, two = table[:, :2].astype(np.int64).T
        result[pair] = cohen_kappa(one, two, weight=table[:, 2], level=level, seed=seed)
    return result


def _decisions(unit: ArrayLike, reviewer: ArrayLike, code: ArrayLike) -> tuple[Ints, Ints, Ints]:
    units = codes(unit, name="unit")
    people = codes(reviewer, name="reviewer", length=len(units))
    given = codes(code, name="code", length=len(units))
    if len(units) and len(np.unique(np.column_stack([units, people]), axis=0)) != len(units):
        raise ValueError("a reviewer stands twice on the same unit")
    return units, people, given


def _counts(unit: ArrayLike, reviewer: ArrayLike, code: ArrayLike, weight: ArrayLike | None) -> tuple[Floats, Floats, Ints]:
    """How often each unit that was coded at least twice was given each code (U, K), the units' weights (U,), the codes (K,)."""
    units, _, given = _decisions(unit, reviewer, code)
    weights = np.ones(len(units)) if weight is None else floats(weight, name="weight", length=len(units))
    used, column = np.unique(given, return_inverse=True)
    _, first, row = np.unique(units, return_index=True, return_inverse=True)
    counts = np.zeros((len(first), len(used)))
    np.add.at(counts, (row, column), 1.0)
    twice = counts.sum(axis=1) >= 2
    return counts[twice], weights[first][twice], used


def _most_per_unit(units: Ints) -> int:
    return int(np.unique(units, return_counts=True)[1].max()) if len(units) else 0


def _alpha(counts: Floats, weights: Floats, level: float, seed: int) -> Agreement:
    if not len(counts):
        return _undefined(0)
    resampled = _resample(np.column_stack([counts, weights / weights.mean()]), seed)
    if resampled is None:
        return _undefined(len(counts))
    patterns, times = resampled
    table, heavy = patterns[:, :-1], patterns[:, -1]
    decisions = table.sum(axis=1)
    differing = (decisions**2 - (table**2).sum(axis=1)) / (decisions - 1)
    each = times * heavy
    by_code = each @ table
    total = by_code.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = (total**2 - (by_code**2).sum(axis=1)) / (total - 1) / total
        observed = each @ differing / total
        alpha = np.where(expected > 0, 1 - observed / expected, np.nan)
    return _interval(alpha, 1 - float(observed[0]), len(counts), float(expected[0]), level)


def _resample(rows: Floats, seed: int) -> tuple[Floats, NDArray[np.float64]] | None:
    """Distinct rows, and how often each stands in the sample (first line) and in each bootstrap sample (the others).

    None where a bootstrap has nothing to draw from.
    """
    patterns, times = np.unique(rows, axis=0, return_counts=True)
    n = int(times.sum())
    if n < 2:
        return None
    drawn = np.random.default_rng(seed).multinomial(n, times / n, size=DRAWS)
    return patterns, np.vstack([times, drawn]).astype(np.float64)


def _kappa(table: Floats) -> tuple[Floats, Floats]:
    total = table.sum(axis=(1, 2))
    observed = np.einsum("bkk->b", table) / total
    expected = _expected(table)
    with np.errstate(divide="ignore", invalid="ignore"):
        return observed, np.where(expected < 1, (observed - expected) / (1 - expected), np.nan)


def _expected(table: Floats) -> Floats:
    total = table.sum(axis=(1, 2))
    return np.asarray((table.sum(axis=1) * table.sum(axis=2)).sum(axis=1) / total**2)


def _interval(values: Floats, observed: float, units: int, by_chance: float, level: float) -> Agreement:
    """The first value, and the interval of the others.

    Where reviewers never disagreed, resampling cannot imagine a disagreement; the exact bound of the rate of disagreement can.
    """
    value = float(values[0])
    if np.isnan(value):
        return Agreement(value, value, value, units, observed)
    tail = (1 - level) / 2
    low, high = np.nanquantile(values[1:], [tail, 1 - tail])
    if observed >= 1:
        low = 1 - float(exact_bound(0, units, side="upper", level=1 - tail)) / by_chance
    return Agreement(value, float(min(low, value)), float(max(high, value)), units, observed)


def _undefined(units: int) -> Agreement:
    return Agreement(float("nan"), float("nan"), float("nan"), units, float("nan"))
