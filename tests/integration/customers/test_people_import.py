"""Files of customers and of subscriptions into both databases."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests import shop_files
from voc import clock
from voc.customers.imports import ImportResult, import_file
from voc.customers.source import FileRefused
from voc.customers.tables import Consent, Customer, Product, Subscription
from voc.db import Database

NOW = datetime(2026, 11, 1, 3, tzinfo=UTC)
SUBSCRIPTIONS = [
    "定期番号",
    "会員番号",
    "メールアドレス",
    "定期ステータス",
    "開始日",
    "解約日",
    "お届け周期",
    "定期回数",
    "商品コード",
    "商品名",
]


def take(db: Database, folder: Path, kind: str, content: bytes, **facts: Any) -> ImportResult:
    path = shop_files.write(folder, f"{kind}.csv", content)
    with clock.frozen(facts.pop("at", NOW)), db.transaction() as session:
        result = import_file(session, path, kind=kind, **facts)
    assert result.rows == result.imported + result.updated + result.merged + len(result.skipped)
    return result


def ec_cube_customers(*rows: dict[str, str]) -> bytes:
    return shop_files.table(shop_files.EC_CUBE_CUSTOMERS, rows, encoding="cp932")


def member(number: str, **values: str) -> dict[str, str]:
    return {
        "会員ID": number, "お名前(姓)": "山田", "お名前(名)": f"花子{number}", "メールアドレス": f"c{number}@example.jp", "TEL": "0312345678",
        "会員ステータス(ID)": "2", "会員ステータス(名称)": "本会員", "登録日": "2026-01-01 10:00:00",
    } | values  # fmt: skip


def consents(db: Database) -> dict[str, tuple[str, bool]]:
    """Member → (basis, whether it holds)."""
    with db.reading() as session:
        rows = session.execute(
            sa.select(Customer.external_id, Consent.basis, Consent.withdrawn_at).join(Consent, Consent.customer_id == Customer.id)
        )
        return {row[0]: (row[1], row[2] is None) for row in rows}


def test_it_takes_the_members_of_ec_cube_and_notes_who_left(db: Database, tmp_path: Path) -> None:
    result = take(
        db, tmp_path, "customers",
        ec_cube_customers(
            member("1", **{"初回購入日": "2026-02-01 12:00:00", "購入回数": "3"}), member("2", **{"購入回数": "0"}),
            member("3", **{"購入回数": "1", "初回購入日": "2026-02-01", "会員ステータス(名称)": "退会"}), member("4", **{"メールアドレス": "a..b@docomo.ne.jp"}),
        ),
    )  # fmt: skip
    assert (result.imported, result.platform) == (4, "eccube4")
    assert consents(db) == {"1": ("business_relation", True), "3": ("consent", False)}
    with db.reading() as session:
        first, _, _, broken = session.scalars(sa.select(Customer).order_by(Customer.external_id))
        assert (first.name, first.first_order_at) == ("山田 花子1", datetime(2026, 2, 1, 3, tzinfo=UTC))
        assert broken.email_problem == "dots"


def test_the_same_members_again_change_nothing_and_a_newer_file_does(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, "customers", ec_cube_customers(member("1"), member("2")))
    same = take(db, tmp_path, "customers", ec_cube_customers(member("1"), member("2")))
    assert (same.imported, same.updated, same.merged) == (0, 0, 2)
    newer = take(
        db, tmp_path, "customers", ec_cube_customers(member("1", **{"メールアドレス": "new@example.jp"}), member("2"), member("3"))
    )
    assert (newer.imported, newer.updated, newer.merged) == (1, 1, 1)
    with db.reading() as session:
        assert session.scalars(sa.select(Customer.email).where(Customer.external_id == "1")).one() == "new@example.jp"


def test_shopify_tells_who_wants_mail(db: Database, tmp_path: Path) -> None:
    rows = [
        {
            "Customer ID": "'9001",
            "First Name": "花子",
            "Last Name": "山田",
            "Email": "a@example.jp",
            "Accepts Email Marketing": "yes",
            "Total Orders": "0",
            "Phone": "'+819012345678",
        },
        {"Customer ID": "'9002", "Email": "b@example.jp", "Accepts Email Marketing": "no", "Total Orders": "4"},
        {"Customer ID": "'9003", "Email": "c@example.jp", "Total Orders": "4"},
    ]
    take(db, tmp_path, "customers", shop_files.table(shop_files.SHOPIFY_CUSTOMERS, rows))
    assert consents(db) == {"9001": ("consent", True), "9002": ("consent", False), "9003": ("business_relation", True)}
    with db.reading() as session:
        hanako = session.scalars(sa.select(Customer).where(Customer.external_id == "9001")).one()
        assert (hanako.name, hanako.phone) == ("山田 花子", "09012345678")


def test_it_tells_rows_without_a_person(db: Database, tmp_path: Path) -> None:
    result = take(db, tmp_path, "customers", ec_cube_customers(member("1"), {"お名前(姓)": "名無し"}))
    assert [(one.row, one.reason) for one in result.skipped] == [(3, "会員番号もメールアドレスもないため、どなたか分かりません。")]


def subscriptions(*rows: list[str]) -> bytes:
    return shop_files.table(SUBSCRIPTIONS, rows, encoding="cp932")


def test_it_takes_subscriptions_and_links_them_to_their_customers(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, "customers", ec_cube_customers(member("1")), shop="本店")
    content = subscriptions(
        ["T1", "1", "", "有効", "2026/01/05", "", "30日", "9", "AJ-30", "青汁 30日分"],
        ["T2", "2", "b@example.jp", "キャンセル", "2026/01/05", "R8.10.20", "2ヶ月", "4", "AJ-60", "青汁 60日分"],
        ["T3", "3", "c@example.jp", "停止", "2026/01/05", "", "隔月", "2", "AJ-60", "青汁 60日分"],
        ["", "4", "d@example.jp", "有効", "2026/01/05", "", "", "", "", ""],
        ["T5", "5", "e@example.jp", "有効", "", "", "", "", "", ""],
        ["T6", "6", "f@example.jp", "有効", "そのうち", "", "", "", "", ""],
    )
    result = take(db, tmp_path, "subscriptions", content, shop="本店")
    assert (result.imported, [one.row for one in result.skipped]) == (3, [5, 6, 7])
    with db.reading() as session:
        one, two, three = session.scalars(sa.select(Subscription).order_by(Subscription.external_id))
        assert [(row.status, row.cycle_days, row.deliveries) for row in (one, two, three)] == [
            ("active", 30, 9),
            ("cancelled", 60, 4),
            ("paused", 60, 2),
        ]
        assert two.cancelled_at == datetime(2026, 10, 19, 15, tzinfo=UTC)
        assert session.get_one(Product, two.product_id).code == "AJ-60"
        assert session.get_one(Customer, one.customer_id).name == "山田 花子1"
    again = take(db, tmp_path, "subscriptions", content, shop="本店")
    assert (again.imported, again.updated, again.merged) == (0, 0, 3)


def test_a_cancellation_without_a_date_happened_since_the_last_file(db: Database, tmp_path: Path) -> None:
    row = ["T1", "1", "a@example.jp", "有効", "2026/01/05", "", "30", "9", "AJ", "青汁"]
    gone = ["T1", "1", "a@example.jp", "解約", "2026/01/05", "", "30", "10", "AJ", "青汁"]
    old = ["T2", "2", "b@example.jp", "解約", "2026/01/05", "", "30", "10", "AJ", "青汁"]
    take(db, tmp_path, "subscriptions", subscriptions(row, old))
    later = datetime(2026, 11, 8, 3, tzinfo=UTC)
    assert take(db, tmp_path, "subscriptions", subscriptions(gone, old), at=later).updated == 1
    take(db, tmp_path, "subscriptions", subscriptions(gone, old), at=datetime(2026, 11, 20, tzinfo=UTC))
    with db.reading() as session:
        one, two = session.scalars(sa.select(Subscription).order_by(Subscription.external_id))
        assert (one.cancelled_at, one.deliveries) == (later, 10)
        assert two.cancelled_at is None  # when that was is not known, so nobody is asked about it


def test_the_orders_of_ecforce_tell_its_subscriptions(db: Database, tmp_path: Path) -> None:
    header = shop_files.names(
        "受注番号,顧客番号,メールアドレス,定期受注番号,定期ステータス,定期回数,受注日,購入商品（商品コード）,広告URLグループ名"
    )
    rows = [
        ["R3", "9", "a@b.jp", "T1", "キャンセル", "2", "2026/02/09 23:15", "aojiru_30,aisatsu_1", "instagram"],
        ["R1", "9", "a@b.jp", "T1", "キャンセル", "1", "2026/01/09 23:15", "aojiru_30", "instagram"],
        ["R2", "8", "b@b.jp", "", "", "", "2026/01/10 23:15", "aojiru_30", "tv"],
    ]
    result = take(db, tmp_path, "subscriptions", shop_files.table(header, rows))
    assert (result.imported, result.merged, len(result.skipped)) == (1, 1, 1)
    with db.reading() as session:
        one = session.scalars(sa.select(Subscription)).one()
        assert (one.deliveries, one.status, one.started_at) == (2, "cancelled", datetime(2026, 1, 9, 14, 15, tzinfo=UTC))
        assert session.get_one(Customer, one.customer_id).entry == "instagram"


def test_orders_are_not_taken_as_customers(db: Database, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="顧客ではなく注文"):
        take(db, tmp_path, "customers", shop_files.ec_cube_orders(shop_files.ec_cube_order("1")))
