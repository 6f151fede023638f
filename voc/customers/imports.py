"""Take in a file of a shop: orders, customers or subscriptions. One file, one transaction, every row accounted for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy.orm import Session

from voc import audit
from voc.bulk import count_anew
from voc.customers.order_rows import BuyerFacts, OrderReader
from voc.customers.order_store import OrderStore
from voc.customers.people import lock_shop, usual_shop
from voc.customers.people_rows import CustomerReader, SubscriptionReader
from voc.customers.people_store import CustomerStore, SubscriptionStore
from voc.customers.source import FileRefused, Skipped, Source, Tally, open_source, refuse_half
from voc.customers.spool import Spool
from voc.customers.tables import Consent, Customer, Order, OrderLine, Subscription
from voc.db import table

#: More unreadable rows than this share: the columns are surely the wrong ones, and nothing is taken.
MAX_UNREADABLE = 0.5

#: A file that brings so many new rows changes how a database should look for them.
MANY = 1_000

Progress = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class ImportResult:
    """What became of a file. ``rows == imported + updated + merged + len(skipped)``: every row is in exactly one of them."""

    kind: str
    shop: str
    platform: str
    encoding: str
    rows: int
    imported: int
    """Rows that made a new order, customer, subscription or reply."""
    updated: int
    """Rows that changed one that was there."""
    merged: int
    """Rows that went into one that was counted already (further lines, fees) or that was there just like that."""
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    mapping: dict[str, object] = field(default_factory=dict)
    dry_run: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind, "shop": self.shop, "platform": self.platform, "encoding": self.encoding, "rows": self.rows, "imported": self.imported,
            "updated": self.updated, "merged": self.merged, "skipped": [{"row": row.row, "reason": row.reason} for row in self.skipped],
            "notes": self.notes, "dry_run": self.dry_run,
        }  # fmt: skip


class Reader(Protocol):
    """Rows of a file → plain records."""

    tally: Tally

    def records(self) -> Iterator[Any]: ...


class Store(Protocol):
    """Plain records → the database."""

    imported: int
    updated: int
    merged: int

    def take(self, batch: Sequence[Any]) -> None: ...

    def finish(self) -> None: ...


READERS: dict[str, Callable[[Source], Reader]] = {
    "orders": OrderReader,
    "customers": CustomerReader,
    "subscriptions": SubscriptionReader,
}


def import_file(
    session: Session,
    path: Path,
    *,
    kind: str,
    shop: str | None = None,
    mapping: Mapping[str, object] | None = None,
    encoding: str | None = None,
    filename: str | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportResult:
    """Take in one file.

    The file is read to its end before the database is touched, so an unusable one changes nothing. The same file again
    doubles nothing. ``mapping`` is what a person confirmed (``Source.mapping``); without it the header is guessed.
    ``dry_run`` does everything and takes it back. ``progress`` is told the rows read, while no lock is held.

    Raises
    ------
    FileRefused
        The file cannot be used; the message says why, ``skipped`` which rows.
    """
    source = open_source(path, kind, mapping=mapping, encoding=encoding, filename=filename)
    with Spool() as spool:
        reader = READERS[kind](source)
        tally = read_all(source, reader, spool, progress)
        facts = reader.facts if isinstance(reader, OrderReader) else BuyerFacts()
        del reader  # what it kept to know its file by is not needed for writing
        trial = session.begin_nested() if dry_run else None
        row = lock_shop(session, shop or usual_shop(session, source.platform), platform=source.platform.code)
        result = write_all(source, _store(session, row.id, source, tally, facts), spool, tally, shop=row.name, dry_run=dry_run)
    if trial is not None:
        trial.rollback()
    else:
        if result.imported >= MANY:
            count_anew(session, [table(row) for row in (Customer, Consent, Order, OrderLine, Subscription)])
        audit.record(session, "file.imported", file=source.filename, of=kind, shop=result.shop, rows=result.rows, imported=result.imported)
    return result


def _store(session: Session, shop_id: int, source: Source, tally: Tally, facts: BuyerFacts) -> Store:
    note = f"{source.kind} import {source.filename}"
    if source.kind == "customers":
        return CustomerStore(session, shop_id, consent_source=note)
    if source.kind == "subscriptions":
        return SubscriptionStore(session, shop_id, consent_source=note)
    has_lines = bool({"product_code", "product_name"} & source.columns.keys())
    return OrderStore(session, shop_id, tally, facts, consent_source=note, has_lines=has_lines)


def read_all(source: Source, reader: Reader, spool: Spool, progress: Progress | None) -> Tally:
    """Read the whole file; refuse it when it is empty, cut off, or not understood."""
    tally = reader.tally
    try:
        for _ in spool.fill(reader.records()):
            if progress:
                progress(tally.rows)
    finally:
        source.close()
    refuse_half(source)
    if tally.rows == 0:
        raise FileRefused("見出しだけで、データの行がありません。書き出す期間や条件を確かめ、もう一度書き出してください。")
    if tally.unreadable > tally.rows * MAX_UNREADABLE:
        raise FileRefused(
            f"{tally.rows:,}行のうち{tally.unreadable:,}行を読み取れないため、何も取り込みませんでした。列の対応を確かめてください。{_first(tally)}",
            skipped=tally.skipped,
            rows=tally.rows,
        )
    return tally


def write_all(
    source: Source, store: Store, spool: Spool, tally: Tally, *, shop: str, dry_run: bool, notes: Sequence[str] = ()
) -> ImportResult:
    """Write what was read; refuse the file when nothing of it could be used."""
    for batch in spool.batches():
        store.take(batch)
    store.finish()
    if store.imported + store.updated + store.merged == 0:
        raise FileRefused(f"{tally.rows:,}行のどれも取り込めませんでした。{_first(tally)}", skipped=tally.skipped, rows=tally.rows)
    return ImportResult(
        kind=source.kind, shop=shop, platform=source.platform.code, encoding=source.encoding, rows=tally.rows, imported=store.imported,
        updated=store.updated, merged=store.merged, skipped=sorted(tally.skipped, key=lambda skipped: skipped.row), notes=list(notes),
        mapping=source.mapping, dry_run=dry_run,
    )  # fmt: skip


def _first(tally: Tally) -> str:
    first = min(tally.skipped, key=lambda skipped: skipped.row)
    return f"はじめは{first.row}行目: {first.reason}"
