"""Rows of order files → orders, without a database."""

from collections.abc import Sequence
from pathlib import Path

from tests import shop_files
from tests.shop_files import ec_cube_order, ec_cube_orders, shopify_order, shopify_orders
from voc.customers.buyer_rows import Buyer
from voc.customers.order_rows import OrderReader, OrderRecord
from voc.customers.source import open_source

HEADER = ["注文番号", "注文日", "会員番号", "メールアドレス", "商品名", "数量", "単価", "合計金額"]


def read(folder: Path, content: bytes) -> tuple[list[OrderRecord], OrderReader]:
    reader = OrderReader(open_source(shop_files.write(folder, "orders.csv", content), "orders"))
    return [OrderRecord.restored(plain) for plain in reader.records()], reader


def generic(folder: Path, *rows: Sequence[str], header: Sequence[str] = HEADER) -> tuple[list[OrderRecord], OrderReader]:
    return read(folder, shop_files.table(header, rows))


def buyer_of(order: OrderRecord) -> Buyer:
    assert order.head is not None
    assert order.head.buyer is not None
    return Buyer._make(order.head.buyer)


def reasons(reader: OrderReader) -> list[tuple[int, str]]:
    return [(skipped.row, skipped.reason) for skipped in reader.tally.skipped]


def test_it_reads_an_order_of_ec_cube_without_its_fees(tmp_path: Path) -> None:
    lines = (
        ("1", "青汁", "AJ-30", "3980", "2"),
        ("1", "美容液", "BE-1", "5800", "1"),
        ("2", "送料", "", "500", "1"),
        ("4", "割引", "", "-300", "1"),
    )
    (order,), reader = read(tmp_path, ec_cube_orders(ec_cube_order("100", lines)))
    assert order.lines == [("AJ-30", "青汁", 2, 3980), ("BE-1", "美容液", 1, 5800)]
    assert (order.number, order.used, reader.tally.rows, reader.tally.skipped) == ("100", 4, 4, [])
    assert order.head is not None
    assert (order.head.total, order.head.status, order.head.purchase_type) == (4480, "purchased", "one_off")
    buyer = buyer_of(order)
    assert (buyer.external_id, buyer.email, buyer.name, buyer.phone) == ("17", "hanako@example.jp", "山田 花子", "0312345678")
    assert buyer.postal_address == "〒150-0001 東京都渋谷区神宮前 1-2-3"


def test_it_keeps_shopifys_continuation_rows_with_their_order(tmp_path: Path) -> None:
    orders, reader = read(tmp_path, shopify_orders(shopify_order("#1001", ["A", "B", "C"]), shopify_order("#1002")))
    assert [(order.number, [line[0] for line in order.lines]) for order in orders] == [("#1001", ["A", "B", "C"]), ("#1002", ["SK-1"])]
    assert reader.tally.skipped == []
    assert buyer_of(orders[0]).postal_address == "〒530-0001 大阪府大阪市北区梅田1-1"


def test_a_piece_of_an_order_further_down_is_added_to_it(tmp_path: Path) -> None:
    first, second = shopify_order("#1", ["A", "B"]), shopify_order("#2", ["C"])
    orders, _ = read(tmp_path, shopify_orders([first[0]], second, [first[1]]))
    assert [(order.number, order.first, order.head is None) for order in orders] == [
        ("#1", True, False),
        ("#2", True, False),
        ("#1", False, True),
    ]


def test_the_same_line_twice_is_one_line_where_lines_have_numbers(tmp_path: Path) -> None:
    order = ec_cube_order("1")
    (record,), _ = read(tmp_path, ec_cube_orders([*order, order[0]]))
    assert (len(record.lines), record.used) == (1, 3)


def test_it_tells_each_row_it_cannot_use_and_why(tmp_path: Path) -> None:
    orders, reader = generic(
        tmp_path,
        ["1", "2024/5/1", "7", "a@example.jp", "青汁", "1", "3980", "3980"],
        ["2", "いつか", "7", "a@example.jp", "青汁", "1", "3980", "3980"],
        ["3", "2024/5/1", "", "", "青汁", "1", "3980", "3980"],
        ["4", "2024/5/1", "7", "a@example.jp", "青汁", "たくさん", "3980", "3980"],
        ["5", "2024/5/1", "7", "a@example.jp", "青汁", "1", "高い", "3980"],
        ["6", "2024/5/1", "7", "a@example.jp", "青汁", "-1", "3980", "-3980"],
        ["", "2024/5/1", "7", "a@example.jp", "青汁", "1", "3980", "3980"],
        ["1.23457E+11", "2024/5/1", "7", "a@example.jp", "青汁", "1", "3980", "3980"],
        ["8", "2024/5/1", "7", "a@example.jp", "青汁", "1", "3980", "3980", "ずれた"],
        [],
        ["合計", "", "", "", "", "6", "", "23880"],
        ["9", "2024/5/1", "7", "a@example.jp", "青汁", "1", "3980", "沢山"],
    )
    assert [order.number for order in orders] == ["1"]
    told = reasons(reader)
    assert [row for row, _ in told] == [3, 4, 5, 6, 7, 8, 9, 10, 12, 13]
    for (_, reason), words in zip(
        told,
        ["いつか", "どなたの注文", "たくさん", "高い", "返品", "注文番号がありません", "1.23457E+11", "ずれて", "合計の行", "沢山"],
        strict=True,
    ):
        assert words in reason
    assert reader.tally.rows == len(told) + 1


