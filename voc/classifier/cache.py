"""Prepared replies as bytes, so that a new model need not cut them up again: nothing in them depends on a model.

What is kept of one reply: its normalised text, where its pieces begin (a bit a character), its clauses with their marks, which words of
alarm it holds; some 120 bytes for 40 characters. Beside it the sentence vector in half precision (1,024 bytes), where a model asked for
it. What was prepared by another ``VERSION`` is prepared anew.

All of it is numbers of 16 bits, so that some thousand replies become the arrays of one batch without a look at each: head (words of
alarm and form; characters; clauses), characters, beginnings of pieces, three numbers a clause, places in the original.
"""

import hashlib
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np

from voc.classifier import documents, lexicon
from voc.classifier.batch import Batch, prepared
from voc.classifier.documents import Document, weight_of
from voc.classifier.features import Cut, spread
from voc.privacy import masking, names, numbers, people
from voc.text import Clause, Mark, Normalised, Pieces, Substrings, clauses, fold_kana, marks, normalise, pieces
from voc.text.pieces import VOCABULARY, is_space

_HEAD = 3
NOTHING = bytes(2 * _HEAD)
"""A reply without a sign."""
_MOVED, _WIDE = 0x100, 0x200
"""Forms: places differ from those of the original; characters take two numbers each, since one of them is beyond 16 bits."""
_MARKS = tuple(Mark(bits) for bits in range(1 << len(Mark)))
_WEIGHTS = np.array([weight_of(each) for each in _MARKS], dtype=np.float32)


def _fingerprint() -> str:
    """Of everything that decides how a reply is prepared: a change of a rule or a word makes what was kept stale by itself."""
    digest = hashlib.blake2b(digest_size=6)
    modules = {lexicon.__file__, masking.__file__, names.__file__, numbers.__file__, people.__file__, documents.__file__, __file__}
    modules |= {function.__code__.co_filename for function in (normalise, clauses, marks, pieces)}
    for path in (*sorted(Path(name) for name in modules), VOCABULARY, names.DICTIONARY):
        digest.update(path.read_bytes())
    return digest.hexdigest()


VERSION = _fingerprint()


