"""What voc wants to know from each kind of file, and the names under which shops write it. Pure data."""

import re
from dataclasses import dataclass
from unicodedata import normalize

KINDS = ("orders", "customers", "subscriptions", "replies")
KIND_LABELS = {"orders": "注文", "customers": "顧客", "subscriptions": "定期購入", "replies": "お客様の声"}


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to find in a file. ``names`` are the headers that mean it in no particular shop system, likeliest first."""

    code: str
    label: str
    names: tuple[str, ...] = ()


_SIGNS = re.compile(r"[\s_\-‐–・:/.*]+")


def key(name: str) -> str:
    """A header as it is compared: width, case, white space and ornament do not count."""
    return _SIGNS.sub("", normalize("NFKC", name)).casefold()


_BUYER = (
    Field("customer_id", "会員番号", (
        "会員ID", "会員番号", "顧客ID", "顧客番号", "顧客コード", "お客様番号", "お客様ID", "お客様コード", "会員コード", "顧客No", "会員No",
        "Customer ID", "customer", "customer_no", "member id", "user id", "ユーザーID", "購入者ID", "得意先コード",
    )),
    Field("email", "メールアドレス", (
        "メールアドレス", "Email", "E-mail", "mail", "メール", "Eメール", "mail address", "email address", "注文者メールアドレス",
        "購入者メールアドレス", "顧客メールアドレス", "お客様メールアドレス", "PCメールアドレス", "メールアドレス1",
    )),
    Field("family_name", "姓", ("お名前(姓)", "氏名(姓)", "姓", "氏", "名前(姓)", "注文者姓", "購入者姓", "注文者氏名(姓)", "last name", "family name", "顧客姓")),
    Field("given_name", "名", ("お名前(名)", "氏名(名)", "名", "名前(名)", "注文者名", "購入者名", "注文者氏名(名)", "first name", "given name", "顧客名(名)")),
    Field("name", "お名前", (
        "お名前", "氏名", "名前", "顧客名", "お客様名", "会員名", "注文者", "注文者氏名", "購入者", "購入者氏名", "注文者名前", "customer name", "full name", "name",
    )),
    Field("phone", "電話番号", ("電話番号", "TEL", "電話", "phone", "phone number", "電話番号1", "注文者電話番号", "購入者電話番号", "携帯電話番号")),
    Field("phone2", "電話番号(2つ目の列)", ()),
    Field("phone3", "電話番号(3つ目の列)", ()),
    Field("postal_code", "郵便番号", ("郵便番号", "zip", "zip code", "postal code", "〒", "注文者郵便番号", "購入者郵便番号")),
    Field("prefecture", "都道府県", ("都道府県", "都道府県(名称)", "注文者住所(都道府県)", "prefecture", "購入者都道府県")),
    Field("city", "市区町村", ("市区町村", "city", "郡市区", "注文者住所(市区町村)")),
    Field("address1", "住所", ("住所1", "住所", "address", "address1", "番地", "注文者住所", "購入者住所")),
    Field("address2", "住所(続き)", ("住所2", "address2", "建物名", "建物名・部屋番号")),
)  # fmt: skip

_MAIL_WISH = Field("mail_wish", "メール配信の希望", (
    "メルマガ", "メールマガジン", "メルマガ購読", "メルマガ希望", "メール配信", "メールマガジン購読", "DM希望", "案内メール", "mail magazine",
    "newsletter", "Accepts Email Marketing", "Accepts Marketing", "メルマガ送付", "メルマガ配信",
))  # fmt: skip
_ENTRY = Field(
    "entry",
    "広告・購入のきっかけ",
    ("広告名", "広告コード", "流入元", "購入経路", "広告", "媒体", "媒体名", "参照元", "購入オファー", "landing page"),
)

_GOODS = (
    Field("product_code", "商品コード", ("商品コード", "商品番号", "品番", "型番", "SKU", "商品管理番号", "product code", "item code", "product id", "商品ID", "JANコード")),
    Field("product_name", "商品名", ("商品名", "品名", "アイテム名", "商品", "商品名称", "product name", "product", "item name", "item", "title", "ご利用商品", "購入商品")),
    Field("variant", "規格・種類", ("規格", "バリエーション", "種類", "バリエーション名", "規格1", "オプション", "variant")),
    Field("variant2", "規格・種類(2つ目の列)", ("規格2",)),
)  # fmt: skip

ORDERS = (
    Field("number", "注文番号", ("注文番号", "受注番号", "注文ID", "受注ID", "オーダー番号", "受注コード", "伝票番号", "注文No", "受注No", "売上ID", "order id", "order number", "order no", "order")),
    Field("ordered_at", "注文日時", ("注文日時", "受注日時", "注文日", "受注日", "購入日時", "購入日", "オーダー日時", "オーダー日", "売上日", "申込日", "日付", "order date", "ordered at", "created at", "date")),
    Field("ordered_time", "注文時刻(日付と別の列のとき)", ("注文時間", "注文時刻", "受注時間")),
    *_BUYER[:2],
    *_GOODS,
    Field("quantity", "数量", ("数量", "個数", "購入数量", "注文数", "販売数", "販売個数", "点数", "quantity", "qty")),
    Field("unit_price", "単価", ("単価", "価格", "販売単価", "販売価格", "商品単価", "unit price", "price")),
    Field("total", "合計金額(税込)", ("合計金額", "注文合計", "請求金額", "合計", "総合計", "支払合計", "支払い合計", "お支払い合計", "請求合計金額", "購入金額", "注文金額", "売上金額", "金額", "total", "total price", "amount")),
    Field("status", "注文の状態", ("対応状況", "ステータス", "注文ステータス", "受注ステータス", "状態", "処理状況", "注文状況", "受注状況", "発送状況", "order status", "status")),
    Field("payment", "入金の状態", ("入金状態", "入金状況", "決済状況", "決済ステータス", "支払状況", "入金ステータス", "payment status", "financial status")),
    Field("cancelled_at", "取り消した日", ("キャンセル日", "キャンセル日時", "取消日", "cancelled at", "canceled at")),
    Field("line_kind", "明細の区分", ("明細区分", "明細区分(ID)", "明細種別")),
    Field("line_id", "明細番号", ("注文詳細ID", "明細ID", "明細番号", "商品明細ID", "line id")),
    Field("subscription", "定期購入の番号・区分", ("定期受注番号", "定期購入ID", "定期番号", "定期ID", "定期購入番号", "購入区分", "購入種別", "注文種別", "注文区分", "購入タイプ", "定期フラグ", "定期区分", "受注種別", "subscription id", "order type")),
    Field("subscription2", "定期購入の番号・区分(2つ目の列)", ()),
    *_BUYER[2:],
    _ENTRY,
    _MAIL_WISH,
)  # fmt: skip

CUSTOMERS = (
    *_BUYER,
    _MAIL_WISH,
    Field("member_status", "会員の状態", ("会員ステータス(名称)", "会員ステータス", "会員状態", "退会", "退会フラグ", "退会日", "ステータス", "状態", "会員区分", "status")),
    Field("first_order_at", "初めて購入した日", ("初回購入日", "初回購入日時", "初回注文日", "first order date", "first purchase")),
    Field("order_count", "購入回数", ("購入回数", "累計購入回数", "注文回数", "累計注文回数", "total orders", "orders count", "orders")),
    _ENTRY,
)  # fmt: skip

SUBSCRIPTIONS = (
    Field("external_id", "定期購入の番号", ("定期受注番号", "定期購入ID", "定期購入番号", "定期番号", "定期ID", "契約番号", "契約ID", "定期コードNo", "申込番号", "定期受注ID", "subscription id", "contract id", "subscription contract id", "subscription", "id")),
    *_BUYER[:2],
    Field("status", "定期の状態", ("定期ステータス", "定期状態", "定期購入ステータス", "契約ステータス", "契約状態", "定期購入状況", "継続状況", "ステータス", "状態", "subscription status", "status")),
    Field("started_at", "始めた日", ("定期開始日", "開始日", "契約日", "契約開始日", "申込日", "申込日時", "初回注文日", "初回購入日", "定期申込日", "登録日", "作成日", "作成日時", "受注日", "注文日", "started at", "start date", "created at", "activated at")),
    Field("cancelled_at", "解約した日", ("解約日", "解約日時", "定期解約日", "キャンセル日", "キャンセル日時", "停止日", "終了日", "退会日", "定期キャンセル日", "cancelled at", "canceled at", "cancel date", "end date")),
    Field("cycle_days", "お届けの間隔", ("お届け周期", "周期", "配送周期", "お届け間隔", "配送間隔", "間隔", "サイクル", "配送サイクル", "お届けサイクル", "cycle", "interval", "frequency")),
    Field("deliveries", "お届けした回数", ("定期回数", "お届け回数", "累計回数", "継続回数", "配送回数", "回数", "購入回数", "deliveries", "delivery count", "order count")),
    *_GOODS,
    *_BUYER[2:],
    _ENTRY,
)  # fmt: skip

REPLIES = (
    Field("text", "お客様の言葉", (
        "自由記述", "自由回答", "自由記入", "自由回答欄", "フリーコメント", "解約理由(自由記述)", "解約理由詳細", "解約理由(詳細)", "理由詳細", "詳細理由", "理由(自由記述)", "詳細", "コメント",
        "ご意見", "ご意見・ご感想", "ご感想", "お客様の声", "回答内容", "回答", "本文", "テキスト", "内容", "備考", "メモ", "問い合わせ内容",
        "解約理由", "退会理由", "やめた理由", "中止理由", "停止理由", "休止理由", "キャンセル理由", "理由", "アンケート回答", "text", "comment", "comments", "reply", "feedback", "message", "verbatim", "reason", "cancellation reason",
    )),
    Field("answered_at", "答えた日", ("回答日時", "回答日", "解約日", "解約日時", "退会日", "受付日", "受付日時", "日付", "日時", "登録日", "登録日時", "タイムスタンプ", "送信日時", "入力日", "date", "timestamp", "answered at", "created at", "submitted at")),
    Field("purchase_type", "買い方(定期・単品)", ("購入区分", "購入種別", "購入タイプ", "買い方", "種別", "定期区分", "区分", "コース", "タイプ", "type", "purchase type", "order type")),
    Field("product_name", "商品名", ("商品名", "商品", "品名", "アイテム名", "ご利用商品", "購入商品", "解約商品", "product", "product name", "item")),
    Field("product_code", "商品コード", ("商品コード", "商品番号", "品番", "型番", "SKU", "product code", "product id", "商品ID")),
    Field("stated", "選んだ選択肢", ("選択理由", "解約理由(選択)", "理由(選択)", "選択肢", "選択項目", "解約理由選択", "理由区分", "解約理由区分", "理由カテゴリ", "解約理由", "退会理由", "理由", "stated", "choice", "selected reason", "reason code", "reason")),
    Field("expectation", "期待との差(1〜5)", ("期待との差", "期待と比べて", "満足度", "expectation")),
    Field("external_id", "回答の番号", ("回答ID", "回答番号", "受付番号", "response id", "answer id", "問い合わせ番号", "No", "ID", "#")),
    *_BUYER[:2],
)  # fmt: skip

FIELDS: dict[str, tuple[Field, ...]] = {"orders": ORDERS, "customers": CUSTOMERS, "subscriptions": SUBSCRIPTIONS, "replies": REPLIES}

#: What a file cannot do without: all of these, of each one at least one. A file of order lines alone needs less.
REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {
    "orders": (("number",), ("ordered_at",), ("customer_id", "email")),
    "customers": (("customer_id", "email"),),
    "subscriptions": (("external_id",), ("customer_id", "email"), ("status", "cancelled_at")),
    "replies": (("text",),),
}
LINES_ONLY = (("number",), ("product_code", "product_name"), ("quantity", "unit_price"))

#: Columns that say who somebody is: of no use for reading a reply, so they are not kept with it.
PERSONAL = frozenset(
    key(name)
    for field in _BUYER
    if field.code != "customer_id"
    for name in (
        *field.names,
        "フリガナ",
        "カナ",
        "氏名カナ",
        "お名前(セイ)",
        "お名前(メイ)",
        "生年月日",
        "誕生日",
        "FAX",
        "FAX番号",
        "電話番号2",
        "電話番号3",
    )
)
