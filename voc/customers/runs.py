"""The life of one offered file: uploaded, confirmed, taken in by a job, and what is told about it afterwards."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc import audit, jobs
from voc.clock import now
from voc.customers import uploads
from voc.customers.imports import ImportResult
from voc.customers.people import lock_shop
from voc.customers.source import FileRefused
from voc.customers.tables import ColumnMapping, ImportRun, Shop
from voc.db import Database
from voc.errors import Conflict, NotFound, TemporaryFailure, VocError

log = logging.getLogger(__name__)

PROGRESS_SECONDS = 1.0
CLOSED = ("taken", "refused")

Importer = Callable[..., ImportResult]


class _Stopped(Exception):
    """The worker was asked to end while a file was being read: the job waits for the next one."""


# -- on screen ---------------------------------------------------------------------------------------------------------------


def offer(session: Session, upload: uploads.Upload, *, kind: str, filename: str, folder: Path, by: int | None) -> ImportRun:
    """Note a file that has arrived; it waits for somebody to confirm how it is read."""
    run = ImportRun(
        kind=kind, status="uploaded", filename=filename[:255], sha256=upload.sha256, encoding=upload.sketch.encoding, user_id=by, mapping={}
    )
    session.add(run)
    session.flush()
    uploads.settle(upload, folder, run.id)
    return run


def confirm(
    session: Session,
    run: ImportRun,
    *,
    kind: str,
    shop: str,
    mapping: Mapping[str, object],
    header_hash: str,
    encoding: str | None,
    by: int | None,
) -> None:
    """Take a file in as it was shown; the mapping is remembered for the shop's next file with this header."""
    if run.status not in ("uploaded", "refused"):
        raise Conflict("このファイルはすでに取り込みを始めています。")
    row = lock_shop(session, shop, platform=str(mapping.get("platform") or "generic"))
    _remember(session, row, kind=kind, mapping=mapping, header_hash=header_hash)
    run.kind, run.shop_id, run.mapping, run.encoding, run.user_id = kind, row.id, dict(mapping), encoding, by
    run.platform = str(mapping.get("platform") or "generic")
    run.status, run.error, run.skipped, run.finished_at = "queued", None, [], None
    run.rows = run.imported = run.updated = run.merged = 0
    session.flush()
    audit.record(session, "file.confirmed", user_id=by, run=run.id, of=kind, shop=row.name)
    ask_for_job(session, run)


def ask_for_job(session: Session, run: ImportRun) -> None:
    if run.kind == "replies":
        jobs.enqueue(session, "surveys.import_replies", unique_key=job_key(run.id), run_id=run.id)
    else:
        jobs.enqueue(session, "customers.import", unique_key=job_key(run.id), run_id=run.id)


def discard(session: Session, run: ImportRun, *, folder: Path, by: int | None) -> None:
    """Throw an offered file away."""
    if run.status in ("queued", "running"):
        raise Conflict("取り込みの途中です。終わってから、もう一度お試しください。")
    audit.record(session, "file.discarded", user_id=by, run=run.id, file=run.filename)
    if run.status == "uploaded":
        session.delete(run)
    session.flush()
    uploads.throw_away(folder, run.id)


def job_key(run_id: int) -> str:
    return f"import:{run_id}"


def _remember(session: Session, shop: Shop, *, kind: str, mapping: Mapping[str, object], header_hash: str) -> None:
    same = sa.select(ColumnMapping).where(
        ColumnMapping.shop_id == shop.id, ColumnMapping.kind == kind, ColumnMapping.header_hash == header_hash
    )
    row = session.scalar(same)
    if row is None:
        row = ColumnMapping(shop_id=shop.id, kind=kind, header_hash=header_hash, mapping={})
        session.add(row)
    row.mapping, row.confirmed_at = dict(mapping), now()


# -- in the worker -----------------------------------------------------------------------------------------------------------


