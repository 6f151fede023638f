"""Files as shop systems write them, made in the test: true headers, encodings and habits, made-up people."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path


def names(line: str) -> list[str]:
    """The columns of a header."""
    return line.split(",")


EC_CUBE_ORDERS = names(
    "注文ID,注文番号,会員ID,お名前(姓),お名前(名),お名前(セイ),お名前(メイ),会社名,郵便番号,都道府県(ID),都道府県(名称),住所1,住所2,メールアドレス,TEL,"
    "性別(ID),性別(名称),職業(ID),職業(名称),誕生日,ショップ用メモ欄,小計,値引き,送料,税金,合計,支払合計,対応状況(ID),対応状況(名称),支払方法(ID),"
    "支払方法(名称),受注日,入金日,注文詳細ID,商品ID,商品規格ID,商品名,商品コード,規格名1,規格名2,規格分類名1,規格分類名2,価格,個数,税率,税率ルール(ID),"
    "明細区分(ID),明細区分(名称),出荷ID,配送先_お名前(姓),配送先_お名前(名),配送先_お名前(セイ),配送先_お名前(メイ),配送先_会社名,配送先_郵便番号,"
    "配送先_都道府県(ID),配送先_都道府県(名称),配送先_住所1,配送先_住所2,配送先_TEL,配送業者(ID),配送業者(名称),お届け時間ID,お届け時間(名称),"
    "お届け希望日,送料,発送日,出荷伝票番号,配達用メモ,出荷メール送信日"
)

EC_CUBE_CUSTOMERS = names(
    "会員ID,お名前(姓),お名前(名),お名前(セイ),お名前(メイ),会社名,郵便番号,都道府県(ID),都道府県(名称),住所1,住所2,メールアドレス,TEL,性別(ID),性別(名称),"
    "職業(ID),職業(名称),誕生日,初回購入日,最終購入日,購入回数,ポイント,備考,会員ステータス(ID),会員ステータス(名称),登録日,更新日"
)

SHOPIFY_ORDERS = names(
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,"
    "Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,"
    "Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,Billing Name,Billing Street,Billing Address1,Billing Address2,"
    "Billing Company,Billing City,Billing Zip,Billing Province,Billing Country,Billing Phone,Shipping Name,Shipping Street,Shipping Address1,"
    "Shipping Address2,Shipping Company,Shipping City,Shipping Zip,Shipping Province,Shipping Country,Shipping Phone,Notes,Note Attributes,"
    "Cancelled at,Payment Method,Payment Reference,Refunded Amount,Vendor,Outstanding Balance,Employee,Location,Device ID,Id,Tags,Risk Level,"
    "Source,Lineitem discount,Tax 1 Name,Tax 1 Value,Phone,Receipt Number,Duties,Billing Province Name,Shipping Province Name,Payment ID,"
    "Payment Terms Name,Next Payment Due At,Payment References"
)

SHOPIFY_CUSTOMERS = names(
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Address1,Default Address Address2,"
    "Default Address City,Default Address Province Code,Default Address Country Code,Default Address Zip,Default Address Phone,Phone,"
    "Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags"
)


def table(header: Sequence[str], rows: Iterable[Mapping[str, str] | Sequence[str]], *, encoding: str = "utf-8", end: str = "\r\n") -> bytes:
    """A CSV file. A row is a list of cells, or a mapping of those that are not empty (the first column of a doubled name)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=end)
    writer.writerow(header)
    for row in rows:
        if isinstance(row, Mapping):
            unknown = row.keys() - set(header)
            assert not unknown, unknown
            cells = [""] * len(header)
            for name, value in row.items():
                cells[header.index(name)] = value
            writer.writerow(cells)
        else:
            writer.writerow(row)
    return text.getvalue().encode(encoding)


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def ec_cube_order(number: str, lines: Sequence[tuple[str, ...]] = (), **values: str) -> list[dict[str, str]]:
    """The rows of one order of EC-CUBE: (kind, name, code, price, quantity) each; by default one product and its shipping fee."""
    lines = lines or (("1", "青汁セブン 30日分", "AJ-30", "3980", "1"), ("2", "送料", "", "500", "1"))
    head = {
        "注文ID": number, "注文番号": number, "会員ID": "17", "お名前(姓)": "山田", "お名前(名)": "花子", "郵便番号": "1500001", "都道府県(名称)": "東京都",
        "住所1": "渋谷区神宮前", "住所2": "1-2-3", "メールアドレス": "Hanako@Example.JP", "TEL": "03-1234-5678", "小計": "3980", "送料": "500", "合計": "4480",
        "支払合計": "4480", "対応状況(ID)": "5", "対応状況(名称)": "発送済み", "受注日": "2026-05-01 09:58:12",
    } | values  # fmt: skip
    kinds = {"1": "商品", "2": "送料", "3": "手数料", "4": "割引", "5": "税", "6": "ポイント"}
    return [
        head
        | {
            "注文詳細ID": f"{number}{place}",
            "商品名": name,
            "商品コード": code,
            "価格": price,
            "個数": count,
            "明細区分(ID)": kind,
            "明細区分(名称)": kinds[kind],
        }
        for place, (kind, name, code, price, count) in enumerate(lines)
    ]


def ec_cube_orders(*orders: list[dict[str, str]]) -> bytes:
    return table(EC_CUBE_ORDERS, [row for order in orders for row in order], encoding="cp932")


def shopify_order(number: str, skus: Sequence[str] = ("SK-1",), **values: str) -> list[dict[str, str]]:
    """The rows of one order of Shopify: from the second on only the number and the line."""
    head = {
        "Email": "jiro@example.com", "Financial Status": "paid", "Accepts Marketing": "yes", "Currency": "JPY", "Subtotal": "3980", "Total": "4480",
        "Created at": "2026-05-01 09:58:12 +0900", "Billing Name": "鈴木 次郎", "Billing Zip": "'5300001", "Billing City": "大阪市北区",
        "Billing Address1": "梅田1-1", "Billing Province": "JP-27", "Billing Province Name": "大阪府", "Billing Phone": "'+819012345678", "Source": "web",
    } | values  # fmt: skip
    lines = [
        {"Name": number, "Lineitem quantity": "1", "Lineitem name": f"美容液 {sku}", "Lineitem price": "3980.00", "Lineitem sku": sku}
        for sku in skus
    ]
    return [lines[0] | head, *lines[1:]]


def shopify_orders(*orders: list[dict[str, str]]) -> bytes:
    return table(SHOPIFY_ORDERS, [row for order in orders for row in order])
