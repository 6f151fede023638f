"""All replies of a segment with their strata and weights, and the reviews among them: what every estimate starts from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from voc.stats.arrays import Floats, Ints, codes, floats, probabilities
from voc.stats.strata import MERGED, Strata, bands_for, merge, stratify

LEAST = 4
"""Fewest reviews in a stratum; below, strata are merged."""


@dataclass(frozen=True)
class Frame:
    """All replies with their strata and weights, and the reviews among them; one frame serves any number of codings.

    Attributes
    ----------
    strata : Strata
        H strata, each with at least one review (unless there is none at all).
    weight : ndarray, shape (N,)
        Weight of each reply, summing to 1.
    rows : ndarray of int, shape (n,)
        Reviewed replies, sorted by stratum.
    order : ndarray of int, shape (n,)
        Where each of ``rows`` stood in the caller's arrays.
    pull : ndarray, shape (n,)
        Weight of each review within its stratum (weight ÷ probability, summing to 1 in each stratum).
    reviewed : ndarray of int, shape (H,)
    weighted : bool
        Whether the caller gave weights.
    """

    strata: Strata
    weight: Floats
    rows: Ints
    order: Ints
    pull: Floats
    reviewed: Ints
    weighted: bool

    @property
    def starts(self) -> Ints:
        """First review of each stratum, shape (H,)."""
        return np.asarray(np.cumsum(self.reviewed) - self.reviewed, dtype=np.int64)

    @property
    def mass(self) -> Floats:
        """Share of all weight in each stratum, shape (H,)."""
        return self._sum(self.weight)

    @property
    def effective(self) -> Floats:
        """Reviews of each stratum, as many as if they all weighed alike (Kish), shape (H,): the number reviewed where they do."""
        return np.asarray(1 / np.add.reduceat(self.pull**2, self.starts))

    @property
    def open(self) -> Floats:
        """Variance of a stratum's mean for a variance of 1 within it: Σ pull² × (1 − sampled fraction), shape (H,)."""
        squared = np.add.reduceat(self.pull**2, self.starts)
        return np.asarray(squared * (1 - self.reviewed / self.strata.size))

    def _sum(self, values: Floats) -> Floats:
        return np.asarray(np.bincount(self.strata.of, weights=values, minlength=len(self.strata)), dtype=np.float64)


def make_frame(
    predicted: ArrayLike,
    confidence: ArrayLike,
    *,
    rows: ArrayLike,
    probability: ArrayLike,
    weights: ArrayLike | None = None,
    bands: int | None = None,
) -> Frame:
    """Divides the replies of a segment into strata that its reviews can carry.

    Parameters
    ----------
    predicted, confidence : array_like, shape (N,)
        Predicted code (report group) and confidence of every reply of the segment.
    rows : array_like of int, shape (n,)
        Positions of the replies that were drawn at random and reviewed. Replies that were reviewed because they looked hard,
        alarming or interesting do not belong here: they tell nothing about the others.
    probability : array_like, shape (n,)
        Probability with which each was drawn (``waves.chances`` where there were several draws). Within a
        stratum only the ratios matter; replies that were certain to be drawn (1) form a stratum of their own.
    weights : array_like, shape (N,), optional
        Weight of each reply (``weighting.rake``), in any unit.
    bands : int, optional
        Bands of confidence for each code; by default as many as the reviews carry.

    Returns
    -------
    Frame

    Raises
    ------
    ValueError
        When lengths differ, a row stands twice or outside, or a probability or weight is not positive.
    """
    code = codes(predicted, name="predicted")
    row = codes(rows, name="rows", below=len(code))
    p = probabilities(probability, name="probability", length=len(row))
    if len(np.unique(row)) != len(row) or (row < 0).any():
        raise ValueError("each reviewed reply must stand once in rows, by its position")
    weight = np.ones(len(code)) if weights is None else floats(weights, name="weights", length=len(code))
    if len(weight) and weight.min() <= 0:
        raise ValueError("weights must be positive")
    strata = stratify(code, confidence, bands=bands or bands_for(len(row), len(np.unique(code))))
    strata = _carried(strata, row, p)
    order = np.argsort(strata.of[row], kind="stable")
    row = row[order]
    of = strata.of[row]
    raw = weight[row] / p[order]
    pull = raw / np.bincount(of, weights=raw, minlength=len(strata))[of]
    reviewed = np.bincount(of, minlength=len(strata))
    return Frame(strata, weight / max(weight.sum(), 1e-300), row, order, pull, reviewed, weights is not None)


def _carried(strata: Strata, rows: Ints, probability: Floats) -> Strata:
    """Merged strata, with the replies that were certain to be drawn in one of their own."""
    certain = rows[probability >= 1 - 1e-9]
    by_chance = rows[probability < 1 - 1e-9]
    if not len(certain) or len(by_chance) < LEAST:
        return merge(strata, np.bincount(strata.of[rows], minlength=len(strata)), least=LEAST)
    strata = merge(strata, np.bincount(strata.of[by_chance], minlength=len(strata)), least=LEAST)
    of = strata.of.copy()
    of[certain] = len(strata)
    size = np.bincount(of, minlength=len(strata) + 1)
    return Strata(of, np.append(strata.predicted, MERGED), np.append(strata.band, 0), size)
