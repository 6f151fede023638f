"""Take in old replies: a company's own file of reasons, without any customer or order."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from unicodedata import normalize

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc import audit, jobs
from voc.bulk import among, insert_rows
from voc.clock import now
from voc.customers.imports import ImportResult, Progress, read_all, write_all
from voc.customers.people import CUSTOMERS, lock_shop, usual_shop
from voc.customers.products import Products
from voc.customers.source import Source, open_source
from voc.customers.spool import Spool
from voc.customers.tables import ImportRun
from voc.customers.uploads import digest_of
from voc.db import table
from voc.surveys.reply_rows import ReplyReader, ReplyRecord, notes
from voc.surveys.tables import Answer

ANSWERS = table(Answer)
_COLUMNS = (
    "import_key", "external_id", "source", "shop_id", "customer_id", "product_id", "purchase_type", "stated", "text", "expectation", "extra",
    "answered_at", "created_at",
)  # fmt: skip
_COPY_MARK = re.compile(r"[\s_\-]*(\(\d+\)|copy|のコピー|コピー)$", re.IGNORECASE)


def import_replies(
    session: Session,
    path: Path,
    *,
    kind: str = "replies",
    shop: str | None = None,
    mapping: Mapping[str, object] | None = None,
    encoding: str | None = None,
    filename: str | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportResult:
    """Take in one file of replies; the same file again doubles nothing. The words are kept code point for code point.

    Customers are linked where the file names them and they are known; none are made. Raises like
    ``customers.imports.import_file``.
    """
    source = open_source(path, kind, mapping=mapping, encoding=encoding, filename=filename)
    reader = ReplyReader(source)
    content = digest_of(path)
    with Spool() as spool:
        tally = read_all(source, reader, spool, progress)
        trial = session.begin_nested() if dry_run else None
        row_name, shop_id = _shop(session, source, shop)
        store = ReplyStore(session, shop_id, scope=_scope(session, source.filename, content))
        told = notes(reader, source, taken=tally.rows - len(tally.skipped))
        result = write_all(source, store, spool, tally, shop=row_name, dry_run=dry_run, notes=told)
    if trial is not None:
        trial.rollback()
    else:
        audit.record(session, "file.imported", file=source.filename, of=kind, shop=result.shop, rows=result.rows, imported=result.imported)
        jobs.enqueue(session, "readings.read")
    return result


def _shop(session: Session, source: Source, name: str | None) -> tuple[str, int]:
    shop = lock_shop(session, name or usual_shop(session, source.platform), platform=source.platform.code)
    return shop.name, shop.id


def _scope(session: Session, filename: str, content: str) -> str:
    """What sets replies apart that have nothing but their words: the file they stand in.

    A file that grew keeps its name, a copy its content. So 「特になし」 in the list of April and in the list of May are
    two replies, and the list of April taken in twice is one.
    """
    same = sa.select(ImportRun.filename).where(ImportRun.kind == "replies", ImportRun.status == "taken", ImportRun.sha256 == content)
    known = session.scalar(same.order_by(ImportRun.id).limit(1))
    return _COPY_MARK.sub("", normalize("NFKC", Path(known or filename).stem)).strip().casefold()


class ReplyStore:
    """Takes batches of reply records."""

    def __init__(self, session: Session, shop_id: int, *, scope: str) -> None:
        self.imported = self.updated = self.merged = 0
        self._session = session
        self._shop_id = shop_id
        self._scope = scope
        self._products = Products(session, shop_id)
        self._times: Counter[bytes] = Counter()

    def take(self, batch: Sequence[Any]) -> None:
        records = [ReplyRecord._make(plain) for plain in batch]
        keys = [self._key(record) for record in records]
        present = set(self._session.scalars(sa.select(ANSWERS.c.import_key).where(among(self._session, ANSWERS.c.import_key, keys))))
        new = [(key, record) for key, record in zip(keys, records, strict=True) if key not in present]
        by_id, by_email = self._customers([record for _, record in new])
        products = self._product_ids([record for _, record in new])
        moment = now()
        rows = [
            (
                key, record.external_id, "import", self._shop_id, by_id.get(record.customer_id or "") or by_email.get(record.email or ""),
                products.get((record.product_code, record.product_name)), record.purchase_type, record.stated, record.text, record.expectation,
                record.extra, moment if record.answered_at is None else datetime.fromtimestamp(record.answered_at, UTC), moment,
            )
            for key, record in new
        ]  # fmt: skip
        insert_rows(self._session, ANSWERS, _COLUMNS, rows)
        self.imported += len(rows)
        self.merged += len(records) - len(rows)

    def finish(self) -> None:
        """Nothing waits for the end of the file."""

    def _key(self, record: ReplyRecord) -> str:
        """The same row of the same file is one answer; two people who wrote the same are two."""
        self._times[record.digest] += 1
        scope = "" if record.own else self._scope
        return sha256(f"{scope}\x1f{self._times[record.digest]}\x1f".encode() + record.digest).hexdigest()

    def _customers(self, records: Sequence[ReplyRecord]) -> tuple[dict[str, int], dict[str, int]]:
        found: list[dict[str, int]] = []
        for column, wanted in (
            (CUSTOMERS.c.external_id, {record.customer_id for record in records}),
            (CUSTOMERS.c.email, {record.email for record in records}),
        ):
            told = wanted - {None}
            select = (
                sa.select(column, CUSTOMERS.c.id)
                .where(CUSTOMERS.c.shop_id == self._shop_id, among(self._session, column, told))
                .order_by(CUSTOMERS.c.id.desc())
            )
            found.append({row[0]: row[1] for row in self._session.execute(select)} if told else {})
        return found[0], found[1]

    def _product_ids(self, records: Sequence[ReplyRecord]) -> dict[tuple[str | None, str | None], int]:
        told = {(record.product_code, record.product_name) for record in records if record.product_code or record.product_name}
        self._products.ensure((code, name or code) for code, name in told if code)
        named = self._products.named(name for code, name in told if not code and name)
        return {(code, name): self._products.id_of(code) if code else named[name or ""] for code, name in told}
