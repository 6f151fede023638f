"""Knowing a shop system by its header, and what its words mean."""

import pytest

from tests import shop_files
from voc.customers import meanings
from voc.customers.fields import FIELDS, KINDS, REQUIRED
from voc.customers.platforms import PLATFORMS, guess, labels, likeliest_kind, other_kind

RAKUTEN = "注文番号,ステータス,サブステータスID,注文日時,注文日,注文時間,請求金額,合計金額,ポイント利用額,注文者姓,注文者名,注文者電話番号1,注文者メールアドレス,申込番号,商品明細ID,商品ID,商品名,商品管理番号,単価,個数"
YAHOO_ORDERS = "OrderId,OrderTime,OrderStatus,PayStatus,BillMailAddress,BillFirstName,BillLastName,TotalPrice"
YAHOO_ITEMS = "OrderId,LineId,ItemId,Title,SubCode,UnitPrice,Quantity"
BASE = "注文ID,注文日時,氏(請求先),名(請求先),郵便番号(請求先),電話番号(請求先),メールアドレス(請求先),備考,商品名,バリエーション,価格,税率,数量,合計金額,送料,支払い方法,代引き手数料,発送状況,商品ID,種類ID"
STORES = "オーダー番号,オーダー日,アイテム名,個数,小計,配送料,合計,氏(購入者),名(購入者),メールアドレス,備考,ステータス"
COLORME = "売上ID,受注日,購入者 顧客ID,購入者 名前,購入者 メールアドレス,購入者 電話番号,決済方法,入金状態,送料合計,購入商品 型番,購入商品 商品名,購入商品 販売価格(消費税込),購入商品 販売個数"
MAKESHOP = "日付,注文時間,注文番号,処理状況,注文者,メールアドレス,商品名,数量,定期購入ID"
FUTURESHOP = "受注コード,注文日時,請求合計金額,商品合計金額,決済方法,入金フラグ,氏名(姓),氏名(名),メールアドレス,商品番号,枝番号,商品名,バリエーション名,販売単価,購入数量"
ECFORCE = "受注ID,受注番号,顧客番号,購入URL,購入オファー,定期受注番号,メールアドレス,小計,支払い合計,受注日,購入商品（商品コード）,広告URLグループ名,広告主名,顧客購入回数,定期ステータス,定期回数"

HEADERS = {
    "eccube4": shop_files.EC_CUBE_ORDERS, "shopify": shop_files.SHOPIFY_ORDERS, "rakuten": RAKUTEN.split(","), "yahoo": YAHOO_ORDERS.split(","),
    "base": BASE.split(","), "stores": STORES.split(","), "colorme": COLORME.split(","), "makeshop": MAKESHOP.split(","),
    "futureshop": FUTURESHOP.split(","), "ecforce": ECFORCE.split(","),
}  # fmt: skip


@pytest.mark.parametrize("code", HEADERS)
def test_it_knows_each_system_by_its_header_and_finds_what_it_needs(code: str) -> None:
    found = guess(HEADERS[code], "orders")
    assert found.platform.code == code
    assert found.score > 0.6
    assert found.missing == []
    assert likeliest_kind(HEADERS[code]) == "orders"


def test_every_system_has_a_header_here() -> None:
    assert HEADERS.keys() | {"generic"} == PLATFORMS.keys()


def test_it_knows_a_system_whose_columns_were_moved_and_partly_left_out() -> None:
    header = [name for name in reversed(shop_files.EC_CUBE_ORDERS) if name not in ("注文ID", "支払合計", "会社名", "明細区分(名称)")]
    assert guess(header, "orders").platform.code == "eccube4"


def test_shopifys_name_is_the_order_number_and_not_a_person() -> None:
    columns = guess(shop_files.SHOPIFY_ORDERS, "orders").columns
    assert (columns["number"], columns["name"]) == ("Name", "Billing Name")
    assert "customer_id" not in columns  # Id is that of the order


