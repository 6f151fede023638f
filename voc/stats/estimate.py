"""Corrected shares: the machine's reading of all replies, put right by the reviews of some.

The estimator is a stratified prediction-powered mean (λ = 1 for the codes that the strata are made of): what the machine counted,
plus, stratum by stratum, what a random sample of reviews found it to miscount. It stays unbiased however bad the machine is; a good
machine makes it narrow.
docs/statistics.md has the derivation, the reasons and the simulation study.

References
----------
A. N. Angelopoulos, S. Bates, C. Fannjiang, M. I. Jordan, T. Zrnic (2023), Prediction-powered inference. Science 382, 669–674.
N. Egami, M. Hinck, B. M. Stewart, H. Wei (2023), Using imperfect surrogates for downstream inference: design-based supervised
learning for social science applications of large language models. NeurIPS 36.
A. Fisch, J. Maynez, R. A. Hofer, B. Dhingra, A. Globerson, W. W. Cohen (2024), Stratified prediction-powered inference for
effective hybrid evaluation of language models. NeurIPS 37.
C.-E. Särndal, B. Swensson, J. Wretman (1992), Model Assisted Survey Sampling, ch. 5–7. Springer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from voc.stats.arrays import Bools, Floats, Ints, codes
from voc.stats.frame import Frame, make_frame
from voc.stats.intervals import effective_n, wilson
from voc.stats.variance import within_variance

__all__ = ["Coding", "Estimate", "Frame", "Of", "estimate", "make_frame"]

Of = Literal["replies", "customers"]
"""What a share is a share of: these very replies, or the customers whom they stand for (who answer by chance)."""


@dataclass(frozen=True)
class Coding:
    """One set of codes for which shares are wanted.

    Attributes
    ----------
    codes : sequence of str, length K
    read : ndarray, shape (N,) of int or (N, K) of bool
        What the machine read in each reply: one code's position (−1 none of them), or any number of codes ("mentioned").
    found : ndarray, shape (n,) of int or (n, K) of bool
        What the reviewers decided (adjudicated, where that was done), in the order of the frame's ``rows`` argument.
    """

    codes: Sequence[str]
    read: Ints | Bools
    found: Ints | Bools


@dataclass(frozen=True)
class Estimate:
    """Corrected shares of one coding, before it is decided what of them may be claimed.

    Attributes
    ----------
    codes : tuple of str, length K
    counted : ndarray of int, shape (K,)
        The machine's count.
    share : ndarray, shape (K,)
        Corrected share, 0 to 1; NaN without any review.
    variance : ndarray, shape (K,)
        Variance that comes from reviewing only some.
    chance : ndarray, shape (K,)
        Variance that comes from these customers and not others having answered.
    known : tuple of two ndarray, shape (K,)
        Least and greatest share that the reviewed replies leave possible.
    replies, reviewed : int
        N and n.
    within : ndarray, shape (H, K)
        Variance of the machine's error within each stratum, as used; the planner plans with it.
    frame : Frame
    """

    codes: tuple[str, ...]
    counted: Ints
    share: Floats
    variance: Floats
    chance: Floats
    known: tuple[Floats, Floats]
    replies: int
    reviewed: int
    within: Floats
    frame: Frame

    def effective_n(self, *, of: Of = "replies") -> Floats:
        """Number of plainly reviewed replies that would tell as much, shape (K,)."""
        if not self.reviewed:
            return np.zeros(len(self.codes))
        inside = np.clip(self.share, 0.5 / self.reviewed, 1 - 0.5 / self.reviewed)
        if of == "replies":
            return effective_n(inside, self.variance)
        # Of customers no more can be known than so many replies tell: a reason that none of 20 gave may be that of the next.
        return np.asarray(np.minimum(effective_n(inside, self.variance + self.chance), 1 / (self.frame.weight**2).sum()))

    def interval(self, *, level: float = 0.95, of: Of = "replies") -> tuple[Floats, Floats]:
        """Wilson's interval on the effective sample size, shape (K,) each."""
        if not self.reviewed:
            return np.zeros(len(self.codes)), np.ones(len(self.codes))
        low, high = wilson(self.share, self.effective_n(of=of), level=level)
        if of == "customers":
            return low, high
        return np.minimum(np.maximum(low, self.known[0]), self.share), np.maximum(np.minimum(high, self.known[1]), self.share)


def estimate(frame: Frame, coding: Coding) -> Estimate:
    """Corrected share of every code.

    Parameters
    ----------
    frame : Frame
    coding : Coding
        K codes, exclusive (one primary reason a reply) or not (all reasons mentioned).

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        When the coding does not fit the frame.

    Notes
    -----
    With ω the weights of the replies (sum 1), f the machine's reading, y the reviewers' and a the weights of the reviews within
    their stratum h (sum 1 in each)::

        share_k = λ Σ_i ω_i f_ik + Σ_h W_h Σ_{i in h} a_i (y_ik − λ f_ik)
        variance_k = Σ_h W_h² v_hk (1 − n_h/N_h) Σ_{i in h} a_i²

    Where every reply of a stratum is read alike, as in the coding that the strata are made of, λ cancels out: the estimate is that
    of λ = 1. Only for finer codes (leaves) or several codes a reply does it matter, and there one λ is taken for all codes together.

    Shares of exclusive codes add up to 1, and the shares of a group's leaves to the group's, because every code has the same strata
    (but for shares that chance put below 0, which are shown as 0).
    """
    _check(frame, coding)
    read = _read_share(frame, coding)
    counted = _count(coding)
    if not len(frame.rows):
        nothing = np.full(len(coding.codes), np.nan)
        return Estimate(
            tuple(coding.codes), counted, nothing, nothing, nothing, (nothing, nothing), len(frame.weight), 0, np.zeros_like(read), frame
        )
    found = _rows_of(coding.found, frame.order, len(coding.codes))
    said = _rows_of(coding.read, frame.rows, len(coding.codes))
    power = _power(frame, said, found)
    mean, spread = _moments(frame, found - power * said)
    mass = frame.mass
    inside = power * read + mean
    share = mass @ inside
    within = within_variance(spread, frame.effective, read=read > 0.02, share=share)
    return Estimate(
        codes=tuple(coding.codes),
        counted=counted,
        share=np.clip(share, 0, 1),
        variance=(mass**2 * frame.open) @ within,
        chance=_chance(frame, np.clip(inside, 0, 1), share),
        known=_known(frame, found),
        replies=len(frame.weight),
        reviewed=len(frame.rows),
        within=within,
        frame=frame,
    )


