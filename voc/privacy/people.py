"""Names of people in a text: full names wherever they stand, family or given names where something beside them says who is meant. Pure."""

import re
from collections.abc import Iterator

from voc.privacy.names import FAMILY_READINGS, FREQUENT, GIVEN_ENDINGS, ROLES, ROLES_KANA, THINGS, known
from voc.text import fold_kana

Span = tuple[int, int]

_KANJI = "一-龠々〆ヶ"
_LONGEST = 5
_ENDS_KANA = "子江代枝美恵"
"""Signs of a family name at most."""

#: Words that stand right before a name and are no part of it: 「妻井口ふみ」「施主 越田和弘」.
_BEFORE = (
    "祖父", "祖母", "義父", "義母", "叔父", "叔母", "伯父", "伯母", "息子", "長男", "次男", "三男", "長女", "次女", "三女", "主人", "家内",
    "施主", "担当", "会員", "本人", "代理", "店長", "夫", "妻", "父", "母", "兄", "姉", "弟", "妹", "娘", "孫", "嫁",
)  # fmt: skip
_IS_BEFORE = re.compile("|".join(_BEFORE))
_KIN = (
    "祖父|祖母|義父|義母|義兄|義姉|叔父|叔母|伯父|伯母|おじ|おば|息子|長男|次男|長女|次女|主人|家内|夫|妻|父|母|兄|姉|弟|妹|娘|孫|嫁|婿|姪|甥|いとこ|従兄弟|従姉妹|"
    "友人|友達|友だち|知人|幼なじみ|幼馴染み?|同級生|同僚|上司|後輩|先輩|班長|彼氏|彼女"
)
#: What may follow a given name in hiragana, so that the first letters of a word are not taken for one.
_END = r"(?=$|[\s、。,.!?()（）「」『』/|・〔]|です|でし|でご|と申|とも|とい|より|から|さん|さま|様|氏|殿|君|くん|ちゃん|[がはのをにへもで]|宛|名義|の?こと)"

_RUN = re.compile(f"[{_KANJI}]{{2,9}}|[{_KANJI}]{{1,4}}(?=[ \u3000])")
_GIVEN_AFTER = re.compile(
    f"(?P<space>[ \u3000]{{0,2}})(?P<name>[{_KANJI}]{{1,3}}(?![{_KANJI}])|[ァ-ヴー]{{2,4}}[子江代枝美恵]?(?![ァ-ヴー])|[ぁ-ん]{{2,5}}[子江代枝美恵]?)"
)
_ENDS = re.compile(_END)

_NAME = f"[{_KANJI}]{{1,6}}(?:[ \u3000]?[ァ-ヴー]{{2,4}}子?|[ \u3000][{_KANJI}]{{1,3}}|[ \u3000]?[ぁ-ん]{{2,5}}?(?=[\\s、。」』)）]|です|と|が|は|$))?"
_KANA_NAME = "[ぁ-ん]{2,6}?(?:[ \u3000][ぁ-ん]{2,5}?)?|[ァ-ヴー]{2,6}(?:[ \u3000][ァ-ヴー]{2,5})?"

