"""How good a classifier is: the figures of models/README.md, from probabilities and raised alerts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from voc.classifier.alerts import CODES
from voc.reasons.codebook import PREDICTED_LEAVES, group_of

BINS = 10
LENGTHS = ((0, 15), (15, 30), (30, 60), (60, 100), (100, 10_000))


@dataclass(frozen=True)
class Judged:
    """Replies with what people decided and what a classifier said.

    Attributes
    ----------
    probabilities
        Shape (n, 12), columns as ``PREDICTED_LEAVES``.
    primary
        Shape (n,), column of the true leaf.
    raised, alerts
        Shape (n, 5), bool: alerts raised, and true; columns as the codebook's.
    known
        Shape (n,), bool: whether the true alerts are known.
    """

    probabilities: np.ndarray
    primary: np.ndarray
    purchase_types: Sequence[str]
    raised: np.ndarray
    alerts: np.ndarray
    known: np.ndarray
    kinds: Sequence[str] = ()
    traps: Sequence[Sequence[str]] = ()
    lengths: Sequence[int] = ()
    hands: Sequence[str] = ()
    slices: dict[str, np.ndarray] = field(default_factory=dict)

    def __getitem__(self, rows: np.ndarray) -> "Judged":
        def pick(values: Sequence[Any]) -> list[Any]:
            return [values[i] for i in rows] if len(values) else []

        return Judged(
            self.probabilities[rows], self.primary[rows], pick(self.purchase_types), self.raised[rows], self.alerts[rows], self.known[rows],
            pick(self.kinds), pick(self.traps), pick(self.lengths), pick(self.hands),
        )  # fmt: skip


def figures(judged: Judged) -> dict[str, Any]:
    """All figures as plain data."""
    n = len(judged.primary)
    predicted = judged.probabilities.argmax(axis=1)
    return {
        "n": n,
        **_reasons(judged),
        "macro_f1": _rounded(macro_f1(judged.primary, predicted)),
        "ece": _rounded(expected_calibration_error(judged.probabilities.max(axis=1), predicted == judged.primary)),
        "coverage_at_95": _rounded(coverage(judged.probabilities.max(axis=1), predicted == judged.primary, precision=0.95)),
        "leaves": _by_leaf(judged.primary, predicted),
        "alerts": alert_figures(judged),
        "by": {name: {**_reasons(judged[rows]), "n": len(rows)} for name, rows in _slices(judged).items() if len(rows) >= 20},
    }


def _reasons(judged: Judged) -> dict[str, Any]:
    if not len(judged.primary):
        return {}
    predicted = judged.probabilities.argmax(axis=1)
    first_three = np.argsort(-judged.probabilities, axis=1)[:, :3]
    groups = [
        group_of(PREDICTED_LEAVES[a], kind) == group_of(PREDICTED_LEAVES[b], kind)
        for a, b, kind in zip(predicted, judged.primary, judged.purchase_types, strict=True)
    ]
    return {
        "leaf": _rounded(float(np.mean(predicted == judged.primary))),
        "group": _rounded(float(np.mean(groups))),
        "top3": _rounded(float(np.mean((first_three == judged.primary[:, None]).any(axis=1)))),
    }


def _slices(judged: Judged) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    if len(judged.kinds):
        for kind in sorted(set(judged.kinds)):
            found[f"kind {kind}"] = np.flatnonzero(np.array([k == kind for k in judged.kinds]))
    if len(judged.traps):
        found["no trap"] = np.flatnonzero(np.array([not t for t in judged.traps]))
        for trap in sorted({trap for traps in judged.traps for trap in traps}):
            found[f"trap {trap}"] = np.flatnonzero(np.array([trap in t for t in judged.traps]))
    if len(judged.lengths):
        lengths = np.array(judged.lengths)
        for low, high in LENGTHS:
            found[f"{low}–{high} characters" if high < 1000 else f"{low}+ characters"] = np.flatnonzero((lengths >= low) & (lengths < high))
    if len(judged.hands):
        for hand in sorted(set(judged.hands)):
            found[f"hand {hand}"] = np.flatnonzero(np.array([h == hand for h in judged.hands]))
    return found


def macro_f1(true: np.ndarray, predicted: np.ndarray) -> float:
    """Mean of the leaves' F1, over the leaves that occur."""
    scores = []
    for leaf in np.unique(true):
        hit = float(np.sum((predicted == leaf) & (true == leaf)))
        scores.append(2 * hit / (float(np.sum(predicted == leaf)) + float(np.sum(true == leaf))))
    return float(np.mean(scores))


def expected_calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """Mean gap between confidence and share right, over bins of equal size (Naeini et al. 2015; equal-mass bins: Nixon et al. 2019)."""
    order = np.argsort(confidence, kind="stable")
    gap = 0.0
    for part in np.array_split(order, bins):
        if len(part):
            gap += len(part) * abs(float(confidence[part].mean()) - float(right[part].mean()))
    return gap / len(confidence)


def coverage(confidence: np.ndarray, right: np.ndarray, *, precision: float) -> float:
    """Largest share of replies, the surest first, of which ``precision`` are right."""
    order = np.argsort(-confidence, kind="stable")
    shares = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(shares >= precision)
    return float((good[-1] + 1) / len(order)) if len(good) else 0.0


def alert_figures(judged: Judged) -> dict[str, Any]:
    """Recall, precision and share flagged of each alert, where the true alerts are known."""
    rows = np.flatnonzero(judged.known)
    found: dict[str, Any] = {}
    for k, code in enumerate(CODES):
        said, true = judged.raised[rows, k], judged.alerts[rows, k]
        both = int((said & true).sum())
        found[code] = {
            "true": int(true.sum()),
            "recall": _rounded(both / true.sum()) if true.any() else None,
            "precision": _rounded(both / said.sum()) if said.any() else None,
            "flagged": _rounded(float(said.mean())) if len(rows) else None,
        }
    return found


def _by_leaf(true: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column, leaf in enumerate(PREDICTED_LEAVES):
        hit, n, said = int(((predicted == column) & (true == column)).sum()), int((true == column).sum()), int((predicted == column).sum())
        found[leaf] = {"n": n, "recall": _rounded(hit / n) if n else None, "precision": _rounded(hit / said) if said else None}
    return found


def difference(before: np.ndarray, after: np.ndarray, *, seed: int = 0, draws: int = 2000) -> tuple[float, float, float]:
    """Change of accuracy between two classifiers on the same replies, with a 90 % interval by the paired bootstrap.

    Parameters
    ----------
    before, after : ndarray of shape (n,), bool
        Whether each was right.
    """
    gain = after.astype(float) - before.astype(float)
    rng = np.random.default_rng(seed)
    means = gain[rng.integers(0, len(gain), size=(draws, len(gain)))].mean(axis=1)
    low, high = np.quantile(means, [0.05, 0.95])
    return float(gain.mean()), float(low), float(high)


def flat(found: Mapping[str, Any], names: Sequence[str]) -> list[Any]:
    """Some of the figures in a row."""
    return [found[name] for name in names]


def _rounded(value: float) -> float:
    return round(float(value), 4)
