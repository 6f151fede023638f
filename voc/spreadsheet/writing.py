"""Write tables that Excel opens as they are: CSV with a byte order mark or in cp932, and XLSX. No cell becomes a formula."""

import codecs
import csv
import datetime as dt
import io
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO
from unicodedata import normalize

from voc.errors import Refused

Cell = str | int | float | bool | dt.date | dt.datetime | None

MAX_XLSX_CELL = 32_767
MAX_XLSX_ROWS = 1_048_576

# A cell that a spreadsheet would calculate: a leading sign with something behind it that is not just a number.
_FORMULA = re.compile(r"[=+\-@\t\r]\s*[^\s=+\-@.,:;]")
_NUMBER = re.compile(r"[+-]?\d[\d,]*(\.\d+)?%?")
# What cp932 has under another code point than the one that people type on Macs and phones.
_CP932_TWINS = str.maketrans(
    {"〜": "～", "−": "－", "‖": "∥", "—": "―", "–": "－", "¢": "￠", "£": "￡", "¬": "￢", "\u00a0": " ", "¥": "￥"}
)


@dataclass
class Written:
    """What was written, and what could not be written as it was."""

    rows: int = 0
    replaced: set[str] = field(default_factory=set)
    """Characters that the encoding does not have; 〓 stands in their place."""
    cut: int = 0
    """Cells that were longer than an Excel cell may be."""


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    widths: Sequence[float] = ()
    number_formats: Sequence[str] = ()
    """Excel's format of the numbers of each column (``0.0%``); empty where it is the usual one."""
    fills: Mapping[str, str] = field(default_factory=dict)
    """Text of a cell → colour (``#b5482a``) of a bar at its left edge: names keep the colour they have on screen."""


def write_table(path: Path | str, header: Sequence[str], rows: Iterable[Sequence[Cell]], *, encoding: str = "utf-8-sig") -> Written:
    """Write ``path`` whole or not at all, as Excel (``.xlsx``), TSV (``.tsv``) or CSV (any other name).

    Raises
    ------
    Refused
        When the file cannot be written there, or the table is too long for a sheet.
    """
    path = Path(path)
    if path.suffix.lower() == ".xls":
        raise Refused(f"{path.name}: 古い .xls では書き出せません。.xlsx か .csv を指定してください。")
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as file:
            if path.suffix.lower() == ".xlsx":
                written = write_xlsx(file, [Sheet("Sheet1", header, rows)])
            else:
                written = Written()
                delimiter = "\t" if path.suffix.lower() in (".tsv", ".tab") else ","
                for chunk in csv_chunks(header, rows, encoding=encoding, delimiter=delimiter, written=written):
                    file.write(chunk)
        draft.replace(path)
    except OSError as error:
        raise Refused(f"{path} に書き込めません({error.strerror})。場所と空き容量を確かめてください。") from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return written


# -- CSV ------------------------------------------------------------------------------------------------------------------


def csv_chunks(
    header: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    encoding: str = "utf-8-sig",
    delimiter: str = ",",
    written: Written | None = None,
) -> Iterator[bytes]:
    """The table as bytes, some hundred rows at a time. ``written`` is filled as they go."""
    written = Written() if written is None else written
    encoder = _encoder(encoding, written)
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow([csv_text(name) for name in header])
    waiting = iter(rows)
    while True:
        batch = list(islice(waiting, 500))
        writer.writerows([csv_text(cell) for cell in row] for row in batch)
        written.rows += len(batch)
        if buffer.tell():
            yield encoder(buffer.getvalue())
            buffer.seek(0)
            buffer.truncate()
        if len(batch) < 500:
            return


def csv_text(cell: Cell) -> str:
    """A cell as text that no spreadsheet takes for a formula (an apostrophe is put before what looks like one)."""
    match cell:
        case None:
            return ""
        case bool():
            return "1" if cell else "0"
        case dt.datetime():
            return cell.isoformat(" ", "seconds")
        case str():
            return "'" + cell if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell
    return str(cell)


