"""What the made-up customers say.

First the replies that were written for this company (models/corpus/sample.jsonl): no classifier was trained on them, so that
it reads them as it would read a stranger's. Where more are wanted, those of the corpus that fit the company's goods; of
these only what was trained on, since the hands that judge the classifier stay unseen here too. Pure but for the two files.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from unicodedata import normalize

from voc.classifier import corpus
from voc.classifier.corpus import Reply
from voc.config import ROOT
from voc.errors import VocError
from voc.sample.company import PRODUCTS

OWN = ROOT / "models" / "corpus" / "sample.jsonl"

#: Words of goods that the company does not sell: a reply with one of them would surprise whoever knows its shop.
_FOREIGN = re.compile(
    r"犬|猫|ペット|コーヒー|珈琲|豆|米|パン|味噌|弁当|ミール|おかず|レシピ|野菜|肉|魚|干物|カニ|蟹|海苔|昆布|だし|菓子|おやつ|つまみ|麺|ケーキ|甘い|甘すぎ|花|靴|枕|布団|"
    "レンズ|度数|洗剤|柔軟剤|ケース|サーバー|お水|の水|動画|アプリ|見放題|配信|ログイン|ゲーム|雑誌|髪|抜け毛|シャンプー|トニック|育毛|ヘア|除毛|脱毛|替刃|髭|"
    "プロテイン|筋肉|置き換え|シェイク|ダイエット|痩せ|やせ|体重|茶|酒|ビール|醤油|酢|しじみ|にんにく|すっぽん|プラセンタ|コラーゲン|マカ|ウコン|オムツ|おむつ|ミルク|離乳|"
    r"口紅|マスカラ|まつげ|まつ毛|睫毛|ファンデ|日焼け|入浴|石けん|石鹸|歯|器具|喪中|お歳暮|お中元|妊活|葉酸|精力|妊娠検査|流産|作業着|父の日|メガネ|めがね|近江町|受験|万円|[7-9],?\d{3}円|[七八九]千|更年期|身長|鉄を|化粧水|クリーム|乳液|クレンジング|洗顔"
)
_STRANGE_PEOPLE = re.compile(
    "犬|猫|ペット|育毛|ヘア|ダイエット|プロテイン|妊活|葉酸|まつ|除毛|ファンデ|日焼け|睡眠|精力|美白|子供|業務用|外国籍"
)
_COSMETIC = re.compile("塗|肌|顔|頬|化粧|美容|保湿|乾燥|しみ|シミ|しわ|シワ|べた|つけ心地|ポンプ|手の甲|鏡|洗い")
_SWALLOWED = re.compile("飲|粒|カプセル|錠|胃|お腹|おなか|便|下痢|味|苦|粉|まず")
_ABOUT_GOODS = re.compile("[ァ-ヴー]{4,}|食べ|使い心地|香り|届|サイズ|大き|小さ|写真|袋|本|箱|膝|目が|血圧|眠")
#: Reasons that can be told without a word about the goods.
_GENERAL = frozenset({"price", "no_reason", "unclear", "life_change", "service", "competitor", "unaware_subscription", "unused_stock"})
_PERSON = re.compile(r"(?P<sex>[FM])?\d*代?\s*(?P<writer>\S*)\s")
_TIMES = re.compile(r"(?P<times>\d+)回")


#: How often trivial words may be said before they count as used, too.
MOST_SAID = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One reply of the corpus: the words, and what two readers agreed that they say."""

    text: str
    purchase_type: str
    leaf: str
    secondary: tuple[str, ...]
    alerts: tuple[str, ...]
    everyday: bool
    product: str | None
    """Code of the product that it fits; none where it fits all."""
    woman: bool | None
    times: int
    own: bool
    """Written for this company."""
    hand: str
    """Who held the pen: ``operator`` (a call noted down), ``postcard``, or nobody in particular."""

    @property
    def trivial(self) -> bool:
        """So short that many people write the very same."""
        longest = {"no_reason": 9, "unclear": 9, "price": 5, "unused_stock": 5}.get(self.leaf, 0)
        return len(self.text) <= longest and not self.alerts


@lru_cache(maxsize=1)
def voices() -> tuple[Voice, ...]:
    """All replies that fit the company, its own first."""
    return (*own(), *(voice for reply in corpus.load(split="train") if (voice := _voice(reply)) is not None))


