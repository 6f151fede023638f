"""The marks of discourse: what a clause denies, concedes, or stresses. The codebook's rules 1, 4, 5 and 13 hang on them."""

import re
from enum import Flag, auto


class Mark(Flag):
    """What a clause does in the argument."""

    NONE = 0
    DENIED = auto()
    """A complaint is denied or the product praised: 「味に不満はない」「悪くはない」「効かないわけではない」."""
    CONCEDED = auto()
    """It is set aside by what follows: it ends in が or けど, or stands before というより."""
    STRESSED = auto()
    """The words that weigh reasons stand in it: 一番, 決め手, 結局, 本当は, 何より; or it follows というより."""
    REPORTED = auto()
    """An operator tells what the customer said: 「〜とのこと」."""


_DENIED = re.compile(
    r"(?:不満|文句|問題|異常|不便|嫌な|いやな|悪い(?:ところ|点)|害|トラブル|ストレス|抵抗|違和感)(?:など|とか|等|点)?(?:は|が|も|って)?(?:特に|とくに|全く|全然|まったく|何も|一切|別に)?"
    r"(?:な(?:い|く|かっ|し)|無|ありませ|ござい?ませ|感じ(?:な|ませ))"
    r"|(?:嫌い|嫌|いや|悪い|悪く|まず(?:い|く)|高い|高く|効か(?:ない|なく)|合わ(?:ない|なく)|不味(?:い|く))?(?:という|って|と言う)?(?:わけ|訳|の|ん|こと)?(?:では|でも|じゃ|は|も)(?:決して)?な(?:い|く|かった)(?:ん)?(?:です|だ|の)?(?:が|け|し|もの)"
    r"|(?:わけ|訳)(?:では|じゃ|でも)(?:な|あり)"
    r"|(?:のせい|が原因|が理由)(?:では|じゃ)(?:な|あり)"
    r"|(?:満足|感謝|気に入っ|お気に入り|好き|良かっ|よかっ|おいし|美味し|助か|楽し|良い|いい)[^、。]{0,14}(?:が|けど|けれど|けれども|ものの|のに)[、,。]?$"
    r"|(?:悪|嫌|不味|まず|高|低|ひど)(?:い|く)?(?:は|も)?な(?:い|かった)(?:です)?(?:が|け|し|もの|の)"
)
_CONCEDED = re.compile(
    r"(?:(?<=[すただいねう])が|けれども|けれど|けども|けど|ものの|というよりも?は?|より[はも]|のに|じゃなくて?|ではなくて?|とはいえ|にせよ|つつ)[、,。…\s]*$"
)
_STRESSED = re.compile(
    r"一番|いちばん|1番|決め手|きめて|結局|けっきょく|本当は|ほんとは|ホントは|本当のところ|本音|何より|なにより|最大の|主な理由|主に|"
    r"実は|じつは|正直|ぶっちゃけ|やはり.{0,6}(?:理由|原因)|(?:理由|原因|きっかけ)は(?!特に|とくに|別に|な|あり|無)|むしろ|要は|要するに|それより|とどめ|に尽き"
)
_AFTER_RATHER = re.compile(r"(?:というより(?:も|は)?|それより(?:も|は)?|じゃなくて?|ではなくて?)[、,]?\s*$")
_REPORTED = re.compile(r"とのこと|と仰|とおっしゃ|との事|とご?申|由[。、]|c?xl希望|解約希望")
_WINDOW = 400


def marks(text: str, start: int = 0, end: int | None = None) -> Mark:
    """The marks of the clause ``text[start:end]``, seen with the words just before it.

    Looks at no more than 400 characters, so the time is bounded whatever the text.
    """
    end = len(text) if end is None else end
    clause = text[max(start, end - _WINDOW) : end]
    found = Mark.NONE
    if _DENIED.search(clause):
        found |= Mark.DENIED
    if _CONCEDED.search(clause):
        found |= Mark.CONCEDED
    if _STRESSED.search(clause) or _AFTER_RATHER.search(text[max(0, start - 12) : start]):
        found |= Mark.STRESSED
    if _REPORTED.search(clause):
        found |= Mark.REPORTED
    return found