_HONORIFIC = re.compile(
    rf"(?P<name>[{_KANJI}]{{1,8}}(?:[ \u3000][{_KANJI}ぁ-んァ-ヴー]{{1,6}}|[ァ-ヴー]{{1,4}}[{_KANJI}]?)?|[ァ-ヴー]{{2,8}}(?:[ \u3000・＝][ァ-ヴー]{{2,8}})?|[ぁ-ん]{{2,6}})[『』]?(?:[ \u3000](?=様))?(?P<title>様|さま|サマ|さん|サン|氏|殿|くん|君)(?!々|子|式|相|態|紙)"
)
_TITLED = re.compile(
    rf"(?:担当(?:者)?|受付|窓口|オペレーター|店員|係|名義|契約者|本人|差出人|名前|氏名)(?:名)?(?:の|は|が|[:：\s])[ \u3000]?"
    rf"(?P<name>[{_KANJI}]{{1,4}}(?:[ \u3000]?[{_KANJI}]{{1,3}})?|[ァ-ヴー]{{2,8}})(?P<after>さん|様|氏|という|と申|と名乗|です|[、。,\s]|$)"
)
_LABELLED = re.compile(
    rf"(?:お?名前|なまえ|名まえ|氏名|宛名|あて名|登録(?:名|者)?|契約者|名義人?|申込者?|旧姓|新姓|[名苗]字|本名|(?<![{_KANJI}])名)(?:は|が|も|の|を|[:：・/／=＝、『「\s]){{1,3}}"
    rf"(?P<name>{_NAME}|{_KANA_NAME})(?=[\s、。」』)）に.]|です|デス|と|の|で|が|様|さん|新|$)"
)
_INTRODUCED = re.compile(
    rf"(?P<name>[{_KANJI}]{{1,5}}[ \u3000]?[{_KANJI}ぁ-んァ-ヴー]{{0,4}}?|[ァ-ヴー]{{2,6}}(?:[ \u3000][ァ-ヴー]{{2,6}})?|(?<![ぁ-ん])[ぁ-ん]{{2,6}})"
    r"(?:[(（][^)）]{1,10}[)）])?(?:と申しま|と申す|と申し|ともうしま|と名乗|といいます|と言います|といいまして|と読みます)"
)
_PRESENTED = re.compile(
    rf"(?:(?<![{_KANJI}ァ-ヴー])(?P<name>[{_KANJI}]{{2,{_LONGEST}}})|(?<![ぁ-んァ-ヴー{_KANJI}])(?P<kana>[ぁ-ん]{{3,6}}?))(?P<reading>[(（][^)）]{{1,10}}[)）])?"
    r"(?:です(?=[、。\s]|$|が|けど|けれど|よ)|でございます|ですけど|やけど|じゃけど|だけど|より(?=[。、\s]|$)|という(?=者|もの|の))",
    re.MULTILINE,
)
_OF_KIN = re.compile(
    rf"(?P<name>[{_KANJI}]{{2,{_LONGEST}}})(?:の(?:{_KIN})(?:です|で|より|から|と申|でござ|だけど|[\s、。]|$)|名義|宛て?(?=[にのでだ、。\s]))"
)
_KIN_OF = re.compile(
    rf"(?:{_KIN}|担当|係|大家|社長|店長|先生)(?:の|、|・|[:：])(?P<name>[{_KANJI}]{{2,7}}|[ァ-ヴー]{{2,5}}(?=くん|君|ちゃん|さん))"
)
_SIGNED = re.compile(
    rf"(?:[。、\n\u3000 ]|^)(?P<name>[{_KANJI}]{{2,{_LONGEST}}})(?=\s*(?:[(（]?[0-9〇一二三四五六七八九十]{{2,3}}[歳才][)）]?)?[\s。]*$)"
)
_SIGNED_FULL = re.compile(
    rf"(?:[。、\s市区町村]|^)(?P<family>[{_KANJI}]{{1,3}})[ \u3000]?(?P<given>[{_KANJI}]{{2,3}}|[ァ-ヴー]{{2,4}}子?|[ぁ-ん]{{2,4}})(?=\s*(?:[(（]?[0-9〇一二三四五六七八九十]{{2,3}}[歳才][)）]?)?[\s。]*$)"
)
_SIGNED_KANA = re.compile(
    r"(?:[。、\s]|^)(?P<name>[ァ-ヴー]{2,6}[ \u3000][ァ-ヴー]{2,5}|[ぁ-ん]{2,6}[ \u3000][ぁ-ん]{2,5})(?=\s*(?:デス|です)?[。\s]*$)"
)
_TITLED_AFTER = re.compile(rf"(?P<name>[{_KANJI}]{{2,{_LONGEST}}})(?:さん|様|氏)?[(（](?:担当|係|受付)")
_ENGLISH = re.compile(
    r"(?:\bI'?m|\bI am|\b[Mm]y name is|\b[Nn]ame:)\s+(?P<name>[A-Z][a-z]+(?: [A-Z][a-z]+){0,2})|(?P<romaji>\b[A-Z][a-z]+ [A-Z][a-z]+)(?= desu| です|です)"
)

_MAY_HOLD = re.compile(
    r"様|さま|サマ|さん|サン|氏|殿|申|もうし|名|姓|字|な ?まえ|担当|です|デス|でござ|より|受付|窓口|係|本人|契約者|といいま|と言いま|登録|だけど|やけど|宛"
)


def find(text: str) -> Iterator[Span]:
    """Places of names, the surest first; they may overlap. The time is linear in the length of ``text``."""
    yield from _full(text)
    if _MAY_HOLD.search(text):
        for search in (_labelled, _honoured, _titled, _introduced, _presented):
            yield from search(text)
    yield from _by_kin(text)
    yield from _signed(text)
    yield from (hit.span("name" if hit["name"] else "romaji") for hit in _ENGLISH.finditer(text))


# -- full names -----------------------------------------------------------------------------------------------------------


def _full(text: str) -> Iterator[Span]:
    """A family name with a given name after it: 「越田和弘」「三宅トシ子」「大野 力」「藤井みさき」."""
    for run in _RUN.finditer(text):
        yield from (span for span in _full_in(text, *run.span()) if text[slice(*span)] not in THINGS)


