"""One spelling for what people write in many: Unicode NFKC, lower case, repeated marks; with the way back to the original.

Readings point at the customer's own words, so every position of the normalised text knows the code point it came from.
"""

from __future__ import annotations  # array is subscriptable for type checkers only

import re
import unicodedata
from array import array
from dataclasses import dataclass

# A base character with what combines with it; the half-width voicing marks combine under NFKC although Unicode calls them letters.
_CLUSTER = re.compile(r"\r\n|.[\u0300-\u036f\u3099\u309a\uff9e\uff9f\u20d0-\u20ff\ufe00-\ufe0f]*", re.DOTALL)
_INVISIBLE = dict.fromkeys(
    [*range(0x00, 0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F, 0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, 0xFEFF, 0xFFFD]
)
_TWINS = str.maketrans(
    {"〜": "~", "\u2010": "-", "\u2013": "-", "\u2014": "ー", "\u2015": "ー", "\u2212": "-", "’": "'", "‘": "'", "“": '"', "”": '"'}
)
# Three and more of one letter (〇 is a digit), two and more of one mark, dots of any kind.
_REPEATS = re.compile(r"([^\d\s〇])\1{3,}|([^\w\s])\2+|[wｗ]{2,}(?![a-z])|[・…。.、,]{2,}|[ \t\u3000]{2,}")
_LONGEST_CLUSTER = 32


@dataclass(frozen=True, slots=True)
class Normalised:
    """A normalised text and where each of its characters came from.

    Attributes
    ----------
    text
        The normalised text.
    offsets
        ``offsets[i]`` is the code point of the original at which ``text[i]`` begins; one more entry than ``text`` has
        characters, the last being the length of the original.
    """

    text: str
    offsets: array[int]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The code points of the original that ``text[start:end]`` came from."""
        return self.offsets[start], self.offsets[end]


def normalise(raw: str) -> Normalised:
    """Normalise any string, in time linear in its length.

    NFKC (so half-width kana and full-width Latin are folded), lower case, no invisible characters, line ends as ``\\n``, runs of
    one mark as one, of one letter as three, of dots as ``…``, of laughing w as one.
    """
    text, offsets = _compatible(raw)
    text, offsets = _collapse(text, offsets)
    return Normalised(text, offsets)


def _compatible(raw: str) -> tuple[str, array[int]]:
    """NFKC and lower case, cluster by cluster."""
    simple = raw.translate(_TWINS)
    if simple.isascii() or unicodedata.is_normalized("NFKC", simple):
        lowered = simple.lower()
        if len(lowered) == len(raw) and "\r" not in raw and lowered.translate(_INVISIBLE) == lowered:
            return lowered, array("l", range(len(raw) + 1))
    parts: list[str] = []
    offsets = array("l")
    for match in _CLUSTER.finditer(simple):
        cluster, at = match.group(), match.start()
        for start in range(0, len(cluster), _LONGEST_CLUSTER):
            piece = _fold(cluster[start : start + _LONGEST_CLUSTER])
            parts.append(piece)
            offsets.extend([at + start] * len(piece))
    offsets.append(len(raw))
    return "".join(parts), offsets


def _fold(cluster: str) -> str:
    if len(cluster) == 1 and ("\u3041" <= cluster <= "\u30fe" or "\u4e00" <= cluster <= "\u9fff") and cluster not in "ゟ゛゜":
        return cluster  # kana and kanji stay as they are
    if cluster in ("\r", "\r\n"):
        return "\n"
    return unicodedata.normalize("NFKC", cluster).lower().translate(_INVISIBLE)


def _collapse(text: str, offsets: array[int]) -> tuple[str, array[int]]:
    kept: list[str] = []
    places = array("l")
    done = 0
    for match in _REPEATS.finditer(text):
        start, end = match.span()
        short = _shortened(match.group())
        kept += (text[done:start], short)
        places.extend(offsets[done : start + len(short)])
        done = end
    if not done:
        return text, offsets
    kept.append(text[done:])
    places.extend(offsets[done:])
    return "".join(kept), places


def _shortened(run: str) -> str:
    if run[0] in "・…。.、," and (len(run) > 2 or run[0] != run[1]):
        return "…"
    if run[0].isspace() or not run[0].isalpha() or run[0] in "wｗー":
        return run[0]
    return run[:3]


def fold_kana(text: str) -> str:
    """Katakana as hiragana, character by character, so that ニオイ and におい are one. The length stays."""
    return text.translate(_KANA)


_KANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
