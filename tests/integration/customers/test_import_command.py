"""``python -m voc import``: what other programs rely on."""

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from tests import shop_files
from tests.shop_files import ec_cube_order, ec_cube_orders, shopify_order, shopify_orders
from voc.cli import main
from voc.customers.tables import ColumnMapping, ImportRun, Order, Shop
from voc.db import Database


@pytest.fixture(autouse=True)
def environment(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOC_DATABASE_URL", database_url)
    monkeypatch.setenv("VOC_INSTANCE_DIR", str(tmp_path))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["import", *map(str, arguments)])


def printed(result: Result) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def test_it_prints_one_object(db: Database, tmp_path: Path) -> None:
    rows = [*ec_cube_order("1"), *ec_cube_order("2", **{"受注日": "いつか"}), *ec_cube_order("3")]
    path = shop_files.write(tmp_path, "orders.csv", ec_cube_orders(rows))
    result = run("orders", path, "--shop", "すこやか堂", "--json")
    assert result.exit_code == 0
    told = printed(result)
    assert {name: told[name] for name in ("shop", "encoding", "rows", "imported", "updated", "merged")} == {
        "shop": "すこやか堂", "encoding": "cp932", "rows": 6, "imported": 2, "updated": 0, "merged": 2,
    }  # fmt: skip
    assert told["skipped"][0] == {"row": 4, "reason": "注文日時を読み取れません(いつか)。"}
    assert len(told["skipped"]) == 2
    with db.reading() as session:
        record = session.scalars(sa.select(ImportRun)).one()
        assert (record.status, record.filename, record.imported, len(record.skipped)) == ("taken", "orders.csv", 2, 2)


def test_it_ends_with_2_and_a_sentence_when_a_file_is_refused(db: Database, tmp_path: Path) -> None:
    path = shop_files.write(
        tmp_path,
        "people.csv",
        shop_files.table(shop_files.EC_CUBE_CUSTOMERS, [{"会員ID": "1", "メールアドレス": "a@b.jp"}], encoding="cp932"),
    )
    result = run("orders", path)
    assert result.exit_code == 2
    assert result.stderr == "voc: people.csv: これは注文ではなく顧客のファイルのようです。「顧客」として取り込んでください。\n"
    with db.reading() as session:
        assert session.scalars(sa.select(ImportRun)).one().status == "refused"
        assert session.scalars(sa.select(Shop)).all() == []


def test_a_file_that_is_not_there(db: Database, tmp_path: Path) -> None:
    result = run("orders", tmp_path / "none.csv")
    assert result.exit_code == 2
    assert "見つかりません" in result.stderr


def test_several_files_are_one_object_and_a_bad_one_does_not_hold_up_the_others(db: Database, tmp_path: Path) -> None:
    one = shop_files.write(tmp_path, "a.csv", ec_cube_orders(ec_cube_order("1")))
    bad = shop_files.write(tmp_path, "b.csv", b"%PDF")
    two = shop_files.write(tmp_path, "c.csv", ec_cube_orders(ec_cube_order("2")))
    result = run("orders", one, bad, two, "--json")
    assert result.exit_code == 2
    told = printed(result)
    assert (told["shop"], told["rows"], told["imported"], told["merged"]) == ("EC-CUBE 4", 4, 2, 2)
    assert [refused["file"] for refused in told["refused"]] == ["b.csv"]


def test_it_tells_people_in_plain_lines(db: Database, tmp_path: Path) -> None:
    path = shop_files.write(tmp_path, "orders.csv", shopify_orders(shopify_order("#1", ["A", "B"])))
    result = run("orders", path, "--dry-run")
    assert result.exit_code == 0
    assert "orders.csv: 注文 2行(utf-8、ショップ「Shopify」)(試しただけで、何も取り込んでいません)" in result.stdout
    with db.reading() as session:
        assert session.scalars(sa.select(Order)).all() == []
        assert session.scalars(sa.select(ImportRun)).all() == []


def test_it_takes_replies_customers_and_subscriptions(db: Database, tmp_path: Path) -> None:
    replies = shop_files.write(tmp_path, "r.csv", shop_files.table(["解約理由"], [["高い"], ["余った"]]))
    people = shop_files.write(tmp_path, "c.csv", shop_files.table(["会員番号", "氏名", "メールアドレス"], [["1", "山田", "a@b.jp"]]))
    subscribed = shop_files.write(
        tmp_path, "s.csv", shop_files.table(["定期番号", "会員番号", "状態", "開始日"], [["T1", "1", "継続中", "2026/1/1"]])
    )
    for kind, path, imported in (("replies", replies, 2), ("customers", people, 1), ("subscriptions", subscribed, 1)):
        told = printed(run(kind, path, "--shop", "本店", "--json"))
        assert (told["imported"], told["skipped"]) == (imported, [])


def test_it_reads_a_header_as_somebody_confirmed_it_on_screen(db: Database, tmp_path: Path) -> None:
    from voc.customers.source import header_hash

    header = ["い", "ろ", "は"]
    path = shop_files.write(tmp_path, "odd.csv", shop_files.table(header, [["1", "2026/5/1", "a@b.jp"]]))
    assert run("orders", path).exit_code == 2
    with db.transaction() as session:
        shop = Shop(name="本店")
        session.add(shop)
        session.flush()
        mapping = {"platform": "generic", "columns": {"number": "い", "ordered_at": "ろ", "email": "は"}, "options": {}}
        session.add(ColumnMapping(shop_id=shop.id, kind="orders", header_hash=header_hash(header), mapping=mapping))
    assert printed(run("orders", path, "--json"))["imported"] == 1
