"""Many rows into one table, the fastest way that each database has: COPY on PostgreSQL, the driver's executemany on SQLite.

Everything runs in the caller's transaction. Values go through the column types like everywhere else; the SQL compiler,
which costs more than the database does at these numbers, is passed by.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

from voc.db import UTCDateTime

BATCH = 1_000
Processor = Callable[[Any], Any]


def reserve_ids(session: Session, table: sa.Table, count: int) -> Sequence[int]:
    """``count`` ids that nobody else will use, so that rows which point to each other can be made without asking back."""
    if count == 0:
        return ()
    if session.get_bind().dialect.name == "postgresql":
        drawn = sa.text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)")
        return session.scalars(drawn, {"name": table.name, "count": count}).all()
    # SQLite has one writer at a time, and this transaction is it: the next free numbers stay free.
    first = (session.scalar(sa.select(sa.func.max(table.c.id))) or 0) + 1
    return range(first, first + count)


def among(session: Session, column: sa.ColumnElement[Any], values: Collection[Any]) -> sa.ColumnElement[bool]:
    """``column IN values`` with one parameter however many values there are (numbers or texts)."""
    listed = list(values)
    if session.get_bind().dialect.name == "postgresql":
        return column == sa.any_(sa.literal(listed, postgresql.ARRAY(column.type)))
    each = sa.func.json_each(json.dumps(listed)).table_valued("value")
    return column.in_(sa.select(each.c.value))


def set_each(
    session: Session, column: sa.Column[Any], key: sa.Column[Any], values: Mapping[Any, Any], *where: sa.ColumnElement[bool]
) -> None:
    """Set one column of many rows, each to the value under its ``key``."""
    if not values:
        return
    connection, update = session.connection(), sa.update(column.table)
    if connection.dialect.name == "postgresql":
        listed = (sa.literal(list(items), postgresql.ARRAY(of.type)) for items, of in ((values, key), (values.values(), column)))
        given = sa.func.unnest(*listed).table_valued("key", "value").render_derived(name="given")
        connection.execute(update.where(key == given.c.key, *where).values({column: given.c.value}))
        return
    statement = update.where(key == sa.bindparam("key"), *where).values({column: sa.bindparam("value")})
    connection.execute(statement, [{"key": one, "value": value} for one, value in values.items()])


def count_anew(session: Session, tables: Collection[sa.Table]) -> None:
    """Let PostgreSQL look at tables that have grown by much, or it plans the next statements as if they were empty.

    It would do so by itself, but only some minutes after the commit. SQLite chooses by the indexes alone.
    """
    if session.get_bind().dialect.name == "postgresql":
        names = ", ".join(session.get_bind().dialect.identifier_preparer.format_table(table) for table in tables)
        session.execute(sa.text(f"ANALYZE {names}"))


def insert_rows(session: Session, table: sa.Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert ``rows``, each with the values of ``columns`` in order. Defaults of the table's columns do not apply."""
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):
        insert_columns(session, table, dict(zip(columns, zip(*batch, strict=True), strict=True)))


def insert_columns(
    session: Session,
    table: sa.Table,
    columns: Mapping[str, Sequence[Any]],
    *,
    same: Mapping[str, Any] | None = None,
    written: Collection[str] = (),
) -> None:
    """Insert rows that are given column by column, which costs least: all columns of one length.

    ``same`` are columns with one value in all rows; ``written`` names those of JSON that is text already.
    """
    if not any(map(len, columns.values())):
        return
    dialect = session.get_bind().dialect
    connection = session.connection()
    constant = {name: _processed(table.c[name], [value], dialect)[0] for name, value in (same or {}).items()}
    names = [*columns, *constant]
    quoted = ", ".join(dialect.identifier_preparer.quote(name) for name in names)
    target = dialect.identifier_preparer.format_table(table)
    varied = [values if name in written else _processed(table.c[name], values, dialect) for name, values in columns.items()]
    ready = zip(*varied, *([value] * len(varied[0]) for value in constant.values()), strict=True)
    if dialect.name == "postgresql":
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f"COPY {target} ({quoted}) FROM STDIN") as copy:
            for row in ready:
                copy.write_row(row)
        return
    statement = f"INSERT INTO {target} ({quoted}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 (names of our own tables)
    connection.exec_driver_sql(statement, list(ready))


def _processed(column: sa.Column[Any], values: Sequence[Any], dialect: Dialect) -> Sequence[Any]:
    """The values of a column as the driver takes them."""
    process = _processor(column, dialect)
    return values if process is None else [None if value is None else process(value) for value in values]


def _processor(column: sa.Column[Any], dialect: Dialect) -> Processor | None:
    if isinstance(column.type, UTCDateTime) and dialect.name == "sqlite":
        return _sqlite_moment
    return column.type.dialect_impl(dialect).bind_processor(dialect)


def _sqlite_moment(moment: datetime) -> str:
    """What UTCDateTime stores on SQLite, ten times as fast; a test holds the two against each other."""
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime {moment!r}: use voc.clock")
    there = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return there.replace(tzinfo=None).isoformat(" ", "microseconds")
