"""What this room asks of a classifier, and its findings as they are stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from voc.readings.queries import Unread


class Reader(Protocol):
    """A classifier as far as it matters here: texts and ways of buying in, one finding each out.

    The option that the customer ticked is not among them: stated and real are kept apart.
    """

    def read(self, texts: Sequence[str], purchase_types: Sequence[str]) -> Sequence[Any]: ...


@runtime_checkable
class PreparedReader(Reader, Protocol):
    """A classifier that reads what ``voc.classifier.batch`` has prepared, and so what is kept of it."""

    def read_prepared(self, batch: Any, purchase_types: Sequence[str]) -> Sequence[Any]: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer's words as they were prepared: a row of the cache."""

    text_key: bytes
    prepared_by: str
    content: bytes
    vector: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """One alert that the machine raised."""

    code: str
    score: float | None = None
    evidence: list[list[int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What was read in one answer, as plain data."""

    primary: str
    confidence: float
    suggestions: list[list[Any]] = field(default_factory=list)
    secondary: list[str] = field(default_factory=list)
    evidence: list[list[Any]] = field(default_factory=list)
    alerts: tuple[Raised, ...] = ()


#: Nothing was written: that is known, and no classifier is asked.
NOTHING_WRITTEN = Read(primary="unclear", confidence=1.0, suggestions=[["unclear", 1.0]])


def read_words(
    reader: Reader, answers: Sequence["Unread"], kept: Mapping[int, Kept] | None = None
) -> tuple[dict[int, Read], dict[int, Kept]]:
    """The findings by answer, and what is to be kept of those whose words were not in ``kept`` as they are now.

    The classifier sees the customer's words and the way of buying, nothing else. The same words (「特になし」) are read once.
    """
    asked: dict[tuple[str, str], list[int]] = {}
    for one in answers:
        if not one.words.blank:
            asked.setdefault((one.words.text, one.purchase_type), []).append(one.answer_id)
    words = list(asked)
    found = {one.answer_id: NOTHING_WRITTEN for one in answers}
    new: dict[int, Kept] = {}
    if not words:
        return found, new
    texts, types = [text for text, _ in words], [bought for _, bought in words]
    if isinstance(reader, PreparedReader):
        readings, rows = _read_prepared(reader, texts, types, [(kept or {}).get(ids[0]) for ids in asked.values()])
        new = {
            answer_id: row for ids, row in zip(asked.values(), rows, strict=True) for answer_id in ids if (kept or {}).get(answer_id) != row
        }
    else:
        readings = reader.read(texts, types)
    for ids, reading in zip(asked.values(), readings, strict=True):
        found |= dict.fromkeys(ids, _plain(reading))
    return found, new


def _read_prepared(
    reader: PreparedReader, texts: Sequence[str], types: Sequence[str], kept: Sequence[Kept | None]
) -> tuple[Sequence[Any], list[Kept]]:
    # scikit-learn takes a second to import: only the worker pays for it.
    from voc.classifier import cache

    keys = [cache.key_of(text) for text in texts]
    fresh = [
        row if row is not None and (row.text_key, row.prepared_by) == (key, cache.VERSION) else None
        for row, key in zip(kept, keys, strict=True)
    ]
    contents, vectors = [row.content if row else None for row in fresh], [row.vector if row else None for row in fresh]
    batch, filled = cache.prepared_or_kept(texts, contents, vectors)
    readings = reader.read_prepared(batch, types)
    asked_for = [batch.vectors[i].tobytes() if i in batch.vectors else None for i in range(len(texts))]
    return readings, [Kept(key, cache.VERSION, content, vector) for key, content, vector in zip(keys, filled, asked_for, strict=True)]


def _plain(reading: Any) -> Read:
    return Read(
        primary=str(reading.primary),
        confidence=float(reading.confidence),
        suggestions=[[str(code), float(probability)] for code, probability in reading.suggestions],
        secondary=[str(code) for code in reading.secondary],
        evidence=[[int(span[0]), int(span[1]), str(span[2])] for span in reading.evidence],
        alerts=tuple(
            Raised(code=str(a.code), score=a.score, evidence=[[int(s[0]), int(s[1])] for s in a.evidence]) for a in reading.alerts
        ),
    )
