"""One column map per shop system, and how to know its files by their header. Pure.

Most carts let the shop choose, rename and reorder columns, so everything goes by the name in the header; what the
system's own map does not find is looked for under the names of ``fields``. Facts: docs/imports.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from voc.customers.fields import FIELDS, KINDS, LINES_ONLY, REQUIRED, key

PURCHASED, CANCELLED, PENDING = "purchased", "cancelled", "pending"

Columns = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Platform:
    """One shop system."""

    code: str
    label: str
    columns: Mapping[str, Columns]
    """Kind of file → field → header names, likeliest first."""
    signatures: Sequence[tuple[str, tuple[str, ...]]]
    """(kind, names that stand together only in a file of this system)."""
    states: Mapping[str, str] = field(default_factory=dict)
    """Value of the status column → purchased, cancelled or pending; others are read by their words."""
    joined_codes: bool = False
    """All product codes of an order stand in one cell."""


_EC_CUBE = Platform(
    "eccube4", "EC-CUBE 4",
    {
        "orders": {
            "number": ("注文番号", "注文ID"), "ordered_at": ("受注日",), "customer_id": ("会員ID",), "email": ("メールアドレス",),
            "family_name": ("お名前(姓)",), "given_name": ("お名前(名)",), "phone": ("TEL",), "postal_code": ("郵便番号",),
            "prefecture": ("都道府県(名称)",), "address1": ("住所1",), "address2": ("住所2",), "status": ("対応状況(ID)", "対応状況(名称)"),
            "total": ("合計", "支払合計"), "product_code": ("商品コード", "商品ID"), "product_name": ("商品名",), "variant": ("規格分類名1",),
            "variant2": ("規格分類名2",), "unit_price": ("価格",), "quantity": ("個数",), "line_kind": ("明細区分(ID)", "明細区分(名称)"),
            "line_id": ("注文詳細ID",),
        },
        "customers": {
            "customer_id": ("会員ID",), "email": ("メールアドレス",), "family_name": ("お名前(姓)",), "given_name": ("お名前(名)",), "phone": ("TEL",),
            "postal_code": ("郵便番号",), "prefecture": ("都道府県(名称)",), "address1": ("住所1",), "address2": ("住所2",),
            "member_status": ("会員ステータス(名称)", "会員ステータス(ID)"), "first_order_at": ("初回購入日",), "order_count": ("購入回数",),
        },
    },
    [
        ("orders", ("注文ID", "会員ID", "お名前(姓)", "対応状況(ID)", "対応状況(名称)", "受注日", "明細区分(ID)", "明細区分(名称)", "支払合計", "注文詳細ID")),
        ("customers", ("会員ID", "お名前(姓)", "会員ステータス(名称)", "初回購入日", "最終購入日", "購入回数", "登録日")),
    ],
    # 3 注文取消し, 9 返品; 7 決済処理中 and 8 購入処理中 never became an order.
    {"1": PURCHASED, "3": CANCELLED, "4": PURCHASED, "5": PURCHASED, "6": PURCHASED, "7": PENDING, "8": PENDING, "9": CANCELLED},
)  # fmt: skip

_SHOPIFY = Platform(
    "shopify", "Shopify",
    {
        "orders": {
            "number": ("Name",), "ordered_at": ("Created at",), "email": ("Email",), "name": ("Billing Name", "Shipping Name"),
            "phone": ("Billing Phone", "Phone", "Shipping Phone"), "postal_code": ("Billing Zip",), "prefecture": ("Billing Province Name", "Billing Province"),
            "city": ("Billing City",), "address1": ("Billing Address1", "Billing Street"), "address2": ("Billing Address2",), "payment": ("Financial Status",),
            "cancelled_at": ("Cancelled at",), "total": ("Total",), "product_code": ("Lineitem sku",), "product_name": ("Lineitem name",),
            "unit_price": ("Lineitem price",), "quantity": ("Lineitem quantity",), "subscription": ("Tags",), "subscription2": ("Source",),
            "mail_wish": ("Accepts Marketing",),
        },
        "customers": {
            "customer_id": ("Customer ID",), "email": ("Email",), "family_name": ("Last Name",), "given_name": ("First Name",),
            "phone": ("Phone", "Default Address Phone"), "postal_code": ("Default Address Zip", "Zip"), "prefecture": ("Default Address Province Code", "Province"),
            "city": ("Default Address City", "City"), "address1": ("Default Address Address1", "Address1"), "address2": ("Default Address Address2", "Address2"),
            "mail_wish": ("Accepts Email Marketing", "Accepts Marketing"), "order_count": ("Total Orders",),
        },
    },
    [
        ("orders", ("Name", "Financial Status", "Fulfillment Status", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku")),
        ("customers", ("First Name", "Last Name", "Email", "Accepts Email Marketing", "Total Spent", "Total Orders", "Tax Exempt", "Tags")),
    ],
    {
        "pending": PENDING, "authorized": PURCHASED, "partially_paid": PURCHASED, "paid": PURCHASED, "partially_refunded": PURCHASED,
        "refunded": CANCELLED, "voided": CANCELLED, "expired": CANCELLED,
    },
)  # fmt: skip

_RAKUTEN = Platform(
    "rakuten", "楽天市場(RMS)",
    {"orders": {
        "number": ("注文番号",), "ordered_at": ("注文日時", "注文日"), "ordered_time": ("注文時間",), "status": ("ステータス",), "total": ("合計金額", "請求金額"),
        "family_name": ("注文者姓",), "given_name": ("注文者名",), "phone": ("注文者電話番号1",), "phone2": ("注文者電話番号2",), "phone3": ("注文者電話番号3",),
        "email": ("注文者メールアドレス",), "postal_code": ("注文者郵便番号1",), "prefecture": ("注文者住所都道府県",), "city": ("注文者住所郡市区",),
        "address1": ("注文者住所それ以降の住所",), "subscription": ("申込番号",), "line_id": ("商品明細ID",), "product_name": ("商品名",),
        "product_code": ("商品管理番号", "商品番号", "商品ID"), "unit_price": ("単価",), "quantity": ("個数",),
    }},
    [("orders", ("ステータス", "サブステータスID", "注文日時", "注文者姓", "注文者メールアドレス", "商品明細ID", "商品管理番号", "請求金額", "ポイント利用額"))],
    {str(code): CANCELLED if code >= 800 else PURCHASED for code in range(100, 1000, 100)},
)  # fmt: skip

_YAHOO = Platform(
    "yahoo", "Yahoo!ショッピング",
    {"orders": {
        "number": ("OrderId", "Id"), "ordered_at": ("OrderTime",), "status": ("OrderStatus",), "total": ("TotalPrice", "Total"),
        "email": ("BillMailAddress",), "family_name": ("BillLastName",), "given_name": ("BillFirstName",), "phone": ("BillPhoneNumber",),
        "postal_code": ("BillZipCode",), "prefecture": ("BillPrefecture",), "city": ("BillCity",), "address1": ("BillAddress1",), "address2": ("BillAddress2",),
        "line_id": ("LineId",), "product_code": ("ItemId",), "product_name": ("Title",), "variant": ("SubCode",), "unit_price": ("UnitPrice",),
        "quantity": ("Quantity",), "cancelled_at": (),
    }},
    [
        ("orders", ("OrderId", "OrderTime", "OrderStatus", "PayStatus", "BillMailAddress")),
        ("orders", ("OrderId", "LineId", "ItemId", "Title", "UnitPrice", "Quantity")),
    ],
    {"1": PURCHASED, "2": PURCHASED, "3": PENDING, "4": CANCELLED, "5": PURCHASED},  # 予約中, 処理中, 保留, キャンセル, 完了
)  # fmt: skip

_BASE = Platform(
    "base", "BASE",
    {"orders": {
        "number": ("注文ID",), "ordered_at": ("注文日時",), "family_name": ("氏(請求先)",), "given_name": ("名(請求先)",), "postal_code": ("郵便番号(請求先)",),
        "prefecture": ("都道府県(請求先)",), "address1": ("住所(請求先)",), "address2": ("住所2(請求先)",), "phone": ("電話番号(請求先)",),
        "email": ("メールアドレス(請求先)",), "product_code": ("商品ID",), "product_name": ("商品名",), "variant": ("バリエーション",), "unit_price": ("価格",),
        "quantity": ("数量",), "total": ("合計金額",), "status": ("発送状況",),
    }},
    [("orders", ("注文ID", "注文日時", "氏(請求先)", "メールアドレス(請求先)", "バリエーション", "発送状況", "種類ID"))],
)  # fmt: skip

_STORES = Platform(
    "stores", "STORES",
    {"orders": {
        "number": ("オーダー番号",), "ordered_at": ("オーダー日時", "オーダー日"), "product_name": ("アイテム名",), "product_code": ("品番",), "variant": ("種類", "バリエーション"),
        "quantity": ("個数",), "unit_price": ("単価", "価格"), "total": ("合計",), "family_name": ("氏(購入者)", "氏(請求先)"), "given_name": ("名(購入者)", "名(請求先)"),
        "email": ("メールアドレス", "メールアドレス(請求先)"), "phone": ("電話番号(購入者)", "電話番号(請求先)"), "postal_code": ("郵便番号(購入者)", "郵便番号(請求先)"),
        "prefecture": ("都道府県(購入者)", "都道府県(請求先)"), "address1": ("住所(購入者)", "住所(請求先)"), "status": ("ステータス",),
    }},
    [("orders", ("オーダー番号", "アイテム名", "個数", "配送料", "合計", "ステータス"))],
)  # fmt: skip

_COLORME = Platform(
    "colorme", "カラーミーショップ",
    {"orders": {
        "number": ("売上ID",), "ordered_at": ("受注日",), "customer_id": ("購入者 顧客ID",), "name": ("購入者 名前",), "email": ("購入者 メールアドレス",),
        "phone": ("購入者 電話番号",), "postal_code": ("購入者 郵便番号",), "prefecture": ("購入者 都道府県",), "address1": ("購入者 住所", "購入者 住所1"),
        "address2": ("購入者 住所2",), "status": ("受注状態", "キャンセル"), "payment": ("入金状態",), "product_code": ("購入商品 型番", "購入商品 商品ID"),
        "product_name": ("購入商品 商品名",), "unit_price": ("購入商品 販売価格(消費税込)", "購入商品 販売価格"), "quantity": ("購入商品 販売個数",),
        "total": ("総合計金額", "合計金額", "販売価格合計"), "mail_wish": ("購入者 メルマガ購読", "購入者 メルマガ"),
    }},
    [("orders", ("売上ID", "受注日", "購入者 顧客ID", "購入者 名前", "購入者 メールアドレス", "購入商品 商品名", "購入商品 販売個数"))],
)  # fmt: skip

_MAKESHOP = Platform(
    "makeshop", "MakeShop",
    {
        "orders": {
            "number": ("注文番号",), "ordered_at": ("日付", "注文日"), "ordered_time": ("注文時間",), "status": ("処理状況",), "name": ("注文者", "注文者名"),
            "customer_id": ("会員ID", "注文者ID"), "email": ("注文者メールアドレス", "メールアドレス"), "phone": ("注文者電話番号", "電話番号"), "product_code": ("独自商品コード", "商品コード"),
            "product_name": ("商品名",), "variant": ("オプション",), "quantity": ("数量",), "unit_price": ("販売価格", "単価"), "total": ("合計金額", "決済金額"),
            "subscription": ("定期購入ID",),
        },
        "subscriptions": {"external_id": ("定期購入ID",), "status": ("定期購入状況", "ステータス", "状態")},
    },
    [("orders", ("日付", "注文時間", "注文番号", "処理状況", "注文者")), ("subscriptions", ("定期購入ID", "注文者", "定期購入状況"))],
)  # fmt: skip

_FUTURESHOP = Platform(
    "futureshop", "futureshop",
    {"orders": {
        "number": ("受注コード",), "ordered_at": ("注文日時",), "total": ("請求合計金額",), "payment": ("入金状況",), "customer_id": ("会員ID", "会員番号"),
        "family_name": ("氏名(姓)",), "given_name": ("氏名(名)",), "email": ("メールアドレス",), "product_code": ("商品番号",), "variant": ("バリエーション名",),
        "product_name": ("商品名",), "unit_price": ("販売単価",), "quantity": ("購入数量",), "status": ("受注ステータス", "処理ステータス"),
    }},
    [("orders", ("受注コード", "注文日時", "請求合計金額", "入金フラグ", "氏名(姓)", "枝番号", "販売単価", "購入数量"))],
)  # fmt: skip

_ECFORCE = Platform(
    "ecforce", "ecforce",
    {
        "orders": {
            "number": ("受注番号", "受注ID"), "ordered_at": ("受注日",), "customer_id": ("顧客番号",), "email": ("メールアドレス",), "total": ("支払い合計", "合計"),
            "product_code": ("購入商品(商品コード)",), "subscription": ("定期受注番号",), "entry": ("広告URLグループ名", "広告主名", "購入オファー"),
            "status": ("対応状況", "受注ステータス"), "payment": ("決済状況",), "unit_price": ("小計",),
        },
        "subscriptions": {
            "external_id": ("定期受注番号",), "customer_id": ("顧客番号",), "email": ("メールアドレス",), "status": ("定期ステータス", "ステータス"),
            "started_at": ("定期開始日", "作成日時", "受注日"), "deliveries": ("定期回数", "定期内受注数"), "product_code": ("購入商品(商品コード)",),
            "entry": ("広告URLグループ名", "広告主名", "購入オファー"),
        },
    },
    [
        ("orders", ("受注番号", "顧客番号", "購入URL", "購入オファー", "定期受注番号", "購入商品(商品コード)", "支払い合計", "受注日")),
        ("subscriptions", ("定期受注番号", "顧客番号", "定期ステータス", "定期回数")),
    ],
    joined_codes=True,
)  # fmt: skip

GENERIC = Platform("generic", "そのほか", {}, [])

PLATFORMS: dict[str, Platform] = {
    platform.code: platform
    for platform in (_EC_CUBE, _SHOPIFY, _RAKUTEN, _YAHOO, _BASE, _STORES, _COLORME, _MAKESHOP, _FUTURESHOP, _ECFORCE, GENERIC)
}


# -- knowing a file by its header -------------------------------------------------------------------------------------------

SURE = 0.6


@dataclass(frozen=True)
class Guess:
    """What a header looks like, as a file of one kind."""

    kind: str
    platform: Platform
    score: float
    """Share of the system's telling names that stand in the header; 0 for a file of no known system."""
    columns: dict[str, str]
    """Field → label of the column (see ``labels``)."""
    missing: list[tuple[str, ...]]
    """What is still needed: of each tuple one field."""


