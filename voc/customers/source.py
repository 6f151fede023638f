"""A file that somebody offers: opened, its header understood, or refused with a sentence that says what to do. No database."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path

from voc.customers import platforms
from voc.customers.fields import FIELDS, KIND_LABELS, LINES_ONLY, REQUIRED
from voc.customers.platforms import Platform
from voc.errors import Refused
from voc.spreadsheet import Row, Table, read_table

MAX_COLUMNS = 500
PEEK = 50
TITLE_ROWS = 10
TAIL = 1 << 16
MAX_CELL_SHOWN = 30

TOO_WIDE = "列が見出しより多く、値がずれています。区切りの「,」が値の中に入っていないか確かめてください。"
TOTAL_ROW = re.compile(r"\s*(総?合\s*計|総\s*計|小\s*計|計|(grand |sub)?total|sum)\s*[::]?\s*", re.IGNORECASE)


class FileRefused(Refused):
    """The file was not taken in, nothing of it; the message says why and what to do."""

    def __init__(self, message: str, *, skipped: "Sequence[Skipped]" = (), rows: int = 0) -> None:
        super().__init__(message)
        self.skipped = list(skipped)
        self.rows = rows


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that was left out, by its number in the file as a spreadsheet counts it."""

    row: int
    reason: str


@dataclass
class Tally:
    """What became of the rows read so far."""

    rows: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    unreadable: int = 0
    """Rows skipped because a value could not be understood, rather than because it was, and is not wanted."""

    def skip(self, row: int, reason: str, *, understood: bool = False) -> None:
        self.skipped.append(Skipped(row, reason))
        self.unreadable += not understood


@dataclass
class Source:
    """An opened file whose columns are known."""

    path: Path
    filename: str
    kind: str
    platform: Platform
    score: float
    columns: dict[str, str]
    options: dict[str, str]
    header: list[str]
    encoding: str
    rows: Iterator[Row]
    sample: list[Row] = field(default_factory=list)
    close: Callable[[], None] = lambda: None

    @property
    def labels(self) -> list[str]:
        return platforms.labels(self.header)

    def place(self, code: str) -> int:
        """The place of a field's column in a row; one past the last where the file has none (rows get an empty cell there)."""
        return self.labels.index(self.columns[code]) if code in self.columns else len(self.header)

    def places(self, *codes: str) -> tuple[int, ...]:
        told = {label: place for place, label in enumerate(self.labels)}
        return tuple(told[self.columns[code]] if code in self.columns else len(self.header) for code in codes)

    def example(self, code: str) -> str:
        """The first value of a field's column."""
        place = self.place(code)
        return next((row.cells[place] for row in self.sample if place < len(row.cells) and row.cells[place].strip()), "")

    @property
    def mapping(self) -> dict[str, object]:
        """What a person can confirm and the next file of this header is read by."""
        return {"platform": self.platform.code, "columns": self.columns, "options": self.options}


def header_hash(header: Sequence[str]) -> str:
    return sha256("\x1f".join(header).encode("utf-8", "replace")).hexdigest()


def open_source(
    path: Path, kind: str, *, mapping: Mapping[str, object] | None = None, encoding: str | None = None, filename: str | None = None
) -> Source:
    """Open a file and understand its header; ``mapping`` as a person confirmed it, else by ``platforms.guess``.

    Raises
    ------
    FileRefused
        The header cannot be understood, or it is that of another kind of file.
    SpreadsheetError
        It is no table at all.
    """
    table = read_table(path, encoding=encoding)
    try:
        source = guessed(table, path, kind, filename=filename)
        if mapping is not None:
            apply(source, mapping)
        elif other := platforms.other_kind(source.header, kind):
            raise FileRefused(another_kind(kind, other))
        _refuse_missing(source)
    except BaseException:
        table.close()
        raise
    return source


def another_kind(kind: str, other: str) -> str:
    told = f"これは{KIND_LABELS[kind]}ではなく{KIND_LABELS[other]}のファイルのようです。"
    return f"{told}「{KIND_LABELS[other]}」として取り込んでください。"


def guessed(table: Table, path: Path, kind: str, *, filename: str | None = None, platform: str | None = None) -> Source:
    """A table whose header was read as well as it can be; what is missing stays missing."""
    _refuse_unreadable(table.header)
    header, rows = table.header, table.rows
    guess = platforms.guess(header, kind, platform=platform)
    if guess.missing and kind != "replies":  # lines of title may stand above the header
        ahead = list(islice(rows, TITLE_ROWS))
        rows = _padded(chain(ahead, rows), len(header))
        for place, row in enumerate(ahead):
            candidate = [cell.strip() for cell in row.cells]
            found = platforms.guess(candidate, kind, platform=platform)
            if not found.missing:
                header, guess = candidate, found
                rows = _padded(chain(ahead[place + 1 :], table.rows), len(header))
                break
    sample = list(islice(rows, PEEK))
    source = Source(
        path=path, filename=filename or path.name, kind=kind, platform=guess.platform, score=guess.score, columns=guess.columns, options={},
        header=header, encoding=table.encoding, rows=chain(sample, rows), sample=sample, close=table.close,
    )  # fmt: skip
    if kind == "replies" and "text" not in source.columns:
        _find_text(source)
    return source