def key_of(text: str) -> bytes:
    """What a kept reply is known by: 16 bytes of BLAKE2 over the text."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


# -- one by one -----------------------------------------------------------------------------------------------------------


def packed(batch: Batch) -> list[bytes]:
    """Each reply of a batch as bytes, without its vector."""
    begins = np.zeros(len(batch.texts.joined.codes), dtype=np.uint8)
    begins[batch.texts.pieces.starts] = 1
    alarms = np.packbits(batch.words, axis=1, bitorder="little")[:, 0].tolist()
    bounds = batch.texts.bounds.tolist()
    return [
        _packed_one(doc, alarm, begins[start:end])
        for doc, alarm, start, end in zip(batch.documents, alarms, bounds, bounds[1:], strict=False)
    ]


def _packed_one(doc: Document, alarm: int, begins: np.ndarray) -> bytes:
    text = doc.normal.text
    moved = doc.normal.offsets != array("l", range(len(text) + 1))
    wide = any("\ud800" <= sign <= "\udfff" or sign > "\uffff" for sign in text)
    head = np.array([alarm | moved * _MOVED | wide * _WIDE, len(text), len(doc.clauses)], dtype="<u2")
    bits = np.packbits(np.append(begins, np.zeros(-len(begins) % 16, dtype=np.uint8)), bitorder="little")
    units = np.array([number for part in doc.clauses for number in (part.start, part.end, part.marks.value)], dtype="<u2")
    places = np.array(doc.normal.offsets if moved else [], dtype="<u2")
    signs = text.encode("utf-32-le" if wide else "utf-16-le", "surrogatepass")
    return b"".join((head.tobytes(), signs, bits.tobytes(), units.tobytes(), places.tobytes()))


def _document(kept: bytes) -> Document:
    head = np.frombuffer(kept, "<u2", _HEAD).tolist()
    form, n, n_clauses = head
    at = 2 * _HEAD
    end = at + (4 if form & _WIDE else 2) * n
    text = kept[at:end].decode("utf-32-le" if form & _WIDE else "utf-16-le", "surrogatepass")
    end += 2 * _words_of_bits(n)
    units = np.frombuffer(kept, "<u2", 3 * n_clauses, end).tolist()
    parts = [Clause(start, stop, _MARKS[bits]) for start, stop, bits in zip(units[::3], units[1::3], units[2::3], strict=True)]
    places = np.frombuffer(kept, "<u2", -1, end + 6 * n_clauses).tolist() if form & _MOVED else range(n + 1)
    weights = [weight_of(part.marks) for part in parts]
    return Document(Normalised(text, array("l", places)), fold_kana(text).replace("\n", " "), parts, weights)


class _Documents(Sequence[Document]):
    """Of kept replies, each made when it is asked for the first time."""

    def __init__(self, kept: Sequence[bytes]) -> None:
        self._kept = kept
        self._made: dict[int, Document] = {}

    @overload
    def __getitem__(self, i: int) -> Document: ...
    @overload
    def __getitem__(self, i: slice) -> list[Document]: ...

    def __getitem__(self, i: int | slice) -> Document | list[Document]:
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(len(self)))]
        if i not in self._made:
            self._made[i] = _document(self._kept[i])
        return self._made[i]

    def __len__(self) -> int:
        return len(self._kept)


# -- many at once ---------------------------------------------------------------------------------------------------------


def unpacked(kept: Sequence[bytes]) -> Batch:
    """Replies as ``packed`` left them, as one batch."""
    units = np.frombuffer(b"".join(kept), "<u2")
    ends = np.cumsum(np.array([len(one) for one in kept], dtype=np.int64)) // 2
    at = np.concatenate([[0], ends])[: len(kept)].astype(np.int64)
    form, n, n_clauses = (units[at + place].astype(np.int64) for place in range(_HEAD))
    bounds = np.concatenate([[0], np.cumsum(n)])
    at += _HEAD
    codes = _codes(units, at, n, form & _WIDE > 0)
    at += np.where(form & _WIDE > 0, 2 * n, n)
    starts = _beginnings(units, at, n, bounds)
    at += _words_of_bits(n)
    found = Pieces(starts, _piece_ends(starts, codes, bounds))
    texts = Cut(Substrings(_folded(codes)), bounds, found, np.searchsorted(starts, bounds))
    words = np.unpackbits(form.astype(np.uint8)[:, None], axis=1, count=len(lexicon.PATTERNS), bitorder="little").astype(bool)
    return Batch(_Documents(kept), texts, words, *_spans(units, at, n_clauses, bounds))


def _words_of_bits(n: Any) -> Any:
    return (n + 15) // 16


def _codes(units: np.ndarray, at: np.ndarray, n: np.ndarray, wide: np.ndarray) -> np.ndarray:
    """Code points of all texts."""
    if not wide.any():
        return np.asarray(units[spread(at, at + n)[1]], dtype=np.uint32)
    row, within = spread(np.zeros(len(n), dtype=np.int64), n)
    place = at[row] + within * (1 + wide[row])
    codes = np.asarray(units[place], dtype=np.uint32)
    beyond = wide[row]
    codes[beyond] |= units[place[beyond] + 1].astype(np.uint32) << np.uint32(16)
    return codes


def _folded(codes: np.ndarray) -> np.ndarray:
    """As ``documents.document`` folds a text."""
    folded = np.where((codes >= 0x30A1) & (codes < 0x30F7), codes - np.uint32(0x60), codes)
    folded[folded == ord("\n")] = ord(" ")
    return folded


def _beginnings(units: np.ndarray, at: np.ndarray, n: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """Where pieces begin, in all texts joined."""
    row, place = spread(at, at + _words_of_bits(n))
    bits = np.unpackbits(units[place].astype("<u2").view(np.uint8), bitorder="little")
    set_ = np.flatnonzero(bits)
    first = bounds[row] + 16 * (place - at[row])
    word = set_ >> 4
    return np.asarray(first[word] + (set_ & 15))


def _piece_ends(starts: np.ndarray, codes: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """Each piece ends where the next begins, or where white space or the text's end come before."""
    if not len(starts):
        return starts
    last_solid = np.maximum.accumulate(np.where(is_space(codes), -1, np.arange(len(codes))))
    text_ends = bounds[np.searchsorted(bounds, starts, side="right")]
    return np.asarray(last_solid[np.minimum(np.append(starts[1:], len(codes)), text_ends) - 1] + 1)


def _spans(units: np.ndarray, at: np.ndarray, n_clauses: np.ndarray, bounds: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spans, weights and whole texts, as ``Batch`` has them."""
    several = n_clauses > 1
    shown = np.where(several, n_clauses, 0)
    whole = np.arange(len(n_clauses)) + np.cumsum(shown) - shown
    row, place = spread(at, at + 3 * shown)
    parts = units[place].reshape(-1, 3).astype(np.int64)
    spans = np.empty((len(whole) + len(parts), 2), dtype=np.int64)
    weights = np.empty(len(spans), dtype=np.float32)
    of_clause = np.ones(len(spans), dtype=bool)
    of_clause[whole] = False
    spans[whole] = np.column_stack([bounds[:-1], bounds[1:]])
    weights[whole] = ~several
    spans[of_clause] = parts[:, :2] + bounds[row[::3], None]
    weights[of_clause] = _WEIGHTS[parts[:, 2]]
    return spans, weights, whole


def prepared_or_kept(texts: Sequence[str], contents: Sequence[bytes | None], vectors: Sequence[bytes | None]) -> tuple[Batch, list[bytes]]:
    """A batch from what is kept, and from the texts where nothing is; and the contents of all."""
    missing = [i for i, content in enumerate(contents) if content is None]
    new = dict(zip(missing, packed(prepared([texts[i] for i in missing])), strict=True)) if missing else {}
    filled = [new[i] if content is None else content for i, content in enumerate(contents)]
    batch = unpacked(filled)
    batch.vectors.update((i, np.frombuffer(vector, dtype=np.float16)) for i, vector in enumerate(vectors) if vector is not None)
    return batch, filled
