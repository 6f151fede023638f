"""Which words of a reply moved the classifier, as spans of the text as it came."""

import numpy as np

from voc.classifier import lexicon
from voc.classifier.documents import Document
from voc.classifier.features import Found
from voc.classifier.reading import Role
from voc.text import Mark

LONGEST = 40
"""Characters that a span has at most: a marker pen, not a coat of paint."""
_EDGE = " 、。,.!?…・「」()\n"
_SHARE = 0.5
_WHOLE = 22


def character_scores(doc: Document, found: Found, weights: np.ndarray) -> np.ndarray:
    """How much each character of the folded text speaks for a class: shape (len(folded),).

    Each feature's weight is shared out evenly over the characters that it covers.
    """
    n = len(doc.folded)
    starts, ends, shares = [], [], []
    for size, ids in enumerate(found.chars, start=1):
        if ids:
            place = np.arange(len(ids))
            starts.append(place)
            ends.append(place + size)
            shares.append(weights[ids] / size)
    places = np.array(found.places)
    for size, ids in enumerate(found.words, start=1):
        if ids:
            starts.append(places[: len(ids)])
            ends.append(places[size : size + len(ids)])
            shares.append(weights[ids] / np.maximum(ends[-1] - starts[-1], 1))
    if not starts:
        return np.zeros(n)
    share = np.concatenate(shares)
    steps = np.bincount(np.concatenate(starts), share, n + 1) - np.bincount(np.concatenate(ends), share, n + 1)
    return np.cumsum(steps)[:n]


def reason_spans(doc: Document, found: Found, weights: np.ndarray) -> tuple[tuple[int, int, Role], ...]:
    """The words that speak most for the reason, a second stretch where it speaks half as much; and what is denied."""
    scores = character_scores(doc, found, weights)
    denied = [(part.start, part.end) for part in doc.clauses if part.marks & Mark.DENIED and not part.marks & Mark.STRESSED]
    for start, end in denied:
        scores[start:end] -= np.abs(scores[start:end]) * 0.5
    best = _best_stretches(doc, scores)[:2]
    spans: list[tuple[int, int, Role]] = [(start, end, "for") for total, start, end in best if total >= best[0][0] * _SHARE]
    taken = [(start, end) for start, end, _ in spans]
    spans += [(*_trimmed(doc.folded, start, end), "denied") for start, end in denied if not _overlap(start, end, taken)]
    return tuple((*doc.normal.original_span(start, end), role) for start, end, role in sorted(spans) if end > start)


def alert_spans(doc: Document, found: Found, code: str, weights: np.ndarray) -> tuple[tuple[int, int], ...]:
    """What raised an alert: the words of the lexicon, else the stretch that speaks most for it."""
    spans = lexicon.hits(code, doc.normal.text)[:5]
    if not spans:
        spans = [(start, end) for _, start, end in _best_stretches(doc, character_scores(doc, found, weights))[:1]]
    return tuple(doc.normal.original_span(start, end) for start, end in spans if end > start)


def _best_stretches(doc: Document, scores: np.ndarray) -> list[tuple[float, int, int]]:
    """In each clause the stretch that speaks most, the strongest first. A short clause is marked whole: it reads better."""
    if not len(scores):
        return []
    toll = 0.25 * float(np.mean(np.abs(scores)))
    found = []
    for start, end in [(part.start, part.end) for part in doc.clauses] or [(0, len(scores))]:
        first, last, total = _strongest(scores[start:end] - toll)
        if total > 0:
            first, last = (0, end - start) if end - start <= _WHOLE else (first, last)
            found.append((total, *_trimmed(doc.folded, start + first, start + last)))
    return sorted(found, key=lambda one: (-one[0], one[1]))


def _strongest(scores: np.ndarray) -> tuple[int, int, float]:
    """The stretch of at most ``LONGEST`` characters with the largest sum (Bentley 1984)."""
    best = (0, 0, 0.0)
    start, running = 0, 0.0
    for i, value in enumerate(scores.tolist()):
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