def _padded(rows: Iterator[Row], width: int) -> Iterator[Row]:
    for row in rows:
        row.cells.extend([""] * (width - len(row.cells)))
        yield row


def _refuse_unreadable(header: Sequence[str]) -> None:
    if len(header) > MAX_COLUMNS:
        raise FileRefused(f"列が{len(header):,}もあります。表のファイルではないか、改行が失われています。もう一度書き出してください。")
    text = "".join(header)
    strange = sum(1 for sign in text if sign == "\ufffd" or (sign < " " and sign not in "\t\r\n"))
    if strange and strange > len(text) * 0.02:
        raise FileRefused(
            "文字が壊れていて読めません(文字コードが違うか、表のファイルではありません)。書き出し直すか、Excel で開いて「CSV UTF-8」で保存してください。"
        )


def apply(source: Source, mapping: Mapping[str, object]) -> None:
    """Read the columns as a person said.

    Raises
    ------
    FileRefused
        A column that was chosen is not in this file.
    """
    columns = mapping.get("columns")
    columns = {str(code): str(label) for code, label in columns.items() if label} if isinstance(columns, Mapping) else {}
    known = {wanted.code for wanted in FIELDS[source.kind]}
    labels = set(source.labels)
    for code, label in columns.items():
        if code not in known or label not in labels:
            raise FileRefused(f"列「{label}」がこのファイルにありません。見出しを確かめ、列の対応を選び直してください。")
    options = mapping.get("options")
    source.columns = columns
    source.options = {str(code): str(value) for code, value in options.items()} if isinstance(options, Mapping) else {}
    source.platform = platforms.PLATFORMS.get(str(mapping.get("platform")), source.platform)


def _find_text(source: Source) -> None:
    """The column of a file of replies whose name says nothing: the one with the longest words."""
    taken = set(source.columns.values())
    lengths = {
        label: sum(len(row.cells[place]) for row in source.sample) / max(1, len(source.sample))
        for place, label in enumerate(source.labels)
        if label not in taken or len(source.header) == 1
    }
    if not lengths:
        return
    longest = max(lengths, key=lengths.__getitem__)
    if lengths[longest] >= 8 or len(source.header) == 1:
        source.columns = {code: label for code, label in source.columns.items() if label != longest} | {"text": longest}


def missing_columns(source: Source) -> list[str]:
    """The columns that are still needed, in words."""
    if source.kind == "orders" and "ordered_at" not in source.columns and not platforms.unmet(LINES_ONLY, source.columns):
        return []
    names = {wanted.code: wanted.label for wanted in FIELDS[source.kind]}
    return ["または".join(names[code] for code in options) for options in platforms.unmet(REQUIRED[source.kind], source.columns)]


def _refuse_missing(source: Source) -> None:
    missing = missing_columns(source)
    if not missing:
        return
    names = {wanted.code: wanted.label for wanted in FIELDS[source.kind]}
    needed = "、".join("または".join(names[code] for code in options) for options in REQUIRED[source.kind])
    found = "、".join(name[:MAX_CELL_SHOWN] for name in source.labels[:40])
    hint = "1行目が見出しではないようです。見出しの行を付けてください。" if any(_is_data(name) for name in source.header) else ""
    raise FileRefused(
        f"{KIND_LABELS[source.kind]}の取り込みに要る列({needed})のうち「{'」「'.join(missing)}」が見つかりません。{hint}"
        f"このファイルの列: {found}。画面からの取り込みでは、列を選んで対応づけられます。"
    )


def _is_data(name: str) -> bool:
    return re.fullmatch(r"\S+@\S+\.\S+|\d{4}[-/]\d{1,2}[-/]\d{1,2}.*|[\d,.\-]{5,}", name) is not None


# -- the end of a file ------------------------------------------------------------------------------------------------------


def refuse_half(source: Source) -> None:
    """Refuse a text file that stops in the middle of a row.

    Every program ends its last line or at least fills it: a last line without an end that has fewer cells than the
    header was cut off. An open quotation mark is found by the reader itself.
    """
    if source.encoding in ("xlsx", "xls") or len(source.header) < 2:
        return
    with source.path.open("rb") as file:
        size = file.seek(0, 2)
        start = max(0, size - TAIL) & ~3
        file.seek(start)
        encoding = source.encoding.removesuffix("-sig")
        tail = file.read().decode("utf-16-le" if start and encoding == "utf-16" else encoding, errors="replace")
    if tail.endswith(("\n", "\r")):
        return
    last = re.split(r"[\r\n]", tail)[-1]
    if not last.strip() or last.count('"') % 2 or TOTAL_ROW.match(last.split(",")[0]):
        return
    cells = max(len(next(csv.reader([last], delimiter=sign))) for sign in ",\t;|")
    if cells < len(source.header):
        raise FileRefused(
            "ファイルが行の途中で切れています(最後の行の列が足りません)。もう一度書き出し、最後まで保存してから取り込んでください。"
        )