def own() -> tuple[Voice, ...]:
    """The replies that were written for this company.

    Raises
    ------
    VocError
        They are not there: an installation that was copied by halves.
    """
    try:
        rows = [json.loads(line) for line in OWN.read_text(encoding="utf-8").splitlines()]
    except OSError:
        raise VocError(f"見本の文例 {OWN} が読めません。voc を入れ直すか、models/ フォルダーごと写してください。") from None
    return tuple(
        Voice(
            text=row["text"], purchase_type=row["purchase_type"], leaf=row["primary"], secondary=tuple(row["secondary"]),
            alerts=tuple(row["alerts"]), everyday=True, product=row["product"], woman={"F": True, "M": False}.get(row["person"]),
            times=row["times"], own=True, hand=row["hand"],
        )
        for row in rows
    )  # fmt: skip


def _voice(reply: Reply) -> Voice | None:
    product, fits = _product(reply.person, normalize("NFKC", reply.text))
    if not fits or (product is None and reply.primary not in _GENERAL):
        return None
    told = _PERSON.match(reply.person)
    times = _TIMES.search(reply.person)
    themselves = told is not None and told["sex"] is not None and told["writer"] == "本人"
    return Voice(
        text=reply.text,
        purchase_type=reply.purchase_type,
        leaf=reply.primary,
        secondary=tuple(reply.secondary),
        alerts=tuple(reply.alerts),
        everyday=reply.kind == "everyday",
        product=product,
        woman=told["sex"] == "F" if told is not None and themselves else None,
        times=int(times["times"]) if times else 2,
        own=False,
        hand=next((trap for trap in ("operator", "postcard") if trap in reply.traps), ""),
    )


def _product(person: str, text: str) -> tuple[str | None, bool]:
    """The product whose kind is named, and whether the reply fits this shop at all."""
    named = next((goods.code for goods in PRODUCTS for word in goods.words if word in person), None)
    spoken = next((goods.code for goods in PRODUCTS for word in goods.words if word in text), None)
    if named is not None and not _STRANGE_PEOPLE.search(person):
        another = spoken is not None and spoken != named
        return named, not another and not _FOREIGN.search(text)
    general = spoken is None and len(text) <= 40
    return None, general and not any(sign.search(text) for sign in (_FOREIGN, _COSMETIC, _SWALLOWED, _ABOUT_GOODS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Who is to say something."""

    product: str
    purchase_type: str
    woman: bool | None = None
    times: int = 2
    """Boxes or purchases."""
    hand: str = ""
    """As in Voice."""

    def strangeness(self, voice: Voice) -> float:
        """How odd it would be in this person's mouth."""
        other_sex = 3.0 if voice.woman is not None and self.woman is not None and voice.woman is not self.woman else 0.0
        other_hand = 1.0 if voice.hand != self.hand else 0.0
        return other_sex + other_hand + abs(voice.times - self.times) / (1 + min(voice.times, self.times))


class Pool:
    """Replies to draw from; each is used once before any is used again, but for the trivial ones."""

    def __init__(self, voices: Iterable[Voice]) -> None:
        self._by: dict[tuple[bool, str, str, str | None], list[Voice]] = defaultdict(list)
        for voice in voices:
            self._by[voice.own, voice.purchase_type, voice.leaf, voice.product].append(voice)
        self._used: set[str] = set()
        self.said: Counter[str] = Counter()

    def draw(self, rng: Random, who: Speaker, wanted: Sequence[str]) -> Voice:
        """A reply of the first of the ``wanted`` reasons that has one left; of some candidates the one that fits the person best."""
        for own in (True, False):
            for leaf in wanted:
                found = self._candidates(rng, who, leaf, own)
                if found:
                    return self._say(min(found, key=who.strangeness))
        if not self._used:
            raise VocError("見本の文例に、使える文がありません。voc を入れ直してください。")
        self._used.clear()  # all have been said once: at such sizes people repeat each other
        return self.draw(rng, who, wanted)

    def _say(self, voice: Voice) -> Voice:
        self.said[voice.text] += 1
        if not voice.trivial or self.said[voice.text] >= MOST_SAID:
            self._used.add(voice.text)
        return voice

    def _candidates(self, rng: Random, who: Speaker, leaf: str, own: bool) -> list[Voice]:
        everyday = rng.random() < 0.75
        fitting, general = (self._left(who, self._by[own, who.purchase_type, leaf, product], everyday) for product in (who.product, None))
        # Where both are there, a third speaks without naming goods.
        chosen = general if general and (not fitting or rng.random() < 0.33) else fitting
        return rng.sample(chosen, min(6, len(chosen)))

    def _left(self, who: Speaker, voices: Sequence[Voice], everyday: bool) -> list[Voice]:
        found = [voice for voice in voices if voice.text not in self._used and (not voice.hand or voice.hand == who.hand)]
        return [voice for voice in found if voice.everyday is everyday] or found
