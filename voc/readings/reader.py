"""What this room asks of a classifier, and its findings as they are stored."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from voc.readings.queries import Unread


class Reader(Protocol):
    """A classifier as far as it matters here: texts and ways of buying in, one finding each out.

    The option that the customer ticked is not among them: stated and real are kept apart.
    """

    def read(self, texts: Sequence[str], purchase_types: Sequence[str]) -> Sequence[Any]: ...


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


def read_words(reader: Reader, answers: Sequence["Unread"]) -> dict[int, Read]:
    """The findings by answer. The classifier sees the customer's words and the way of buying, nothing else.

    The same words (「特になし」) are read once.
    """
    asked = list(dict.fromkeys((one.words.text, one.purchase_type) for one in answers if not one.words.blank))
    readings = reader.read([text for text, _ in asked], [bought for _, bought in asked]) if asked else ()
    found = {words: _plain(reading) for words, reading in zip(asked, readings, strict=True)}
    return {one.answer_id: found.get((one.words.text, one.purchase_type), NOTHING_WRITTEN) for one in answers}


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
