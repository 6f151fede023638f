"""Classify a table: every column kept, ten appended. Needs no database.

Replies are read by as many processes as there are processors, some thousand rows at a time, in order; memory does not grow with the
file.
"""

import gc
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voc.reasons.codebook import ALERTS, GROUPS, LEAVES, ONE_OFF, SUBSCRIPTION
from voc.spreadsheet import Cell, Row, SpreadsheetError, Table, Written, read_table, write_table

if TYPE_CHECKING:
    from voc.classifier.reading import Reading

APPENDED = ("primary", "primary_label", "group", "group_label", "secondary", "alerts", "confidence", "auto", "evidence", "suggestions")
BATCH = 1000
#: Below so many rows a second process costs more than it brings.
WORTH_SHARING = 3000

_TEXT_NAMES = (
    "自由記述", "自由回答", "自由記入", "フリーコメント", "コメント", "ご意見", "意見", "お客様の声", "解約理由詳細", "理由詳細", "詳細理由", "解約理由", "退会理由", "休止理由",
    "中止理由", "停止理由", "キャンセル理由", "やめた理由", "理由", "ご感想", "感想", "回答", "内容", "本文", "備考", "メモ", "text", "comment", "comments", "reply", "reason", "feedback", "message",
    "verbatim", "body", "note",
)  # fmt: skip
_TYPE_NAMES = (
    "購入区分", "購入方法", "購入形態", "購入種別", "購入タイプ", "注文区分", "注文種別", "契約区分", "契約形態", "区分", "種別", "タイプ", "定期区分", "定期", "purchase_type", "purchasetype",
    "customer_type", "type", "order_type",
)  # fmt: skip
_ONE_OFF = re.compile(
    r"通常|単品|都度|一回|1回|単発|スポット|非定期|定期(?:で|では)?(?:ない|なし|以外)|one.?off|one.?time|single|^o$|^いいえ$|^なし$|^0$|^false$|^no$",
    re.IGNORECASE,
)
_SUBSCRIPTION = re.compile(r"定期|サブスク|頒布|継続|subscri|recurring|^s$|^はい$|^あり$|^1$|^true$|^yes$", re.IGNORECASE)
_JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龥]")
_SAMPLE = 200


@dataclass(frozen=True)
class Columns:
    """Where the text stands, and where the way of buying (``None``: in no column)."""

    text: int
    type: int | None


def find_columns(header: Sequence[str], sample: Sequence[Sequence[str]], *, text: str | None = None, bought: str | None = None) -> Columns:
    """Find the columns by name, else by what stands in them.

    Raises
    ------
    SpreadsheetError
        When a named column is not there, or none looks like replies; the message lists the columns.
    """
    where = _named(header, text) if text else _guess_text(header, sample)
    if where is None:
        raise SpreadsheetError(f"返答の文章がどの列か分かりません。--text で列名を指定してください(列: {_listed(header)})。")
    kind = _named(header, bought) if bought else _guess_type(header, sample, where)
    return Columns(where, kind)


def _named(header: Sequence[str], name: str) -> int:
    for place, column in enumerate(header):
        if column == name.strip():
            return place
    raise SpreadsheetError(f"列「{name}」がありません。あるのは: {_listed(header)}")


def _listed(header: Sequence[str]) -> str:
    return "、".join(name or "(名前なし)" for name in header[:20]) + ("…" if len(header) > 20 else "")


def _guess_text(header: Sequence[str], sample: Sequence[Sequence[str]]) -> int | None:
    """The best-named column that holds sentences; else the one with the longest Japanese; else the only one."""

    def plain(name: str) -> str:
        return re.sub(r"[\s_\-・()()\[\]::]", "", name).lower()

    def wordiness(place: int) -> float:
        cells = [row[place] for row in sample if place < len(row) and row[place].strip()]
        japanese = [len(cell) for cell in cells if len(_JAPANESE.findall(cell)) * 2 >= len(cell.strip())]
        varied = len(set(cells)) / len(cells) if cells else 0
        return sum(japanese) / max(1, len(cells)) * (0.3 + varied)

    named = [
        (rank + (0 if plain(name) == plain(known) else 100), place)
        for place, name in enumerate(header)
        for rank, known in enumerate(_TEXT_NAMES)
        if plain(known) and (plain(name) == plain(known) or (len(known) > 1 and plain(known) in plain(name)))
    ]
    words = {place: wordiness(place) for place in range(len(header))}
    fitting = [(rank, place) for rank, place in sorted(named) if words[place] >= 0.3 * max(words.values())]
    if fitting:
        return fitting[0][1]
    if named:
        return min(named)[1]
    best = max(words, key=words.__getitem__)
    return best if words[best] >= 5 or len(header) == 1 else None


