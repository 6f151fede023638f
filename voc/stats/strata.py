"""Strata: replies that were read alike (same predicted group) and about as surely (same band of confidence).

Within a stratum the machine is about equally often wrong, so few reviews tell how often, and more of them can be spent
where the machine is unsure.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from voc.stats.arrays import Floats, Ints, codes, floats

MERGED = -1
"""Predicted code of a stratum that was put together from several predicted groups."""

_GRID = 256
_LEAST_SPREAD = 0.05
"""Least c·(1 − c) that is believed: a classifier that says 0.99 is wrong more often than once in a hundred."""


@dataclass(frozen=True)
class Strata:
    """A division of all replies.

    Attributes
    ----------
    of : ndarray of int, shape (N,)
        Stratum of each reply, 0 to H − 1.
    predicted : ndarray of int, shape (H,)
        Predicted code of the stratum, or ``MERGED``.
    band : ndarray of int, shape (H,)
        Band of confidence within the predicted code, 0 the least sure; counts from the first band that was merged into it.
    size : ndarray of int, shape (H,)
        Replies in the stratum.
    """

    of: Ints
    predicted: Ints
    band: Ints
    size: Ints

    def __len__(self) -> int:
        return len(self.size)


def bands_for(reviews: int, groups: int) -> int:
    """Number of bands of confidence for a number of reviews: up to 3 with 7 reviews a stratum each, up to 5 with 14."""
    each = reviews // (7 * max(groups, 1))
    return int(np.clip(max(each // 2, min(each, 3)), 1, 5))


def stratify(predicted: ArrayLike, confidence: ArrayLike, *, bands: int = 3) -> Strata:
    """Predicted code × band of confidence.

    The bands of a code are cut so that each holds the same sum of √(c(1 − c)), c being the confidence: then each has about
    the same share of the best allocation of reviews, and bands are narrow where the machine is unsure.

    Parameters
    ----------
    predicted : array_like of int, shape (N,)
        Predicted code; the finest for which shares are shown first, usually the report group.
    confidence : array_like of float, shape (N,)
        Confidence of the reading, 0 to 1. It need not be calibrated: only its order and rough size matter.
    bands : int
        At most so many bands for each code.

    Returns
    -------
    Strata

    Raises
    ------
    ValueError
        When the arrays differ in length or a confidence lies outside 0 to 1.

    References
    ----------
    T. Dalenius, J. L. Hodges (1959), Minimum variance stratification. JASA 54, 88–101.
    """
    code = codes(predicted, name="predicted")
    sure = floats(confidence, name="confidence", length=len(code))
    if sure.size and (sure.min() < 0 or sure.max() > 1):
        raise ValueError("confidence must lie between 0 and 1")
    if bands < 1:
        raise ValueError("at least one band is needed")
    if not len(code):
        empty = np.zeros(0, dtype=np.int64)
        return Strata(empty, empty, empty, empty)
    cell = (code + 1) * _GRID + _grid(sure)
    band_of_cell = _cut(np.bincount(cell, minlength=(int(code.max()) + 2) * _GRID), bands)
    return _numbered((code + 1) * bands + band_of_cell[cell], bands)


def _grid(sure: Floats) -> Ints:
    """Confidence on a grid that is fine near 1, where most readings lie."""
    return np.asarray(np.minimum((1 - np.sqrt(1 - sure)) * _GRID, _GRID - 1), dtype=np.int64)


def _cut(counts: Ints, bands: int) -> Ints:
    """Band of each cell of the grid, cut at equal sums of √(c(1 − c)) within each code."""
    by_code = counts.reshape(-1, _GRID)
    middle = 1 - (1 - (np.arange(_GRID) + 0.5) / _GRID) ** 2
    spread = np.sqrt(np.maximum(middle * (1 - middle), _LEAST_SPREAD))
    mass = by_code * spread
    total = mass.sum(axis=1, keepdims=True)
    before = np.cumsum(mass, axis=1) - mass / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        band = np.where(total > 0, before / total * bands, 0)
    return np.asarray(np.minimum(band, bands - 1), dtype=np.int64).ravel()


def _numbered(key: Ints, bands: int) -> Strata:
    """Strata numbered without gaps from keys of the form (code + 1) × bands + band."""
    present = np.flatnonzero(np.bincount(key))
    number = np.full(int(present[-1]) + 1, -1, dtype=np.int64)
    number[present] = np.arange(len(present))
    of = number[key]
    return Strata(of, present // bands - 1, present % bands, np.bincount(of, minlength=len(present)))


def merge(strata: Strata, reviewed: Ints, *, least: int = 4) -> Strata:
    """Puts strata together until each holds ``least`` reviews (or is reviewed whole).

    Neighbouring bands of one predicted code first; then codes that still have too few, together.

    Parameters
    ----------
    strata : Strata
    reviewed : ndarray of int, shape (H,)
        Reviewed replies in each stratum.
    least : int
        Fewest reviews from which a share within a stratum is estimated.

    Returns
    -------
    Strata
        The same division or a coarser one. With fewer than ``least`` reviews in all it has one stratum.
    """
    target = np.arange(len(strata))
    for code in np.unique(strata.predicted):
        _join_bands(target, np.flatnonzero(strata.predicted == code), strata.size, reviewed, least)
    _join_codes(target, strata.size, reviewed, least)
    return _renumbered(strata, target)


def _enough(members: Ints, size: Ints, reviewed: Ints, least: int) -> bool:
    n = reviewed[members].sum()
    return bool(n >= least or n == size[members].sum())


def _join_bands(target: Ints, own: Ints, size: Ints, reviewed: Ints, least: int) -> None:
    """Joins neighbouring bands of one code, least sure first; a rest goes to the band before it."""
    open_, done = [], []
    for stratum in own[np.argsort(own)]:
        open_.append(stratum)
        if _enough(np.array(open_), size, reviewed, least):
            done.append(open_)
            open_ = []
    if open_ and done:
        done[-1] += open_
    elif open_:
        done.append(open_)
    for members in done:
        target[members] = members[0]


def _join_codes(target: Ints, size: Ints, reviewed: Ints, least: int) -> None:
    """Joins all strata that still hold too few reviews, and, if need be, the smallest of the others to them."""
    by_target = np.bincount(target, weights=reviewed, minlength=len(target)), np.bincount(target, weights=size, minlength=len(target))
    roots = np.unique(target)
    poor = [root for root in roots if by_target[0][root] < min(least, by_target[1][root])]
    rest = sorted((root for root in roots if root not in poor), key=lambda root: by_target[1][root])
    while poor and rest and by_target[0][poor].sum() < least:
        poor.append(rest.pop(0))
    if poor:
        target[np.isin(target, poor)] = min(poor)


def _renumbered(strata: Strata, target: Ints) -> Strata:
    roots, position = np.unique(target, return_inverse=True)
    of = position[strata.of]
    same = np.array([len(np.unique(strata.predicted[target == root])) == 1 for root in roots], dtype=bool)
    predicted = np.where(same, strata.predicted[roots], MERGED)
    return Strata(of, predicted, strata.band[roots], np.bincount(of, minlength=len(roots)))
