"""The questions as data: options with stable codes, the scale, the one follow-up question. Pure, no Flask, no database.

Nothing is keyed on a label. Whoever changes a wording or an order here raises ``VERSION``, which is stored with every
question shown, so that old answers keep the words that they were given to.
"""

from dataclasses import dataclass
from hashlib import blake2b

from voc.reasons.codebook import ONE_OFF, SUBSCRIPTION

VERSION = "2026-11"

#: What the page promises to take, in characters.
TEXT_LIMIT = 2_000
#: What is kept whole all the same. Beyond it the page comes back with everything in it and asks for less.
TEXT_KEPT = 20_000


@dataclass(frozen=True)
class Option:
    """One option of the first question: what a customer may tick (建前)."""

    code: str
    subscription: str
    one_off: str
    leaves: tuple[str, ...]
    """Reason leaves that say the same: stated and real agree where the real leaf is among them."""

    def label(self, purchase_type: str) -> str:
        return self.one_off if purchase_type == ONE_OFF else self.subscription


STATED: dict[str, Option] = {
    option.code: option
    for option in (
        Option("no_effect", "効果を感じられなかった", "期待した効果を感じられなかった", ("no_effect",)),
        Option("unused_stock", "使いきれずに余っている", "まだ使いきっていない", ("unused_stock",)),
        Option("price", "値段が高い", "値段が高い", ("price",)),
        Option("competitor", "ほかの商品に変えた", "ほかの商品やお店に変えた", ("competitor",)),
        Option(
            "dissatisfaction",
            "商品やサービスに不満があった",
            "商品やサービスに不満があった",
            ("quality", "side_effect", "service", "unaware_subscription"),
        ),
        Option("no_reason", "とくに理由はない", "とくに理由はない", ("no_reason",)),
        Option("other", "その他", "その他", ("life_change", "goal_met", "unaware_subscription", "other_reason")),
    )
}

#: Always last, and in this order: an option that means "none of these" is no alternative to be shuffled.
LAST = ("no_reason", "other")

EXPECTATION: dict[int, tuple[str, str]] = {
    1: ("とても", "下だった"),
    2: ("やや", "下だった"),
    3: ("期待", "どおり"),
    4: ("やや", "上だった"),
    5: ("とても", "上だった"),
}


#: The page's heading in two lines, by the way the customer bought.
TITLES = {
    SUBSCRIPTION: ("ご利用をおやめになった理由を", "お聞かせください"),
    ONE_OFF: ("次のご購入を見送られた理由を", "お聞かせください"),
}
QUESTIONS = {
    "stated": "いちばん近いものを一つ",
    "text": "よろしければ、もう少し教えてください",
    "expectation": "期待と比べて、いかがでしたか",
}

#: The follow-up question asks for a fact before it asks for a reason: people remember what happened better than why.
FOLLOW_UPS: dict[str, str] = {
    "last_use": "最後にお使いになったのは、いつごろでしたか。そのころのことを、ひとことお聞かせください。",
    "use_period": "どのくらいの期間、お使いになりましたか。はじめに期待されていたことも、ひとことお聞かせください。",
    "stock_left": "いま、どのくらい残っていますか。使いにくかった日があれば、そのときのことをお聞かせください。",
    "price_moment": "お値段が気になりはじめたのは、いつごろでしたか。きっかけがあれば、ひとことお聞かせください。",
    "now_using": "いまは、何をお使いですか。そちらを知ったきっかけも、ひとことお聞かせください。",
    "trouble_moment": "お困りになったのは、どんなときでしたか。そのときのことを、ひとことお聞かせください。",
    "change_before": "おやめになるころ、暮らしの中で変わったことはありましたか。ひとことお聞かせください。",
    "busy_moment": "お使いになれなかったのは、どんな日や時間でしたか。ひとことお聞かせください。",
    "misfit_moment": "「合わない」と感じられたのは、どんなときでしたか。そのときのことを、ひとことお聞かせください。",
}

_AFTER_STATED = {
    "no_effect": "use_period",
    "unused_stock": "stock_left",
    "price": "price_moment",
    "competitor": "now_using",
    "dissatisfaction": "trouble_moment",
    "no_reason": "last_use",
    "other": "change_before",
}

#: What the few words of a vague text point to, and what is asked then. The words weigh more than the tick.
_AFTER_WORDS = (
    (("忙し", "いそがし", "時間が", "バタバタ", "ばたばた"), "busy_moment"),
    (("合わな", "あわな", "合いませ", "あいませ"), "misfit_moment"),
    (("高い", "高く", "お金", "値段"), "price_moment"),
    (("効果", "効か", "きかな", "変化"), "use_period"),
    (("余", "残", "忘れ"), "stock_left"),
)


def follow_up_for(stated: str | None, text: str) -> str:
    """The code of the one question that follows a vague or empty text."""
    for words, question in _AFTER_WORDS:
        if any(word in text for word in words):
            return question
    return _AFTER_STATED.get(stated or "", "last_use")


def order_for(token: str) -> tuple[str, ...]:
    """The options in the order in which the holder of ``token`` sees them, today and at every reload.

    Sorted by a hash of token and code: every order of the shuffled ones is equally likely, none has to be stored
    before an answer comes, and no version of a random generator can change it.
    """
    shuffled = (code for code in STATED if code not in LAST)
    return (*sorted(shuffled, key=lambda code: blake2b(f"{token}:{code}".encode(), digest_size=8).digest()), *LAST)


def stated_label(code: str | None, purchase_type: str) -> str:
    """What the customer ticked, in the words of the page; the code itself for one that this version does not know."""
    if not code:
        return ""
    return STATED[code].label(purchase_type) if code in STATED else code


def agrees(stated: str | None, leaf: str) -> bool | None:
    """Whether the reason given and the real one are the same.

    ``None`` where nothing can be compared: no option was ticked, or the words could not be read (``unclear``).
    """
    if stated not in STATED or leaf == "unclear":
        return None
    return leaf in STATED[stated].leaves


def length(text: str) -> int:
    """Characters as a person counts them: a line break is one, however the browser sends it."""
    return len(text.replace("\r\n", "\n"))
