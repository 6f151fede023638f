"""Order files into both databases."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests import factories, shop_files
from tests.shop_files import ec_cube_order, ec_cube_orders, shopify_order, shopify_orders
from voc import clock
from voc.customers.imports import ImportResult, import_file
from voc.customers.source import FileRefused
from voc.customers.tables import Consent, Customer, Order, OrderLine, Product, Shop
from voc.db import Database
from voc.errors import Refused

HEADER = ["注文番号", "注文日", "会員番号", "メールアドレス", "商品名", "数量", "単価", "状態", "メルマガ", "広告名"]


def take(db: Database, folder: Path, content: bytes, *, name: str = "orders.csv", **facts: Any) -> ImportResult:
    path = shop_files.write(folder, name, content)
    with db.transaction() as session:
        result = import_file(session, path, kind="orders", **facts)
    assert result.rows == result.imported + result.updated + result.merged + len(result.skipped)
    return result


def generic(*rows: list[str]) -> bytes:
    return shop_files.table(HEADER, [row + [""] * (len(HEADER) - len(row)) for row in rows])


def count(db: Database, table: Any) -> int:
    with db.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_it_takes_a_file_of_ec_cube(db: Database, tmp_path: Path) -> None:
    other = {"会員ID": "", "メールアドレス": "guest@example.jp", "対応状況(ID)": "3", "対応状況(名称)": "注文取消し"}
    result = take(
        db,
        tmp_path,
        ec_cube_orders(ec_cube_order("1"), ec_cube_order("2", **{"受注日": "2026-06-01 00:00:00"}), ec_cube_order("3", **other)),
    )
    assert (result.shop, result.platform, result.encoding) == ("EC-CUBE 4", "eccube4", "cp932")
    assert (result.rows, result.imported, result.merged) == (6, 3, 3)
    with db.reading() as session:
        hanako, guest = session.scalars(sa.select(Customer).order_by(Customer.id))
        assert (hanako.external_id, hanako.email, hanako.name, hanako.phone) == ("17", "hanako@example.jp", "山田 花子", "0312345678")
        assert hanako.first_order_at == datetime(2026, 5, 1, 0, 58, 12, tzinfo=UTC)
        assert (guest.external_id, guest.first_order_at) == (None, None)
        consent = session.scalars(sa.select(Consent)).one()  # a cancelled order makes no business relation
        assert (consent.customer_id, consent.channel, consent.basis, consent.given_at) == (
            hanako.id,
            "mail",
            "business_relation",
            hanako.first_order_at,
        )
        assert consent.source == "orders import orders.csv"
        assert [order.status for order in session.scalars(sa.select(Order).order_by(Order.number))] == [
            "purchased",
            "purchased",
            "cancelled",
        ]
        product = session.scalars(sa.select(Product)).one()
        assert (product.code, product.name, product.days_supply) == ("AJ-30", "青汁セブン 30日分", 30)
        assert len(session.scalars(sa.select(OrderLine)).all()) == 3


def test_the_same_file_again_changes_nothing(db: Database, tmp_path: Path) -> None:
    content = shopify_orders(shopify_order("#1", ["A", "B"]), shopify_order("#2", ["A"], Email="x@example.com"))
    assert take(db, tmp_path, content).imported == 2
    before = [count(db, table) for table in (Customer, Order, OrderLine, Product, Consent)]
    again = take(db, tmp_path, content)
    assert (again.imported, again.updated, again.merged) == (0, 0, 3)
    assert [count(db, table) for table in (Customer, Order, OrderLine, Product, Consent)] == before == [2, 2, 3, 2, 2]


def test_a_newer_export_brings_orders_up_to_date(db: Database, tmp_path: Path) -> None:
    take(
        db,
        tmp_path,
        ec_cube_orders(ec_cube_order("1", **{"受注日": "2026-05-01 10:00:00"}), ec_cube_order("2", **{"受注日": "2026-06-01 10:00:00"})),
    )
    lines = (("1", "美容液", "BE-1", "5800", "2"),)
    newer = ec_cube_orders(
        ec_cube_order("1", **{"受注日": "2026-05-01 10:00:00", "対応状況(ID)": "9"}),
        ec_cube_order("2", lines, **{"受注日": "2026-06-01 10:00:00"}),
    )
    result = take(db, tmp_path, newer)
    assert (result.imported, result.updated, result.merged) == (0, 2, 1)
    with db.reading() as session:
        first, second = session.scalars(sa.select(Order).order_by(Order.number))
        assert first.status == "cancelled"
        assert [line.quantity for line in second.lines] == [2]
        assert session.scalars(sa.select(Customer)).one().first_order_at == second.ordered_at  # the cancelled one is no purchase


def test_pieces_of_an_order_that_stand_far_apart_come_together(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voc.customers.spool.BATCH", 2)
    split = shopify_order("#1", ["A", "B", "C"])
    others = [shopify_order(f"#{n}", Email=f"c{n}@example.com") for n in range(2, 9)]
    content = shopify_orders([split[0]], *others[:3], [split[1]], *others[3:], [split[2]])
    for _ in range(2):
        take(db, tmp_path, content)
        with db.reading() as session:
            order = session.scalars(sa.select(Order).where(Order.number == "#1")).one()
            assert len(order.lines) == 3
    assert count(db, Order) == 8


def test_a_guest_who_becomes_a_member_stays_one_person(db: Database, tmp_path: Path) -> None:
    take(
        db,
        tmp_path,
        generic(["1", "2026-01-01", "", "a@example.jp", "青汁", "1", "100"], ["2", "2026-02-01", "55", "A@example.jp", "青汁", "1", "100"]),
    )
    take(
        db,
        tmp_path,
        generic(
            ["3", "2026-03-01", "55", "new@example.jp", "青汁", "1", "100"], ["4", "2026-03-01", "", "a@example.jp", "青汁", "1", "100"]
        ),
    )
    with db.reading() as session:
        only = session.scalars(sa.select(Customer)).one()
        assert (only.external_id, only.email) == ("55", "a@example.jp")


def test_two_members_with_one_address_are_two(db: Database, tmp_path: Path) -> None:
    take(
        db,
        tmp_path,
        generic(["1", "2026-01-01", "5", "a@example.jp", "青汁", "1", "100"], ["2", "2026-02-01", "6", "a@example.jp", "青汁", "1", "100"]),
    )
    assert count(db, Customer) == 2


def test_numbers_are_those_of_a_shop(db: Database, tmp_path: Path) -> None:
    content = generic(["1", "2026-01-01", "5", "a@example.jp", "青汁", "1", "100"])
    take(db, tmp_path, content, shop="本店")
    assert take(db, tmp_path, content, shop="支店").imported == 1
    assert [count(db, table) for table in (Shop, Customer, Order, Product)] == [2, 2, 2, 2]


def test_it_asks_which_shop_when_several_may_have_written_the_file(db: Database, tmp_path: Path) -> None:
    with db.transaction() as session:
        factories.shop(session, name="本店")
        factories.shop(session, name="支店")
    with pytest.raises(Refused, match="「支店」「本店」"):
        take(db, tmp_path, generic(["1", "2026-01-01", "5", "a@example.jp", "青汁", "1", "100"]))


def test_a_no_to_mail_withdraws_and_is_never_taken_back_by_a_file(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, generic(["1", "2026-01-01", "5", "a@example.jp", "青汁", "1", "100", "", "希望する"]))
    take(
        db,
        tmp_path,
        generic(
            ["2", "2026-02-01", "5", "a@example.jp", "青汁", "1", "100", "", "希望しない"],
            ["3", "2026-02-01", "6", "b@example.jp", "青汁", "1", "100", "", "no"],
        ),
    )
    take(db, tmp_path, generic(["4", "2026-03-01", "5", "a@example.jp", "青汁", "1", "100", "", "希望する"]))
    with db.reading() as session:
        consents = session.scalars(sa.select(Consent).order_by(Consent.id)).all()
        assert [consent.withdrawn_at is None for consent in consents] == [False, False]


def test_the_newest_order_of_a_file_says_whether_mail_is_wanted(db: Database, tmp_path: Path) -> None:
    take(
        db,
        tmp_path,
        generic(
            ["2", "2026-02-01", "5", "a@example.jp", "青汁", "1", "100", "", "yes"],
            ["1", "2026-01-01", "5", "a@example.jp", "青汁", "1", "100", "", "no"],
        ),
    )
    with db.reading() as session:
        assert session.scalars(sa.select(Consent)).one().withdrawn_at is None


def test_masked_and_broken_addresses_are_kept_with_their_problem(db: Database, tmp_path: Path) -> None:
    rows = [
        ["1", "2026-01-01", "5", "a..b@docomo.ne.jp", "青汁", "1", "100"],
        ["2", "2026-01-01", "6", "x@pc.fw.rakuten.ne.jp", "青汁", "1", "100"],
    ]
    take(db, tmp_path, generic(*rows))
    with db.reading() as session:
        broken, masked = session.scalars(sa.select(Customer).order_by(Customer.external_id))
        assert (broken.email, broken.email_problem, masked.email_problem) == ("a..b@docomo.ne.jp", "dots", "masked")
        assert [consent.customer_id for consent in session.scalars(sa.select(Consent))] == [broken.id]


def test_the_first_order_tells_how_a_customer_came(db: Database, tmp_path: Path) -> None:
    take(
        db,
        tmp_path,
        generic(
            ["3", "2026-03-01", "5", "a@b.jp", "青汁", "1", "1", "", "", "line"],
            ["1", "2026-01-01", "5", "a@b.jp", "青汁", "1", "1", "", "", "instagram"],
        ),
    )
    take(db, tmp_path, generic(["4", "2026-04-01", "5", "a@b.jp", "青汁", "1", "1", "", "", "tv"]))
    with db.reading() as session:
        assert session.scalars(sa.select(Customer)).one().entry == "instagram"
    take(db, tmp_path, generic(["0", "2025-12-01", "5", "a@b.jp", "青汁", "1", "1", "", "", "radio"]))
    with db.reading() as session:
        assert session.scalars(sa.select(Customer)).one().entry == "radio"


def test_yahoos_two_files_make_whole_orders(db: Database, tmp_path: Path) -> None:
    orders = shop_files.table(
        shop_files.names("OrderId,OrderTime,OrderStatus,PayStatus,BillMailAddress,TotalPrice"),
        [["y-1", "2026-05-01 10:00", "5", "1", "a@b.jp", "3980"]],
    )
    items = shop_files.table(
        shop_files.names("OrderId,LineId,ItemId,Title,SubCode,UnitPrice,Quantity"),
        [["y-1", "1", "aojiru", "青汁", "", "3980", "1"], ["y-2", "1", "cha", "茶", "", "500", "1"]],
    )
    with pytest.raises(FileRefused, match="先に注文のファイル"):
        take(db, tmp_path, items)
    take(db, tmp_path, orders)
    for _ in range(2):
        result = take(db, tmp_path, items)
        assert [skipped.row for skipped in result.skipped] == [3]
        assert (count(db, OrderLine), count(db, Order)) == (1, 1)
    take(db, tmp_path, orders)  # the orders again do not take the lines away
    assert count(db, OrderLine) == 1


def test_a_dry_run_tells_the_outcome_and_keeps_nothing(db: Database, tmp_path: Path) -> None:
    result = take(db, tmp_path, ec_cube_orders(ec_cube_order("1")), dry_run=True)
    assert (result.imported, result.dry_run) == (1, True)
    assert [count(db, table) for table in (Shop, Customer, Order, Product, Consent)] == [0] * 5


def test_a_file_that_breaks_off_leaves_nothing_behind(db: Database, tmp_path: Path) -> None:
    content = generic(*([str(n), "2026-01-01", str(n), f"c{n}@example.jp", "青汁", "1", "100"] for n in range(3000)))
    with pytest.raises(Refused):
        take(db, tmp_path, content + b'3000,2026-01-01,"3000')
    assert [count(db, table) for table in (Shop, Customer, Order)] == [0] * 3


def test_names_that_look_like_code_stay_text(db: Database, tmp_path: Path) -> None:
    hostile = '\'; DROP TABLE orders; -- <script>alert(1)</script>\t=1+1\\N{"a"}'
    take(db, tmp_path, generic(["1", "2026-01-01", "\\N", "a@example.jp", hostile, "1", "100"]), shop="\\.")
    with db.reading() as session:
        assert session.scalars(sa.select(Product)).one().name == hostile.replace("\t", " ")
        assert session.scalars(sa.select(Customer)).one().external_id == "\\N"


def test_rows_made_after_an_import_get_free_numbers(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, ec_cube_orders(ec_cube_order("1")))
    with db.transaction() as session:
        shop = session.scalars(sa.select(Shop)).one()
        buyer = factories.customer(session, shop=shop)
        factories.order(session, customer=buyer, product=factories.product(session, shop=shop))
    take(db, tmp_path, ec_cube_orders(ec_cube_order("9", **{"会員ID": "99", "メールアドレス": "z@example.jp"})))
    assert (count(db, Customer), count(db, Order)) == (3, 3)


def test_it_takes_ten_thousand_rows_in_batches(db: Database, tmp_path: Path) -> None:
    rows = [[str(n), "2026-01-01 10:00", str(n % 700), f"c{n % 700}@example.jp", f"商品{n % 40}", "1", "100"] for n in range(10_000)]
    with clock.frozen(datetime(2026, 11, 1, tzinfo=UTC)):
        result = take(db, tmp_path, generic(*rows))
    assert (result.imported, result.skipped) == (10_000, [])
    assert [count(db, table) for table in (Customer, Order, OrderLine, Product, Consent)] == [700, 10_000, 10_000, 40, 700]
