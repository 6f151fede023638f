"""A reply made ready to be read: normalised, folded, cut into clauses with a weight for each."""

from dataclasses import dataclass

from voc.text import Clause, Mark, Normalised, clauses, fold_kana, normalise

MAX_CHARACTERS = 3_000
"""What is read of one reply. The survey takes 2,000; a longer text tells its reason before."""
MAX_CLAUSES = 40
DAMPED = 0.35
"""Weight of a clause that is denied or set aside by what follows."""
STRESSED = 2.0
"""Weight of a clause in which the words that weigh reasons stand."""


@dataclass(frozen=True, slots=True)
class Document:
    """One reply, as the vectoriser reads it."""

    normal: Normalised
    folded: str
    """The normalised text with katakana as hiragana, on one line; as long as ``normal.text``."""
    clauses: list[Clause]
    weights: list[float]
    """One a clause."""


def document(raw: str) -> Document:
    """Prepare one reply: any string, in time bounded by ``MAX_CHARACTERS``."""
    normal = normalise(raw[:MAX_CHARACTERS])
    parts = clauses(normal.text)[:MAX_CLAUSES]
    folded = fold_kana(normal.text).replace("\n", " ")
    return Document(normal, folded, parts, [weight_of(part.marks) for part in parts])


def weight_of(marks: Mark) -> float:
    """How much a clause with these marks counts beside the others."""
    weight = 1.0
    if marks & (Mark.DENIED | Mark.CONCEDED):
        weight *= DAMPED
    if marks & Mark.STRESSED:
        weight *= STRESSED
    return weight
