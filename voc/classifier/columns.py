"""What a model read in many replies, column by column: for tables, where making an object of each reply costs more than reading it."""

from dataclasses import dataclass

import numpy as np

from voc.classifier.alerts import CODES
from voc.reasons.codebook import PREDICTED_LEAVES

DIGITS = 4
"""Probabilities and scores are told with so many decimals."""


@dataclass(frozen=True, slots=True)
class Columns:
    """All of some readings but their evidence.

    Attributes
    ----------
    likeliest : ndarray of shape (n, 3), int
        Places in ``PREDICTED_LEAVES``, likeliest first.
    probabilities : ndarray of shape (n, 3), float64
        Theirs, rounded.
    blank : ndarray of shape (n,), bool
        Nothing is written: "unclear" for sure, whatever the other columns say.
    secondary : dict of int to tuple of str
        Further leaves that a reply tells, by row.
    alerts : dict of int to tuple of (str, float)
        Codes raised and their scores, by row.
    known : ndarray of shape (n,), bool
        Replies for which the columns do not count, since they were read before in a better way (``honest``).
    """

    likeliest: np.ndarray
    probabilities: np.ndarray
    blank: np.ndarray
    secondary: dict[int, tuple[str, ...]]
    alerts: dict[int, tuple[tuple[str, float], ...]]
    known: np.ndarray


@dataclass(frozen=True, slots=True)
class Measured:
    """A batch measured: what readings are made from, a row a reply, a column a leaf or an alert."""

    probabilities: np.ndarray
    mentions: np.ndarray
    raised: np.ndarray
    scores: np.ndarray


SECONDARY = 0.5
_NEVER_SECONDARY = [PREDICTED_LEAVES.index("no_reason"), PREDICTED_LEAVES.index("unclear")]


def columns_of(measured: Measured, blank: np.ndarray) -> Columns:
    """What stands in the readings of a batch, without a look at each reply."""
    likeliest = np.argsort(-measured.probabilities, axis=1, kind="stable")[:, :3]
    alerts: dict[int, tuple[tuple[str, float], ...]] = {}
    scores = rounded(measured.scores)
    signs = measured.raised & ~blank[:, None]
    for i, k in zip(*(each.tolist() for each in np.nonzero(signs)), strict=True):
        alerts[i] = (*alerts.get(i, ()), (CODES[k], float(scores[i, k])))
    return Columns(
        likeliest,
        rounded(np.take_along_axis(measured.probabilities, likeliest, axis=1)),
        blank,
        _secondary(measured.mentions, likeliest[:, 0], blank),
        alerts,
        np.zeros(len(blank), dtype=bool),
    )


def _secondary(mentions: np.ndarray, primary: np.ndarray, blank: np.ndarray) -> dict[int, tuple[str, ...]]:
    """Further leaves that a reply tells, likeliest first, by row."""
    told = mentions >= SECONDARY
    told[np.arange(len(primary)), primary] = False
    told[:, _NEVER_SECONDARY] = False
    told[blank] = False
    found: dict[int, tuple[str, ...]] = {}
    for i in np.flatnonzero(told.any(axis=1)).tolist():
        columns = np.flatnonzero(told[i])
        found[i] = tuple(PREDICTED_LEAVES[j] for j in columns[np.argsort(-mentions[i, columns], kind="stable")])
    return found


def rounded(values: np.ndarray) -> np.ndarray:
    """Each as ``round(value, DIGITS)`` has it, float64: what lies so near the middle that a product could err is left to ``round``."""
    exact = values.astype(np.float64)
    scaled = exact * 10**DIGITS
    found = np.rint(scaled)
    doubtful = np.abs(np.abs(scaled - found) - 0.5) < 1e-6
    found /= 10**DIGITS
    found[doubtful] = [round(value, DIGITS) for value in exact[doubtful].tolist()]
    return np.asarray(found)
