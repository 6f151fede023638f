"""A copy of everything while work goes on, and back from it into either database."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc import clock, migrate
from voc.bulk import insert_rows
from voc.config import Settings
from voc.db import Database, UTCDateTime
from voc.delivery.tables import Message
from voc.errors import Refused
from voc.schema import metadata
from voc.upkeep.archive import FOLDERS, Manifest, Reader, TableEntry, Writer

CHUNK = 5_000

#: Mails that waited when the copy was made may have left since: a person decides whether they go out (again).
HELD = "控えから戻したため、送信を止めてあります。まだ届いていないことを確かめてから、再送してください。"

Progress = Callable[[int, int], None]


def _silent(done: int, total: int) -> None:
    pass


def backup(db: Database, settings: Settings, path: Path, progress: Progress = _silent) -> Manifest:
    """Write everything to ``path`` as it stands at this moment; writers go on meanwhile.

    One read transaction sees one state of all tables: a snapshot of SQLite's write-ahead log, REPEATABLE READ on PostgreSQL.
    """
    with _snapshot(db) as connection, Writer(path, schema=migrate.newest() or "") as writer:
        tables = [table for table in metadata.sorted_tables if not table.info.get("derived")]  # that comes back by itself
        total = sum(connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables)
        for table in tables:
            columns, before = [column.name for column in table.columns], writer.manifest.rows
            writer.table(table.name, columns, _read(connection, table), partial(_tell, progress, before, total))
        progress(total, total)
        for name, file in _files(settings):
            writer.file(name, file)
    return writer.manifest


def _tell(progress: Progress, before: int, total: int, written: int) -> None:
    progress(before + written, total)


def _snapshot(db: Database) -> sa.Connection:
    if not migrate.is_current(db):
        raise Refused("データベースが最新の形ではありません。先に python -m voc migrate を実行してください。")
    connection = db.read_engine.connect()
    return connection if db.is_sqlite else connection.execution_options(isolation_level="REPEATABLE READ")


def _read(connection: sa.Connection, table: sa.Table) -> Iterator[list[Any]]:
    """A table's rows as JSON can hold them, in the order of their keys."""
    rows = connection.execution_options(yield_per=CHUNK).execute(sa.select(table).order_by(*table.primary_key.columns))
    moments = [place for place, column in enumerate(table.columns) if isinstance(column.type, UTCDateTime)]
    for row in rows:
        values = list(row)
        for place in moments:
            if values[place] is not None:
                values[place] = values[place].isoformat()
        yield values


def _files(settings: Settings) -> Iterator[tuple[str, Path]]:
    for folder in FOLDERS:
        for path in sorted((settings.instance_dir / folder).rglob("*")):
            if path.is_file():
                yield path.relative_to(settings.instance_dir).as_posix(), path


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What came back."""

    manifest: Manifest
    held_mails: int
    before: Path | None
    """A backup of what was in the database before, if anything was."""


def restore(db: Database, settings: Settings, path: Path, progress: Progress = _silent, *, keep_queue: bool = False) -> Restored:
    """Make the database what the archive says; everything in it is replaced, in one transaction, after it was backed up.

    ``keep_queue`` leaves waiting mails waiting: for moving to another host, where none can have left meanwhile.
    """
    with Reader(path) as archive:
        _check_schema(archive)
        for _ in archive.verify():
            pass
        before = _keep_what_is_there(db, settings)
        with db.write_engine.begin() as connection:
            migrate.rebuild(connection, archive.manifest.schema)
            with Session(bind=connection) as session:  # within the connection's transaction: it commits when all is done
                _insert_all(session, archive, progress)
                migrate.upgrade_connection(connection)
                held = 0 if keep_queue else _hold_mails(session)
        for name in archive.manifest.files:
            archive.extract(name, settings.instance_dir / name)
    return Restored(manifest=archive.manifest, held_mails=held, before=before)


def _check_schema(archive: Reader) -> None:
    if not migrate.knows(archive.manifest.schema):
        raise Refused(
            f"控えの形 {archive.manifest.schema} をこの版の voc は知りません。控えを作ったときと同じか、それより新しい voc を使ってください。"
        )


def _keep_what_is_there(db: Database, settings: Settings) -> Path | None:
    """A way back from a restore that was a mistake."""
    if not migrate.is_current(db):
        return None
    with db.reading() as session:
        known = ("users", "customers", "answers", "orders")
        if not any(session.scalar(sa.select(sa.literal(1)).select_from(metadata.tables[name]).limit(1)) for name in known):
            return None
    folder = settings.instance_dir / "backups"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept = folder / f"before-restore-{clock.now().astimezone(clock.JST):%Y%m%d-%H%M%S}.voc"
    backup(db, settings, kept)
    return kept


def _insert_all(session: Session, archive: Reader, progress: Progress) -> None:
    total, done = archive.manifest.rows, 0
    for table in metadata.sorted_tables:
        entry = archive.manifest.tables.get(table.name)
        if entry is None:
            continue
        unknown = [name for name in entry.columns if name not in table.c]
        if unknown:
            raise archive.damaged(f"{table.name}.{unknown[0]} という列はありません")
        for chunk in _chunks(_python_values(table, entry, archive.rows(table.name))):
            insert_rows(session, table, entry.columns, chunk)
            done += len(chunk)
            progress(done, total)
        _number_on(session, table)


def _python_values(table: sa.Table, entry: TableEntry, rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
    columns = [table.c[name] for name in entry.columns]
    moments = [place for place, column in enumerate(columns) if isinstance(column.type, UTCDateTime)]
    values = [place for place, column in enumerate(columns) if isinstance(column.type, sa.JSON) and not column.nullable]
    for row in rows:
        for place in moments:
            if row[place] is not None:
                row[place] = datetime.fromisoformat(row[place])
        for place in values:
            if row[place] is None:  # the JSON value null, not a missing one
                row[place] = sa.JSON.NULL
        yield row


def _chunks(rows: Iterator[list[Any]]) -> Iterator[Sequence[list[Any]]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _number_on(session: Session, table: sa.Table) -> None:
    """PostgreSQL counts by itself and has to be told where to go on."""
    if session.get_bind().dialect.name != "postgresql" or "id" not in table.c or not isinstance(table.c["id"].type, sa.Integer):
        return
    highest = session.scalar(sa.select(sa.func.max(table.c.id)))
    if highest:
        session.execute(sa.text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :highest)"), {"name": table.name, "highest": highest})


def _hold_mails(session: Session) -> int:
    held = session.execute(
        sa.update(Message).where(Message.status.in_(("queued", "sending"))).values(status="failed", error=HELD, lease_until=None)
    )
    return int(held.rowcount)  # type: ignore[attr-defined]
