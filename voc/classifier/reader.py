"""The classifier that voc ships: linear models over words and, where they leave a reply open, sentence vectors."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator

from voc.classifier.alerts import CODES, lexicon_matches
from voc.classifier.calibration import logistic
from voc.classifier.documents import Document, document
from voc.classifier.evidence import alert_spans, reason_spans
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
SECONDARY = 0.5
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
            readings += self._read_batch(texts[start : start + BATCH], purchase_types[start : start + BATCH], automatic or {})
        return readings

    def probabilities(self, texts: Sequence[str], purchase_types: Sequence[str]) -> np.ndarray:
        """Calibrated probabilities, shape (len(texts), 12)."""
        parts = [
            self._measure([document(text) for text in texts[i : i + BATCH]], purchase_types[i : i + BATCH]).probabilities
            for i in range(0, len(texts), BATCH)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, N))

    def _read_batch(self, texts: Sequence[str], purchase_types: Sequence[str], automatic: Mapping[str, float]) -> list[Reading]:
        documents = [document(text) for text in texts]
        measured = self._measure(documents, purchase_types)
        order = np.argsort(-measured.probabilities, axis=1, kind="stable")[:, :3]
        readings = []
        for i, (doc, bought) in enumerate(zip(documents, purchase_types, strict=True)):
            if not doc.folded.strip():
                readings.append(nothing_written(bought))
                continue
            leaves = [LEAVES[j] for j in order[i]]
            confidence = float(measured.probabilities[i, order[i, 0]])
            readings.append(
                Reading(
                    primary=leaves[0],
                    group=group_of(leaves[0], bought),
                    secondary=self._secondary(measured, i, leaves[0]),
                    suggestions=tuple(
                        (leaf, round(float(measured.probabilities[i, j]), 4)) for leaf, j in zip(leaves, order[i], strict=True)
                    ),
                    confidence=round(confidence, 4),
                    evidence=reason_spans(doc, measured.found[i], self._weights_of("words", int(order[i, 0]))),
                    alerts=self._alerts(doc, measured, i),
                    auto=confidence >= automatic.get(leaves[0], 2.0),
                )
            )
        return readings

    def _secondary(self, measured: "Measured", i: int, primary: str) -> tuple[str, ...]:
        told = [(float(p), leaf) for p, leaf in zip(measured.mentions[i], LEAVES, strict=True) if p >= SECONDARY and leaf != primary]
        return tuple(leaf for _, leaf in sorted(told, reverse=True) if leaf not in ("no_reason", "unclear"))

    def _alerts(self, doc: Document, measured: "Measured", i: int) -> tuple[RaisedAlert, ...]:
        return tuple(
            RaisedAlert(
                code, round(float(measured.scores[i, k]), 4), alert_spans(doc, measured.found[i], code, self._weights_of("alert", k))
            )
            for k, code in enumerate(CODES)
            if measured.raised[i, k]
        )

    # -- measuring --------------------------------------------------------------------------------------------------------

    def _measure(self, documents: Sequence[Document], purchase_types: Sequence[str]) -> "Measured":
        found = [self.vectorizer_.find(doc.folded) for doc in documents]
        whole, clause = self.margins(documents, found, purchase_types)
        strange = strangeness(documents, found)
        words = lexicon_matches([doc.normal.text for doc in documents])
        mixed = mixed_margins(documents, whole, clause)
        probabilities = self.calibrators_[0].predict_proba(mixed[:, PARTS["words"]], strange)
        raised, scores = self.judge_alerts(whole[:, PARTS["alert"]], clause, words, PARTS["alert"])
        open_ = self.left_open(probabilities, whole[:, PARTS["alert"]])
        encoder = self._encoder()
        if encoder is not None and len(open_):
            vectors = encoder.encode([documents[i].normal.text for i in open_]) * VECTOR
            deeper = vectors @ self.vector_weights_
            mixed[open_] += deeper
            probabilities[open_] = self.calibrators_[1].predict_proba(mixed[open_][:, PARTS["full"]], strange[open_])
            margins = whole[open_][:, PARTS["alert_full"]] + deeper[:, PARTS["alert_full"]]
            raised[open_], scores[open_] = self.judge_alerts(margins, clause[open_], words[open_], PARTS["alert_full"])
        mentions = logistic(mixed[:, PARTS["mention"]], self.mention_[0], self.mention_[1])
        return Measured(found, probabilities, mentions, raised, scores)

    def left_open(self, probabilities: np.ndarray, alert_margins: np.ndarray) -> np.ndarray:
        """Replies for which sentence vectors are worth their time, by row."""
        return np.flatnonzero((probabilities.max(axis=1) < self.sure_) | (alert_margins >= self.quiet_).any(axis=1))

    def judge_alerts(self, whole: np.ndarray, clause: "Clauses", words: np.ndarray, part: slice) -> tuple[np.ndarray, np.ndarray]:
        rules = self.rules_[: len(CODES)] if part == PARTS["alert"] else self.rules_[len(CODES) :]
        best = clause.strongest[:, PARTS["alert"]]
        raised = np.column_stack([rule.raised(whole[:, k], best[:, k], words[:, k]) for k, rule in enumerate(rules)])
        scores = np.column_stack([rule.score(whole[:, k], best[:, k], words[:, k]) for k, rule in enumerate(rules)])
        return raised, scores

    def margins(self, documents: Sequence[Document], found: Sequence[Found], purchase_types: Sequence[str]) -> tuple[np.ndarray, "Clauses"]:
        rows = self.vectorizer_.rows([(one, doc.spans) for one, doc in zip(found, documents, strict=True)])
        weights = self._weights()
        margins = np.asarray(rows @ weights[:-1]) + self.intercepts_
        counts = np.array([len(doc.spans) for doc in documents])
        bought = np.array([SUBSCRIBED if kind == SUBSCRIPTION else 0.0 for kind in purchase_types], dtype=np.float32)
        margins += np.repeat(bought, counts)[:, None] * weights[-1]
        return split_clauses(documents, margins, counts)

    # -- what is kept out of the artefact ---------------------------------------------------------------------------------

    def _weights(self) -> np.ndarray:
        if getattr(self, "_dense_of", None) is not self.weights_:
            self._dense: np.ndarray = self.weights_.astype(np.float32)
            self._columns: dict[tuple[str, int], np.ndarray] = {}
            self._dense_of = self.weights_
        return self._dense

    def _weights_of(self, part: str, column: int) -> np.ndarray:
        """Weight times idf of each feature for one class, and 0 for the unknown feature, which is the last."""
        dense = self._weights()
        kept = self._columns.get((part, column))
        if kept is None:
            place = (PARTS[part].start or 0) + column
            kept = self._columns[part, column] = np.append(dense[:-1, place] * self.vectorizer_.idf_, 0).astype(np.float32)
        return kept

    def _encoder(self) -> Encoder | None:
        if not self.encoder_:
            return None
        encoder = available()
        return encoder if encoder is not None and encoder.name == self.encoder_ else None

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name not in ("_dense", "_dense_of", "_columns")}


def nothing_written(purchase_type: str) -> Reading:
    """The reading of a text without any sign: that is known, and no model is asked."""
    return Reading("unclear", group_of("unclear", purchase_type), (), (("unclear", 1.0),), 1.0, (), ())


class Measured:
    """A batch measured: what readings are made from."""

    def __init__(self, found: list[Found], probabilities: np.ndarray, mentions: np.ndarray, raised: np.ndarray, scores: np.ndarray) -> None:
        self.found = found
        self.probabilities = probabilities
        self.mentions = mentions
        self.raised = raised
        self.scores = scores


class Clauses:
    """Margins of the clauses of a batch: their weighted mean and, for alerts, the strongest, each of shape (n, columns)."""

    def __init__(self, mean: np.ndarray, strongest: np.ndarray) -> None:
        self.mean = mean
        self.strongest = strongest

    def __getitem__(self, rows: np.ndarray) -> "Clauses":
        return Clauses(self.mean[rows], self.strongest[rows])


def split_clauses(documents: Sequence[Document], margins: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, Clauses]:
    """Rows of whole replies and of their clauses, in order, to the replies' margins and their clauses'.

    A reply of one clause is its own clause.
    """
    starts = np.cumsum(counts) - counts
    whole = margins[starts]
    first = starts + (counts > 1)
    weights = np.ones(len(margins), dtype=np.float32)
    for doc, start, count in zip(documents, first, counts, strict=True):
        if count > 1:
            weights[start : start + count - 1] = doc.weights
    total = np.add.reduceat(np.where(_is_clause(starts, counts, len(margins)), weights, 0), starts)
    summed = np.add.reduceat(margins * np.where(_is_clause(starts, counts, len(margins)), weights, 0)[:, None], starts, axis=0)
    lowest = np.where(_is_clause(starts, counts, len(margins))[:, None], margins, -np.inf)
    return whole, Clauses(summed / total[:, None], np.maximum.reduceat(lowest, starts, axis=0))


def _is_clause(starts: np.ndarray, counts: np.ndarray, n: int) -> np.ndarray:
    clause = np.ones(n, dtype=bool)
    clause[starts[counts > 1]] = False
    return clause


def mixed_margins(documents: Sequence[Document], whole: np.ndarray, clause: Clauses) -> np.ndarray:
    """The whole reply and its clauses, mixed by ``CLAUSES``."""
    return np.asarray((1 - CLAUSES) * whole + CLAUSES * clause.mean)


def strangeness(documents: Sequence[Document], found: Sequence[Found]) -> np.ndarray:
    """Share of unknown features and length of each reply: shape (n, 2)."""
    return np.array([(one.unknown_share(), len(doc.folded)) for doc, one in zip(documents, found, strict=True)], dtype=np.float64).reshape(
        -1, 2
    )


def with_type(rows: sparse.csr_matrix, purchase_types: Sequence[str]) -> sparse.csr_matrix:
    """Append the column that says how the customer bought."""
    bought = np.array([[SUBSCRIBED if kind == SUBSCRIPTION else 0.0] for kind in purchase_types], dtype=np.float32)
    return sparse.hstack([rows, sparse.csr_matrix(bought)]).tocsr()
