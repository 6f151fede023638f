"""Read a table from CSV, TSV or Excel: every cell as text, rows one after the other, whatever the file has been through."""

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from voc.errors import Refused
from voc.spreadsheet.encodings import detect_encoding

MAX_CELL = 1_000_000
MAX_UNPACKED = 2 << 30
_END = "\x00end of table\x00"

csv.field_size_limit(MAX_CELL)


class SpreadsheetError(Refused):
    """The file is no table that can be read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its place in the file as a spreadsheet counts it (the header is 1 when it comes first), and its cells.

    ``cells`` is at least as long as the header (short rows are filled with ``""``); a row with too many cells keeps them.
    """

    number: int
    cells: list[str]


@dataclass(frozen=True)
class Table:
    """Header and rows of one file.

    ``rows`` reads the file as it is consumed and can be gone through once. Blank lines are left out; header names are
    stripped of white space, kept in order, and may repeat (EC-CUBE has 送料 twice).
    """

    header: list[str]
    rows: Iterator[Row]
    encoding: str
    """The codec that read it; ``"xlsx"`` or ``"xls"`` for Excel files."""
    close: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)
    """Lets go of the file before its end; reading to the end does so by itself."""


def read_table(source: Path | str | bytes, *, encoding: str | None = None) -> Table:
    """Open a table.

    Parameters
    ----------
    source
        A path, or the file's content.
    encoding
        The codec of a text file where it is known; guessed otherwise.

    Raises
    ------
    SpreadsheetError
        When the file cannot be opened or is no table, and, while rows are read, when a quotation mark is never closed
        (half a file).
    """
    file: BinaryIO = io.BytesIO(source) if isinstance(source, bytes) else _open(Path(source))
    head = file.read(8192)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe\r\n\t ,\0"):
        file.close()
        raise SpreadsheetError("ファイルが空です。見出し行と1行以上のデータがあるファイルを指定してください。")
    try:
        _refuse_what_is_no_table(head)
    except SpreadsheetError:
        file.close()
        raise
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        with file:
            return _read_excel(file, "xlsx" if head.startswith(b"PK") else "xls")
    return _read_text(file, encoding)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except IsADirectoryError:
        raise SpreadsheetError(f"{path} はフォルダです。CSV か Excel のファイルを指定してください。") from None
    except FileNotFoundError:
        raise SpreadsheetError(f"{path} が見つかりません。ファイルの場所と名前を確かめてください。") from None
    except OSError as error:
        raise SpreadsheetError(f"{path} を開けません({error.strerror})。読み取りの権限を確かめてください。") from None


def _refuse_what_is_no_table(head: bytes) -> None:
    start = head.lstrip(b"\xef\xbb\xbf\r\n\t ")[:200].lower()
    if start.startswith(b"%pdf"):
        raise SpreadsheetError("これは PDF です。CSV か Excel(.xlsx)で書き出したファイルを指定してください。")
    if start.startswith((b"<!doctype", b"<html", b"<table", b"<?xml")):
        raise SpreadsheetError("中身が表ではなくウェブページ(HTML / XML)です。Excel で開いて .xlsx か CSV で保存し直してください。")
    if start.startswith((b"\x1f\x8b", b"\x89png", b"\xff\xd8\xff", b"gif8", b"7z\xbc\xaf", b"rar!")):
        raise SpreadsheetError("表のファイルではありません。圧縮されているときは展開し、CSV か Excel のファイルを指定してください。")


# -- text -----------------------------------------------------------------------------------------------------------------


def _read_text(file: BinaryIO, encoding: str | None) -> Table:
    encoding = encoding or detect_encoding(file)
    if encoding is None:
        file.close()
        raise SpreadsheetError("文字コードが分かりません。CSV(UTF-8 または Shift_JIS)か Excel(.xlsx)で保存し直してください。")
    file.seek(0)
    try:
        text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
    except LookupError:
        file.close()
        raise SpreadsheetError(f"文字コード {encoding} は使えません。utf-8 か cp932 を指定してください。") from None
    try:
        table = _table(_text_records(text, _delimiter(text)), encoding)
    except BaseException:
        text.close()
        raise
    return replace(table, close=text.close)