def test_rakutens_orderer_name_is_the_given_name() -> None:
    columns = guess(RAKUTEN.split(","), "orders").columns
    assert (columns["family_name"], columns["given_name"]) == ("注文者姓", "注文者名")


def test_an_orderers_name_without_a_family_name_is_the_whole_name() -> None:
    assert guess(["注文番号", "注文日", "注文者名", "メールアドレス"], "orders").columns["name"] == "注文者名"


def test_yahoos_second_file_holds_lines_only() -> None:
    found = guess(YAHOO_ITEMS.split(","), "orders")
    assert "ordered_at" not in found.columns
    assert found.missing == []


def test_it_says_which_columns_are_missing() -> None:
    found = guess(["注文番号", "商品名"], "orders")
    assert found.missing == [("ordered_at",), ("customer_id", "email")]


def test_columns_of_one_name_are_told_apart() -> None:
    told = labels(shop_files.EC_CUBE_ORDERS)
    assert (told.count("送料"), told.count("送料 (2)")) == (1, 1)
    assert len(set(told)) == 70


@pytest.mark.parametrize(
    ("header", "asked", "is_really"),
    [
        (shop_files.EC_CUBE_ORDERS, "customers", "orders"), (shop_files.EC_CUBE_CUSTOMERS, "orders", "customers"), (shop_files.SHOPIFY_CUSTOMERS, "orders", "customers"),
        (["受注番号", "受注日", "メールアドレス", "金額"], "customers", "orders"), (["解約理由", "回答日"], "orders", "replies"), (shop_files.SHOPIFY_ORDERS, "replies", "orders"),
        (["定期番号", "会員番号", "ステータス", "解約日"], "orders", "subscriptions"),
        (shop_files.EC_CUBE_ORDERS, "orders", None), (shop_files.EC_CUBE_CUSTOMERS, "customers", None), (ECFORCE.split(","), "subscriptions", None),
        (["会員番号", "解約理由", "解約日"], "replies", None), (["a", "b"], "orders", None),
    ],
)  # fmt: skip
def test_it_notices_a_file_of_another_kind(header: list[str], asked: str, is_really: str | None) -> None:
    assert other_kind(header, asked) == is_really


def test_maps_name_only_fields_that_exist() -> None:
    for platform in PLATFORMS.values():
        for kind, columns in platform.columns.items():
            assert columns.keys() <= {field.code for field in FIELDS[kind]}, platform.code
    for kind in KINDS:
        assert {code for options in REQUIRED[kind] for code in options} <= {field.code for field in FIELDS[kind]}


@pytest.mark.parametrize(
    ("platform", "status", "payment", "cancelled_at", "means"),
    [
        ("eccube4", "5", "", "", "purchased"), ("eccube4", "1", "", "", "purchased"), ("eccube4", "3", "", "", "cancelled"), ("eccube4", "7", "", "", "pending"),
        ("eccube4", "8", "", "", "pending"), ("eccube4", "9", "", "", "cancelled"), ("eccube4", "注文取消し", "", "", "cancelled"), ("eccube4", "決済処理中", "", "", "pending"),
        ("shopify", "", "paid", "", "purchased"), ("shopify", "", "partially_refunded", "", "purchased"), ("shopify", "", "refunded", "", "cancelled"),
        ("shopify", "", "voided", "", "cancelled"), ("shopify", "", "pending", "", "pending"), ("shopify", "", "paid", "2024-05-02 10:00:00 +0900", "cancelled"),
        ("rakuten", "500", "", "", "purchased"), ("rakuten", "800", "", "", "cancelled"), ("rakuten", "900", "", "", "cancelled"),
        ("yahoo", "5", "", "", "purchased"), ("yahoo", "4", "", "", "cancelled"), ("base", "キャンセル", "", "", "cancelled"), ("base", "発送済み", "", "", "purchased"),
        ("stores", "入金待ち", "", "", "pending"), ("stores", "未発送", "", "", "purchased"), ("colorme", "", "未入金", "", "pending"), ("colorme", "", "入金済み", "", "purchased"),
        ("makeshop", "配送", "", "", "purchased"), ("makeshop", "注文キャンセル", "", "", "cancelled"), ("makeshop", "返送", "", "", "cancelled"),
        ("generic", "発送済", "未入金", "", "purchased"), ("generic", "一部返金", "", "", "purchased"), ("generic", "", "", "", "purchased"),
    ],
)  # fmt: skip
def test_it_knows_which_orders_are_purchases(platform: str, status: str, payment: str, cancelled_at: str, means: str) -> None:
    assert meanings.order_status(PLATFORMS[platform], status, payment, cancelled_at) == means


