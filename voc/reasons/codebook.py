"""The reason codes as data: leaves, report groups, alerts. One truth for model, screens and reports.

The prose with all rules is docs/codebook.md; a test holds the two against each other.
"""

from dataclasses import dataclass

VERSION = "2026-11"

ONE_OFF = "one_off"
SUBSCRIPTION = "subscription"
PURCHASE_TYPES = (ONE_OFF, SUBSCRIPTION)
PURCHASE_TYPE_LABELS = {ONE_OFF: "通常購入", SUBSCRIPTION: "定期購入"}


@dataclass(frozen=True)
class Leaf:
    """One reason code."""

    code: str
    label: str
    short: str
    definition: str
    one_off: str
    subscription: str
    predicted: bool = True

    def group(self, purchase_type: str) -> str:
        return self.subscription if purchase_type == SUBSCRIPTION else self.one_off


@dataclass(frozen=True)
class Group:
    """One group of the reports, in report order."""

    code: str
    label: str
    subscription_only: bool = False


@dataclass(frozen=True)
class AlertCode:
    """Something in a reply that somebody must act on, whatever the reason is."""

    code: str
    label: str
    definition: str
    days: int
    """Days within which it is to be handled."""


LEAVES: dict[str, Leaf] = {
    leaf.code: leaf
    for leaf in (
        Leaf(
            "quality",
            "品質・使用感への不満",
            "品質・使用感",
            "味・匂い・食感・大きさ・飲みにくさ、壊れていた、写真や説明と違った、「思っていたのと違う」。「合わない」だけのときもここ。",
            "dissatisfaction",
            "dissatisfaction",
        ),
        Leaf(
            "side_effect",
            "体に合わない・体調の異変",
            "体調の異変",
            "かぶれ、かゆみ、腹痛、頭痛、「肌に合わない」「体に合わない」など、お客様が商品と結びつけている体の不調。",
            "dissatisfaction",
            "dissatisfaction",
        ),
        Leaf(
            "service",
            "配送・対応・手続きへの不満",
            "配送・対応",
            "届くのが遅い・破損、梱包、メールや電話が多い、応対が悪い、連絡や解約ができない、サイトが使いにくい、支払いの不具合。",
            "dissatisfaction",
            "dissatisfaction",
        ),
        Leaf(
            "no_effect",
            "効果を実感できない",
            "効果を実感できない",
            "変化を感じない、「効いているのかわからない」、望んだ結果が出ない。",
            "dissatisfaction",
            "no_effect",
        ),
        Leaf(
            "price",
            "価格が高い",
            "価格",
            "高い、値上げ、値段に見合わない、続けて払えない、送料。金額を商品と結びつけているときと、理由を添えずに家計を挙げたとき。",
            "dissatisfaction",
            "other",
        ),
        Leaf(
            "unaware_subscription",
            "定期購入だと思わなかった",
            "定期と思わなかった",
            "一回だけ・お試しのつもりだった、次も届くと知らなかった。",
            "dissatisfaction",
            "other",
        ),
        Leaf(
            "competitor",
            "他社製品・サービスへ乗り換え",
            "他社へ",
            "ほかのブランド・店・種類の商品に変えた(市販品、人に勧められたもの、医師の商品、手作りも)。",
            "competitor",
            "competitor",
        ),
        Leaf(
            "unused_stock",
            "使いきれず余っている",
            "余っている",
            "まだ残っている、ペースに追いつかない、使い忘れる。「飲み忘れる」はここ。「注文し忘れた」は理由なし。",
            "other",
            "unused_stock",
        ),
        Leaf(
            "no_reason",
            "特に理由はない・なんとなく",
            "理由なし",
            "「なんとなく」「特にありません」、注文し忘れた、まだ頼んでいないだけ、気分が変わった。",
            "no_reason",
            "no_reason",
        ),
        Leaf(
            "life_change",
            "生活・体調・家計の変化",
            "生活の変化",
            "引っ越し、妊娠、入院、医師の指示、収入減(出来事として語られたとき)、ご本人の逝去、季節、ペットの死。",
            "other",
            "other",
        ),
        Leaf(
            "goal_met",
            "目的を達成・不要になった",
            "目的達成",
            "良くなった、望んだものが得られた、使う機会が終わった、贈り物だった。",
            "other",
            "other",
        ),
        Leaf(
            "unclear",
            "判定できない",
            "判定できない",
            "内容がない、話題が違う、読めない、挨拶だけ、「解約しました」だけ、理由を言わない。",
            "unclear",
            "unclear",
        ),
        Leaf(
            "other_reason",
            "その他の具体的な理由",
            "その他の理由",
            "どの理由にも当てはまらない具体的な理由。確認した人だけが付け、機械は付けません。",
            "other",
            "other",
            predicted=False,
        ),
    )
}

PREDICTED_LEAVES: tuple[str, ...] = tuple(code for code, leaf in LEAVES.items() if leaf.predicted)

GROUPS: dict[str, Group] = {
    group.code: group
    for group in (
        Group("dissatisfaction", "不満"),
        Group("competitor", "他社へ乗り換え"),
        Group("no_reason", "特に理由なし"),
        Group("unused_stock", "余っている", subscription_only=True),
        Group("no_effect", "効果を実感できない", subscription_only=True),
        Group("other", "その他"),
        Group("unclear", "判定不能"),
    )
}

ALERTS: dict[str, AlertCode] = {
    alert.code: alert
    for alert in (
        AlertCode("health_harm", "健康被害の訴え", "使ったあとの体の不調。軽くても、「大したことはない」と言っていても。ペットも含む。", 1),
        AlertCode("legal", "苦情・法的な申し立て", "消費者センター、弁護士、警察、訴える、返金の要求、「詐欺」「騙された」、報道。", 1),
        AlertCode("cancel_blocked", "解約できない", "電話がつながらない、ボタンがない、断られた、理由を先に求められた、待たされた。", 1),
        AlertCode(
            "winback", "再開の意向", "「また買います」「もう少し安ければ続けられた」など、意志や条件があるもの。社交辞令は含まない。", 7
        ),
        AlertCode("personal_data", "個人情報", "氏名・電話・住所・メール・注文番号・カード番号が書かれている。", 7),
    )
}


def group_of(leaf: str, purchase_type: str) -> str:
    """The report group of a leaf for a way of buying.

    Raises
    ------
    KeyError
        When ``leaf`` is no code of the codebook.
    """
    return LEAVES[leaf].group(purchase_type)
