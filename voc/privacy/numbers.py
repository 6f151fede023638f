"""Numbers and addresses that lead to a person: phones, cards, orders, mail and postal addresses. Pure.

Works on folded text: full-width digits and Latin letters as half-width, dashes as one, place for place (``masking.folded``).
"""

import re
from collections.abc import Iterator

Found = tuple[int, int, str]
"""Start, end, kind."""

_KANJI = "一-龠々〆ヶ"
_KANJI_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_PLACEHOLDER = str.maketrans("◯○", "〇〇")

_MAIL = re.compile(
    r"[a-z0-9._%+-]{1,64}\s?(?:@|\(at\)|\[at\]|あっと|アットマーク)\s?[a-z0-9-]{1,63}(?:(?:\.|ドット|どっと)[a-z0-9-]{1,63}){1,4}",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![0-9])\(?0[0-9]{1,4}[-. ()]{1,2}[0-9]{1,4}[-. ()]{1,2}[0-9]{3,4}(?![0-9])")
_DIGITS = re.compile(r"(?<![0-9])(?:\+?[0-9]|\([0-9])(?:[- .()]{0,2}[0-9]){5,19}(?![0-9])")
_APART = r"(?:[-\s.()のノと、・]|え[ーっ]?と?|[ーぇ]){0,6}"
#: A number as it is spoken or written by hand: 「090の、えー、0000の、8135」「〇九〇-一二三四-五六七八」.
_SPOKEN = re.compile(
    rf"(?<![0-9])0(?:{_APART}[5-9]{_APART}0(?:{_APART}[0-9]){{8}}|[0-9]{{1,3}}[のノ-][0-9]{{2,4}}[のノ-][0-9]{{4}})(?![0-9])"
)
_SYLLABLE = "ぜろ|ゼロ|れい|レイ|まる|マル|いち|イチ|に|ニ|さん|サン|よん|ヨン|ご|ゴ|ろく|ロク|なな|ナナ|しち|はち|ハチ|きゅう|キュウ|きゅー|キュー|く|ク"
_SPELT = re.compile(rf"(?:ぜろ|ゼロ|れい|まる)(?:[ーのノ、\s-]{{0,2}}(?:{_SYLLABLE})[ーぉ]?){{8,10}}")
_POSTAL = re.compile(r"〒\s?[0-9]{3}(?:-?\s?|の)[0-9]{4}(?![0-9])|(?<![0-9-])[0-9]{3}-[0-9]{4}(?![0-9-])")
_WHOSE = r"ご?注文|受注|オ-ダ-|会員証?|お?客様|顧客|伝票|受付|お?申し?込み?|追跡|お?問い?合わ?せ|お?届け先?(?:の)?|管理|契約|定期|マイペ-ジ|ログイン|整理|登録|注文控え?|order"
_LABELLED = re.compile(
    rf"(?P<what>(?:{_WHOSE})\s?(?:番号|ばんごう|ナンバ-|no\.?|number|id|コ-ド|№|#)|注文|受注|伝票|追跡|会員|注文控え?\s?№?|(?<![a-z])id|№)"
    r"(?:の番号)?\s?(?:は|が|の|:|/|\.|=|の控えを見ると)?\s?(?P<value>[a-z]{0,6}[-_#]?[0-9][0-9a-z-]{3,24})(?![0-9a-z年月日円個回本粒袋箱])",
    re.IGNORECASE,
)
_LOGIN = re.compile(r"(?<![a-z])id[\s:/は]{0,3}(?P<value>[a-z0-9][a-z0-9_.-]{4,24})(?![a-z])", re.IGNORECASE)
_LAST_FOUR = re.compile(r"下(?:4|四)(?:桁|けた|ケタ)[^0-9]{0,4}(?P<value>[0-9]{4})(?:[^0-9]{1,3}[0-9]{4})?(?![0-9])")
_CARD_APART = re.compile(r"(?<![0-9])[0-9]{4}(?:[- のノ]{1,2}[0-9]{4}){3}(?![0-9])")
_GROUPS = re.compile(r"(?<![0-9-])[a-z]{0,3}-?[0-9]{2,6}(?:-[0-9]{1,7}){1,4}(?![0-9-])", re.IGNORECASE)
_PHONE_WORD = re.compile(
    r"(?:電話|携帯|連絡先|tel|☎|fax|ファックス)(?:番号)?\s?(?:は|が|:|\.)?\s?(?P<value>[0-9]{2,4}-[0-9]{4})(?![0-9-])", re.IGNORECASE
)

_PREFECTURES = (
    "北海道|東京都|大阪府|京都府|(?:青森|岩手|宮城|秋田|山形|福島|茨城|栃木|群馬|埼玉|千葉|神奈川|新潟|富山|石川|福井|山梨|長野|岐阜|静岡|愛知|三重|滋賀|兵庫|奈良|"
    "和歌山|鳥取|島根|岡山|広島|山口|徳島|香川|愛媛|高知|福岡|佐賀|長崎|熊本|大分|宮崎|鹿児島|沖縄)県"
)
_KANA_TOWNS = "さいたま|つくば|つくばみらい|ひたちなか|いわき|むつ|にかほ|かほく|あわら|みよし|いなべ|たつの|うきは|みやま|えびの|うるま|みどり|さくら|いすみ|あま|かすみがうら|ふじみ野|あきる野"
_N = "[0-9〇一二三四五六七八九十]{1,4}"
_DASH = "[-ーノの]"
_ADDRESS = re.compile(
    rf"(?:(?:{_PREFECTURES})\s?)?(?:{_KANA_TOWNS}|[{_KANJI}〇ァ-ヴー]{{1,8}})[市区郡町村][{_KANJI}〇ァ-ヴーのノがり]{{0,20}}\s?"
    rf"(?:{_N}(?:丁目|条)(?:\s?{_N}(?:番地|番|号|{_DASH})?){{0,3}}|{_N}番地(?:{_DASH}?{_N}号?)?|{_N}番\s?{_N}号?|{_N}(?:{_DASH}{_N}){{1,3}}号?|字?[0-9]{{2,5}}(?![0-9年月日円個回本粒袋箱%割人名歳才gk時分件冊枚台]))"
    rf"(?:\s?[{_KANJI}ァ-ヴーA-Za-z・]{{2,16}}\s?[0-9]{{1,4}}\s?号室?)?"
)
_HOUSE = re.compile(
    rf"(?:[{_KANJI}ァ-ヴーa-z]{{0,8}})(?:ハイツ|メゾン|コーポ|マンション|アパート|レジデンス|ハイム|パレス|ヴィラ|団地)[{_KANJI}ァ-ヴーぁ-ん]{{0,8}}?[のノ\s]?[0-9]{{3,4}}(?:号室?)?(?![0-9年月日円個回本粒袋箱])",
    re.IGNORECASE,
)
_MAY_HOLD_ADDRESS = re.compile(r"[0-9〇一二三四五六七八九十]\s?(?:丁目|番|号|条|[-ーノの])|[市区郡町村][^\s]{0,21}[0-9]{2}|[0-9]{3}")
_MAY_HOLD_NUMBER = re.compile(r"[0-9@〇零]|あっと|アット|ぜろ|ゼロ|れい|まる|at")


def find(text: str) -> Iterator[Found]:
    """Pieces in ``text``, the surest first; they may overlap. The time is linear in its length."""
    text = text.translate(_PLACEHOLDER)
    if _MAY_HOLD_NUMBER.search(text):
        for search in (_mails, _labelled, _cards_and_phones, _spoken, _postal_codes, _long_numbers):
            yield from search(text)
    if _MAY_HOLD_ADDRESS.search(text):
        yield from ((*hit.span(), "address") for hit in _ADDRESS.finditer(text))
        yield from ((*hit.span(), "address") for hit in _HOUSE.finditer(text))


def _mails(text: str) -> Iterator[Found]:
    return ((*hit.span(), "mail") for hit in _MAIL.finditer(text))


def _labelled(text: str) -> Iterator[Found]:
    for hit in _LABELLED.finditer(text.translate(_KANJI_DIGITS)):
        yield (*hit.span("value"), "order_number")
    for hit in _LOGIN.finditer(text):
        yield (*hit.span("value"), "order_number")
    for hit in _PHONE_WORD.finditer(text):
        yield (*hit.span("value"), "phone")
    for hit in _LAST_FOUR.finditer(text):
        yield (hit.start("value"), hit.end(), "card")


def _cards_and_phones(text: str) -> Iterator[Found]:
    for search in (_PHONE, _DIGITS):
        yield from _by_digits(search, text)
    yield from ((*hit.span(), "card") for hit in _CARD_APART.finditer(text))


def _by_digits(search: re.Pattern[str], text: str) -> Iterator[Found]:
    for hit in search.finditer(text):
        digits = re.sub(r"[^0-9]", "", hit[0])
        if _is_phone(digits, hit[0]):
            yield (*hit.span(), "phone")
        elif 14 <= len(digits) <= 16 and (_luhn(digits) or re.fullmatch(r"[0-9]{4}(?:[- ][0-9]{4}){3}", hit[0])):
            yield (*hit.span(), "card")


def _is_phone(digits: str, written: str) -> bool:
    if written.startswith("+81") or (digits.startswith("81") and written.startswith("+")):
        return 11 <= len(digits) <= 12
    if not digits.startswith("0") or digits.startswith("00"):
        return False
    mobile = digits[:3] in ("050", "060", "070", "080", "090", "020") and not re.match(r"\(?0[2-9][-.( )]", written)
    return len(digits) == 11 if mobile else len(digits) in (10, 11)


def _luhn(digits: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1, annex B)."""
    doubled = [int(d) * 2 if place % 2 else int(d) for place, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _spoken(text: str) -> Iterator[Found]:
    yield from ((*hit.span(), "phone") for hit in _SPOKEN.finditer(text.translate(_KANJI_DIGITS)))
    yield from ((*hit.span(), "phone") for hit in _SPELT.finditer(text))


def _postal_codes(text: str) -> Iterator[Found]:
    return ((*hit.span(), "postal_code") for hit in _POSTAL.finditer(text))


def _long_numbers(text: str) -> Iterator[Found]:
    """Nine digits and more, in one run or joined by dashes, are a number of somebody; eight can be a day written 20260801."""
    for hit in re.finditer(r"(?<![0-9])[0-9]{9,30}(?![0-9円])", text):
        yield (*hit.span(), "number")
    for hit in _GROUPS.finditer(text):
        digits = sum(sign.isdigit() for sign in hit[0])
        if digits >= 9 or (digits >= 6 and hit[0][0].isalpha()):
            yield (*hit.span(), "number")
