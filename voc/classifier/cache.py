"""Prepared replies as bytes, so that a new model need not cut them up again: nothing in them depends on a model.

What is kept of one reply: its normalised text, where its pieces begin (a bit a character), its clauses with their marks, which words of
alarm it holds; some 120 bytes for 40 characters. Beside it the sentence vector in half precision (1,024 bytes), where a model asked for
it. What was prepared by another ``VERSION`` is prepared anew.
"""

import hashlib
import struct
from array import array
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from voc.classifier import documents, lexicon
from voc.classifier.batch import Batch, gathered, prepared
from voc.classifier.documents import Document, weight_of
from voc.classifier.features import bounds_of
from voc.privacy import masking, names
from voc.text import Clause, Mark, Normalised, Pieces, Substrings, clauses, fold_kana, marks, normalise, pieces
from voc.text.pieces import VOCABULARY, is_space

_HEAD = struct.Struct("<BBBHI")
_MARKS = tuple(Mark(bits) for bits in range(1 << len(Mark)))
_WEIGHTS = tuple(weight_of(each) for each in _MARKS)
_SAME_PLACES = 1


def _fingerprint() -> str:
    """Of everything that decides how a reply is prepared: a change of a rule or a word makes what was kept stale by itself."""
    digest = hashlib.blake2b(digest_size=6)
    modules = {lexicon.__file__, masking.__file__, names.__file__, documents.__file__, __file__}
    modules |= {function.__code__.co_filename for function in (normalise, clauses, marks, pieces)}
    for path in (*sorted(Path(name) for name in modules), VOCABULARY):
        digest.update(path.read_bytes())
    return digest.hexdigest()


VERSION = _fingerprint()


def key_of(text: str) -> bytes:
    """What a kept reply is known by: 16 bytes of BLAKE2 over the text."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def packed(batch: Batch) -> list[bytes]:
    """Each reply of a batch as bytes, without its vector."""
    begins = np.zeros(len(batch.texts.joined.codes), dtype=np.uint8)
    begins[batch.texts.pieces.starts] = 1
    alarms = np.packbits(batch.words, axis=1, bitorder="little")[:, 0].tolist()
    bounds = batch.texts.bounds.tolist()
    return [
        _packed_one(doc, alarm, np.packbits(begins[start:end]).tobytes())
        for doc, alarm, start, end in zip(batch.documents, alarms, bounds, bounds[1:], strict=False)
    ]


def _packed_one(doc: Document, alarm: int, begins: bytes) -> bytes:
    text = doc.normal.text.encode("utf-16-le", "surrogatepass")
    same = doc.normal.offsets == array("l", range(len(doc.normal.offsets)))
    places = b"" if same else array("H", doc.normal.offsets).tobytes()
    numbers = array("H", [number for part in doc.clauses for number in (part.start, part.end, part.marks.value)]).tobytes()
    head = _HEAD.pack(alarm, _SAME_PLACES if same else 0, len(doc.clauses), len(begins), len(text))
    return head + text + begins + numbers + places


def unpacked(kept: Sequence[bytes]) -> Batch:
    """Replies as ``packed`` left them, as one batch."""
    documents_, alarms, begins = [], [], []
    for blob in kept:
        alarm, flags, n_clauses, n_begins, size = _HEAD.unpack_from(blob)
        at = _HEAD.size + size
        text = blob[_HEAD.size : at].decode("utf-16-le", "surrogatepass")
        n = len(text)
        begins.append(np.unpackbits(np.frombuffer(blob, np.uint8, n_begins, at), count=n))
        at += n_begins
        numbers = array("H", blob[at : at + 6 * n_clauses]).tolist()
        marked = numbers[2::3]
        parts = [Clause(start, end, _MARKS[bits]) for start, end, bits in zip(numbers[::3], numbers[1::3], marked, strict=True)]
        offsets = array("l", range(n + 1)) if flags & _SAME_PLACES else array("l", array("H", blob[at + 6 * n_clauses :]))
        documents_.append(
            Document(Normalised(text, offsets), fold_kana(text).replace("\n", " "), parts, [_WEIGHTS[bits] for bits in marked])
        )
        alarms.append(alarm)
    words = np.unpackbits(np.array(alarms, dtype=np.uint8)[:, None], axis=1, count=len(lexicon.PATTERNS), bitorder="little").astype(bool)
    return gathered(documents_, words, _pieces([doc.folded for doc in documents_], begins))


def _pieces(texts: Sequence[str], begins: Sequence[np.ndarray]) -> Pieces:
    """From where pieces begin: each ends where the next begins, or where white space or the text's end come before."""
    if not texts:
        return Pieces(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    starts = np.flatnonzero(np.concatenate(begins)).astype(np.int64)
    codes = Substrings("".join(texts)).codes
    last_solid = np.maximum.accumulate(np.where(is_space(codes), -1, np.arange(len(codes))))
    bounds = bounds_of(texts)
    text_ends = bounds[np.searchsorted(bounds, starts, side="right")]
    next_starts = np.append(starts[1:], len(codes))
    return Pieces(starts, last_solid[np.minimum(next_starts, text_ends) - 1] + 1) if len(starts) else Pieces(starts, starts)


def prepared_or_kept(texts: Sequence[str], contents: Sequence[bytes | None], vectors: Sequence[bytes | None]) -> tuple[Batch, list[bytes]]:
    """A batch from what is kept, and from the texts where nothing is; and the contents of all."""
    missing = [i for i, content in enumerate(contents) if content is None]
    new = dict(zip(missing, packed(prepared([texts[i] for i in missing])), strict=True)) if missing else {}
    filled = [new[i] if content is None else content for i, content in enumerate(contents)]
    batch = unpacked(filled)
    batch.vectors.update((i, np.frombuffer(vector, dtype=np.float16)) for i, vector in enumerate(vectors) if vector is not None)
    return batch, filled