@pytest.mark.parametrize(
    ("kind", "name", "code", "product"),
    [
        ("1", "青汁", "A", True), ("2", "送料", "", False), ("6", "ポイント", "", False), ("商品", "青汁", "A", True), ("送料", "送料", "", False),
        (None, "送料", "", False), (None, "代引手数料", "", False), (None, "ポイント利用", "", False), (None, "商品オプション「のし」", "", False),
        (None, "", "", False), (None, "青汁 送料無料", "A", True), (None, "税理士が教えるサプリ", "", True),
    ],
)  # fmt: skip
def test_it_knows_which_lines_are_products(kind: str | None, name: str, code: str, product: bool) -> None:
    assert meanings.is_product(kind, name, code) is product


def test_it_takes_joined_codes_apart_and_leaves_paper_out() -> None:
    assert meanings.joined_codes("aojiru_30, biyoueki×2,aisatsu_1,chirashi_05,aojiru_30") == [("aojiru_30", 2), ("biyoueki", 2)]
    assert meanings.joined_codes("") == []


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("定期受注番号", "T001", "subscription"), ("定期受注番号", "", None), ("申込番号", "123", "subscription"), ("申込番号", "0", None),
        ("購入区分", "定期", "subscription"), ("購入区分", "通常", "one_off"), ("購入区分", "定期以外", "one_off"), ("注文種別", "都度購入", "one_off"),
        ("Tags", "VIP, Subscription First Order", "subscription"), ("Tags", "VIP", None), ("Source", "web", None), ("Source", "subscription_contract", "subscription"),
    ],
)  # fmt: skip
def test_it_knows_subscription_orders(column: str, value: str, kind: str | None) -> None:
    assert meanings.purchase_type(column, value) == kind


@pytest.mark.parametrize(
    ("name", "subscribed"), [("【定期】青汁", True), ("青汁 定期コース", True), ("革の定期入れ", False), ("青汁", False)]
)
def test_a_products_name_may_tell_a_subscription(name: str, subscribed: bool) -> None:
    assert meanings.named_subscription(name) is subscribed


@pytest.mark.parametrize(
    ("value", "cancelled", "status"),
    [
        ("有効", False, "active"), ("停止", False, "paused"), ("キャンセル", False, "cancelled"), ("継続中", False, "active"), ("解約・完了", False, "cancelled"),
        ("", True, "cancelled"), ("", False, "active"), ("解約予約", False, "active"), ("canceled", False, "cancelled"), ("suspend", False, "paused"),
    ],
)  # fmt: skip
def test_it_knows_the_state_of_a_subscription(value: str, cancelled: bool, status: str) -> None:
    assert meanings.subscription_status(value, cancelled=cancelled) == status


@pytest.mark.parametrize(
    ("column", "value", "left"),
    [("会員ステータス(名称)", "退会", True), ("会員ステータス(名称)", "本会員", False), ("会員ステータス(ID)", "3", True), ("会員ステータス(ID)", "2", False), ("退会フラグ", "1", True), ("退会フラグ", "0", False)],
)  # fmt: skip
def test_it_knows_who_has_left(column: str, value: str, left: bool) -> None:
    assert meanings.has_left(column, value) is left
