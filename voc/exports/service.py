"""Exports as files: the table, its manifest, and the record that it was made."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy.orm import Session

from voc import audit
from voc.clock import now
from voc.db import Database
from voc.errors import Refused
from voc.exports import agreement, rows, shares
from voc.exports.layout import FILLS, Table, counted, in_japan
from voc.insights import findings
from voc.reasons import codebook
from voc.replies import columns, queries
from voc.replies.selection import WAY_LABELS, Selection
from voc.spreadsheet import Cell, Sheet, Written, csv_chunks, write_xlsx
from voc.spreadsheet.writing import MAX_XLSX_ROWS

KINDS = {"replies": "回答", "breakdown": "理由の割合", "decisions": "確認の判断", "agreement": "二人の一致度"}
FORMATS = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
ENCODINGS = ("utf-8-sig", "cp932")
EVENT = "export.written"


@dataclass(frozen=True, kw_only=True)
class Order:
    """What somebody wants to have."""

    kind: str
    format: str = "csv"
    selection: Selection = field(default_factory=Selection)
    encoding: str = "utf-8-sig"
    unmasked: bool = False
    """With the customers' words as they came; otherwise personal data is covered."""
    user_id: int | None = None
    by: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise Refused(f"{self.kind} という書き出しはありません。{'・'.join(KINDS)} から選んでください。")
        if self.format not in FORMATS:
            raise Refused(f"{self.format} では書き出せません。ファイル名を .csv か .xlsx にしてください。")
        if self.format == "csv" and self.encoding not in ENCODINGS:
            raise Refused(f"文字コード {self.encoding} は使えません。utf-8-sig か cp932 を指定してください。")

    @property
    def filename(self) -> str:
        return f"voc-{self.kind}-{now():%Y%m%d-%H%M}.{self.format}"


@dataclass
class Manifest:
    """What a file is: so that a figure taken from it can be traced."""

    order: Order
    models: tuple[str, ...] = ()
    written: Written = field(default_factory=Written)
    counts: dict[str, int] = field(default_factory=dict)
    method: str = ""
    rows: int = 0
    bytes: int = 0
    sha256: str = ""
    columns: list[str] = field(default_factory=list)
    filters: dict[str, str] = field(default_factory=dict)
    made_at: Any = None

    def as_data(self) -> dict[str, Any]:
        data = {
            "export": self.order.kind,
            "name": KINDS[self.order.kind],
            "format": self.order.format,
            "encoding": self.order.encoding if self.order.format == "csv" else None,
            "made_at": self.made_at.isoformat(timespec="seconds"),
            "by": self.order.by,
            "from": self.order.selection.start,
            "to": self.order.selection.end,
            "filters": self.filters,
            "rows": self.rows,
            "counts": self.counts,
            "personal_data": "as written" if self.order.unmasked else "masked",
            "method": self.method,
            "model_version": "|".join(self.models),
            "codebook_version": codebook.VERSION,
            "columns": self.columns,
            "replaced_characters": "".join(sorted(self.written.replaced)),
            "cut_cells": self.written.cut,
            "bytes": self.bytes,
            "sha256": self.sha256,
        }
        return {key: value if isinstance(value, (str, int, list, dict)) or value is None else str(value) for key, value in data.items()}

    def losses(self) -> Iterator[str]:
        """What could not be written as it was, told and not hidden."""
        if self.written.replaced:
            signs = "".join(sorted(self.written.replaced)[:20])
            yield f"{self.order.encoding} にない文字({signs})を〓に置き換えました。そのまま残すには UTF-8 か Excel で書き出してください。"
        if self.written.cut:
            yield f"Excel のセルに収まらない長い文章 {self.written.cut:,} 件の末尾を切りました。全文は CSV で書き出してください。"

    def as_json(self) -> str:
        return json.dumps(self.as_data(), ensure_ascii=False, indent=2) + "\n"

    def as_rows(self) -> Iterator[Sequence[Cell]]:
        """For the second sheet of a workbook. The sum of the file itself cannot stand in it; it is kept in the record."""
        order = self.order
        yield ["内容", KINDS[order.kind]]
        yield ["書き出した日時", in_japan(self.made_at)]
        yield ["書き出した人", order.by]
        yield ["期間(回答日)", f"{order.selection.start or '最初'}〜{order.selection.end or '最新'}"]
        for name, value in self.filters.items():
            yield [f"絞り込み: {name}", value]
        yield ["行数", self.rows]
        for name, number in self.counts.items():
            yield [name, number]
        yield ["個人情報", "書かれたまま" if order.unmasked else "〔 〕で伏せています"]
        yield ["割合の求め方", self.method]
        yield ["読み取りのモデル", "|".join(self.models)]
        yield ["理由の定義", codebook.VERSION]


