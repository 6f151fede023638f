"""Old replies into both databases: the words as they came, each once."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests import factories, shop_files
from voc import clock
from voc.customers import runs
from voc.customers.imports import ImportResult
from voc.customers.source import FileRefused
from voc.customers.tables import Product
from voc.db import Database
from voc.jobs import Job
from voc.spreadsheet import write_table
from voc.surveys.imports import import_replies
from voc.surveys.reply_rows import stated_code
from voc.surveys.tables import Answer

NOW = datetime(2026, 11, 1, 3, tzinfo=UTC)


def take(db: Database, folder: Path, content: bytes, *, name: str = "解約理由.csv", **facts: Any) -> ImportResult:
    path = shop_files.write(folder, name, content)
    with clock.frozen(NOW):
        result = runs.take_file(db, path, import_replies, kind="replies", **facts)
    assert result.rows == result.imported + result.updated + result.merged + len(result.skipped)
    return result


def answers(db: Database) -> list[Answer]:
    with db.reading() as session:
        return list(session.scalars(sa.select(Answer).order_by(Answer.id)))


def test_it_takes_a_list_of_words_and_nothing_else(db: Database, tmp_path: Path) -> None:
    words = ["  飲みきれず余った  ", "特になし", "特になし", "葛󠄀飾区の店に変えた👨‍👩‍👧", "①効果が…\r\n②高い"]
    result = take(db, tmp_path, shop_files.table(["理由"], [[text] for text in words]))
    assert (result.imported, result.skipped) == (5, [])
    assert [answer.text for answer in answers(db)] == words  # code point for code point
    assert {answer.purchase_type for answer in answers(db)} == {"subscription"}
    assert {answer.answered_at for answer in answers(db)} == {NOW}
    with db.reading() as session:
        assert "readings.read" in session.scalars(sa.select(Job.name)).all()
    assert any("取り込んだ日" in note for note in result.notes)


def test_the_same_file_is_one_set_of_replies(db: Database, tmp_path: Path) -> None:
    content = shop_files.table(["理由"], [["特になし"], ["高い"], ["特になし"]])
    take(db, tmp_path, content)
    for name in ("解約理由.csv", "解約理由 (1).csv", "まったく別の名前.csv"):
        again = take(db, tmp_path, content, name=name)
        assert (again.imported, again.merged) == (0, 3)
    grown = shop_files.table(["理由"], [["特になし"], ["高い"], ["特になし"], ["特になし"], ["余った"]])
    assert take(db, tmp_path, grown).imported == 2


def test_the_same_short_words_in_two_lists_are_two_replies(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, shop_files.table(["理由"], [["特になし"]]), name="4月.csv")
    take(db, tmp_path, shop_files.table(["理由"], [["特になし"], ["高い"]]), name="5月.csv")
    assert len(answers(db)) == 3


def test_dated_replies_are_the_same_in_whichever_file_they_stand(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, shop_files.table(["日付", "理由"], [["2026/4/1", "特になし"]]), name="4月.csv")
    result = take(db, tmp_path, shop_files.table(["日付", "理由"], [["2026/4/1", "特になし"], ["2026/5/1", "特になし"]]), name="全部.csv")
    assert (result.imported, result.merged) == (1, 1)


def test_it_reads_what_stands_beside_the_words(db: Database, tmp_path: Path) -> None:
    with db.transaction() as session:
        shop = factories.shop(session, name="本店")
        hanako = factories.customer(session, shop=shop, external_id="17", email="hanako@example.jp")
        known = factories.product(session, shop=shop, code="AJ", name="青汁")
    header = [
        "回答ID",
        "解約日",
        "会員番号",
        "メールアドレス",
        "氏名",
        "購入区分",
        "商品名",
        "解約理由",
        "自由記述",
        "満足度",
        "年代",
        "対応者メモ",
    ]
    rows = [
        ["k1", "R8.5.1", "17", "", "山田", "定期", "青汁", "値段が高い", "続けられない", "2", "60代", "電話で"],
        ["k2", "2026-05-02", "", "HANAKO@example.jp", "山田", "単品", "新商品", "引っ越し", "引っ越した", "9", "", ""],
        ["k3", "2026-05-03", "99", "nobody@example.jp", "佐藤", "", "", "効果が感じられない", "", "", "", ""],
    ]
    result = take(db, tmp_path, shop_files.table(header, rows, encoding="cp932"), shop="本店")
    assert result.imported == 3
    one, two, three = answers(db)
    assert (one.customer_id, one.product_id, one.purchase_type, one.stated, one.text, one.expectation) == (
        hanako.id,
        known.id,
        "subscription",
        "price",
        "続けられない",
        2,
    )
    assert (one.external_id, one.answered_at, one.source) == ("k1", datetime(2026, 4, 30, 15, tzinfo=UTC), "import")
    assert one.extra == {"年代": "60代", "対応者メモ": "電話で", "購入区分": "定期"}
    assert (two.customer_id, two.purchase_type, two.stated, two.expectation, two.extra["解約理由"]) == (
        hanako.id,
        "one_off",
        None,
        None,
        "引っ越し",
    )
    assert (three.customer_id, three.stated, three.text) == (None, "no_effect", "")
    assert any("氏名" in note for note in result.notes)
    assert "山田" not in str([answer.extra for answer in answers(db)])
    with db.reading() as session:
        assert session.scalars(sa.select(Product.name).order_by(Product.id)).all() == ["青汁", "新商品"]


def test_it_finds_the_words_where_the_header_says_nothing(db: Database, tmp_path: Path) -> None:
    rows = [["1", "2026/5/1", "効果を感じられなかったのでやめました"], ["2", "2026/5/2", "飲みきれずに余ってしまいました"]]
    take(db, tmp_path, shop_files.table(["番号", "日", "Q5"], rows))
    assert [answer.text for answer in answers(db)] == [row[2] for row in rows]


def test_it_reads_excel(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "解約理由.xlsx"
    write_table(path, ["日付", "解約理由"], [["2026-05-01", "余ったので\nやめます"]])
    with db.transaction() as session:
        assert import_replies(session, path).encoding == "xlsx"
    assert answers(db)[0].text == "余ったので\nやめます"


def test_empty_and_undatable_rows_are_told(db: Database, tmp_path: Path) -> None:
    rows = [["2026/5/1", "高い"], ["2026/5/1", " "], ["いつか", "高い"], ["", "余った"], ["2026/5/1", "高い", "ずれた"]]
    result = take(db, tmp_path, shop_files.table(["日付", "理由"], rows))
    assert (result.imported, [one.row for one in result.skipped]) == (2, [3, 4, 6])


def test_how_people_bought_can_be_said_for_the_whole_file(db: Database, tmp_path: Path) -> None:
    mapping = {"platform": "generic", "columns": {"text": "声"}, "options": {"purchase_type": "one_off"}}
    take(db, tmp_path, shop_files.table(["声"], [["高い"]]), mapping=mapping)
    assert answers(db)[0].purchase_type == "one_off"


def test_a_dry_run_keeps_nothing(db: Database, tmp_path: Path) -> None:
    assert take(db, tmp_path, shop_files.table(["理由"], [["高い"]]), dry_run=True).imported == 1
    assert answers(db) == []


def test_orders_are_not_replies(db: Database, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="お客様の声ではなく注文"):
        take(db, tmp_path, shop_files.shopify_orders(shop_files.shopify_order("#1")))


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("値段が高い", "price"), ("price", "price"), ("効果が実感できない", "no_effect"), ("まだ残っている", "unused_stock"), ("他社製品に乗り換えた", "competitor"),
        ("商品に不満がある", "dissatisfaction"), ("特に理由はない", "no_reason"), ("その他", "other"), ("引っ越し", None), ("高いし効果もない", None), ("", None),
    ],
)  # fmt: skip
def test_it_knows_an_option_where_its_label_is_beyond_doubt(label: str, code: str | None) -> None:
    assert stated_code(label) == code
