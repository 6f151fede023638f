"""The classifier that voc ships: linear models over words and, where they leave a reply open, sentence vectors."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator

from voc.classifier.alerts import CODES
from voc.classifier.batch import Batch, prepared
from voc.classifier.calibration import logistic
from voc.classifier.columns import Columns, Measured, columns_of
from voc.classifier.evidence import ReasonSpans, Spans, alert_spans, reason_spans
from voc.classifier.features import Found
from voc.classifier.reading import RaisedAlert, Reading
from voc.classifier.vectors import Encoder, available
from voc.reasons.codebook import PREDICTED_LEAVES, SUBSCRIPTION, group_of

BATCH = 512
CLAUSES = 0.4
"""Part of the clauses, each by its weight, in a reply's margins; the rest is the whole text's."""
SUBSCRIBED = 0.3
"""Value of the feature that says how the customer bought."""
VECTOR = 0.45
"""Length of the sentence vector beside the two blocks of words, which have length 1 each."""
LEAVES = PREDICTED_LEAVES
N = len(LEAVES)

#: Columns of the weights: leaves by words alone, leaves with vectors, mentions of leaves, alerts by words, alerts with vectors.
PARTS = {"words": slice(0, N), "full": slice(N, 2 * N), "mention": slice(2 * N, 3 * N), "alert": slice(3 * N, 3 * N + 5)}
PARTS["alert_full"] = slice(3 * N + 5, 3 * N + 10)
COLUMNS = 3 * N + 10


class ReplyClassifier(BaseEstimator):  # type: ignore[misc]
    """Reads replies: reason, confidence, evidence, alerts. Made by ``train.fit``; all it has learnt are arrays.

    Attributes
    ----------
    version : str
    vectorizer_ : ReplyVectorizer
    weights_ : ndarray of shape (n_terms + 1, COLUMNS), float16
        One row a feature and one for the way of buying; columns as in ``PARTS``.
    intercepts_ : ndarray of shape (COLUMNS,), float32
    vector_weights_ : ndarray of shape (dimensions, COLUMNS), float32
        Used in the columns "full" and "alert_full" only.
    encoder_ : str
        Name of the encoder it was trained with; ``""`` for none.
    calibrators_ : list of MarginCalibrator
        For words alone, and with vectors.
    rules_ : list of AlertRule
        One an alert, in the codebook's order, for words alone; then those with vectors.
    mention_ : ndarray of shape (2, N)
        Slopes and offsets of the mention margins.
    sure_ : float
        Confidence by words alone from which on vectors are not consulted for the reason.
    quiet_ : ndarray of shape (5,)
        Alert margins by words alone below which vectors are not consulted for the alert.
    """

    def __init__(self, *, version: str = "untrained") -> None:
        self.version = version

    @property
    def leaves(self) -> tuple[str, ...]:
        return LEAVES

    # -- reading ----------------------------------------------------------------------------------------------------------

    def read(self, texts: Sequence[str], purchase_types: Sequence[str], *, automatic: Mapping[str, float] | None = None) -> list[Reading]:
        """Read replies of any length, in batches. See ``reading.Classifier``."""
        readings: list[Reading] = []
        for start in range(0, len(texts), BATCH):
            part = slice(start, start + BATCH)
            readings += self.read_prepared(prepared(texts[part]), purchase_types[part], automatic=automatic)
        return readings

    def probabilities(self, texts: Sequence[str], purchase_types: Sequence[str]) -> np.ndarray:
        """Calibrated probabilities, shape (len(texts), 12)."""
        parts = [np.zeros((0, N))]
        for start in range(0, len(texts), BATCH):
            batch = prepared(texts[start : start + BATCH])
            found = self.vectorizer_.find(batch.texts)
            parts.append(self._measure(batch, found, purchase_types[start : start + BATCH]).probabilities)
        return np.concatenate(parts)

    def read_prepared(self, batch: Batch, purchase_types: Sequence[str], *, automatic: Mapping[str, float] | None = None) -> list[Reading]:
        """Read one batch of prepared replies; sentence vectors that are computed on the way are kept in it."""
        if not len(batch):
            return []
        found = self.vectorizer_.find(batch.texts)
        measured = self._measure(batch, found, purchase_types)
        columns = columns_of(measured, batch.blank())
        evidence = reason_spans(batch, found, self._reason_weights(), columns.likeliest[:, 0])
        confidence = measured.probabilities.max(axis=1).tolist()
        thresholds = automatic or {}
        readings = []
        for i, (bought, best, told) in enumerate(
            zip(purchase_types, columns.likeliest.tolist(), columns.probabilities.tolist(), strict=True)
        ):
            if columns.blank[i]:
                readings.append(nothing_written(bought))
                continue
            leaf, raised = LEAVES[best[0]], columns.alerts.get(i, ())
            readings.append(
                Reading(
                    primary=leaf,
                    group=group_of(leaf, bought),
                    secondary=columns.secondary.get(i, ()),
                    suggestions=tuple((LEAVES[j], p) for j, p in zip(best, told, strict=True)),
                    confidence=told[0],
                    evidence=evidence[i],
                    alerts=tuple(RaisedAlert(code, score, self._alert_spans(batch, i, found, code)) for code, score in raised),
                    auto=not raised and confidence[i] >= thresholds.get(leaf, 2.0),
                )
            )
        return readings

    def read_columns(self, batch: Batch, purchase_types: Sequence[str]) -> Columns:
        """What ``read_prepared`` reads but for the evidence, column by column, in a fraction of the time."""
        measured = self._measure(batch, self.vectorizer_.find(batch.texts), purchase_types)
        return columns_of(measured, batch.blank())

    def explain(self, texts: Sequence[str], leaves: Sequence[str]) -> list[ReasonSpans]:
        """The evidence that ``read`` gives with these leaves, without reading again."""
        batch = prepared(texts)
        found = self.vectorizer_.find(batch.texts)
        return reason_spans(batch, found, self._reason_weights(), np.array([LEAVES.index(leaf) for leaf in leaves], dtype=np.int64))

    def _alert_spans(self, batch: Batch, i: int, found: Found, code: str) -> Spans:
        return alert_spans(batch, i, found, CODES.index(code), self._alert_weights())

    # -- measuring --------------------------------------------------------------------------------------------------------

    def _measure(self, batch: Batch, found: Found, purchase_types: Sequence[str]) -> Measured:
        whole, clause = self.margins(batch, found, purchase_types)
        strange = strangeness(found)
        words = batch.words
        mixed = mixed_margins(whole, clause)
        probabilities = self.calibrators_[0].predict_proba(mixed[:, PARTS["words"]], strange)
        raised, scores = self.judge_alerts(whole[:, PARTS["alert"]], clause, words, PARTS["alert"])
        open_ = self.left_open(probabilities, whole[:, PARTS["alert"]])
        encoder = self._encoder()
        if encoder is not None and len(open_):
            deeper = _vectors(batch, open_, encoder) * np.float32(VECTOR) @ self.vector_weights_
            mixed[open_] += deeper
            probabilities[open_] = self.calibrators_[1].predict_proba(mixed[open_][:, PARTS["full"]], strange[open_])
            margins = whole[open_][:, PARTS["alert_full"]] + deeper[:, PARTS["alert_full"]]
            raised[open_], scores[open_] = self.judge_alerts(margins, clause[open_], words[open_], PARTS["alert_full"])
        mentions = logistic(mixed[:, PARTS["mention"]], self.mention_[0], self.mention_[1])
        return Measured(probabilities, mentions, raised, scores)

    def left_open(self, probabilities: np.ndarray, alert_margins: np.ndarray) -> np.ndarray:
        """Replies for which sentence vectors are worth their time, by row."""
        return np.flatnonzero((probabilities.max(axis=1) < self.sure_) | (alert_margins >= self.quiet_).any(axis=1))

    def judge_alerts(self, whole: np.ndarray, clause: "Clauses", words: np.ndarray, part: slice) -> tuple[np.ndarray, np.ndarray]:
        rules = self.rules_[: len(CODES)] if part == PARTS["alert"] else self.rules_[len(CODES) :]
        best = clause.strongest[:, PARTS["alert"]]
        raised = np.column_stack([rule.raised(whole[:, k], best[:, k], words[:, k]) for k, rule in enumerate(rules)])
        scores = np.column_stack([rule.score(whole[:, k], best[:, k], words[:, k]) for k, rule in enumerate(rules)])
        return raised, scores

    def margins(self, batch: Batch, found: Found, purchase_types: Sequence[str]) -> tuple[np.ndarray, "Clauses"]:
        rows = self.vectorizer_.rows(found, batch.spans)
        weights = self._weights()
        margins = np.asarray(rows @ weights[:-1]) + self.intercepts_
        bought = np.array([SUBSCRIBED if kind == SUBSCRIPTION else 0.0 for kind in purchase_types], dtype=np.float32)
        margins += np.repeat(bought, np.diff(np.append(batch.whole, len(batch.spans))))[:, None] * weights[-1]
        return split_clauses(batch, margins)

    # -- what is kept out of the artefact ---------------------------------------------------------------------------------

    def _weights(self) -> np.ndarray:
        if getattr(self, "_dense_of", None) is not self.weights_:
            self._dense: np.ndarray = self.weights_.astype(np.float32)
            weighed = self._dense[:-1] * self.vectorizer_.idf_[:, None]
            self._shares = [
                np.vstack([weighed[:, PARTS[part]], np.zeros((1, weighed[:, PARTS[part]].shape[1]), dtype=np.float32)])
                for part in ("words", "alert")
            ]
            self._dense_of = self.weights_
        return self._dense

    def _reason_weights(self) -> np.ndarray:
        """Weight times idf of each feature for each leaf, and 0 for the unknown feature, which is the last."""
        self._weights()
        return self._shares[0]

    def _alert_weights(self) -> np.ndarray:
        """Likewise for each alert."""
        self._weights()
        return self._shares[1]

    def _encoder(self) -> Encoder | None:
        if not self.encoder_:
            return None
        encoder = available()
        return encoder if encoder is not None and encoder.name == self.encoder_ else None

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name not in ("_dense", "_dense_of", "_shares")}


def nothing_written(purchase_type: str) -> Reading:
    """The reading of a text without any sign: that is known, and no model is asked."""
    return Reading("unclear", group_of("unclear", purchase_type), (), (("unclear", 1.0),), 1.0, (), ())


class Clauses:
    """Margins of the clauses of a batch: their weighted mean and, for alerts, the strongest, each of shape (n, columns)."""

    def __init__(self, mean: np.ndarray, strongest: np.ndarray) -> None:
        self.mean = mean
        self.strongest = strongest

    def __getitem__(self, rows: np.ndarray) -> "Clauses":
        return Clauses(self.mean[rows], self.strongest[rows])


def split_clauses(batch: Batch, margins: np.ndarray) -> tuple[np.ndarray, Clauses]:
    """The margins of the spans of a batch to those of the whole replies and of their clauses.

    A reply of one clause is its own clause.
    """
    weights = batch.weights
    total = np.add.reduceat(weights, batch.whole)
    summed = np.add.reduceat(margins * weights[:, None], batch.whole, axis=0)
    only_clauses = np.where((weights > 0)[:, None], margins, -np.inf)
    return margins[batch.whole], Clauses(summed / total[:, None], np.maximum.reduceat(only_clauses, batch.whole, axis=0))


def mixed_margins(whole: np.ndarray, clause: Clauses) -> np.ndarray:
    """The whole reply and its clauses, mixed by ``CLAUSES``."""
    return np.asarray((1 - CLAUSES) * whole + CLAUSES * clause.mean)


def strangeness(found: Found) -> np.ndarray:
    """Share of unknown features and length of each reply: shape (n, 2)."""
    return np.column_stack([found.unknown_shares(), np.diff(found.bounds).astype(np.float64)])


def _vectors(batch: Batch, rows: np.ndarray, encoder: Encoder) -> np.ndarray:
    """Sentence vectors of some rows of a batch. In half precision, so that a reply is read the same from the cache."""
    missing = [i for i in rows.tolist() if i not in batch.vectors]
    if missing:
        new = encoder.encode([batch.documents[i].normal.text for i in missing]).astype(np.float16)
        batch.vectors.update(zip(missing, new, strict=True))
    return np.array([batch.vectors[i] for i in rows.tolist()], dtype=np.float32)


def with_type(rows: sparse.csr_matrix, purchase_types: Sequence[str]) -> sparse.csr_matrix:
    """Append the column that says how the customer bought."""
    bought = np.array([[SUBSCRIBED if kind == SUBSCRIPTION else 0.0] for kind in purchase_types], dtype=np.float32)
    return sparse.hstack([rows, sparse.csr_matrix(bought)]).tocsr()