def _guess_type(header: Sequence[str], sample: Sequence[Sequence[str]], text: int) -> int | None:
    for known in _TYPE_NAMES:
        for place, name in enumerate(header):
            if place != text and known in name.lower().replace(" ", "_") and _tells(sample, place):
                return place
    return next((place for place in range(len(header)) if place != text and _tells(sample, place, strict=True)), None)


def _tells(sample: Sequence[Sequence[str]], place: int, *, strict: bool = False) -> bool:
    cells = [row[place].strip() for row in sample if place < len(row) and row[place].strip()]
    if not cells:
        return False
    if strict:
        return all(len(cell) <= 8 and re.search(r"定期|通常|単品|都度|subscription|one.?off", cell, re.IGNORECASE) for cell in cells)
    known = sum(bool(_ONE_OFF.search(cell) or _SUBSCRIPTION.search(cell)) for cell in cells)
    return known >= 0.6 * len(cells)


def purchase_type(cell: str, default: str = SUBSCRIPTION) -> str:
    """The way of buying that a cell tells; ``default`` where it tells none."""
    value = cell.strip()
    if _ONE_OFF.search(value):
        return ONE_OFF
    return SUBSCRIPTION if _SUBSCRIPTION.search(value) else default


# -- reading a table ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What became of a table."""

    rows: int
    text_column: str
    type_column: str | None
    encoding: str
    written: Written
    harms: int


