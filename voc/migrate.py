"""Bring the database to the newest schema, and say whether it is there."""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from voc.db import Database

if TYPE_CHECKING:  # the site starts without alembic: it only asks where the database stands
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"

#: Two hosts that migrate one PostgreSQL at the same time wait for each other on this advisory lock.
_ADVISORY_LOCK = 0x766F63


def upgrade(db: Database) -> None:
    """Apply what is missing, in one transaction."""
    with db.write_engine.begin() as connection:
        upgrade_connection(connection)


def upgrade_connection(connection: sa.Connection, revision: str = "head") -> None:
    """Apply what is missing up to ``revision``, in the caller's transaction."""
    from alembic import command

    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
    command.upgrade(_config(connection), revision)


def rebuild(connection: sa.Connection, revision: str) -> None:
    """Throw all of our tables away and make them anew, empty, as they were at ``revision``."""
    from voc.schema import metadata

    metadata.drop_all(connection)
    connection.execute(sa.text("DROP TABLE IF EXISTS alembic_version"))
    upgrade_connection(connection, revision)


def knows(revision: str) -> bool:
    """Whether this program has the migration with this name."""
    return revision in _written()


def revision(db: Database, message: str) -> None:
    """Write a new migration from the difference between tables and database (for developers)."""
    from alembic import command

    with db.write_engine.begin() as connection:
        command.revision(_config(connection), message, autogenerate=True)


def is_current(db: Database) -> bool:
    with db.read_engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return False
        return connection.scalars(sa.text("SELECT version_num FROM alembic_version")).all() == [newest()]


@cache
def newest() -> str | None:
    """The migration that no other one follows."""
    heads = sorted(set(_written()) - set(_written().values()))
    return heads[-1] if heads else None


@cache
def _written() -> dict[str, str | None]:
    """Each migration that there is, with the one that it follows."""
    texts = [path.read_text() for path in (MIGRATIONS / "versions").glob("*.py")]
    named = [dict(re.findall(r'^(revision|down_revision) = "(\w+)"', text, re.MULTILINE)) for text in texts]
    return {names["revision"]: names.get("down_revision") for names in named}


def _config(connection: sa.Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
