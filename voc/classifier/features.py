"""TF-IDF of character n-grams and of subword pieces, found in one pass over each text and counted for it and its clauses."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from voc.text import Pieces, Substrings, cut, pieces
from voc.text.substrings import KeyTable, chained

_PIECE = "\x01"
_BETWEEN = "\x02"
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Cut:
    """Some texts joined and cut into pieces: all that a vectoriser needs of them, whatever its vocabulary.

    Attributes
    ----------
    joined : Substrings
    bounds : ndarray of shape (n + 1,), int64
        Where each text begins, and the end of the last.
    pieces : Pieces
    first : ndarray of shape (n + 1,), int64
        The number of each text's first piece.
    """

    joined: Substrings
    bounds: np.ndarray
    pieces: Pieces
    first: np.ndarray


def bounds_of(texts: Sequence[str]) -> np.ndarray:
    """Where each text begins when they are joined, and the end of the last."""
    return np.concatenate([[0], np.cumsum([len(text) for text in texts], dtype=np.int64)]).astype(np.int64)


def cut_texts(texts: Sequence[str]) -> Cut:
    """Join and cut texts."""
    joined, bounds = Substrings("".join(texts)), bounds_of(texts)
    found = cut(joined, bounds)
    return Cut(joined, bounds, found, np.searchsorted(found.starts, bounds))


@dataclass(frozen=True, slots=True)
class Found:
    """The features of some texts, in place.

    Attributes
    ----------
    chars
        ``chars[k][i]`` is the feature of the ``k + 1`` characters that begin at place ``i`` of the joined texts; ``UNKNOWN`` where
        training has not seen them, or where the text ends before.
    words
        ``words[k][i]`` likewise for ``k + 1`` pieces from the ``i``-th on.
    bounds, first
        As in ``Cut``.
    starts, ends
        Where each piece begins and ends.
    """

    chars: list[np.ndarray]
    words: list[np.ndarray]
    bounds: np.ndarray
    first: np.ndarray
    starts: np.ndarray
    ends: np.ndarray

    def unknown_shares(self) -> np.ndarray:
        """Share of single pieces and character pairs of each text that training has not seen; 0 for an empty text."""
        unknown, all_ = _sums(self.words[0] == UNKNOWN, self.first), np.diff(self.first)
        if len(self.chars) > 1:
            pairs = np.maximum(np.diff(self.bounds) - 1, 0)
            beyond = np.diff(self.bounds) > 0  # the last character begins no pair
            unknown = unknown + _sums(self.chars[1] == UNKNOWN, self.bounds) - beyond
            all_ = all_ + pairs
        return np.asarray(unknown / np.maximum(all_, 1))

    def one(self, i: int) -> "Found":
        """The features of one text alone."""
        a, b, p, q = int(self.bounds[i]), int(self.bounds[i + 1]), int(self.first[i]), int(self.first[i + 1])
        return Found(
            [ids[a:b] for ids in self.chars], [ids[p:q] for ids in self.words], np.array([0, b - a]), np.array([0, q - p]),
            self.starts[p:q] - a, self.ends[p:q] - a,
        )  # fmt: skip


def _sums(flags: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """How many are set between one bound and the next."""
    return np.diff(np.concatenate([[0], np.cumsum(flags)])[bounds])


class ReplyVectorizer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Texts to weighted counts.

    Each text gives two blocks, n-grams of characters and of pieces; within a block a feature weighs ``(1 + ln tf) · idf`` and the
    block has length 1 (sublinear TF-IDF with cosine normalisation: Salton & Buckley 1988).

    Texts are to be normalised and folded first, as ``documents.document`` does.

    Parameters
    ----------
    chars, words : int
        Longest n-gram of characters, of pieces.
    min_df : int
        Features of fewer training texts are left out.

    Attributes
    ----------
    terms_ : str
        The features joined by line feeds: one string, since a persisted dict of 100,000 entries is slow to load.
    idf_ : ndarray of shape (n_terms_,), float32
    n_terms_ : int
    """

    def __init__(self, *, chars: int = 3, words: int = 2, min_df: int = 2) -> None:
        self.chars = chars
        self.words = words
        self.min_df = min_df

    def fit(self, X: Iterable[str], y: Any = None) -> Self:
        """Learn features and their idf."""
        frequency: Counter[str] = Counter()
        n = 0
        for text in X:
            n += 1
            frequency.update({term for term in self._terms(text) if "\n" not in term})
        kept = sorted(term for term, count in frequency.items() if count >= self.min_df)
        idf = np.array([log((1 + n) / (1 + frequency[term])) + 1 for term in kept], dtype=np.float32)
        return self._set(kept, idf)

    def pruned(self, keep: np.ndarray) -> "ReplyVectorizer":
        """The same vectoriser with only the features at the positions ``keep``."""
        terms = self.terms_.split("\n")
        return ReplyVectorizer(chars=self.chars, words=self.words, min_df=self.min_df)._set([terms[i] for i in keep], self.idf_[keep])

    def transform(self, X: Iterable[str]) -> sparse.csr_matrix:
        """Texts to a matrix of shape (n, n_terms_), float32."""
        return self.rows(self.find(cut_texts(list(X))))

    def find(self, texts: Cut) -> Found:
        """Look up every feature of the texts once."""
        check_is_fitted(self)
        chars_table, words_table, _ = self._index()
        n = len(texts.joined.codes)
        left = np.repeat(texts.bounds[1:], np.diff(texts.bounds)) - np.arange(n)
        chars = []
        for size in range(1, self.chars + 1):
            at = np.flatnonzero(left >= size)
            chars.append(_filled(n, at, chars_table.find(texts.joined.keys(at, at + size))))
        starts, ends = texts.pieces.starts, texts.pieces.ends
        keys = single = texts.joined.keys(starts, ends)
        left = np.repeat(texts.first[1:], np.diff(texts.first)) - np.arange(len(starts))
        words = [words_table.find(keys)]
        for size in range(2, self.words + 1):
            keys = chained(keys[: len(keys) - 1], single[size - 1 :])
            at = np.flatnonzero(left >= size)
            words.append(_filled(len(starts), at, words_table.find(keys[at])))
        return Found(chars, words, texts.bounds, texts.first, starts, ends)

    def rows(self, found: Found, spans: np.ndarray | None = None) -> sparse.csr_matrix:
        """One row for each span, in order.

        Parameters
        ----------
        found : Found
        spans : ndarray of shape (n_spans, 2), int, optional
            Starts and ends in the joined texts; by default one for each text. A piece belongs to the span that it begins in.
        """
        spans = np.column_stack([found.bounds[:-1], found.bounds[1:]]) if spans is None else spans
        pieces_of = np.searchsorted(found.starts, spans)
        rows, ids = [], []
        for blocks, borders in ((found.chars, spans), (found.words, pieces_of)):
            for size, features in enumerate(blocks, start=1):
                row, at = spread(borders[:, 0], np.maximum(borders[:, 1] - size + 1, borders[:, 0]))
                feature = features[at]
                known = np.flatnonzero(feature != UNKNOWN)
                rows.append(row[known])
                ids.append(feature[known])
        counts = _counted(np.concatenate(rows), np.concatenate(ids), (len(spans), self.n_terms_))
        return self._weighed(counts)

    def _weighed(self, counts: sparse.csr_matrix) -> sparse.csr_matrix:
        """Counts, each in the place of its weight: ``(1 + ln tf) · idf``, each block of length 1."""
        weights = (1 + np.log(counts.data)) * self.idf_[counts.indices]
        block = 2 * np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr)) + self._index()[2][counts.indices]
        norms = np.sqrt(np.bincount(block, weights.astype(np.float64) ** 2, 2 * counts.shape[0]))
        counts.data = (weights / norms[block]).astype(np.float32)
        return counts

    def _terms(self, text: str) -> list[str]:
        n = len(text)
        found = pieces(text)
        terms = [text[i : i + size] for size in range(1, self.chars + 1) for i in range(n - size + 1)]
        for size in range(1, self.words + 1):
            terms += [_PIECE + _BETWEEN.join(found[i : i + size]) for i in range(len(found) - size + 1)]
        return terms

    def _set(self, terms: list[str], idf: np.ndarray) -> Self:
        self.terms_ = "\n".join(terms)
        self.idf_ = idf
        self.n_terms_ = len(terms)
        return self

    def _index(self) -> tuple[KeyTable, KeyTable, np.ndarray]:
        """Tables of the n-grams of characters and of pieces, and which features are of pieces."""
        if getattr(self, "_index_of", None) is not self.terms_:
            terms = self.terms_.split("\n") if self.n_terms_ else []
            of_words = np.array([term.startswith(_PIECE) for term in terms], dtype=bool)
            char_terms = [term for term in terms if not term.startswith(_PIECE)]
            self._tables = (
                KeyTable(_keys_of(char_terms), np.flatnonzero(~of_words)),
                KeyTable(
                    _keys_of_pieces([term[1:].split(_BETWEEN) for term in terms if term.startswith(_PIECE)]), np.flatnonzero(of_words)
                ),
                of_words,
            )
            self._index_of = self.terms_
        return self._tables

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name not in ("_tables", "_index_of")}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