def labels(header: Sequence[str]) -> list[str]:
    """The columns by name, told apart where a name stands twice: 送料, 送料 (2)."""
    seen: dict[str, int] = {}
    told = []
    for name in header:
        seen[name] = seen.get(name, 0) + 1
        told.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return told


def guess(header: Sequence[str], kind: str, *, platform: str | None = None) -> Guess:
    """The likeliest reading of a header as a file of ``kind``; ``platform`` where a person has said which system it is."""
    present = {key(name) for name in header}
    chosen, score = (PLATFORMS[platform], _score(present, PLATFORMS[platform], kind)) if platform else _likeliest(present, kind)
    columns = _columns(header, kind, chosen)
    missing = unmet(REQUIRED[kind], columns)
    if kind == "orders" and missing and not unmet(LINES_ONLY, columns) and "ordered_at" not in columns:
        missing = []
    return Guess(kind=kind, platform=chosen, score=score, columns=columns, missing=missing)


def other_kind(header: Sequence[str], kind: str) -> str | None:
    """The kind that this header is without doubt, when that is not ``kind``."""
    present = {key(name) for name in header}
    scores = {other: _likeliest(present, other)[1] for other in KINDS}
    best = max(scores, key=scores.__getitem__)
    if scores[best] >= SURE and scores[kind] < SURE and best != kind:
        return best
    if scores[kind] >= SURE:
        return None
    unfit = bool(guess(header, kind).missing)
    for other in ("orders", "subscriptions", "customers", "replies"):
        if other == kind or guess(header, other).missing:
            continue
        if unfit and (other != "customers" or _about_customers(header)):
            return other
        if kind == "customers" and other == "orders" and "ordered_at" in guess(header, "orders").columns:
            return other
    return None


