"""Many rows at once say the same as one at a time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from tests import factories
from voc.bulk import insert_rows, reserve_ids
from voc.customers.tables import Customer
from voc.db import Database, table
from voc.surveys.tables import Answer

COLUMNS = ("source", "purchase_type", "text", "extra", "answered_at", "created_at", "expectation")


def test_it_stores_what_the_slow_way_stores(db: Database) -> None:
    moment = datetime(2026, 5, 1, 9, 58, 12, 34, tzinfo=timezone(timedelta(hours=9)))
    text, extra = "タブ\t改行\r\n\\N \\. \x00\x1a 👨‍👩‍👧 'x\"", {"年代": "60代\n", "x": None}
    row = ("import", "one_off", text, extra, moment, datetime(2026, 1, 1, tzinfo=UTC), None)
    with db.transaction() as session:
        insert_rows(session, table(Answer), COLUMNS, [row])
        session.add(Answer(**dict(zip(COLUMNS, row, strict=True))))
    with db.reading() as session:
        stored = session.execute(sa.text("SELECT text, answered_at, created_at, expectation FROM answers ORDER BY id")).all()
        assert stored[0] == stored[1]
        fast, slow = session.scalars(sa.select(Answer).order_by(Answer.id))
        assert (fast.text, fast.extra, fast.answered_at) == (slow.text, slow.extra, slow.answered_at) == (text, extra, moment)


def test_a_naive_moment_is_refused_as_everywhere(db: Database) -> None:
    row = ("import", "one_off", "x", {}, datetime(2026, 1, 1), datetime(2026, 1, 1), None)
    with pytest.raises(ValueError, match="naive"), db.transaction() as session:
        insert_rows(session, table(Answer), COLUMNS, [row])


def test_reserved_ids_are_nobody_elses(db: Database) -> None:
    with db.transaction() as session:
        shop = factories.shop(session)
        one = factories.customer(session, shop=shop)
        ids = reserve_ids(session, table(Customer), 3)
        columns = ("id", "shop_id", "opt_out_token", "created_at", "updated_at")
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        insert_rows(session, table(Customer), columns, [(row_id, shop.id, f"token-{row_id}", moment, moment) for row_id in ids])
        two = factories.customer(session, shop=shop)
        assert len({one.id, *ids, two.id}) == 5
        assert list(reserve_ids(session, table(Customer), 0)) == []


def test_no_rows_are_no_statement(db: Database) -> None:
    with db.transaction() as session:
        insert_rows(session, table(Answer), COLUMNS, [])
        insert_rows(session, table(Answer), COLUMNS, (row for row in ()))


def test_more_rows_than_a_batch(db: Database) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    with db.transaction() as session:
        insert_rows(session, table(Answer), COLUMNS, (("import", "one_off", str(n), {}, moment, moment, None) for n in range(2_345)))
    with db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Answer)) == 2_345
