"""Personal data in what customers wrote: found, and covered with the name of what it was. Pure.

Rules, not a model: what is masked can be explained and does not change under one's feet. Numbers and addresses are
found wherever they have the usual form, half or full width; names where an honorific, a title or an introduction
shows that a person is meant. In doubt more is covered than less, but the words that tell the reason stay.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from voc.privacy.names import FAMILY_NAMES, FAMILY_READINGS, GIVEN_ENDINGS, ROLES, ROLES_KANA

LABELS = {
    "mail": "メールアドレス",
    "card": "カード番号",
    "phone": "電話番号",
    "postal_code": "郵便番号",
    "address": "住所",
    "order_number": "注文番号",
    "number": "番号",
    "name": "氏名",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A piece of personal data: ``text[start:end]``, in code points, and what it is (a key of ``LABELS``)."""

    start: int
    end: int
    kind: str


# One sign for one sign, so that places in the folded text are places in the original.
_FOLD = str.maketrans({chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | dict.fromkeys("‐‑‒–—―−ー", "-") | {"\u3000": " "})
_KANJI_NUMBER = re.compile("[〇一二三四五六七八九](?:[- のノ・]?[〇一二三四五六七八九]){6,20}")
_KANJI_DIGITS = str.maketrans("〇一二三四五六七八九のノ・", "0123456789---")

_KANJI = "一-龠々〆ヶ"
_MAIL = re.compile(r"[a-z0-9._%+-]{1,64}\s?(?:@|\(at\)|\[at\]|あっと)\s?[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,4}", re.IGNORECASE)
_PHONE = re.compile(r"(?<![0-9])\(?0[0-9]{1,4}[-. ()]{1,2}[0-9]{1,4}[-. ()]{1,2}[0-9]{3,4}(?![0-9])")
_DIGITS = re.compile(r"(?<![0-9])(?:\+?[0-9]|\([0-9])(?:[- .()]{0,2}[0-9]){5,19}(?![0-9])")
_POSTAL = re.compile(r"〒\s?[0-9]{3}-?\s?[0-9]{4}(?![0-9])|(?<![0-9-])[0-9]{3}-[0-9]{4}(?![0-9-])")
_LABELLED = re.compile(
    r"(?P<what>(?:ご?注文|受注|オ-ダ-|会員|お?客様|顧客|伝票|受付|お?申し?込み?|追跡|問い?合わ?せ|管理|契約|定期|マイペ-ジ|ログイン)(?:番号|no\.?|id|コ-ド|№|#)|注文|受注|伝票)"
    r"\s?(?:は|が|の|:|\.|=)?\s?(?P<value>[a-z]{0,4}[-_#]?[0-9][0-9a-z-]{3,24})(?![0-9a-z年月日円個回本粒袋箱])",
    re.IGNORECASE,
)
_PHONE_WORD = re.compile(
    r"(?:電話|携帯|連絡先|tel|☎|fax|ファックス)(?:番号)?\s?(?:は|が|:|\.)?\s?(?P<value>[0-9]{2,4}-[0-9]{4})(?![0-9-])", re.IGNORECASE
)

_PREFECTURES = (
    "北海道|東京都|大阪府|京都府|(?:青森|岩手|宮城|秋田|山形|福島|茨城|栃木|群馬|埼玉|千葉|神奈川|新潟|富山|石川|福井|山梨|長野|岐阜|静岡|愛知|三重|滋賀|兵庫|奈良|"
    "和歌山|鳥取|島根|岡山|広島|山口|徳島|香川|愛媛|高知|福岡|佐賀|長崎|熊本|大分|宮崎|鹿児島|沖縄)県"
)
_KANA_TOWNS = "さいたま|つくば|つくばみらい|ひたちなか|いわき|むつ|にかほ|かほく|あわら|みよし|いなべ|たつの|うきは|みやま|えびの|うるま|みどり|さくら|いすみ|あま|かすみがうら|ふじみ野|あきる野"
_N = "[0-9０-９一二三四五六七八九十]{1,4}"
_DASH = "[-－−‐ー―の]"
_ADDRESS = re.compile(
    rf"(?:(?:{_PREFECTURES})\s?)?(?:{_KANA_TOWNS}|[{_KANJI}ァ-ヴー]{{1,8}})[市区郡町村][{_KANJI}ァ-ヴーのノがり]{{0,20}}\s?"
    rf"(?:{_N}(?:丁目|条)(?:\s?{_N}(?:番地|番|号|{_DASH})?){{0,3}}|{_N}番地(?:{_DASH}?{_N}号?)?|{_N}番\s?{_N}号?|{_N}(?:{_DASH}{_N}){{1,3}}号?)"
    rf"(?:\s?[{_KANJI}ァ-ヴーA-Za-z・]{{2,16}}\s?[0-9０-９]{{1,4}}\s?号室?)?"
)

_HONORIFIC = re.compile(
    rf"(?P<name>[{_KANJI}]{{1,8}}(?:[ \u3000][{_KANJI}ぁ-んァ-ヴー]{{1,6}}|[ァ-ヴー]{{1,4}}[{_KANJI}]?)?|[ァ-ヴー]{{2,8}}(?:[ \u3000][ァ-ヴー]{{2,6}})?|[ぁ-ん]{{2,6}})(?P<title>様|さま|サマ|さん|サン|氏|殿)(?!々|子|式|相|態)"
)
_TITLED = re.compile(
    rf"(?:担当(?:者)?|受付|窓口|オペレーター|店員|係|名義|契約者|本人|差出人|名前|氏名)(?:名)?(?:の|は|が|[:：\s])[ \u3000]?"
    rf"(?P<name>[{_KANJI}]{{1,4}}(?:[ \u3000]?[{_KANJI}]{{1,3}})?|[ァ-ヴー]{{2,8}})(?P<after>さん|様|氏|という|と申|と名乗|です|[、。,\s]|$)"
)
_INTRODUCED = re.compile(
    rf"(?P<name>[{_KANJI}]{{1,4}}[ \u3000]?[{_KANJI}ぁ-んァ-ヴー]{{0,4}}?|[ァ-ヴー]{{2,6}}(?:[ \u3000][ァ-ヴー]{{2,6}})?|(?<![ぁ-ん])[ぁ-ん]{{2,6}})(?:と申しま|と申す|ともうしま|と名乗)"
)
_SIGNED = re.compile(rf"(?:^|[。、\s「])(?P<name>[{_KANJI}]{{2,4}}[ \u3000]?[{_KANJI}ぁ-ん]{{1,3}})(?:です|より|$)", re.MULTILINE)

_MAY_HOLD_NUMBER = re.compile(r"[0-9@〇]|あっと|at")
_MAY_HOLD_NAME = re.compile(r"様|さま|サマ|さん|サン|氏|殿|申|もうし|名|担当|です|より|受付|窓口|係|本人|契約者")
_MAY_HOLD_ADDRESS = re.compile(r"[0-9０-９一二三四五六七八九十]\s?(?:丁目|番|号|条|[-－−‐ー―の])")


def mask(text: str) -> str:
    """``text`` with every piece of personal data replaced by its kind: ``〔電話番号〕``.

    Masking what is masked already changes nothing.
    """
    found = find(text)
    if not found:
        return text
    parts, at = [], 0
    for piece in found:
        parts += [text[at : piece.start], f"〔{LABELS[piece.kind]}〕"]
        at = piece.end
    return "".join([*parts, text[at:]])


def find(text: str) -> list[Found]:
    """All pieces of personal data in order, none overlapping another. The time is linear in the length of ``text``."""
    taken: list[Found] = []
    folded = _KANJI_NUMBER.sub(lambda hit: hit[0].translate(_KANJI_DIGITS), text.translate(_FOLD))
    if _MAY_HOLD_NUMBER.search(folded):
        for search in (_mails, _labelled_numbers, _cards_and_phones, _postal_codes, _long_numbers):
            _take(taken, search(folded))
    if _MAY_HOLD_ADDRESS.search(text):
        _take(taken, (Found(hit.start(), hit.end(), "address") for hit in _ADDRESS.finditer(text)))
    if _MAY_HOLD_NAME.search(text):
        for search in (_honoured, _titled, _introduced, _signed):
            _take(taken, search(text))
    return sorted(taken, key=lambda piece: piece.start)


def _take(taken: list[Found], found: Iterator[Found]) -> None:
    """What was found first stays: the searches go from the surest to the least sure."""
    for piece in found:
        if all(piece.end <= other.start or piece.start >= other.end for other in taken):
            taken.append(piece)


def _mails(text: str) -> Iterator[Found]:
    return (Found(hit.start(), hit.end(), "mail") for hit in _MAIL.finditer(text))


def _labelled_numbers(text: str) -> Iterator[Found]:
    for hit in _LABELLED.finditer(text):
        yield Found(hit.start("value"), hit.end("value"), "order_number")
    for hit in _PHONE_WORD.finditer(text):
        yield Found(hit.start("value"), hit.end("value"), "phone")


def _cards_and_phones(text: str) -> Iterator[Found]:
    for search in (_PHONE, _DIGITS):
        yield from _by_digits(search, text)


def _by_digits(search: re.Pattern[str], text: str) -> Iterator[Found]:
    for hit in search.finditer(text):
        digits = re.sub(r"[^0-9]", "", hit[0])
        if _is_phone(digits, hit[0]):
            yield Found(hit.start(), hit.end(), "phone")
        elif 14 <= len(digits) <= 16 and (_luhn(digits) or re.fullmatch(r"[0-9]{4}(?:[- ][0-9]{4}){3}", hit[0])):
            yield Found(hit.start(), hit.end(), "card")


def _is_phone(digits: str, written: str) -> bool:
    if written.startswith("+81") or (digits.startswith("81") and written.startswith("+")):
        return 11 <= len(digits) <= 12
    if not digits.startswith("0") or digits.startswith("00"):
        return False
    mobile = digits[:3] in ("050", "060", "070", "080", "090", "020")
    return len(digits) == 11 if mobile else len(digits) in (10, 11)


def _luhn(digits: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1, annex B)."""
    doubled = [int(d) * 2 if place % 2 else int(d) for place, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _postal_codes(text: str) -> Iterator[Found]:
    return (Found(hit.start(), hit.end(), "postal_code") for hit in _POSTAL.finditer(text))


def _long_numbers(text: str) -> Iterator[Found]:
    """Nine digits and more in one run are a number of somebody; eight can be a day written 20260801."""
    for hit in re.finditer(r"(?<![0-9])[0-9]{9,30}(?![0-9円])", text):
        yield Found(hit.start(), hit.end(), "number")


def _honoured(text: str) -> Iterator[Found]:
    for hit in _HONORIFIC.finditer(text):
        name = _without_role(hit["name"])
        polite = text[: hit.start()].endswith(("お", "ご", "御", "飼い"))  # お世話様, ご保護者様: a role, spoken of politely
        if name and _is_person(name, hit["title"]) and (not polite or _family_name(name)):
            yield Found(hit.end("name") - len(name), hit.end("name"), "name")


def _without_role(name: str) -> str:
    """「担当者田中」 → 「田中」: the role before a name is no part of it."""
    for length in range(min(5, len(name) - 1), 1, -1):
        if name[:length] in ROLES:
            return name[length:]
    return name


def _is_person(name: str, title: str) -> bool:
    first = re.split(r"[ \u3000]", name)[0]
    if first in ROLES or first in ROLES_KANA or name[-1:] in ("客", "皆", "屋"):
        return False
    if re.fullmatch(r"[ぁ-ん]+", first):
        return first in FAMILY_READINGS
    if re.fullmatch(r"[ァ-ヴー]+", first):
        known = _hiragana(first) in FAMILY_READINGS
        return known or (title in ("様", "サマ", "さま") and not any(first.endswith(role) for role in ROLES_KANA))
    if any(first.endswith(role) for role in ROLES if len(role) > 1):
        return False
    return title in ("様", "さま", "サマ") or _family_name(first) is not None


def _family_name(text: str) -> str | None:
    return next((text[:length] for length in (3, 2, 1) if text[:length] in FAMILY_NAMES), None)


def _hiragana(text: str) -> str:
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヴ" else c for c in text)


def _titled(text: str) -> Iterator[Found]:
    for hit in _TITLED.finditer(text):
        name = hit["name"]
        sure = hit["after"].startswith(("さん", "様", "氏", "と"))
        if name not in ROLES and name not in ROLES_KANA and (sure or _family_name(name)):
            yield Found(hit.start("name"), hit.end("name"), "name")


def _introduced(text: str) -> Iterator[Found]:
    for hit in _INTRODUCED.finditer(text):
        if _family_name(hit["name"]) or _hiragana(hit["name"].split(" ")[0]) in FAMILY_READINGS:
            yield Found(hit.start("name"), hit.end("name"), "name")


def _signed(text: str) -> Iterator[Found]:
    """「山田花子です」: a family name of the list, and a given name that ends as given names do."""
    for hit in _SIGNED.finditer(text):
        family = _family_name(hit["name"])
        given = hit["name"][len(family) :].strip(" \u3000") if family else ""
        if given and given[-1] in GIVEN_ENDINGS:
            yield Found(hit.start("name"), hit.end("name"), "name")