def _full_in(text: str, start: int, end: int) -> Iterator[Span]:
    family = known().family
    for begin in _beginnings(text, start, end):
        for length in range(min(_LONGEST, end - begin), 0, -1):
            if text[begin : begin + length] in family:
                at = begin + length
                last = _given_in_run(text, begin, at, end) if at < end else _given_behind(text, begin, at)
                if last:
                    yield begin, last
                    return


def _beginnings(text: str, start: int, end: int) -> list[int]:
    """Where a name may begin in a run of kanji: at its start, and after 妻 or 施主."""
    before = _IS_BEFORE.match(text, start, end - 1)
    return [start, before.end()] if before else [start]


def _given_in_run(text: str, begin: int, at: int, end: int) -> int | None:
    """Whether the rest of a run of kanji after a family name is a given name; where it ends."""
    name = text[at:end]
    sure = text[begin:at] in known().family_only and name[-1] in GIVEN_ENDINGS
    if len(name) == 1:
        return end if sure and at - begin > 1 and _alone(text, begin, end) else None
    return end if name in known().given or (sure and len(name) <= 3 and _alone(text, begin, end)) else None


def _given_behind(text: str, begin: int, at: int) -> int | None:
    """Where a given name that follows a family name ends: in kana, or after a space."""
    hit = _GIVEN_AFTER.match(text, at)
    if not hit:
        return None
    name, space = hit["name"], bool(hit["space"])
    sure = text[begin:at] in known().family_only
    if "ぁ" <= name[0] <= "ん":
        return _given_in_hiragana(text, hit.start("name"), 2 if sure or space or _after_kin(text, begin) else 3)
    if not _alone(text, begin, hit.end()):
        return None
    if "ァ" <= name[0] <= "ー":
        read = fold_kana(name) in known().given_kana
        good = read or ((sure or space) and (len(name) <= 3 or name[-1] in _ENDS_KANA))
    else:
        good = space and (name in known().given or len(name) == 1 or name[-1] in GIVEN_ENDINGS)
    return hit.end() if good else None


def _after_kin(text: str, begin: int) -> bool:
    return text[:begin].endswith(_BEFORE) or (text[begin - 1 : begin] == "の" and text[: begin - 1].endswith(_BEFORE))


def _given_in_hiragana(text: str, at: int, least: int) -> int | None:
    for length in range(6, least - 1, -1):
        name = text[at : at + length]
        if (
            len(name) == length
            and (name in known().given_kana or (name[-1] in _ENDS_KANA and name[:-1] + "こ" in known().given_kana))
            and _ENDS.match(text, at + length)
        ):
            return at + length
    return None


_OPEN = re.compile(r"[\s、。,.!?()「」『』/:：・のはが〔〕]|$")
_AFTER_NAME = re.compile(
    r"$|[\s、。,.()（）「」『』/]|です|でし|でご|と申|とい|より|さん|さま|様|氏|殿|くん|君|が|は|の|を|に|も|宛|名義|[0-9]"
)


def _alone(text: str, begin: int, end: int) -> bool:
    """Whether nothing runs on before and after: a name by itself, not a piece of a longer word."""
    return (begin == 0 or bool(_OPEN.match(text[begin - 1])) or text[:begin].endswith(_BEFORE)) and bool(_AFTER_NAME.match(text, end))


def _is_full(name: str) -> bool:
    return any(end == len(name) for _, end in _full_in(name, 0, len(name)))


# -- by what stands beside ------------------------------------------------------------------------------------------------


def _labelled(text: str) -> Iterator[Span]:
    """After 「名前は」「旧姓」「宛名」: a name that is known, in kanji or in kana."""
    for hit in _LABELLED.finditer(text):
        for name in (hit["name"].rstrip(), re.split(f"[^{_KANJI}]", hit["name"], maxsplit=1)[0]):
            if name and name not in ROLES and _is_known(name):
                yield hit.start("name"), hit.start("name") + len(name)
                break


def _is_known(name: str) -> bool:
    first, _, second = re.sub(r"\s+", " ", name).partition(" ")
    if "ぁ" <= name[0] <= "ん" or "ァ" <= name[0] <= "ー":
        return fold_kana(first) in FAMILY_READINGS or (bool(second) and fold_kana(second) in known().given_kana)
    return first in known().family_no_word or first in known().given or _is_full(name) or (bool(second) and first in known().family)


def _honoured(text: str) -> Iterator[Span]:
    for hit in _HONORIFIC.finditer(text):
        name = _without_role(hit["name"])
        polite = text[: hit.start()].endswith(("お", "ご", "御", "飼い"))  # お世話様, ご保護者様: a role, spoken of politely
        if name and _is_person(name, hit["title"]) and (not polite or _family_in(name)):
            yield hit.end("name") - len(name), hit.end("name")


