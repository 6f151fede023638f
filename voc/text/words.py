"""Words of a Japanese text by janome: surface, lemma, part of speech.

janome is pure Python, bounded only by the length of what it is given, and slower when threaded: there is one tokeniser a
process, made on first use, guarded by a lock, and long texts are cut at places where a word cannot run on.
"""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from voc.text.normalise import fold_kana

CONTENT = ("名詞", "動詞", "形容詞", "副詞", "連体詞", "感動詞")
_LIGHT = frozenset(
    (
        "する",
        "いる",
        "ある",
        "なる",
        "れる",
        "られる",
        "てる",
        "こと",
        "もの",
        "の",
        "ん",
        "よう",
        "さん",
        "様",
        "それ",
        "これ",
        "そう",
        "ため",
    )
)
_KANJI = re.compile("[一-龥々]")
_PIECE = re.compile(r"[^\s。!?\n]{1,120}[。!?]*|[。!?]+")
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its place in the text, its dictionary form, its part of speech (the first level of IPADIC)."""

    start: int
    surface: str
    lemma: str
    part: str


@cache
def _tokenizer() -> Any:
    from janome.tokenizer import Tokenizer

    return Tokenizer()


def tokenise(text: str) -> Iterator[Word]:
    """The words of ``text`` in order; white space is left out. Any Unicode, linear time."""
    for piece in _PIECE.finditer(text):
        with _lock:
            tokens = list(_tokenizer().tokenize(piece.group()))
        at = piece.start()
        for token in tokens:
            lemma = token.base_form if token.base_form != "*" else token.surface
            yield Word(at, token.surface, lemma, token.part_of_speech.split(",", 1)[0])
            at += len(token.surface)


def in_kana(text: str) -> str:
    """Normalised text with its kanji words as they are read, in hiragana: how some people write all of it."""
    parts, done = [], 0
    for piece in _PIECE.finditer(text):
        with _lock:
            tokens = list(_tokenizer().tokenize(piece.group()))
        parts.append(text[done : piece.start()])
        parts += [token.reading if _KANJI.search(token.surface) and token.reading != "*" else token.surface for token in tokens]
        done = piece.end()
    return fold_kana("".join([*parts, text[done:]]))


def content_words(text: str) -> list[str]:
    """Lemmas of the words that carry meaning: what term lists and word clouds count."""
    return [word.lemma for word in tokenise(text) if word.part in CONTENT and word.lemma not in _LIGHT and not word.lemma.isdigit()]
