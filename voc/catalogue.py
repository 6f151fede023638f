"""For ``make messages``: finds texts that are data, and that a screen translates by ``_(label)`` where it shows them."""

import ast
import re
from collections.abc import Iterator
from typing import IO, Any

_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
#: Signs that only patterns have.
_PATTERN = re.compile(r"[\[\]|\\]")

Found = tuple[int, str, str, list[str]]


def extract_data(file: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Found]:
    """Every Japanese text that stands as a value of its own, in the form that Babel wants of an extractor.

    ``shortest``, an option in babel.cfg: shorter texts are words to search by, which no screen shows.
    """
    shortest = int(options.get("shortest", 1))
    tree = ast.parse(file.read())
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    told |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told and _wanted(node.value, shortest):
            yield node.lineno, "", node.value, []


def _wanted(text: str, shortest: int) -> bool:
    return len(text) >= shortest and bool(_JAPANESE.search(text)) and not _PATTERN.search(text)
