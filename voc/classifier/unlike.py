"""Replies that are unlike anything a model was trained on: how much of what they are made of it has never seen."""

from collections.abc import Sequence

import numpy as np

from voc.classifier.batch import prepared
from voc.classifier.reader import ReplyClassifier, strangeness

UNLIKE = 0.2
"""Share of unknown words and signs from which on a reply is unlike the training texts: 98 of 100 replies of left-out hands of the
corpus lie below 0.19."""


def unknown_shares(model: ReplyClassifier, texts: Sequence[str]) -> np.ndarray:
    """Share of each text's features that the model does not know, shape (n,)."""
    if not texts:
        return np.zeros(0)
    return np.asarray(strangeness(model.vectorizer_.find(prepared(texts).texts))[:, 0])