def write(session: Session, order: Order, file: BinaryIO) -> Manifest:
    """Write the whole export into ``file``."""
    manifest, table = _prepare(session, order)
    if order.format == "xlsx":
        _write_workbook(manifest, table, file)
    else:
        for chunk in _csv(manifest, table):
            file.write(chunk)
    return manifest


def stream(db: Database, order: Order) -> Iterator[bytes]:
    """The export as bytes while it is read; at its end the record is written. A CSV of any length needs no more memory."""
    with db.reading() as session:
        manifest, table = _prepare(session, order)
        yield from _csv(manifest, table)
    with db.transaction() as session:
        record(session, manifest)


def to_path(session: Session, order: Order, path: Path) -> Manifest:
    """Write a file whole or not at all, and beside a CSV its manifest."""
    draft = path.with_name(f".{path.name}.part")
    try:
        with draft.open("w+b") as file:
            manifest = write(session, order, file)
        draft.replace(path)
        if order.format == "csv":
            path.with_name(path.name + ".manifest.json").write_text(manifest.as_json(), encoding="utf-8")
    except OSError as error:
        raise Refused(f"{path} に書き込めません({error.strerror})。場所と空き容量を確かめてください。") from None
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def record(session: Session, manifest: Manifest) -> None:
    """Who took what out of the house, and when."""
    audit.record(session, EVENT, user_id=manifest.order.user_id, **manifest.as_data())


def _prepare(session: Session, order: Order) -> tuple[Manifest, Table]:
    manifest = Manifest(order, models=columns.models(session), made_at=now(), filters=_filters(session, order.selection))
    if order.kind == "breakdown":
        found, table = shares.breakdown(session, order.selection)
        inside = found.breakdown
        manifest.counts = {
            "回答": inside.replies,
            "人の確認": inside.reviewed,
            "無作為の確認": inside.drawn,
            "依頼": found.asked.asked,
            "依頼への回答": found.asked.answered,
        }
        manifest.method = inside.method + found.method
        if found.weighting:
            manifest.filters["重み付け"] = findings.weighted_to(found.weighting)
    elif order.kind == "agreement":
        table = agreement.table(session)
        manifest.method = (
            "Cohen's kappa, Krippendorff's alpha, weighted by 1 / chance of being coded twice, percentile bootstrap; all periods"
        )
    else:
        _check_length(session, order)
        make: Callable[..., Table] = rows.replies if order.kind == "replies" else rows.decisions
        table = make(session, order.selection, unmasked=order.unmasked)
        manifest.method = "people's decisions; where there is none, the machine's reading"
    manifest.columns = table.header
    return manifest, table


def _check_length(session: Session, order: Order) -> None:
    if order.format == "xlsx" and rows.count(session, order.kind, order.selection) >= MAX_XLSX_ROWS:
        raise Refused("Excel の1シートは 1,048,576 行までです。期間を分けるか CSV で書き出してください。")


def _csv(manifest: Manifest, table: Table) -> Iterator[bytes]:
    total, size = hashlib.sha256(), 0
    for chunk in csv_chunks(table.header, table.rows, encoding=manifest.order.encoding, written=manifest.written):
        total.update(chunk)
        size += len(chunk)
        yield chunk
    manifest.rows, manifest.bytes, manifest.sha256 = manifest.written.rows, size, total.hexdigest()


def _write_workbook(manifest: Manifest, table: Table, file: BinaryIO) -> None:
    count = [0]

    def about() -> Iterator[Sequence[Cell]]:  # asked for after the first sheet is written, when the number of rows is known
        manifest.rows = count[0]
        yield from manifest.as_rows()

    sheets = [
        Sheet(
            table.name, table.header, counted(table.rows, count), [column.width for column in table.columns],
            [column.number_format for column in table.columns], FILLS,
        ),
        Sheet("この書き出しについて", ["項目", "値"], about(), [24, 60]),
    ]  # fmt: skip
    start = file.tell()
    manifest.written = write_xlsx(file, sheets)
    file.seek(start)
    total = hashlib.sha256()
    while chunk := file.read(1 << 20):
        total.update(chunk)
    manifest.bytes, manifest.sha256 = file.tell() - start, total.hexdigest()


def _filters(session: Session, selection: Selection) -> dict[str, str]:
    found = {}
    if selection.purchase_type:
        found["買い方"] = codebook.PURCHASE_TYPE_LABELS[selection.purchase_type]
    if selection.product_id is not None:
        found["商品"] = queries.products(session).get(selection.product_id, str(selection.product_id))
    if selection.campaign_id is not None:
        found["配信"] = queries.campaigns(session).get(selection.campaign_id, str(selection.campaign_id))
    if selection.way:
        found["聞き方"] = WAY_LABELS[selection.way]
    return found