def _counted(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> sparse.csr_matrix:
    """How often each pair occurs: what scipy makes of pairs, by sorting numbers, which numpy does ten times as fast."""
    kind: Any = np.uint32 if shape[0] * shape[1] < 1 << 32 else np.uint64
    width = kind(shape[1])
    pairs = np.sort(rows.astype(kind) * width + columns.astype(kind))
    first = np.flatnonzero(np.concatenate([[True], pairs[1:] != pairs[:-1]])) if len(pairs) else np.zeros(0, dtype=np.int64)
    row_starts = np.arange(shape[0] + 1).astype(kind) * width
    borders = np.searchsorted(pairs[first], row_starts).astype(np.int32)
    of_row = np.repeat(row_starts[:-1], np.diff(borders))
    times = np.diff(first, append=len(pairs)).astype(np.float32)
    return sparse.csr_matrix((times, (pairs[first] - of_row).astype(np.int32), borders), shape=shape)


def _filled(n: int, at: np.ndarray, values: np.ndarray) -> np.ndarray:
    filled = np.full(n, UNKNOWN, dtype=np.int32)
    filled[at] = values
    return filled


def spread(starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each place within each span: the span's number, and the place."""
    lengths = ends - starts
    row = np.repeat(np.arange(len(starts), dtype=np.int32), lengths)
    return row, np.arange(len(row)) + np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)


def _keys_of(strings: Sequence[str]) -> np.ndarray:
    bounds = bounds_of(strings)
    return Substrings("".join(strings)).keys(bounds[:-1], bounds[1:])


def _keys_of_pieces(terms: Sequence[Sequence[str]]) -> np.ndarray:
    """Keys of sequences of pieces, each chained to what stands before it."""
    single = _keys_of([piece for term in terms for piece in term])
    sizes = np.array([len(term) for term in terms], dtype=np.int64)
    first = np.cumsum(sizes) - sizes
    keys: np.ndarray = single[first]
    for step in range(1, int(sizes.max(initial=1))):
        longer = sizes > step
        keys[longer] = chained(keys[longer], single[first[longer] + step])
    return keys
