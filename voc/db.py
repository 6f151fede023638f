"""The database: engines, sessions, column types. Knows SQLite and PostgreSQL, nothing of Flask."""

import fcntl
import os
import re
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, cast

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


Item = TypeVar("Item")
Result = TypeVar("Result")


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


class ExactText(sa.types.TypeDecorator[str]):
    """Text that comes back code point for code point, also where a database cannot hold it as it is.

    PostgreSQL refuses U+0000, and neither database takes a lone surrogate (half an emoji, cut by a careless program).
    Such characters are stored as U+001A and four hexadecimal digits, and so is U+001A itself; everything else as it is.
    """

    impl = sa.Text
    cache_ok = True

    _unstorable = re.compile("[\x00\x1a\ud800-\udfff]")
    _stored = re.compile("\x1a([0-9a-f]{4})")

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or not self._unstorable.search(value):
            return value
        return self._unstorable.sub(lambda found: f"\x1a{ord(found[0]):04x}", value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or "\x1a" not in value:
            return value
        return self._stored.sub(lambda found: chr(int(found[1], 16)), value)


class Base(DeclarativeBase):
    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UTCDateTime, dict[str, Any]: sa.JSON, list[str]: sa.JSON, list[Any]: sa.JSON}


def table(row: type[Base]) -> sa.Table:
    """The table of a mapped class, for statements that have no use for objects and must cost little."""
    return cast(sa.Table, row.__table__)


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
            with suppress(OSError):  # one that is there keeps its mode; one that cannot be made is told by whoever opens it
                path.touch(mode=0o600, exist_ok=False)  # customers' data; SQLite gives its other files the same mode
            self.write_engine = _sqlite_engine(self.url, pool_size)
            self.read_engine = _sqlite_engine(self.url, pool_size)
            _serialise_writers(self.write_engine, path.with_name(path.name + ".lock"))
            _forbid_writes(self.read_engine)
            self._glance_engine: Engine = self.read_engine.execution_options(without_begin=True)
        else:
            self.write_engine = sa.create_engine(self.url, pool_size=pool_size, max_overflow=4)
            _ping_after_rest(self.write_engine)
            self.read_engine = self.write_engine.execution_options(postgresql_readonly=True)
            # Connections of their own, since each change of their mode would cost as much as the reading.
            self._glance_engine = sa.create_engine(
                self.url, pool_size=6, max_overflow=0, isolation_level="AUTOCOMMIT", pool_reset_on_return=None
            )
            _ping_after_rest(self._glance_engine)
        self._together = WriteTogether(self.transaction, lanes=1 if self.is_sqlite else 2)
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

    @contextmanager
    def glance(self) -> Iterator[Connection]:
        """A connection to read with, for single statements: without a transaction round them, so it costs a third."""
        with self._glance_engine.connect() as connection:
            yield connection

    def write_together(self, work: Callable[[Session, list[Item]], list[Result]], item: Item) -> Result:
        """Do a short write and commit it; when this returns, it is durable.

        ``work`` gets all that came to this process for it while another write was on its way to the disk, and returns a
        result for each: many of them share one transaction, its statements and its one ``fsync``.
        """
        return self._together.run(work, item)

    def dispose(self) -> None:
        for engine in (self.read_engine, self.write_engine, self._glance_engine):
            engine.dispose()


@contextmanager
def without_waiting(session: Session) -> Iterator[None]:
    """Statements in here are sent one after the other without waiting for each answer (PostgreSQL's pipeline mode).

    For statements that return nothing; a failure of any is raised at the end. On SQLite there is no way to wait for.
    """
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        yield
        return
    with cast(Any, connection.connection.driver_connection).pipeline():
        yield


class WriteTogether:
    """Short writes of many threads in one transaction: who comes first leads, who comes while it is under way waits.

    The leader does the work for all that wait, commits once, and hands the lead to the first of those that came in the
    meantime. If one item cannot be written, all is rolled back and each is done alone: only the one at fault fails. If
    the database itself cannot (locked, full, away), all fail, since each would only wait as long again. ``lanes`` is how
    many lead at a time: one where one writer follows the other anyway.
    """

    AT_MOST = 64

    def __init__(self, transaction: Callable[[], AbstractContextManager[Session]], *, lanes: int = 1) -> None:
        self._transaction = transaction
        self._lanes = lanes
        self._mutex = threading.Lock()
        self._waiting: deque[_Ticket] = deque()
        self._leaders = 0

    def run(self, work: Callable[[Session, list[Item]], list[Result]], item: Item) -> Result:
        ticket = _Ticket(work, item)
        with self._mutex:
            if self._leaders < self._lanes:
                self._leaders += 1
                ticket.leads = True
            else:
                self._waiting.append(ticket)
        if not ticket.leads:
            ticket.turn.wait()
        if ticket.leads:
            self._lead(ticket)
        if ticket.error is not None:
            raise ticket.error
        return cast(Result, ticket.result)

    def _lead(self, own: "_Ticket") -> None:
        with self._mutex:
            batch = [own, *(self._waiting.popleft() for _ in range(min(len(self._waiting), self.AT_MOST - 1)))]
        try:
            try:
                self._do(batch)
            except Exception as error:
                self._do_each(batch, error)
        finally:
            with self._mutex:
                if self._waiting:
                    heir = self._waiting.popleft()
                    heir.leads = True
                    heir.turn.set()
                else:
                    self._leaders -= 1
            for ticket in batch:
                ticket.turn.set()

    def _do(self, batch: "list[_Ticket]") -> None:
        with self._transaction() as session:
            for work in {ticket.work: None for ticket in batch}:
                tickets = [ticket for ticket in batch if ticket.work is work]
                results = work(session, [ticket.item for ticket in tickets])
                for ticket, result in zip(tickets, results, strict=True):
                    ticket.result = result
        for ticket in batch:
            ticket.error = None

    def _do_each(self, batch: "list[_Ticket]", error: Exception) -> None:
        if len(batch) == 1 or isinstance(error, sa.exc.OperationalError):
            for ticket in batch:
                ticket.error = error
            return
        for ticket in batch:
            try:
                self._do([ticket])
            except Exception as own:
                ticket.error = own


class _Ticket:
    """One item that waits for its turn."""

    __slots__ = ("error", "item", "leads", "result", "turn", "work")

    def __init__(self, work: Callable[[Session, list[Any]], list[Any]], item: Any) -> None:
        self.work = work
        self.item = item
        self.turn = threading.Event()
        self.leads = False
        self.result: Any = None
        self.error: Exception | None = RuntimeError("the write was interrupted before it was done")


REST_SECONDS = 5.0


def _ping_after_rest(engine: Engine) -> None:
    """Try a connection before it is used, if it has rested or has something to say: each question costs a round trip.

    A server that restarts says goodbye on every connection. One that waits in the pool has nothing else to hear, so what can
    be read there is the goodbye, and the first request after a restart gets a new connection instead of a 503.
    """

    @event.listens_for(engine, "checkin")
    def _checkin(connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["rested_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _checkout(connection: Any, record: ConnectionPoolEntry, proxy: Any) -> None:
        rested = time.monotonic() - record.info.get("rested_since", time.monotonic())
        if rested < REST_SECONDS and not _can_be_read(connection):
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise sa.exc.DisconnectionError() from error


def _can_be_read(connection: Any) -> bool:
    """Whether something has come in on a connection's socket. Asks the kernel, not the server."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


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
        if not connection.get_execution_options().get("without_begin"):
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