def test_rows_that_belong_to_a_skipped_order_are_skipped_with_it(tmp_path: Path) -> None:
    orders, reader = read(tmp_path, shopify_orders(shopify_order("#1", ["A", "B"], Email=""), shopify_order("#2")))
    assert [order.number for order in orders] == ["#2"]
    assert [reason for _, reason in reasons(reader)][1] == "この注文の最初の行を取り込めなかったため、続きも取り込みません。"
    assert reader.tally.unreadable == 0  # understood, and not wanted


def test_an_order_whose_only_line_is_unusable_does_not_hide_its_buyer_from_the_next(tmp_path: Path) -> None:
    orders, _ = generic(
        tmp_path,
        ["1", "2024/5/1", "7", "a@example.jp", "青汁", "??", "3980", "3980"],
        ["2", "2024/5/2", "7", "a@example.jp", "青汁", "1", "3980", "3980"],
    )
    assert orders[0].head is not None
    assert orders[0].head.buyer is not None


def test_it_adds_the_lines_up_where_there_is_no_total(tmp_path: Path) -> None:
    header = ["注文番号", "注文日", "メールアドレス", "商品名", "数量", "単価"]
    (order,), _ = generic(
        tmp_path, ["1", "2024/5/1", "a@b.jp", "青汁", "2", "1,000円"], ["1", "2024/5/1", "a@b.jp", "茶", "1", "500"], header=header
    )
    assert order.head is not None
    assert order.head.total == 2500


def test_it_reads_ecforces_joined_codes(tmp_path: Path) -> None:
    header = [
        "受注番号",
        "顧客番号",
        "購入URL",
        "購入オファー",
        "定期受注番号",
        "メールアドレス",
        "小計",
        "支払い合計",
        "受注日",
        "購入商品（商品コード）",
        "広告URLグループ名",
    ]
    rows = [
        [
            "R1",
            "9",
            "https://x",
            "初回",
            "T1",
            "a@b.jp",
            "10,500",
            "10,500",
            "2025/08/09 23:15",
            "aojiru_30,biyoueki_1,aisatsu_1",
            "instagram",
        ],
        ["R2", "9", "https://x", "初回", "", "a@b.jp", "3,980", "-500", "2025/08/10 23:15", "aojiru_30", "line"],
    ]
    content = b"\xef\xbb\xbf" + shop_files.table(header, rows)
    (first, second), _ = read(tmp_path, content)
    assert first.lines == [("aojiru_30", "aojiru_30", 1, 0), ("biyoueki_1", "biyoueki_1", 1, 0)]
    assert second.lines == [("aojiru_30", "aojiru_30", 1, 3980)]
    assert first.head is not None
    assert second.head is not None
    assert (first.head.purchase_type, first.head.entry, second.head.purchase_type, second.head.total) == (
        "subscription",
        "instagram",
        "one_off",
        -500,
    )


def test_it_leaves_bases_option_rows_out(tmp_path: Path) -> None:
    header = shop_files.names(
        "注文ID,注文日時,氏(請求先),名(請求先),メールアドレス(請求先),商品名,バリエーション,価格,数量,合計金額,発送状況,商品ID,種類ID"
    )
    rows = [
        ["B1", "2024-05-01 10:00:00", "山田", "花子", "a@b.jp", "石けん", "ラベンダー", "1200", "1", "1700", "発送済み", "55", "7"],
        ["B1", "2024-05-01 10:00:00", "山田", "花子", "a@b.jp", "商品オプション「のし」", "", "0", "1", "1700", "発送済み", "", ""],
    ]
    (order,), _ = read(tmp_path, shop_files.table(header, rows, encoding="cp932"))
    assert (order.lines, order.used) == ([("55", "石けん ラベンダー", 1, 1200)], 2)


def test_it_marks_rakutens_masked_addresses_and_reads_its_subscriptions(tmp_path: Path) -> None:
    header = shop_files.names(
        "注文番号,ステータス,サブステータスID,注文日時,請求金額,合計金額,ポイント利用額,注文者姓,注文者名,注文者電話番号1,注文者電話番号2,注文者電話番号3,注文者メールアドレス,申込番号,商品明細ID,商品名,商品管理番号,単価,個数,SKU情報"
    )
    row = [
        "2024-1",
        "500",
        "",
        "2024-05-01 10:00:00",
        "3480",
        "3980",
        "500",
        "山田",
        "花子",
        "090",
        "1234",
        "5678",
        "x1@pc.fw.rakuten.ne.jp",
        "88",
        "1",
        "青汁",
        "aojiru",
        "3980",
        "1",
        "色:緑\n大:小",
    ]
    (order,), _ = read(tmp_path, shop_files.table(header, [row], encoding="cp932"))
    assert order.head is not None
    buyer = buyer_of(order)
    assert (buyer.email_problem, buyer.phone, buyer.name) == ("masked", "09012345678", "山田 花子")
    assert (order.head.purchase_type, order.head.total) == ("subscription", 3980)


def test_it_reads_makeshops_dates_and_times(tmp_path: Path) -> None:
    header = shop_files.names("日付,注文時間,注文番号,処理状況,注文者,メールアドレス,商品名,数量,合計金額")
    (order,), _ = read(
        tmp_path,
        shop_files.table(header, [["2022/8/10", "93309", "P1", "配送", "山田 花子", "a@b.jp", "青汁", "1", "3980"]], encoding="cp932"),
    )
    assert order.head is not None
    assert order.head.ordered_at == 1660091589  # 2022-08-10 09:33:09 in Japan