def _encoder(encoding: str, written: Written) -> Callable[[str], bytes]:
    try:
        codec = codecs.lookup(encoding)
    except LookupError:
        raise Refused(f"文字コード {encoding} は使えません。utf-8-sig か cp932 を指定してください。") from None
    incremental = codecs.getincrementalencoder(encoding)(errors="strict")

    def encode(text: str) -> bytes:
        try:
            return bytes(incremental.encode(text))
        except UnicodeEncodeError:
            return bytes(incremental.encode("".join(_encodable(c, codec.name, written) for c in text)))

    return encode


def _encodable(char: str, encoding: str, written: Written) -> str:
    """``char`` itself, its twin in that encoding, its compatible form, or 〓."""
    for candidate in (char, char.translate(_CP932_TWINS), normalize("NFKC", char)):
        with suppress(UnicodeEncodeError):
            candidate.encode(encoding)
            return candidate
    written.replaced.add(char)
    with suppress(UnicodeEncodeError):
        "〓".encode(encoding)
        return "〓"
    return "?"


# -- XLSX -----------------------------------------------------------------------------------------------------------------


def write_xlsx(file: BinaryIO, sheets: Sequence[Sheet]) -> Written:
    """Write a workbook: bold frozen header, filter, text as text, dates as dates. Rows are streamed."""
    import xlsxwriter

    written = Written()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        for sheet in sheets:
            page = book.add_worksheet(_sheet_name(sheet.name))
            page.freeze_panes(1, 0)
            for column in range(len(sheet.header)):
                page.set_column(column, column, sheet.widths[column] if column < len(sheet.widths) else 18)
            for column, name in enumerate(sheet.header):
                page.write_string(0, column, name, bold)
            number, looks = 0, _Looks(book, sheet)
            for number, row in enumerate(sheet.rows, start=1):
                if number >= MAX_XLSX_ROWS:
                    raise Refused("Excel の1シートは 1,048,576 行までです。期間を分けるか CSV で書き出してください。")
                for column, cell in enumerate(row):
                    _write_cell(page, (number, column), cell, looks, written)
            written.rows += number
            if sheet.header and number:
                page.autofilter(0, 0, number, len(sheet.header) - 1)
    return written


class _Looks:
    """The formats of a sheet, each made once for the workbook."""

    def __init__(self, book: Any, sheet: Sheet) -> None:
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        made = {name: book.add_format({"num_format": name}) for name in sheet.number_formats if name}
        self.numbers = [made.get(name) for name in sheet.number_formats]
        self.fills = {text: book.add_format({"left": 5, "left_color": colour}) for text, colour in sheet.fills.items()}

    def number(self, column: int) -> Any:
        return self.numbers[column] if column < len(self.numbers) else None


def _write_cell(page: Any, place: tuple[int, int], cell: Cell, looks: _Looks, written: Written) -> None:
    match cell:
        case None | "":
            return
        case int() | float():
            if math.isfinite(cell):
                page.write_number(*place, float(cell) if isinstance(cell, float) else int(cell), looks.number(place[1]))
        case dt.datetime():
            page.write_datetime(*place, cell.replace(tzinfo=None), looks.moment)
        case dt.date():
            page.write_datetime(*place, dt.datetime.combine(cell, dt.time()), looks.day)
        case _:
            page.write_string(*place, _fitting(cell, written), looks.fills.get(cell))


def _fitting(text: str, written: Written) -> str:
    """``text`` as a sheet can hold it: no lone surrogates, at most 32,767 UTF-16 units."""
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) > MAX_XLSX_CELL * 2:
        written.cut += 1
    return units[: MAX_XLSX_CELL * 2].decode("utf-16-le", "replace")


def _sheet_name(name: str) -> str:
    return re.sub(r"[\[\]:*?/\\]", " ", name)[:31] or "Sheet1"
