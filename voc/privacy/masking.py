"""Personal data in what customers wrote: found, and covered with the name of what it was. Pure.

Rules and lists, not a model: what is masked can be explained and does not change under one's feet. Numbers and addresses are found
wherever they have a usual form; full names wherever they stand; family and given names where an honorific, a relative, an introduction
or a signature shows that a person is meant. In doubt more is covered than less, but the words that tell the reason stay.
"""

import re
import unicodedata
from dataclasses import dataclass

from voc.privacy import numbers, people

LABELS = {
    "mail": "メールアドレス",
    "card": "カード番号",
    "phone": "電話番号",
    "postal_code": "郵便番号",
    "address": "住所",
    "order_number": "注文番号",
    "number": "番号",
    "name": "氏名",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A piece of personal data: ``text[start:end]``, in code points, and what it is (a key of ``LABELS``)."""

    start: int
    end: int
    kind: str


# One sign for one sign, so that places in the folded text are places in the original.
_FOLD = str.maketrans({chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | dict.fromkeys("‐‑‒–—―−ー", "-") | {"\u3000": " "})
_SIGN = re.compile("[\uff66-\uff9d][\uff9e\uff9f]?|.", re.DOTALL)
_HALF_WIDTH = re.compile("[\uff66-\uff9f]")


def mask(text: str) -> str:
    """``text`` with every piece of personal data replaced by its kind: ``〔電話番号〕``.

    Masking what is masked already changes nothing.
    """
    found = find(text)
    if not found:
        return text
    parts, at = [], 0
    for piece in found:
        parts += [text[at : piece.start], f"〔{LABELS[piece.kind]}〕"]
        at = piece.end
    return "".join([*parts, text[at:]])


def find(text: str) -> list[Found]:
    """All pieces of personal data in order, none overlapping another. The time is linear in the length of ``text``."""
    if _HALF_WIDTH.search(text):
        whole, places = _full_width(text)
        return [Found(places[one.start], places[one.end], one.kind) for one in find(whole)]
    taken = _Taken()
    for start, end, kind in numbers.find(text.translate(_FOLD)):
        taken.add(Found(start, end, kind))
    for start, end in people.find(text):
        taken.add(Found(start, end, "name"))
    return sorted(taken.found, key=lambda piece: piece.start)


class _Taken:
    """What was found first stays: the searches go from the surest to the least sure."""

    def __init__(self) -> None:
        self.found: list[Found] = []
        self._covered: set[int] = set()

    def add(self, piece: Found) -> None:
        signs = range(piece.start, piece.end)
        if self._covered.isdisjoint(signs):
            self.found.append(piece)
            self._covered.update(signs)


def _full_width(text: str) -> tuple[str, list[int]]:
    """Half-width kana as full-width, voicing marks joined to what they voice; and the place of each sign in ``text``."""
    signs: list[str] = []
    places: list[int] = []
    for hit in _SIGN.finditer(text):
        sign = unicodedata.normalize("NFKC", hit[0]) if _HALF_WIDTH.match(hit[0]) else hit[0]
        signs.append(sign[0])  # a voicing mark that joins with nothing adds no sign
        places.append(hit.start())
    return "".join(signs), [*places, len(text)]
