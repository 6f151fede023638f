"""A copy while work goes on, and back from it into either database."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests import factories
from voc import audit, migrate
from voc.accounts.tables import CompanySetting
from voc.campaigns.tables import Invitation
from voc.config import Settings
from voc.customers.tables import Customer
from voc.db import Database
from voc.delivery.tables import Message
from voc.errors import Refused
from voc.sample.build import Size, fill
from voc.schema import metadata
from voc.surveys.tables import Answer
from voc.upkeep.archive import Reader
from voc.upkeep.backup import backup, restore

ODD = "half \ud83d, zero \x00, marker \x1a, 𠮷野家👩‍👩‍👧"


@pytest.fixture
def company(db: Database, settings: Settings) -> Database:
    fill(db, settings, Size(customers=80, replies=40, open_links=5, seed=4))
    with db.transaction() as session:
        factories.answer(session, ODD)
        session.add(CompanySetting(key="nothing", value=None))
    return db


@pytest.fixture
def other(request: pytest.FixtureRequest, db: Database, sqlite_template: Path, tmp_path: Path) -> Database:
    """An empty SQLite database: the other kind where the first is PostgreSQL, another of the same where it is not."""
    path = tmp_path / "other.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    return Database(f"sqlite:///{path}")


def fingerprints(db: Database, settings: Settings, path: Path) -> dict[str, str]:
    return {name: entry.sha256 for name, entry in backup(db, settings, path).tables.items()}


def test_the_other_database_holds_the_same_to_the_last_sign(company: Database, other: Database, settings: Settings, tmp_path: Path) -> None:
    before = fingerprints(company, settings, tmp_path / "a.voc")
    restore(other, settings, tmp_path / "a.voc", keep_queue=True)
    assert fingerprints(other, settings, tmp_path / "b.voc") == before
    restore(company, settings, tmp_path / "b.voc", keep_queue=True)
    assert fingerprints(company, settings, tmp_path / "c.voc") == before
    with company.reading() as session:
        assert session.scalar(sa.select(Answer.text).order_by(Answer.id.desc())) == ODD
    with company.transaction() as session:  # numbers go on after the last one
        factories.answer(session)
    other.dispose()


def test_it_replaces_what_is_there_and_keeps_it(company: Database, settings: Settings, tmp_path: Path) -> None:
    backup(company, settings, tmp_path / "a.voc")
    with company.transaction() as session:
        session.execute(sa.delete(Answer))
        factories.shop(session, name="あとからの店")
    done = restore(company, settings, tmp_path / "a.voc")
    with company.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Answer)) == 41
    assert done.before is not None
    restore(company, settings, done.before)
    with company.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Answer)) == 0


def test_one_moment_is_kept_while_others_write(company: Database, settings: Settings, tmp_path: Path) -> None:
    """Each transaction adds one customer and one event: in the copy there are as many of the one as of the other."""
    stop, wrote = threading.Event(), []

    def write() -> None:
        while not stop.is_set():
            with company.transaction() as session:
                shop_id = session.scalar(sa.select(Customer.shop_id).limit(1))
                session.add(Customer(shop_id=shop_id, email=f"w{len(wrote)}@example.jp", name="書き手", opt_out_token=f"w{len(wrote)}"))
                audit.record(session, "test.written")
            wrote.append(1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(wrote) < 5:
            pass
        began = len(wrote)
        backup(company, settings, tmp_path / "a.voc")
        assert len(wrote) > began  # nobody had to wait for the copy
    finally:
        stop.set()
        writer.join()
    with Reader(tmp_path / "a.voc") as archive:
        customers = [row for row in archive.rows("customers") if "書き手" in row]
        events = [row for row in archive.rows("events") if "test.written" in row]
        assert len(customers) == len(events) >= 5


def test_mails_that_may_have_left_since_are_held(db: Database, settings: Settings, tmp_path: Path) -> None:
    with db.transaction() as session:
        shop = factories.shop(session)
        invitation = factories.invitation(session, customer=factories.customer(session, shop=shop), asked_at=None)
        session.add(Message(invitation_id=invitation.id, channel="mail", address="a@example.jp", message_id="<1@example.jp>"))
    backup(db, settings, tmp_path / "a.voc")
    assert restore(db, settings, tmp_path / "a.voc").held_mails == 1
    with db.reading() as session:
        message = session.scalars(sa.select(Message)).one()
        assert message.status == "failed"
        assert "再送" in (message.error or "")
    assert restore(db, settings, tmp_path / "a.voc", keep_queue=True).held_mails == 0
    with db.reading() as session:
        assert session.scalar(sa.select(Message.status)) == "queued"
        assert session.scalar(sa.select(sa.func.count()).select_from(Invitation)) == 1


@pytest.mark.parametrize("place", [0.01, 0.2, 0.35, 0.5, 0.65, 0.8, 0.99])
def test_a_damaged_copy_changes_nothing(company: Database, settings: Settings, tmp_path: Path, place: float) -> None:
    backup(company, settings, tmp_path / "a.voc")
    data = bytearray((tmp_path / "a.voc").read_bytes())
    at = int(len(data) * place)
    data[at : at + 64] = bytes(byte ^ 0xFF for byte in data[at : at + 64])  # more than a date that nobody reads
    (tmp_path / "a.voc").write_bytes(data)
    with pytest.raises(Refused, match="いまのデータは変えていません"):
        restore(company, settings, tmp_path / "a.voc")
    with company.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Answer)) == 41


def test_a_failure_half_way_changes_nothing(company: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backup(company, settings, tmp_path / "a.voc")

    def fail(done: int, total: int) -> None:
        if done > total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(company, settings, tmp_path / "a.voc", fail)
    assert migrate.is_current(company)
    with company.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Answer)) == 41


def test_it_restores_into_a_database_without_any_table(company: Database, settings: Settings, tmp_path: Path) -> None:
    backup(company, settings, tmp_path / "a.voc")
    empty = Database(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    assert restore(empty, settings, tmp_path / "a.voc").before is None
    assert migrate.is_current(empty)
    with empty.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Customer)) == 80
    empty.dispose()


def test_own_models_and_waiting_uploads_come_along(db: Database, settings: Settings, tmp_path: Path) -> None:
    own = settings.instance_dir / "models" / "own-1"
    own.mkdir(parents=True)
    (own / "card.json").write_text("{}")
    backup(db, settings, tmp_path / "a.voc")
    elsewhere = replace(settings, instance_dir=tmp_path / "elsewhere")
    restore(db, elsewhere, tmp_path / "a.voc")
    assert (tmp_path / "elsewhere" / "models" / "own-1" / "card.json").read_text() == "{}"


def test_every_table_is_in_it_but_the_cache_which_fills_itself(db: Database, settings: Settings, tmp_path: Path) -> None:
    assert set(backup(db, settings, tmp_path / "a.voc").tables) == set(metadata.tables) - {"reading_cache"}
