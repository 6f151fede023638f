"""Japanese replies as strings: normalising, sentences and clauses, the marks of discourse, words. Pure: no Flask, no database."""

from voc.text.clauses import Clause, clauses, sentences
from voc.text.marks import Mark, marks
from voc.text.normalise import Normalised, fold_kana, normalise
from voc.text.pieces import Pieces, cut, pieces
from voc.text.substrings import Substrings
from voc.text.words import Word, content_words, in_kana, tokenise

__all__ = [
    "Clause",
    "Mark",
    "Normalised",
    "Pieces",
    "Substrings",
    "Word",
    "clauses",
    "content_words",
    "cut",
    "fold_kana",
    "in_kana",
    "marks",
    "normalise",
    "pieces",
    "sentences",
    "tokenise",
]
