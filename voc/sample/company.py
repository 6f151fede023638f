"""The made-up company: what すこやか堂 sells, how people come to it, how long they stay. Data only.

Nothing here is measured on a real company; the orders of magnitude are those that the trade speaks of
(first offers at 980 yen, a third of the new subscribers gone before the second box, seasons and sales).
"""

from dataclasses import dataclass

NAME = "すこやか堂"
DOMAIN = "sukoyakado.example.jp"


@dataclass(frozen=True, kw_only=True)
class Goods:
    """One product and how it is bought."""

    code: str
    name: str
    days_supply: int
    price: int
    subscription_price: int
    first_price: int
    """Price of a subscription's first box."""
    share: float
    """Of the new customers."""
    subscribed: float
    """Share of its new customers who begin with a subscription."""
    women: float
    season: tuple[float, ...]
    """Weight of each month, January first."""
    second: float
    """Share of its one-off buyers who buy a second time."""
    words: tuple[str, ...]
    """What customers call this kind of product: how a reply finds its product."""


PRODUCTS: tuple[Goods, ...] = (
    Goods(
        code="AOJ-030", name="めぐみの青汁 30包", days_supply=30, price=3_980, subscription_price=3_580, first_price=980,
        share=0.32, subscribed=0.52, women=0.66, season=(1.25, 1.0, 1.05, 1.3, 1.15, 0.95, 0.85, 0.8, 0.95, 0.95, 0.9, 0.85), second=0.29,
        words=("青汁", "大麦若葉", "ケール", "明日葉", "スムージー", "クロレラ"),
    ),
    Goods(
        code="SUP-090", name="まいにち総合サプリ 90粒", days_supply=30, price=4_280, subscription_price=3_850, first_price=980,
        share=0.36, subscribed=0.50, women=0.58, season=(1.0, 1.0, 0.95, 0.9, 0.95, 1.05, 0.85, 0.9, 1.35, 1.1, 1.0, 0.95), second=0.29,
        words=(
            "サプリ", "グルコサミン", "コンドロイチン", "膝", "健康食品", "カルシウム", "ルテイン", "DHA", "乳酸菌", "イチョウ葉", "ナットウキナーゼ", "マルチビタミン",
            "ビタミン", "プロポリス", "ブルーベリー", "GABA",
        ),
    ),
    Goods(
        code="COS-040", name="うるおい美容液 しずく 40mL", days_supply=45, price=5_480, subscription_price=4_930, first_price=1_980,
        share=0.32, subscribed=0.30, women=0.94, season=(1.1, 1.0, 1.0, 0.9, 1.05, 0.85, 0.8, 0.8, 0.95, 1.15, 1.35, 1.25), second=0.33,
        words=(
            "美容液", "化粧水", "化粧品", "クリーム", "コスメ", "乳液", "オールインワン", "スキンケア", "美白", "保湿",
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Entry:
    """How a customer came: the advertisement or offer of the first order."""

    name: str
    weight: float
    leaving: float
    """Multiplies the risk of leaving: those whom a low price brought leave sooner."""
    subscribed: float = 1.0
    """Multiplies the share that begins with a subscription."""
    products: tuple[str, ...] = ()
    months: tuple[int, ...] = ()


ENTRIES: tuple[Entry, ...] = (
    Entry(name="Web広告 初回980円", weight=26, leaving=1.12, subscribed=1.5, products=("AOJ-030", "SUP-090")),
    Entry(name="SNS広告 初回1,980円", weight=24, leaving=1.28, subscribed=1.5, products=("COS-040",)),
    Entry(name="新聞折込チラシ", weight=18, leaving=0.84, subscribed=0.8, products=("AOJ-030", "SUP-090")),
    Entry(name="テレビ通販", weight=9, leaving=0.95, subscribed=0.9),
    Entry(name="検索", weight=15, leaving=0.95, subscribed=0.7),
    Entry(name="お友だち紹介", weight=7, leaving=0.66, subscribed=0.8),
    Entry(name="会報誌・同梱チラシ", weight=8, leaving=0.75, subscribed=0.8),
    Entry(name="敬老の日ギフト", weight=14, leaving=1.35, subscribed=0.1, products=("SUP-090", "AOJ-030"), months=(9,)),
    Entry(name="年末感謝祭 10%OFF", weight=16, leaving=1.15, subscribed=0.4, months=(12,)),
)


@dataclass(frozen=True, kw_only=True)
class Sale:
    """Some days of the year on which more is sold."""

    name: str
    month: int
    days: range
    lift: float
    discount: float = 0.0
    products: tuple[str, ...] = ()


SALES: tuple[Sale, ...] = (
    Sale(name="春の健康応援", month=4, days=range(1, 15), lift=1.4, products=("AOJ-030",)),
    Sale(name="母の日", month=5, days=range(1, 11), lift=1.5, products=("COS-040",)),
    Sale(name="敬老の日", month=9, days=range(1, 16), lift=1.7, products=("SUP-090",)),
    Sale(name="ブラックフライデー", month=11, days=range(22, 29), lift=1.6, discount=0.1),
    Sale(name="年末感謝祭", month=12, days=range(1, 16), lift=1.6, discount=0.1),
)

#: Risk of ending a subscription after the n-th box, first box first; the last value holds from there on.
LEAVING = (0.36, 0.23, 0.165, 0.125, 0.10, 0.085, 0.07, 0.06, 0.05)

#: Share of one-off buyers who, having bought n times, buy again (n = 2, 3, …; for n = 1 see Goods.second).
AGAIN = (0.50, 0.62, 0.68, 0.72)

PRICE_RISE_MONTHS_AGO = 5
PRICE_RISE = 300
SHIPPING = 550
FREE_SHIPPING = 5_000


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A campaign of the company; days are counted back from today."""

    name: str
    purchase_type: str
    channel: str = "mail"
    products: tuple[str, ...] = ()
    wait_days: int
    window_days: int = 14
    begins: int
    ends: int = 0
    status: str = "active"
    open_days: int = 30
    holdout_percent: int = 0
    answering: float = 0.13
    """Share of those asked who answer."""


CAMPAIGNS: tuple[Plan, ...] = (
    Plan(
        name="定期解約後アンケート(試行)", purchase_type="subscription", wait_days=3, begins=400, ends=290, status="closed", answering=0.14
    ),
    Plan(
        name="サプリ 2回目のご購入がない方へ", purchase_type="one_off", products=("SUP-090",), wait_days=14, begins=330, ends=200,
        status="closed", answering=0.11,
    ),
    Plan(
        name="はがきでうかがう 青汁・サプリのその後", purchase_type="one_off", channel="paper", products=("AOJ-030", "SUP-090"), wait_days=30, begins=260,
        ends=215, window_days=60, status="closed", open_days=60, answering=0.17,
    ),
    Plan(name="定期を解約された方へ", purchase_type="subscription", wait_days=2, begins=285, holdout_percent=5, answering=0.14),
    Plan(name="通常購入のその後をうかがう", purchase_type="one_off", wait_days=10, begins=195, holdout_percent=5, answering=0.12),
    Plan(
        name="美容液 冬のご使用感", purchase_type="one_off", products=("COS-040",), wait_days=20, begins=6, status="draft"
    ),
)  # fmt: skip

#: Invitations beyond what the campaigns leave open, for trying and measuring (``--open-links``).
OPEN_CAMPAIGN = "回答受付中(見本のアンケート)"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody of the company."""

    name: str
    email: str
    role: str


STAFF = (
    Person(name="田中 美咲", email="tanaka@sukoyakado.example.jp", role="staff"),
    Person(name="佐藤 健一", email="sato@sukoyakado.example.jp", role="staff"),
    Person(name="鈴木 恵子", email="suzuki@sukoyakado.example.jp", role="manager"),
)


#: Weight of each reason among those who leave, by way of buying; what the customer then writes, and ticks, is another matter.
REASONS: dict[str, dict[str, float]] = {
    "subscription": {
        "unused_stock": 19, "no_effect": 17, "price": 16, "quality": 8, "no_reason": 8, "competitor": 8, "life_change": 7, "service": 5, "unclear": 4,
        "side_effect": 4, "unaware_subscription": 3, "goal_met": 3,
    },
    "one_off": {
        "price": 19, "no_reason": 16, "quality": 13, "competitor": 13, "no_effect": 12, "unused_stock": 9, "unclear": 5, "service": 4, "side_effect": 4,
        "life_change": 3, "goal_met": 3,
    },
}  # fmt: skip

#: What weighs more with a product's customers.
LEANING: dict[str, dict[str, float]] = {
    "AOJ-030": {"quality": 1.7, "unused_stock": 1.3, "no_effect": 0.6, "life_change": 1.3},
    "SUP-090": {"no_effect": 1.5, "quality": 0.6, "goal_met": 1.2},
    "COS-040": {"side_effect": 1.7, "competitor": 1.4, "unused_stock": 0.8, "life_change": 0.6},
}

#: Share of those with a reason who also tick it; the others tick something polite.
FRANK: dict[str, float] = {
    "price": 0.82, "unused_stock": 0.74, "no_effect": 0.58, "competitor": 0.5, "quality": 0.46, "side_effect": 0.5, "service": 0.55,
    "unaware_subscription": 0.4, "life_change": 0.7, "goal_met": 0.7, "no_reason": 0.85, "unclear": 0.0,
}  # fmt: skip

#: What is ticked instead: option → weight.
POLITE: dict[str, float] = {"price": 38, "no_reason": 28, "unused_stock": 14, "other": 13, "no_effect": 7}

#: Expectation against experience, 1 to 5, by real reason.
EXPERIENCE: dict[str, tuple[int, ...]] = {
    "quality": (30, 42, 20, 6, 2), "side_effect": (42, 35, 17, 4, 2), "service": (20, 30, 34, 12, 4), "no_effect": (24, 46, 26, 3, 1),
    "price": (6, 22, 48, 18, 6), "unaware_subscription": (26, 28, 36, 8, 2), "competitor": (8, 30, 44, 14, 4), "unused_stock": (3, 14, 54, 22, 7),
    "no_reason": (4, 18, 60, 14, 4), "life_change": (2, 7, 44, 31, 16), "goal_met": (1, 4, 31, 38, 26), "unclear": (6, 18, 54, 16, 6),
}  # fmt: skip
