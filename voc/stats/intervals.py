"""Intervals for a share and for a difference of two shares.

All functions broadcast over arrays. A *level* of 0.95 means that 95 of 100 such intervals hold the true value;
for a one-sided bound it is the chance that the true value lies on the good side of the bound.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from voc.stats.arrays import Floats

Side = Literal["lower", "upper"]


def normal_quantile(level: float, *, sides: int = 2) -> float:
    """Number of standard errors to go, e.g. 1.96 for 0.95 on both sides.

    Raises
    ------
    ValueError
        When ``level`` does not lie between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"a level must lie between 0 and 1, not {level}")
    from scipy.special import ndtri  # here, since scipy takes long to load and the site may never need it

    return float(ndtri(1 - (1 - level) / sides))


def wilson(share: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Wilson's score interval for a share.

    Parameters
    ----------
    share : array_like
        Observed or estimated share, 0 to 1.
    n : array_like
        Number of observations, or the effective number where the share is estimated from a complex sample; need not be
        whole. Infinity (everything is known) gives an interval without width, 0 the whole range.
    level : float
        Coverage asked for.

    Returns
    -------
    low, high : ndarray
        Both within 0 and 1, in the shape of the broadcast inputs.

    References
    ----------
    E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference. JASA 22, 209–212.
    L. D. Brown, T. T. Cai, A. DasGupta (2001), Interval estimation for a binomial proportion. Statistical Science 16, 101–133.
    """
    return _wilson(share, n, normal_quantile(level))


def _wilson(share: ArrayLike, n: ArrayLike, z: float) -> tuple[Floats, Floats]:
    p, n = np.broadcast_arrays(np.asarray(share, dtype=np.float64), np.asarray(n, dtype=np.float64))
    with np.errstate(divide="ignore", invalid="ignore"):
        pull = z * z / n
        centre = (p + pull / 2) / (1 + pull)
        half = z / (1 + pull) * np.sqrt(np.maximum(p * (1 - p), 0) / n + pull / (4 * n))
    known = n > 0
    low = np.where(known, np.where(p <= 0, 0.0, centre - half), 0.0)
    high = np.where(known, np.where(p >= 1, 1.0, centre + half), 1.0)
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


def exact(found: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Clopper and Pearson's interval: never covers less than ``level``, often more.

    Parameters
    ----------
    found, n : array_like
        Cases and observations. With the effective number of observations in place of ``n`` and share × effective number
        in place of ``found`` (neither need be whole) it is Korn and Graubard's interval for complex samples.

    Returns
    -------
    low, high : ndarray

    References
    ----------
    C. J. Clopper, E. S. Pearson (1934), The use of confidence or fiducial limits. Biometrika 26, 404–413.
    E. L. Korn, B. I. Graubard (1998), Confidence intervals for proportions with small expected number of positive counts
    estimated from survey data. Survey Methodology 24, 193–201.
    """
    one_sided = 1 - (1 - level) / 2
    return exact_bound(found, n, side="lower", level=one_sided), exact_bound(found, n, side="upper", level=one_sided)


def exact_bound(found: ArrayLike, n: ArrayLike, *, side: Side, level: float = 0.95) -> Floats:
    """One-sided Clopper–Pearson bound.

    With ``found = 0`` the upper bound is 1 − (1 − level)^(1/n), which is about 3/n at 95 % (the rule of three).

    Raises
    ------
    ValueError
        When more is found than was observed.
    """
    from scipy.special import betaincinv

    x, n = np.broadcast_arrays(np.asarray(found, dtype=np.float64), np.asarray(n, dtype=np.float64))
    if (x < 0).any() or (x > n * (1 + 1e-12)).any():
        raise ValueError("found must lie between 0 and n")
    rest = np.maximum(n - x, 0)
    with np.errstate(invalid="ignore"):
        if side == "lower":
            return np.where(x > 0, betaincinv(np.maximum(x, 1e-300), rest + 1, 1 - level), 0.0)
        return np.where(rest > 0, betaincinv(x + 1, np.maximum(rest, 1e-300), level), 1.0)


def difference(
    first: tuple[ArrayLike, ArrayLike, ArrayLike], second: tuple[ArrayLike, ArrayLike, ArrayLike]
) -> tuple[Floats, Floats, Floats]:
    """Difference of two independent shares, with an interval made from the interval of each.

    Parameters
    ----------
    first, second : (share, low, high)
        The two shares, each with its own interval of the level that the difference is to have.

    Returns
    -------
    difference, low, high : ndarray
        ``first`` minus ``second``, between −1 and 1.

    Notes
    -----
    Keeps what each interval knows about its skewness, so it does not leave −1 to 1 and holds for shares near 0.
    With Wilson intervals it is Newcombe's method 10.

    References
    ----------
    R. G. Newcombe (1998), Interval estimation for the difference between independent proportions: comparison of eleven
    methods. Statistics in Medicine 17, 873–890.
    A. Donner, G. Y. Zou (2012), Closed-form confidence intervals for functions of the normal mean and standard deviation.
    Statistical Methods in Medical Research 21, 347–359 (MOVER).
    """
    p1, l1, u1 = (np.asarray(value, dtype=np.float64) for value in first)
    p2, l2, u2 = (np.asarray(value, dtype=np.float64) for value in second)
    d = p1 - p2
    return d, d - np.hypot(p1 - l1, u2 - p2), d + np.hypot(u1 - p1, p2 - l2)


def effective_n(share: ArrayLike, variance: ArrayLike) -> Floats:
    """Size of the simple random sample that would know the share as well: share × (1 − share) ÷ variance.

    Infinity where the variance is 0 (everything is known).
    """
    p, v = np.broadcast_arrays(np.asarray(share, dtype=np.float64), np.asarray(variance, dtype=np.float64))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(v > 0, p * (1 - p) / v, np.inf)
