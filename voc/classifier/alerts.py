"""Alerts: lexicon OR model OR clause level, with thresholds set so that few are missed. A low score never means "cleared"."""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator

from voc.classifier import lexicon
from voc.classifier.calibration import logistic, platt
from voc.reasons.codebook import ALERTS

CODES = tuple(ALERTS)

#: Share of the alerts in held-out replies that must be found. A missed harm is the worst error of this product.
RECALL = {"health_harm": 0.974, "legal": 0.97, "cancel_blocked": 0.95, "winback": 0.88, "personal_data": 0.98}

_STEPS = 80


class AlertRule(BaseEstimator):  # type: ignore[misc]
    """When an alert is raised: a word of the lexicon, or a high margin of the whole reply, or of one clause.

    Parameters
    ----------
    code : str
    recall : float
        Share of the alerts in the held-out replies that is to be found.

    Attributes
    ----------
    whole_, clause_ : float
        Margins from which on it is raised.
    slope_, offset_ : float
        Of the curve that turns a margin into a score.
    """

    def __init__(self, *, code: str = "health_harm", recall: float = 0.95) -> None:
        self.code = code
        self.recall = recall

    def fit(self, whole: np.ndarray, clause: np.ndarray, words: np.ndarray, y: np.ndarray) -> Self:
        """Choose both margins so that ``recall`` is reached with the fewest replies flagged.

        Parameters
        ----------
        whole, clause : ndarray of shape (n,)
            Held-out margins of the reply, and of its strongest clause.
        words : ndarray of shape (n,), bool
            Whether the lexicon matches.
        y : ndarray of shape (n,), bool
        """
        self.slope_, self.offset_ = platt(whole, y)
        open_ = ~words
        wanted = int(np.ceil(self.recall * y.sum())) - int((words & y).sum())
        self.whole_, self.clause_ = float("inf"), float("inf")
        if wanted <= 0 or not y.any():
            # The lexicon alone finds enough here; the model still speaks up where it is sure.
            self.whole_ = float(np.quantile(whole[y], 0.25)) if y.any() else float("inf")
            return self
        fewest = len(y) + 1
        levels = np.unique(np.quantile(whole[open_ & y], np.linspace(0, 1, _STEPS)))
        for level in np.append(levels, np.inf):
            left = open_ & ~(whole >= level)
            missing = wanted - int((open_ & y & (whole >= level)).sum())
            if missing <= 0:
                second = np.inf
            elif missing > int((left & y).sum()):
                continue
            else:
                second = float(np.sort(clause[left & y])[::-1][missing - 1])
            flagged = int((words | (whole >= level) | (clause >= second)).sum())
            if flagged < fewest:
                fewest, self.whole_, self.clause_ = flagged, float(level), second
        return self

    def raised(self, whole: np.ndarray, clause: np.ndarray, words: np.ndarray) -> np.ndarray:
        """Which replies it is raised for, shape (n,), bool."""
        return np.asarray(words | (whole >= self.whole_) | (clause >= self.clause_))

    def score(self, whole: np.ndarray, clause: np.ndarray, words: np.ndarray) -> np.ndarray:
        """How sure, between 0 and 1: the model's probability, at least 0.5 where a word of the lexicon stands."""
        best = np.maximum(whole, np.minimum(clause, whole + 1))
        return np.asarray(np.maximum(logistic(best, self.slope_, self.offset_), np.where(words, 0.5, 0.0)))


def lexicon_matches(texts: list[str]) -> np.ndarray:
    """Whether the lexicon of each alert matches each normalised text: shape (n, number of alerts), bool."""
    found: Any = [[lexicon.matches(code, text) for code in CODES] for text in texts]
    return np.array(found, dtype=bool).reshape(len(texts), len(CODES))