def _check(frame: Frame, coding: Coding) -> None:
    n_codes = len(coding.codes)
    for name, values, length in (("read", coding.read, len(frame.weight)), ("found", coding.found, len(frame.rows))):
        if values.ndim == 1:
            codes(values, name=name, below=n_codes, length=length)
        elif values.shape != (length, n_codes):
            raise ValueError(f"{name} must have the shape {(length, n_codes)}, not {values.shape}")


def _rows_of(values: Ints | Bools, rows: Ints, n_codes: int) -> Floats:
    """Indicators of the codes at some rows, shape (n, K)."""
    chosen = values[rows]
    return np.asarray(chosen if chosen.ndim == 2 else chosen[:, None] == np.arange(n_codes), dtype=np.float64)


def _read_share(frame: Frame, coding: Coding) -> Floats:
    """Share of the stratum's weight that the machine read as each code, shape (H, K)."""
    n_strata, n_codes = len(frame.strata), len(coding.codes)
    table = np.zeros((n_strata, n_codes))
    if coding.read.ndim == 1:
        cell = frame.strata.of * (n_codes + 1) + coding.read + 1
        mass = np.bincount(cell, weights=frame.weight, minlength=n_strata * (n_codes + 1))
        table[:] = mass.reshape(n_strata, n_codes + 1)[:, 1:]
    else:
        for k in range(n_codes):
            marked = np.flatnonzero(coding.read[:, k])
            table[:, k] = np.bincount(frame.strata.of[marked], weights=frame.weight[marked], minlength=n_strata)
    return table / np.maximum(frame.mass, 1e-300)[:, None]


def _count(coding: Coding) -> Ints:
    if coding.read.ndim == 1:
        return np.asarray(np.bincount(coding.read + 1, minlength=len(coding.codes) + 1)[1:], dtype=np.int64)
    return np.asarray(coding.read.sum(axis=0), dtype=np.int64)


def _power(frame: Frame, said: Floats, found: Floats) -> float:
    """λ: how much of the machine's reading to take over where replies of one stratum are read differently.

    The value between 0 and 1 that makes the variances of all codes together least, each on the scale of its own share. One number
    from all reviews and codes: tuned for each code by itself it would adapt to chance, and leaves would not add up to their group.
    """
    starts = frame.starts
    mean_said = np.repeat(np.add.reduceat(frame.pull[:, None] * said, starts, axis=0), frame.reviewed, axis=0)
    mean_found = np.repeat(np.add.reduceat(frame.pull[:, None] * found, starts, axis=0), frame.reviewed, axis=0)
    heavy = (np.repeat(frame.mass, frame.reviewed) * frame.pull) ** 2
    usual = np.clip(found.mean(axis=0), 1 / len(found), 1 - 1 / len(found)) if len(found) > 2 else np.full(found.shape[1], 0.5)
    scale = 1 / (usual * (1 - usual))
    both = float(heavy @ ((said - mean_said) * (found - mean_found)) @ scale)
    own = float(heavy @ (said - mean_said) ** 2 @ scale)
    return float(np.clip(both / own, 0, 1)) if own > 1e-12 else 1.0


def _moments(frame: Frame, error: Floats) -> tuple[Floats, Floats]:
    """Mean of the error in each stratum, and its sum of squares about the mean (on the scale of its effective reviews), shape (H, K).

    The squares are weighted by the square of each review's weight: reviews that stand for many replies are usually those of which
    the machine was sure, and their errors are rarer than the others'.
    """
    starts = frame.starts
    mean = np.add.reduceat(frame.pull[:, None] * error, starts, axis=0)
    own = (error - np.repeat(mean, frame.reviewed, axis=0)) ** 2
    heavy = frame.pull**2
    square = np.add.reduceat(heavy[:, None] * own, starts, axis=0) / np.add.reduceat(heavy, starts)[:, None]
    return mean, frame.effective[:, None] * square


def _known(frame: Frame, found: Floats) -> tuple[Floats, Floats]:
    """Least and greatest share that the reviewed replies leave possible, shape (K,) each."""
    weight = frame.weight[frame.rows]
    return weight @ found, 1 - weight @ (1 - found)


def _chance(frame: Frame, inside: Floats, share: Floats) -> Floats:
    """Variance of the share if other customers had answered: Σ ω² (y − share)², estimated by strata, shape (K,)."""
    squared = np.bincount(frame.strata.of, weights=frame.weight**2, minlength=len(frame.strata))
    return np.asarray(squared @ (inside * (1 - inside) + (inside - share) ** 2))
