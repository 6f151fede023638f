"""Margins to probabilities that mean what they say, learnt on replies that the model had not seen."""

from typing import Any, Self

import numpy as np
from scipy.optimize import minimize
from sklearn.base import BaseEstimator

from voc.classifier.linear import softmax

_TINY = 1e-9


class MarginCalibrator(BaseEstimator):  # type: ignore[misc]
    """Softmax with a temperature that depends on how strange the text is, and a bias for each leaf.

    ``p = softmax(exp(t · z) · margin + b)`` with ``z = (1, share of unknown features, ln(1 + length) / 5)``: temperature scaling (Guo et
    al. 2017) that gets humbler on texts unlike the training's. Fit by the log-likelihood, with the biases held small.

    Parameters
    ----------
    penalty : float
        Weight of the squared biases.

    Attributes
    ----------
    temperature_ : ndarray of shape (3,)
    bias_ : ndarray of shape (n_leaves,)
    """

    def __init__(self, *, penalty: float = 20.0) -> None:
        self.penalty = penalty

    def fit(self, margins: np.ndarray, strangeness: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> Self:
        """Learn from margins of replies that were held out.

        Parameters
        ----------
        margins : ndarray of shape (n, n_leaves)
        strangeness : ndarray of shape (n, 2)
            Share of unknown features, and length in characters.
        y : ndarray of shape (n,), int
            Column of the true leaf.
        sample_weight : ndarray of shape (n,), optional
        """
        z = _inputs(strangeness)
        weight = np.ones(len(y)) if sample_weight is None else sample_weight
        rows = np.arange(len(y))

        def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
            t, b = parameters[:3], parameters[3:]
            scale = np.exp(z @ t)
            p = softmax(margins * scale[:, None] + b)
            wrong = p.copy()
            wrong[rows, y] -= 1
            wrong *= weight[:, None]
            slope = np.concatenate([z.T @ ((wrong * margins).sum(axis=1) * scale), wrong.sum(axis=0) + 2 * self.penalty * b])
            return float(-(weight * np.log(p[rows, y] + _TINY)).sum() + self.penalty * (b @ b)), slope

        found = minimize(loss, np.zeros(3 + margins.shape[1]), jac=True, method="L-BFGS-B")
        self.temperature_ = found.x[:3]
        self.bias_ = found.x[3:]
        return self

    def predict_proba(self, margins: np.ndarray, strangeness: np.ndarray) -> np.ndarray:
        """Probabilities of shape (n, n_leaves)."""
        scale = np.exp(_inputs(strangeness) @ self.temperature_)
        return softmax(margins * scale[:, None] + self.bias_)


def _inputs(strangeness: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(strangeness)), strangeness[:, 0], np.log1p(strangeness[:, 1]) / 5])


def logistic(margins: np.ndarray, slope: Any, offset: Any) -> np.ndarray:
    """``1 / (1 + exp(-(slope · margin + offset)))``, safe for large margins."""
    return np.asarray(1 / (1 + np.exp(-np.clip(slope * margins + offset, -30, 30))))


def platt(margins: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and offset of a logistic curve from margins to probabilities (Platt 1999), from held-out margins."""
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(y)) < 2:
        return 1.0, 0.0
    model = LogisticRegression(C=100.0).fit(margins[:, None], y)
    return float(model.coef_[0, 0]), float(model.intercept_[0])
