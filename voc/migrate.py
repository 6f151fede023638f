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
        if not db.is_sqlite:
            connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
        command.upgrade(_config(connection), "head")


def revision(db: Database, message: str) -> None:
    """Write a new migration from the difference between tables and database (for developers)."""
    with db.write_engine.begin() as connection:
        command.revision(_config(connection), message, autogenerate=True)


def is_current(db: Database) -> bool:
    with db.read_engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == newest()


@cache
def newest() -> str | None:
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def _config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
