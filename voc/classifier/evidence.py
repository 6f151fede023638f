"""Which words of a reply moved the classifier, as spans of the text as it came."""

import numpy as np

from voc.classifier import lexicon
from voc.classifier.alerts import CODES
from voc.classifier.batch import Batch
from voc.classifier.documents import Document
from voc.classifier.features import UNKNOWN, Found
from voc.classifier.reading import Role
from voc.text import Mark

LONGEST = 40
"""Characters that a span has at most: a marker pen, not a coat of paint."""
_EDGE = " 、。,.!?…・「」()\n"
_SHARE = 0.5
_WHOLE = 22
_DENIED, _STRESSED = Mark.DENIED, Mark.STRESSED


Spans = tuple[tuple[int, int], ...]
ReasonSpans = tuple[tuple[int, int, Role], ...]


def character_scores(found: Found, weights: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """How much each character of some texts speaks for a class: shape (number of characters,).

    Each feature's weight is shared out evenly over the characters that it covers.

    Parameters
    ----------
    found : Found
    weights : ndarray of shape (n_terms + 1, n_classes), float32
        The last row is the unknown feature's.
    columns : ndarray of shape (n_texts,), int
        The class that is asked for, text by text.
    """
    n = int(found.bounds[-1])
    steps = np.zeros(n + 1)
    column = np.repeat(columns, np.diff(found.bounds))
    for size, ids in enumerate(found.chars, start=1):
        place = np.flatnonzero(ids != UNKNOWN)
        share = weights[ids[place], column[place]] / size
        steps += np.bincount(place, share, n + 1) - np.bincount(place + size, share, n + 1)
    column = np.repeat(columns, np.diff(found.first))
    for size, ids in enumerate(found.words, start=1):
        place = np.flatnonzero(ids != UNKNOWN)
        starts, ends = found.starts[place], found.ends[place + size - 1]
        share = weights[ids[place], column[place]] / (ends - starts)
        steps += np.bincount(starts, share, n + 1) - np.bincount(ends, share, n + 1)
    return np.cumsum(steps)[:n]


def reason_spans(batch: Batch, found: Found, weights: np.ndarray, columns: np.ndarray) -> list[ReasonSpans]:
    """For each reply the words that speak most for the reason in ``columns``, a second stretch where it speaks half as much; and what
    is denied."""
    scores = character_scores(found, weights, columns)
    bounds = found.bounds.tolist()
    denied: dict[int, list[tuple[int, int]]] = {}
    for i, doc in enumerate(batch.documents):
        for part in doc.clauses:
            if _DENIED in part.marks and _STRESSED not in part.marks:
                denied.setdefault(i, []).append((part.start, part.end))
                place = slice(bounds[i] + part.start, bounds[i] + part.end)
                scores[place] -= np.abs(scores[place]) * 0.5
    less_toll = (scores - np.repeat(_tolls(scores, found.bounds), np.diff(found.bounds))).tolist()
    return [
        _of_one(doc, less_toll[start:end], denied.get(i, []))
        for i, (doc, start, end) in enumerate(zip(batch.documents, bounds, bounds[1:], strict=False))
    ]


def _of_one(doc: Document, scores: list[float], denied: list[tuple[int, int]]) -> ReasonSpans:
    best = _best_stretches(doc, scores)[:2]
    spans: list[tuple[int, int, Role]] = [(start, end, "for") for total, start, end in best if total >= best[0][0] * _SHARE]
    if denied:
        taken = [(start, end) for start, end, _ in spans]
        spans += [(*_trimmed(doc.folded, start, end), "denied") for start, end in denied if not _overlap(start, end, taken)]
    return tuple((*doc.normal.original_span(start, end), role) for start, end, role in sorted(spans) if end > start)


def alert_spans(batch: Batch, i: int, found: Found, alert: int, weights: np.ndarray) -> Spans:
    """What raised an alert in the ``i``-th reply: the words of the lexicon, else the stretch that speaks most for it."""
    doc = batch.documents[i]
    spans = lexicon.hits(CODES[alert], doc.normal.text)[:5] if batch.words[i, alert] else []
    if not spans:
        one = found.one(i)
        scores = character_scores(one, weights, np.array([alert]))
        best = _best_stretches(doc, (scores - _tolls(scores, one.bounds)).tolist())
        spans = [(start, end) for _, start, end in best[:1]]
    return tuple(doc.normal.original_span(start, end) for start, end in spans if end > start)


def _tolls(scores: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """What each character of a text has to be worth: a quarter of the mean strength."""
    strengths = np.diff(np.concatenate([[0.0], np.cumsum(np.abs(scores))])[bounds])
    return np.asarray(0.25 * strengths / np.maximum(np.diff(bounds), 1))


def _best_stretches(doc: Document, scores: list[float]) -> list[tuple[float, int, int]]:
    """In each clause the stretch that speaks most, the strongest first. A short clause is marked whole: it reads better."""
    found = []
    for start, end in [(part.start, part.end) for part in doc.clauses] or [(0, len(scores))]:
        first, last, total = _strongest(scores[start:end])
        if total > 0:
            first, last = (0, end - start) if end - start <= _WHOLE else (first, last)
            found.append((total, *_trimmed(doc.folded, start + first, start + last)))
    return sorted(found, key=lambda one: (-one[0], one[1]))


def _strongest(scores: list[float]) -> tuple[int, int, float]:
    """The stretch of at most ``LONGEST`` characters with the largest sum (Bentley 1984)."""
    best = (0, 0, 0.0)
    start, running = 0, 0.0
    for i, value in enumerate(scores):
        if running <= 0 or i - start >= LONGEST:
            start, running = i, 0.0
        running += value
        if running > best[2]:
            best = (start, i + 1, running)
    return best


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _EDGE:
        start += 1
    while end > start and text[end - 1] in _EDGE:
        end -= 1
    return start, end


def _overlap(start: int, end: int, taken: list[tuple[int, int]]) -> bool:
    return any(start < b and a < end for a, b in taken)