def likeliest_kind(header: Sequence[str]) -> str:
    """What a file seems to be about, for whoever did not say."""
    present = {key(name) for name in header}
    scores = {kind: _likeliest(present, kind)[1] for kind in KINDS}
    best = max(scores, key=scores.__getitem__)
    if scores[best] >= SURE:
        return best
    return next((kind for kind in ("orders", "subscriptions", "replies", "customers") if not guess(header, kind).missing), "replies")


def unmet(required: Sequence[tuple[str, ...]], columns: Mapping[str, str]) -> list[tuple[str, ...]]:
    return [options for options in required if not any(code in columns for code in options)]


def _about_customers(header: Sequence[str]) -> bool:
    return len(guess(header, "customers").columns) >= 3


def _likeliest(present: set[str], kind: str) -> tuple[Platform, float]:
    scored = [(_score(present, platform, kind), platform) for platform in PLATFORMS.values()]
    score, platform = max(scored, key=lambda pair: pair[0])
    return (platform, score) if score >= SURE else (GENERIC, 0.0)


def _score(present: set[str], platform: Platform, kind: str) -> float:
    shares = [sum(key(name) in present for name in names) / len(names) for of_kind, names in platform.signatures if of_kind == kind]
    return max(shares, default=0.0)


def _columns(header: Sequence[str], kind: str, platform: Platform) -> dict[str, str]:
    places: dict[str, str] = {}
    for name, label in zip(header, labels(header), strict=True):
        places.setdefault(key(name), label)
    found: dict[str, str] = {}
    own = platform.columns.get(kind, {})
    for code, names in own.items():
        _find(found, code, names, places)
    for wanted in FIELDS[kind]:
        if wanted.code not in found:
            _find(found, wanted.code, wanted.names, places)
    if "given_name" in found and "family_name" not in found:  # 注文者名 alone is the whole name
        whole = found.pop("given_name")
        found.setdefault("name", whole)
    return found


def _find(found: dict[str, str], code: str, names: Sequence[str], places: Mapping[str, str]) -> None:
    taken = set(found.values())
    for name in names:
        label = places.get(key(name))
        if label is not None and label not in taken:
            found[code] = label
            return
