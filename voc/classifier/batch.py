"""Replies prepared together, as far as no model is needed: cut into pieces and clauses, asked for the words that raise alerts."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from voc.classifier.alerts import lexicon_matches
from voc.classifier.documents import Document, document
from voc.classifier.features import Cut, cut_texts
from voc.text.pieces import is_space


@dataclass(frozen=True, slots=True)
class Batch:
    """Some replies, ready for any model.

    Attributes
    ----------
    documents : sequence of Document
        Measuring needs none of them; those of kept replies are made when they are asked for.
    texts : Cut
        Their folded texts.
    words : ndarray of shape (n, number of alerts), bool
        Which alerts' lexicons match.
    spans : ndarray of shape (n_spans, 2), int64
        Each whole text, followed by its clauses where there are two or more, by place in the joined texts.
    weights : ndarray of shape (n_spans,), float32
        Of each clause; 0 for a whole text that has clauses after it.
    whole : ndarray of shape (n,), int64
        Which span is each whole text.
    vectors : dict of int to ndarray of shape (dimensions,), float16
        Sentence vectors by row, of those replies for which a model has asked.
    """

    documents: Sequence[Document]
    texts: Cut
    words: np.ndarray
    spans: np.ndarray
    weights: np.ndarray
    whole: np.ndarray
    vectors: dict[int, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.whole)

    def blank(self) -> np.ndarray:
        """Which replies hold no sign but white space: shape (n,), bool."""
        signs = np.concatenate([[0], np.cumsum(~is_space(self.texts.joined.codes))])
        return np.asarray(np.diff(signs[self.texts.bounds]) == 0)


def prepared(texts: Sequence[str]) -> Batch:
    """Prepare replies of any kind and length."""
    documents = [document(text) for text in texts]
    return gathered(documents, lexicon_matches([doc.normal.text for doc in documents]))


def gathered(documents: list[Document], words: np.ndarray) -> Batch:
    """Documents as a batch."""
    texts = cut_texts([doc.folded for doc in documents])
    starts: list[int] = []
    ends: list[int] = []
    weights: list[float] = []
    whole: list[int] = []
    for doc, at, end in zip(documents, texts.bounds.tolist(), texts.bounds[1:].tolist(), strict=False):
        whole.append(len(starts))
        starts.append(at)
        ends.append(end)
        several = len(doc.clauses) > 1
        weights.append(0.0 if several else 1.0)
        if several:
            starts += [at + part.start for part in doc.clauses]
            ends += [at + part.end for part in doc.clauses]
            weights += doc.weights
    spans = np.column_stack([np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64)])
    return Batch(documents, texts, words, spans, np.array(weights, dtype=np.float32), np.array(whole, dtype=np.int64))
