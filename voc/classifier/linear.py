"""Linear models that are averaged into one: a softmax regression with weak and with strong regularisation, and an SVM."""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data


class AveragedLinearClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Average of the decision functions of two logistic regressions and a linear SVM.

    Each member's margins are brought to the same spread on the training data before they are averaged, so that the average is
    itself one linear model: one matrix product at prediction, whatever the number of members.

    Parameters
    ----------
    C_logistic : tuple of float
        Inverse regularisation of each logistic regression (L2, multinomial).
    C_svm : float
        Inverse regularisation of the SVM (squared hinge, one against the rest).
    random_state : int
        Seed of the SVM's coordinate descent.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    coef_ : ndarray of shape (n_classes, n_features), float32
    intercept_ : ndarray of shape (n_classes,), float32
    scale_ : float
        What margins are multiplied with before the softmax of ``predict_proba``.
    """

    def __init__(self, *, C_logistic: tuple[float, ...] = (3.0, 30.0), C_svm: float = 0.5, random_state: int = 0) -> None:
        self.C_logistic = C_logistic
        self.C_svm = C_svm
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit all members and average them.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), optional
        """
        X, y = validate_data(self, X, y, accept_sparse="csr")
        check_classification_targets(y)
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, X)
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise ValueError("Classifier can't train when only one class is present.")
        members: list[Any] = [LogisticRegression(C=C, max_iter=200, tol=1e-3) for C in self.C_logistic]
        members.append(LinearSVC(C=self.C_svm, random_state=self.random_state, max_iter=3000))
        coefs, intercepts = [], []
        for member in members:
            member.fit(X, y, sample_weight=weight)
            coef, intercept = _one_row_a_class(member.coef_, member.intercept_)
            spread = _spread(X @ coef.T + intercept, weight)
            coefs.append(coef / spread)
            intercepts.append(intercept / spread)
        self.coef_ = np.mean(coefs, axis=0).astype(np.float32)
        self.intercept_ = np.mean(intercepts, axis=0).astype(np.float32)
        self.scale_ = 3.0
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Margins of shape (n_samples, n_classes); of shape (n_samples,) for the second class where there are two."""
        margins = self._margins(X)  # before anything else: it tells when nothing was fitted
        return margins[:, 1] - margins[:, 0] if len(self.classes_) == 2 else margins

    def predict_proba(self, X: Any) -> np.ndarray:
        """Softmax of the margins, not calibrated, of shape (n_samples, n_classes)."""
        return softmax(self._margins(X) * self.scale_)

    def predict(self, X: Any) -> np.ndarray:
        best = self._margins(X).argmax(axis=1)
        return np.asarray(self.classes_[best])

    def _margins(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", reset=False)
        return np.asarray(X @ self.coef_.T + self.intercept_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _spread(margins: np.ndarray, weight: np.ndarray | None) -> float:
    """Standard deviation of all margins, each sample by its weight."""
    weights = np.ones(len(margins)) if weight is None else weight
    mean = np.average(margins.mean(axis=1), weights=weights)
    return float(np.sqrt(np.average(((margins - mean) ** 2).mean(axis=1), weights=weights))) or 1.0


def _one_row_a_class(coef: np.ndarray, intercept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn keeps one row for two classes; here each has its own."""
    if len(coef) == 1:
        return np.vstack([-coef, coef]) / 2, np.concatenate([-intercept, intercept]) / 2
    return coef, intercept


def softmax(margins: np.ndarray) -> np.ndarray:
    """Row by row, safe for large margins."""
    shifted = np.exp(margins - margins.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
