"""TF-IDF of character n-grams and of subword pieces, found in one pass over each text and counted for it and its clauses."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from voc.text import pieces

_PIECE = "\x01"
_BETWEEN = "\x02"
UNKNOWN = -1

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """The features of one text, in place.

    Attributes
    ----------
    chars
        ``chars[k][i]`` is the feature of the ``k + 1`` characters that begin at ``i``; ``UNKNOWN`` where training has not seen them.
    words
        ``words[k][i]`` likewise for ``k + 1`` pieces from the ``i``-th on.
    places
        Where each piece begins, and the end of the last.
    """

    chars: list[list[int]]
    words: list[list[int]]
    places: list[int]

    def unknown_share(self) -> float:
        """Share of single pieces and character pairs that training has not seen; 0 for an empty text."""
        seen = [*self.words[0], *(self.chars[1] if len(self.chars) > 1 else [])]
        return sum(at == UNKNOWN for at in seen) / len(seen) if seen else 0.0


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
        return self.rows([(self.find(text), [(0, len(text))]) for text in X])

    def find(self, text: str) -> Found:
        """Look up every feature of ``text`` once."""
        look = self._index().get
        n = len(text)
        chars = [[look(text[i : i + size], UNKNOWN) for i in range(n - size + 1)] for size in range(1, self.chars + 1)]
        found = pieces(text)
        words = [[look(_PIECE + piece, UNKNOWN) for piece in found]]
        for size in range(2, self.words + 1):
            words.append([look(_PIECE + _BETWEEN.join(found[i : i + size]), UNKNOWN) for i in range(len(found) - size + 1)])
        places, at = [], 0
        for piece in found:
            at = text.index(piece, at)
            places.append(at)
            at += len(piece)
        return Found(chars, words, [*places, at])

    def rows(self, found: Sequence[tuple[Found, Sequence[Span]]]) -> sparse.csr_matrix:
        """One row for each span of each text, in order."""
        check_is_fitted(self)
        self._index()
        indices: list[int] = []
        values: list[float] = []
        ends = [0]
        for text, spans in found:
            for start, end in spans:
                for block in _blocks(text, start, end):
                    self._weigh(block, indices, values)
                ends.append(len(indices))
        return sparse.csr_matrix(
            (np.array(values, dtype=np.float32), np.array(indices, dtype=np.int32), np.array(ends, dtype=np.int64)),
            shape=(len(ends) - 1, self.n_terms_),
        )

    def _weigh(self, block: list[int], indices: list[int], values: list[float]) -> None:
        counts = Counter(block)
        counts.pop(UNKNOWN, None)
        if not counts:
            return
        idf = self._idf_list
        weights = [idf[at] if count == 1 else (1 + log(count)) * idf[at] for at, count in counts.items()]
        norm = sum([weight * weight for weight in weights]) ** 0.5
        indices += counts
        values += [weight / norm for weight in weights]

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

    def _index(self) -> dict[str, int]:
        if getattr(self, "_index_of", None) is not self.terms_:
            self._lookup = {term: i for i, term in enumerate(self.terms_.split("\n"))} if self.n_terms_ else {}
            self._idf_list: list[float] = self.idf_.tolist()
            self._index_of = self.terms_
        return self._lookup

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name not in ("_lookup", "_idf_list", "_index_of")}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


def _blocks(found: Found, start: int, end: int) -> tuple[list[int], list[int]]:
    """The features of ``text[start:end]``: of its characters, and of the pieces that lie within."""
    chars: list[int] = []
    for size, ids in enumerate(found.chars, start=1):
        chars += ids[start : max(start, end - size + 1)]
    places = found.places
    first = _at_or_after(places, start)
    last = _at_or_after(places, end)
    words: list[int] = []
    for size, ids in enumerate(found.words, start=1):
        words += ids[first : max(first, last - size + 1)]
    return chars, words


def _at_or_after(places: list[int], position: int) -> int:
    """Index of the first piece that begins at ``position`` or later; the number of pieces where none does."""
    return min(bisect_left(places, position), len(places) - 1)