def classify_table(
    source: Path,
    target: Path,
    *,
    model: Path,
    text: str | None = None,
    bought: str | None = None,
    default_type: str = SUBSCRIPTION,
    encoding: str = "utf-8-sig",
    processes: int | None = None,
    automatic: Mapping[str, float] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Outcome:
    """Classify the replies of ``source`` and write everything to ``target``, whole or not at all.

    ``automatic`` gives the confidence from which on a leaf stands without review (see ``reading.Classifier``); without it none does.

    Raises
    ------
    SpreadsheetError, Refused, artefact.ArtefactError
        With a sentence that says what to do.
    """
    if target.suffix.lower() not in (".csv", ".tsv", ".xlsx"):
        raise SpreadsheetError(f"{target.name}: 書き出し先の名前は .csv、.tsv、.xlsx のどれかで終わるようにしてください。")
    if target.exists() and target.samefile(source):
        raise SpreadsheetError("元のファイルには上書きしません。書き出し先に別の名前を指定してください。")
    table, rows, total, width = _opened(source)
    sample = list(islice(rows, _SAMPLE))
    if not sample:
        raise SpreadsheetError("見出し行だけで、データの行がありません。1行以上のデータがあるファイルを指定してください。")
    columns = find_columns(table.header, [row.cells for row in sample], text=text, bought=bought)
    header = table.header + [f"列{place + 1}" for place in range(len(table.header), width)]
    counted = _Counted(progress, total)
    batches = _batches(_chained(sample, rows), columns, default_type)
    with Readers(model, processes or _processes(total), automatic) as read:
        classified = (
            counted.row(_padded(row.cells, width), reading)
            for batch, readings in read(batches)
            for row, reading in zip(batch, readings, strict=True)
        )
        written = write_table(target, [*header, *APPENDED], classified, encoding=encoding)
    kind = None if columns.type is None else table.header[columns.type]
    return Outcome(written.rows, table.header[columns.text], kind, table.encoding, written, counted.harms)


class _Counted:
    """Rows on their way out: counts them and tells how far it is."""

    def __init__(self, progress: Callable[[int, int], None], total: int) -> None:
        self.progress, self.total, self.done, self.harms = progress, total, 0, 0

    def row(self, cells: list[str], reading: "Reading") -> list[Cell]:
        self.done += 1
        self.harms += any(alert.code == "health_harm" for alert in reading.alerts)
        if self.done % BATCH == 0 or self.done == self.total:
            self.progress(self.done, self.total)
        text = cells.pop()  # the text travels as the last cell
        return [*cells, *appended(reading, text)]


def appended(reading: "Reading", text: str) -> list[Cell]:
    """The ten cells of one reading."""
    return [
        reading.primary,
        LEAVES[reading.primary].label,
        reading.group,
        GROUPS[reading.group].label,
        "|".join(reading.secondary),
        "|".join(alert.code for alert in reading.alerts if alert.code in ALERTS),
        round(reading.confidence, 4),
        int(reading.auto),
        "|".join(text[start:end].replace("|", "¦") for start, end, role in reading.evidence if role == "for"),
        "|".join(leaf for leaf, _ in reading.suggestions),
    ]


def _opened(source: Path) -> tuple[Table, Iterator[Row], int, int]:
    """The table, its rows, how many there are, and the widest one's width. Text files are gone through twice, to save memory."""
    table = read_table(source)
    total, width = 0, len(table.header)
    if table.encoding in ("xlsx", "xls"):
        kept = list(table.rows)
        return table, iter(kept), len(kept), max([width, *(len(row.cells) for row in kept)])
    for row in table.rows:
        total, width = total + 1, max(width, len(row.cells))
    table = read_table(source)
    return table, table.rows, total, width


def _chained(first: Sequence[Row], rest: Iterator[Row]) -> Iterator[Row]:
    yield from first
    yield from rest


def _padded(cells: list[str], width: int) -> list[str]:
    text = cells[-1]
    return [*cells[:-1], *[""] * (width - len(cells) + 1), text]


_Batch = tuple[list[Row], list[str], list[str]]


def _batches(rows: Iterator[Row], columns: Columns, default: str) -> Iterator[_Batch]:
    while batch := list(islice(rows, BATCH)):
        texts = [row.cells[columns.text] for row in batch]
        types = [default if columns.type is None else purchase_type(row.cells[columns.type], default) for row in batch]
        yield [Row(row.number, [*row.cells, text]) for row, text in zip(batch, texts, strict=True)], texts, types


# -- processes ------------------------------------------------------------------------------------------------------------


def _processes(rows: int) -> int:
    import os

    return min(8, len(os.sched_getaffinity(0))) if rows >= WORTH_SHARING and hasattr(os, "sched_getaffinity") else 1


class Readers:
    """Reads batches in this process, or in several; results come in order and no more batches wait than there are readers twice."""

    def __init__(self, model: Path, processes: int, automatic: Mapping[str, float] | None = None) -> None:
        self.model, self.processes, self.automatic = model, processes, automatic
        self.pool: Any = None

    def __enter__(self) -> Callable[[Iterable[_Batch]], Iterator[tuple[list[Row], list["Reading"]]]]:
        _load(self.model)  # once, before the processes part: they share it
        if self.processes > 1:
            import multiprocessing

            self.pool = multiprocessing.get_context("fork").Pool(self.processes)
        return self._read

    def __exit__(self, *_: object) -> None:
        if self.pool is not None:
            self.pool.terminate()
            self.pool.join()

    def _read(self, batches: Iterable[_Batch]) -> Iterator[tuple[list[Row], list["Reading"]]]:
        if self.pool is None:
            for rows, texts, types in batches:
                yield rows, _read_batch(texts, types, self.automatic)
            return
        waiting: deque[tuple[list[Row], Any]] = deque()
        for rows, texts, types in batches:
            waiting.append((rows, self.pool.apply_async(_read_batch, (texts, types, self.automatic))))
            if len(waiting) > 2 * self.processes:
                yield _ready(waiting)
        while waiting:
            yield _ready(waiting)


def _ready(waiting: deque[tuple[list[Row], Any]]) -> tuple[list[Row], list["Reading"]]:
    rows, result = waiting.popleft()
    return rows, result.get()


_loaded: list[Any] = []


def _load(model: Path) -> None:
    from threadpoolctl import threadpool_limits

    from voc.classifier import artefact, vectors

    threadpool_limits(1)  # the processes share the processors; threads of theirs would only wait for each other
    _loaded[:] = [artefact.load(model)]
    if (encoder := vectors.available()) is not None:
        encoder.encode([""])  # loads it
    gc.freeze()  # what stays need not be looked through each time, nor copied by the processes that share it


def _read_batch(texts: list[str], types: list[str], automatic: Mapping[str, float] | None) -> list["Reading"]:
    readings: list[Reading] = _loaded[0].read(texts, types, automatic=automatic)
    return readings