def work_off(context: jobs.Context, importer: Importer) -> None:
    """Take in the file of one import run. Runs again after a crash: nothing of an unfinished file is in the database."""
    run_id = int(context.payload["run_id"])
    folder = context.settings.uploads_dir
    with context.transaction() as session:
        run = session.get(ImportRun, run_id, with_for_update=True)
        if run is None or run.status in CLOSED:
            return
        run.status = "running"
        shop = session.get_one(Shop, run.shop_id).name if run.shop_id else None
        facts: dict[str, Any] = {
            "kind": run.kind,
            "shop": shop,
            "mapping": run.mapping,
            "encoding": _codec(run.encoding),
            "filename": run.filename,
        }
    path = uploads.path_of(folder, run_id)
    try:
        if not path.exists():
            raise NotFound("アップロードされたファイルが見つかりません。もう一度アップロードしてください。")
        with context.transaction() as session:
            result = importer(session, path, progress=_Reporter(context, path), **facts)
            _close(session, run_id, result)
    except _Stopped:
        return
    except TemporaryFailure:
        raise
    except VocError as error:
        with context.transaction() as session:
            refuse(session, run_id, error)
        return
    uploads.throw_away(folder, run_id)


def refuse(session: Session, run_id: int, error: VocError) -> None:
    run = session.get_one(ImportRun, run_id, with_for_update=True)
    run.status, run.error, run.finished_at = "refused", error.message, now()
    if isinstance(error, FileRefused):
        run.rows, run.skipped = error.rows, [[skipped.row, skipped.reason] for skipped in error.skipped]


def _close(session: Session, run_id: int, result: ImportResult) -> None:
    run = session.get_one(ImportRun, run_id, with_for_update=True)
    if run.status in CLOSED:
        raise Conflict("ほかのワーカーがこのファイルを取り込み終えています。")
    fill(run, result)


def fill(run: ImportRun, result: ImportResult) -> None:
    """Write what became of a file into its run."""
    run.status, run.error, run.finished_at = "taken", None, now()
    run.encoding, run.platform = result.encoding, result.platform
    run.rows, run.imported, run.updated, run.merged = result.rows, result.imported, result.updated, result.merged
    run.skipped = [[skipped.row, skipped.reason] for skipped in result.skipped]
    run.mapping = {**result.mapping, "notes": result.notes}


def _codec(encoding: str | None) -> str | None:
    return None if encoding in ("xlsx", "xls") else encoding


class _Reporter:
    """Tells about once a second how many rows were read, and stops when the worker is asked to."""

    def __init__(self, context: jobs.Context, path: Path) -> None:
        self._context = context
        self._total = lines_in(path)
        self._next = monotonic()

    def __call__(self, rows: int) -> None:
        if self._context.stopping.is_set():
            raise _Stopped
        if monotonic() >= self._next:
            self._next = monotonic() + PROGRESS_SECONDS
            self._context.progress(min(rows, self._total), self._total)


def lines_in(path: Path) -> int:
    """About how many rows a text file has; 0 when it is not text."""
    lines = 0
    with path.open("rb") as file:
        if file.read(4).startswith((b"PK", b"\xd0\xcf")):
            return 0
        while chunk := file.read(1 << 20):
            lines += chunk.count(b"\n")
    return lines


# -- on the command line -----------------------------------------------------------------------------------------------------


def take_file(db: Database, path: Path, importer: Importer, *, kind: str, **facts: Any) -> ImportResult:
    """Take in a file at once, and keep a record of it like of one that came by the screen, also when it is refused."""
    digest = uploads.digest_of(path)
    try:
        with db.transaction() as session:
            result = importer(session, path, kind=kind, **facts)
            if not result.dry_run:
                shop_id = session.scalar(sa.select(Shop.id).where(Shop.name == result.shop))
                run = ImportRun(kind=kind, status="taken", filename=path.name[:255], sha256=digest, shop_id=shop_id)
                fill(run, result)
                session.add(run)
        return result
    except VocError as error:
        if not facts.get("dry_run"):
            with db.transaction() as session:
                run = ImportRun(kind=kind, status="uploaded", filename=path.name[:255], sha256=digest)
                session.add(run)
                session.flush()
                refuse(session, run.id, error)
        raise