def _delimiter(text: io.TextIOWrapper) -> str:
    """The sign that parts the first line that has any; quoted ones do not count."""
    found = ","
    for _ in range(20):
        line = text.readline(MAX_CELL)
        outside = "".join(line.split('"')[0::2])
        counts = {sign: outside.count(sign) for sign in (",", "\t", ";", "|")}
        if not line or any(counts.values()):
            found = max(counts, key=counts.__getitem__) if any(counts.values()) else ","
            break
        if line.strip():
            break  # one column
    text.seek(0)
    return found


def _text_records(text: io.TextIOWrapper, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(_lines(text), delimiter=delimiter)
    started = 1
    with text:
        try:
            for record in reader:
                if record == [_END]:
                    return
                if record and record[-1].endswith(_END):  # a quotation mark is still open: the end was swallowed
                    raise SpreadsheetError(_unclosed(started))
                yield record
                started = reader.line_num + 1
        except csv.Error:
            raise SpreadsheetError(_unclosed(started)) from None
        except UnicodeError:
            raise SpreadsheetError(f"文字コード {text.encoding} として読めません。UTF-8 で保存し直してください。") from None


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    for line in text:
        yield line.replace("\0", "") if "\0" in line else line
    yield "\n"  # the last line may lack its end
    yield _END


def _unclosed(line: int) -> str:
    return f'{line} 行目から先で引用符(")が閉じていません。ファイルが途中で切れていないか確かめ、もう一度書き出してください。'


# -- Excel ----------------------------------------------------------------------------------------------------------------


def _read_excel(file: BinaryIO, kind: str) -> Table:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    if kind == "xlsx":
        _check_zip(file)
    file.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(file)
        shown = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
        ]
        for name in shown or book.sheet_names:
            records = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            if any(any(cell != "" for cell in record) for record in records):
                return _table(([_cell_text(cell) for cell in record] for record in records), kind)
    except PasswordError:
        raise SpreadsheetError("パスワードで保護された Excel ファイルです。保護を外して保存し直してください。") from None
    except (CalamineError, OSError, ValueError) as error:
        raise SpreadsheetError(f"Excel ファイルとして読めません({error})。Excel で開いて .xlsx で保存し直してください。") from None
    raise SpreadsheetError("Excel ファイルにデータのあるシートがありません。見出し行と1行以上のデータを入れてください。")


def _check_zip(file: BinaryIO) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            unpacked = sum(info.file_size for info in archive.infolist())
    except zipfile.BadZipFile:
        raise SpreadsheetError("Excel ファイルが壊れているか、途中で切れています。もう一度書き出すか保存し直してください。") from None
    if not any(name.startswith("xl/") or name == "content.xml" for name in names):
        raise SpreadsheetError("ZIP ファイルです。展開して、中の CSV か Excel のファイルを指定してください。")
    if unpacked > MAX_UNPACKED:
        raise SpreadsheetError("Excel ファイルが大きすぎます(展開後 2 GB 超)。CSV で保存するか、分けてください。")


def _cell_text(value: Any) -> str:
    """An Excel cell as a CSV export would show it: whole numbers without a point, dates by ISO 8601."""
    match value:
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case dt.datetime():
            return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "seconds")
        case dt.time():
            return value.isoformat("seconds")
    return "" if value is None else str(value)


# -- both -----------------------------------------------------------------------------------------------------------------


def _table(records: Iterator[list[str]], encoding: str) -> Table:
    numbered = enumerate(records, start=1)
    header: list[str] = []
    for _, record in numbered:
        if record and re.fullmatch(r"sep=.?", record[0]):  # Excel's own note on the delimiter
            continue
        header = [cell.strip().removeprefix("\ufeff") for cell in record]
        while header and not header[-1]:
            header.pop()
        if header:
            break
    if not header:
        raise SpreadsheetError("ファイルが空です。見出し行と1行以上のデータがあるファイルを指定してください。")
    return Table(header=header, rows=_rows(numbered, len(header)), encoding=encoding)


def _rows(numbered: Iterator[tuple[int, list[str]]], width: int) -> Iterator[Row]:
    for number, record in numbered:
        if any(cell.strip() for cell in record):
            while len(record) > width and not record[-1]:
                record.pop()
            yield Row(number, record + [""] * (width - len(record)))
