"""Where sentences and clauses end. By signs and connecting words, so that it is fast and works on unpunctuated text too."""

import re
from typing import NamedTuple

from voc.text.marks import Mark, marks

_SENTENCE_END = re.compile(r"[。!?\n♪☆★♡♥]+[」』)\s]*|…+(?=\S)|(?<=[すただいねよ])\s+(?=\S)")
# Words after which a new thought begins. Those of one kana need a comma; the long ones end a clause without one.
_CLAUSE_END = re.compile(
    r"[、,;]\s*"
    r"|(?<=[すいただう])(?:けれども|けれど|けども|けど|ものの|のですが|んですが|のに)[、,]?\s*"
    r"|(?<=[すた])(?:が)(?=[^、,。ら])"
    r"|(?<=[すいただうなる])(?:ので|んで)[、,]?\s*(?=[^すしねはもい])"
    r"|(?<=[すいただう])から[、,]?\s*(?=[^らはもでのとだに])"
    r"|というよりも?は?[、,]?\s*|じゃなくて[、,]?\s*|ではなくて?[、,]?\s*"
    r"|(?=しかし|それより|むしろ|結局|本当は|ほんとは|実は|一番|決め手)"
)
SHORTEST = 4


class Clause(NamedTuple):
    """One clause of a normalised text: its place and what marks it."""

    start: int
    end: int
    marks: Mark


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences, without the white space around them. They cover every other character."""
    return _spans(text, 0, len(text), _SENTENCE_END, 1)


def clauses(text: str) -> list[Clause]:
    """The clauses in order, each with its marks.

    A clause shorter than four characters joins the one before it: it is a particle or an interjection, no thought.
    """
    spans = [span for start, end in sentences(text) for span in _spans(text, start, end, _CLAUSE_END, SHORTEST)]
    return [Clause(start, end, marks(text, start, end)) for start, end in spans]


def _spans(text: str, start: int, end: int, boundary: re.Pattern[str], shortest: int) -> list[tuple[int, int]]:
    cuts = [match.end() for match in boundary.finditer(text, start, end) if match.end() < end]
    spans: list[tuple[int, int]] = []
    for left, right in zip([start, *cuts], [*cuts, end], strict=True):
        a, b = _stripped(text, left, right)
        if a == b:
            continue
        if spans and spans[-1][0] >= start and (b - a < shortest or spans[-1][1] - spans[-1][0] < shortest):
            spans[-1] = (spans[-1][0], b)
        else:
            spans.append((a, b))
    return spans


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