def _without_role(name: str) -> str:
    """「担当者田中」 → 「田中」: the role before a name is no part of it."""
    if name in ROLES:
        return ""
    for length in range(min(5, len(name) - 1), 1, -1):
        if name[:length] in ROLES:
            return name[length:]
    return name


_NO_PERSON = ("客", "皆", "屋", "者", "同", "仕", "模", "多", "家族", "娘", "爺", "婆")


def _is_person(name: str, title: str) -> bool:
    first, _, second = re.sub(r"[ \u3000・＝]", " ", name).partition(" ")
    if first in known().family_no_word and len(first) > 1:
        return fold_kana(second[:1]) not in ("お", "ご")
    if first in ROLES or first in ROLES_KANA or name.endswith(_NO_PERSON) or title in ("くん", "君"):
        return False
    if re.search("[ぁ-ん]", second) and second not in known().given_kana:
        return False
    polite = title in ("様", "さま", "サマ")
    if re.fullmatch("[ぁ-んァ-ヴー]+", first):
        return _is_person_in_kana(name, first, second, polite=polite)
    if any(first.endswith(role) for role in ROLES if len(role) > 1):
        return False
    return polite or _family_in(first) is not None or first in known().given or _is_full(name)


def _is_person_in_kana(name: str, first: str, second: str, *, polite: bool) -> bool:
    if second:
        return "・" in name or fold_kana(first) in known().family_kana or fold_kana(second) in known().given_kana
    katakana = fold_kana(first) != first
    return fold_kana(first) in FAMILY_READINGS or (polite and katakana and not any(first.endswith(role) for role in ROLES_KANA))


def _family_in(text: str) -> str | None:
    """The family name that a run of kanji begins with."""
    names = known().family_only
    if text in names:
        return text
    return next((text[:length] for length in (3, 2, 1) if text[:length] in FREQUENT), None)


def _titled(text: str) -> Iterator[Span]:
    for hit in _TITLED.finditer(text):
        name = hit["name"]
        sure = hit["after"].startswith(("さん", "様", "氏", "と"))
        if name not in ROLES and name not in ROLES_KANA and (sure or _family_in(name)):
            yield hit.span("name")
    yield from (hit.span("name") for hit in _TITLED_AFTER.finditer(text) if _family_in(hit["name"]))


def _introduced(text: str) -> Iterator[Span]:
    for hit in _INTRODUCED.finditer(text):
        name = hit["name"]
        if name in known().family or _is_full(name) or fold_kana(name.split(" ")[0]) in FAMILY_READINGS:
            yield hit.span("name")


def _presented(text: str) -> Iterator[Span]:
    """「木村です。」「札幌の細川です」「東江(あがりえ)です」「たかはしです。」."""
    for hit in _PRESENTED.finditer(text):
        name, kana = hit["name"], hit["kana"]
        of_place = (
            bool(name) and bool(re.search(f"[{_KANJI}]の$", text[max(0, hit.start() - 2) : hit.start()])) and name in known().family_no_word
        )
        if name in known().family_only or of_place or kana in FAMILY_READINGS or (hit["reading"] and name in known().family):
            yield hit.span("name" if name else "kana")


def _by_kin(text: str) -> Iterator[Span]:
    """「仲村渠の嫁です」「伊良波名義」「孫の沙織」「幼なじみの菅野」."""
    for hit in _OF_KIN.finditer(text):
        if hit["name"] in known().family_only:
            yield hit.span("name")
    for hit in _KIN_OF.finditer(text):
        name = hit["name"]
        if "ァ" <= name[0] <= "ー":
            if fold_kana(name) in known().given_kana:
                yield hit.span("name")
            continue
        for length in range(len(name), 1, -1):
            if name[:length] in known().family_no_word or name[:length] in known().given:
                if length == len(name):
                    yield hit.start("name"), hit.start("name") + length
                break


def _signed(text: str) -> Iterator[Span]:
    """How a card is signed: at the end a family name alone, any name before a known given name, a name in kana."""
    if len(text) <= _LONGEST:
        return
    for hit in _SIGNED.finditer(text):
        if hit["name"] in known().family_only and hit["name"] not in ROLES:
            yield hit.span("name")
    for hit in _SIGNED_FULL.finditer(text):
        given = fold_kana(hit["given"])
        if (
            (given in known().given_kana or given in known().given)
            and hit["family"] not in ROLES
            and not hit["family"].endswith(_NO_PERSON)
        ):
            yield hit.start("family"), hit.end("given")
    for hit in _SIGNED_KANA.finditer(text):
        first, _, second = re.sub(r"\s", " ", hit["name"]).partition(" ")
        if fold_kana(first) in known().family_kana and fold_kana(second) in known().given_kana:
            yield hit.span("name")
