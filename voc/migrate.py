"""Bring the database to the newest schema, and say whether it is there."""

from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from voc.db import Database

MIGRATIONS = Path(__file__).parent / "migrations"

#: Two hosts that migrate one PostgreSQL at the same time wait for each other on this advisory lock.
_ADVISORY_LOCK = 0x766F63


def upgrade(db: Database) -> None:
    """Apply what is missing, in one transaction."""
    with db.write_engine.begin() as connection:
        upgrade_connection(connection)


def upgrade_connection(connection: sa.Connection, revision: str = "head") -> None:
    """Apply what is missing up to ``revision``, in the caller's transaction."""
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
    return any(script.revision == revision for script in _scripts().walk_revisions())


def revision(db: Database, message: str) -> None:
    """Write a new migration from the difference between tables and database (for developers)."""
    with db.write_engine.begin() as connection:
        command.revision(_config(connection), message, autogenerate=True)


def is_current(db: Database) -> bool:
    with db.read_engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == newest()


@cache
def newest() -> str | None:
    return _scripts().get_current_head()


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(MIGRATIONS))


def _config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
