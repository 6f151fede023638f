"""A customer's words as one text to read, and back in pieces to show. Pure, no Flask, no database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from voc.surveys.questions import FOLLOW_UPS

BETWEEN = "\n"

#: A later kind is painted over an earlier one.
KINDS = ("denied", "for", "alert")


@dataclass(frozen=True, slots=True)
class Said:
    """What was written in one place: in the answer itself (``question`` is none) or after a question."""

    text: str
    question: str | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """All that a customer wrote in one answer, in the order in which it was asked."""

    parts: tuple[Said, ...] = ()

    @property
    def text(self) -> str:
        """What is read: the parts, a line each. Evidence counts its code points."""
        return BETWEEN.join(part.text for part in self.parts)

    @property
    def blank(self) -> bool:
        return not self.parts


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of words, marked or not (``kind`` empty)."""

    text: str
    kind: str = ""


def words_of(text: str, extra: Mapping[str, Any] | None = None, question: str | None = None, follow_up: str | None = None) -> Words:
    """The words of an answer: its text, answers to questions of the same page, then the follow-up."""
    said = [Said(text)]
    said += [Said(value, code) for code, value in (extra or {}).items() if code in FOLLOW_UPS and isinstance(value, str)]
    said.append(Said(follow_up or "", question))
    return Words(tuple(part for part in said if part.text.strip()))


def text_of(text: str, extra: Mapping[str, Any] | None = None, question: str | None = None, follow_up: str | None = None) -> str:
    """The text of ``words_of``, without its parts where there is but one."""
    if extra or follow_up is not None:
        return words_of(text, extra, question, follow_up).text
    return "" if not text or text.isspace() else text


def pieces(words: Words, evidence: Iterable[Sequence[Any]]) -> list[tuple[str | None, list[Piece]]]:
    """Each part as ``(question code, pieces)``: the text with its evidence marked.

    ``evidence`` holds spans ``[start, end, kind]`` over ``words.text``; one without kind is an alert's.
    """
    paint = _paint(len(words.text), evidence)
    shown, at = [], 0
    for part in words.parts:
        shown.append((part.question, _cut(part.text, paint[at : at + len(part.text)])))
        at += len(part.text) + len(BETWEEN)
    return shown


def _paint(length: int, evidence: Iterable[Sequence[Any]]) -> list[str]:
    paint = [""] * length
    spans = [(int(span[0]), int(span[1]), str(span[2]) if len(span) > 2 else "alert") for span in evidence]
    for start, end, kind in sorted((span for span in spans if span[2] in KINDS), key=lambda span: KINDS.index(span[2])):
        first, last = max(0, start), min(end, length)
        if first < last:
            paint[first:last] = [kind] * (last - first)
    return paint


def _cut(text: str, paint: Sequence[str]) -> list[Piece]:
    found: list[Piece] = []
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or paint[at] != paint[start]:
            found.append(Piece(text[start:at], paint[start]))
            start = at
    return found
