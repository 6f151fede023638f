"""The database: engines, sessions, column types. Knows SQLite and PostgreSQL, nothing of Flask."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UTCDateTime(sa.types.TypeDecorator[datetime]):
    """A moment, aware and in UTC on both sides; a naive one is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: use voc.clock")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UTCDateTime, dict[str, Any]: sa.JSON, list[str]: sa.JSON, list[Any]: sa.JSON}


def one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    """A check that ``column`` holds one of ``values``: the database states the rule."""
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


class Database:
    """One database: a session to read with and a session to write with.

    On SQLite every write transaction begins with ``BEGIN IMMEDIATE`` inside one ``flock`` per database, so that
    writers of all threads and processes queue fairly in the kernel instead of polling SQLite's own lock; a read
    session cannot write (``query_only``; ``READ ONLY`` on PostgreSQL), so a GET that writes fails loudly.
    """

    def __init__(self, url: str, *, pool_size: int = 12) -> None:
        self.url = sa.make_url(url)
        if self.is_sqlite:
            path = Path(self.url.database or "")
            path.parent.mkdir(parents=True, exist_ok=True)
            self.write_engine = _sqlite_engine(self.url, pool_size)
            self.read_engine = _sqlite_engine(self.url, pool_size)
            _serialise_writers(self.write_engine, path.with_name(path.name + ".lock"))
            _forbid_writes(self.read_engine)
        else:
            self.write_engine = sa.create_engine(self.url, pool_size=pool_size, max_overflow=4, pool_pre_ping=True)
            self.read_engine = self.write_engine.execution_options(postgresql_readonly=True)
        self._write = sessionmaker(self.write_engine, expire_on_commit=False)
        self._read = sessionmaker(self.read_engine, expire_on_commit=False, autoflush=False)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    def open_session(self, *, write: bool) -> Session:
        """A session that the caller commits and closes."""
        return self._write() if write else self._read()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A write session, committed at the end, rolled back on any exception."""
        with self._write() as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that cannot write."""
        with self._read() as session:
            yield session

    def dispose(self) -> None:
        self.read_engine.dispose()
        self.write_engine.dispose()


def _sqlite_engine(url: sa.URL, pool_size: int) -> Engine:
    engine = sa.create_engine(url, pool_size=pool_size, max_overflow=8, connect_args={"timeout": 15, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: ConnectionPoolEntry) -> None:
        # pysqlite's own transaction control is switched off: BEGIN is ours (SQLAlchemy's documented recipe).
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")  # an answer that was thanked for survives a power cut
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA cache_size=-32000")
        cursor.close()

    return engine


def _forbid_writes(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: ConnectionPoolEntry) -> None:
        connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")


def _serialise_writers(engine: Engine, lock_path: Path) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["lock"] = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        fcntl.flock(connection.info["lock"], fcntl.LOCK_EX)
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            fcntl.flock(connection.info["lock"], fcntl.LOCK_UN)
            raise

    # The lock is given back when the connection returns to the pool: after COMMIT or ROLLBACK, never before.
    @event.listens_for(engine, "checkin")
    def _checkin(connection: Any, record: ConnectionPoolEntry) -> None:
        if "lock" in record.info:
            fcntl.flock(record.info["lock"], fcntl.LOCK_UN)

    @event.listens_for(engine, "close")
    def _close(connection: Any, record: ConnectionPoolEntry) -> None:
        if "lock" in record.info:
            os.close(record.info.pop("lock"))
