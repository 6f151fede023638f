"""Words that a survey to people who stopped must not have. Pure.

特定商取引法 forbids to obstruct a cancellation, by threats of what stopping does as much as by false facts; a survey that
sells or begs is none. The author is warned and decides: the list cannot know every sentence.
"""

import re
from dataclasses import dataclass
from unicodedata import normalize


@dataclass(frozen=True)
class Doubt:
    """One doubtful place: the words as they stand, and why they are doubtful."""

    words: str
    why: str


_THREAT = "やめると悪くなるという言い方は、解約の妨げとみなされることがあります。"
_OBSTRUCTION = "解約や休止の手続きを条件付きのように読ませています。解約は済んでいることを伝えてください。"
_MUST = "回答は任意です。どの質問も空欄でよいことを伝えてください。"
_OFFER = "割引や再購入の誘いが入ると、アンケートではなく広告のメールになります(特定電子メール法)。"
_LINK = "お店のページへのリンクが入ると、アンケートではなく広告のメールとみなされることがあります(特定電子メール法)。"
_HOLD = "引き止めと受け取られます。ご連絡やお引き止めはしないと伝えてください。"

_DOUBTFUL: tuple[tuple[str, str], ...] = (
    (r"続けないと[^。、\n]{0,12}", _THREAT),
    (r"(?:今|いま|途中で)?(?:や|辞|止)める?(?:と|のは|てしまうと|たら)[^。\n]{0,12}(?:逆効果|もったいない|元に戻|悪化|損|台無し|リバウンド)", _THREAT),
    (r"逆効果|リバウンド|台無し|元に戻って?しま", _THREAT),
    (r"(?:解約|休止|退会)(?:は|が)?(?:できません|できかねます|お受けできません|受け付けられません)", _OBSTRUCTION),
    (r"(?:解約|退会)(?:する|される)?(?:前に|には)[^。\n]{0,20}(?:ください|必要|お電話)", _OBSTRUCTION),
    (r"(?:ご)?回答(?:が|を)?(?:ない|いただけない|いただかない)(?:場合|と|限り)[^。\n]{0,20}", _MUST),
    (r"必ず(?:ご)?(?:回答|お答え|記入)|(?:ご)?回答(?:が|は)必須", _MUST),
    (r"[0-90-9一二三四五]+[%%]?(?:オフ|OFF|off|割引|引き)|割引|クーポン|特別価格|半額|キャンペーン価格|送料無料", _OFFER),
    (r"(?:再開|再購入|お買い求め|ご注文|お申し?込み)(?:は|を)?(?:こちら|お待ち|いただ|くださ|してみ)", _OFFER),
    (r"(?:https?://|www\.)[^\s、。)」]+", _LINK),
    (r"考え直し|思いとどま|引き止め(?![^。\n]{0,14}(?:いたしません|しません|ありません))|もう一度チャンス", _HOLD),
)  # fmt: skip

_COMPILED = tuple((re.compile(pattern), why) for pattern, why in _DOUBTFUL)


def doubts(*texts: str) -> list[Doubt]:
    """Doubtful places in these texts, in the order in which they stand; the same words are told once."""
    found: list[tuple[int, int, int, str]] = []
    plain = [normalize("NFKC", text) for text in texts]
    for number, text in enumerate(plain):
        for pattern, why in _COMPILED:
            found += [(number, match.start(), -match.end(), why) for match in pattern.finditer(text)]
    told: dict[str, Doubt] = {}
    reached = (0, 0)
    for number, start, minus_end, why in sorted(found):
        if (number, start) >= reached:  # a place within one already told is not told again
            words = plain[number][start:-minus_end].strip()
            told.setdefault(words, Doubt(words, why))
            reached = (number, -minus_end)
    return list(told.values())


def advertises(*texts: str) -> bool:
    """Whether a mail with these words counts as advertising: it offers, invites to buy, or leads to a shop's page.

    Then 特定電子メール法 binds in full: it must not go out without the sender's name, postal address and contact.
    """
    return any(doubt.why in (_OFFER, _LINK) for doubt in doubts(*texts))
