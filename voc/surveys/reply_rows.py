"""Rows of a file of old replies → plain records: the words exactly as they stand, and what stands beside them. No database."""

import re
from collections.abc import Iterator
from hashlib import blake2b
from operator import itemgetter
from typing import NamedTuple

from voc.customers import meanings, values
from voc.customers.fields import PERSONAL, key
from voc.customers.source import TOO_WIDE, Source, Tally
from voc.reasons.codebook import ONE_OFF, SUBSCRIPTION
from voc.surveys.questions import STATED

_COLUMNS = (
    "text", "stated", "answered_at", "purchase_type", "product_code", "product_name", "customer_id", "email", "external_id", "expectation",
)  # fmt: skip
MAX_EXTRA = 60
MAX_EXTRA_LENGTH = 2_000

#: Words in the label of an option → its code, where the label is not one of ours.
_STATED_WORDS = {
    "no_effect": re.compile(r"効果|効き目|実感|変化(が|を)?(感|な)"),
    "unused_stock": re.compile(r"余って|余り|余る|残って|使いき|使い切|飲みき|飲み切|溜ま|たまっ|消費しき"),
    "price": re.compile(r"価格|値段|金額|料金|高い|高額|経済的|家計|費用|値上"),
    "competitor": re.compile(r"他社|(他|ほか|別)の(商品|製品|サービス|お?店)|乗り?換|切り?替|競合"),
    "dissatisfaction": re.compile(r"不満|品質|使用感|味|香り|匂い|臭い|合わな|対応|配送|副作用|体調|サービス|定期.{0,6}(思わ|知らな)"),
    "no_reason": re.compile(r"特に?.{0,4}な(い|し)|理由.{0,3}な(い|し)|なんとなく|何となく"),
    "other": re.compile(r"その他|そのほか|ほか$|他$"),
}
_SUBSCRIPTION_WORDS = re.compile(r"解約|定期|サブスク|退会|継続|休止|停止|cancel|churn|subscri", re.IGNORECASE)
_ONE_OFF_WORDS = re.compile(r"未購入|リピート|休眠|通常|単品|都度|お試し|トライアル|離脱", re.IGNORECASE)
_ONE_OFF_VALUE = re.compile(r"単品|お試し|トライアル|1回|一回|スポット|trial|single")
_SUBSCRIPTION_VALUE = re.compile(r"継続|毎月|隔月|subscri")
_KEPT_LABELS = 10_000


class ReplyRecord(NamedTuple):
    """One old reply. Moments are seconds since 1970."""

    row: int
    digest: bytes
    """Of all that identifies the reply within its file."""
    own: bool
    """Whether a date or a person stands with it: then no other file has the same one by chance."""
    text: str
    stated: str | None
    answered_at: int | None
    purchase_type: str
    product_code: str | None
    product_name: str | None
    customer_id: str | None
    email: str | None
    external_id: str | None
    expectation: int | None
    extra: dict[str, str]


class ReplyReader:
    """Reads a file of replies."""

    def __init__(self, source: Source) -> None:
        self.tally = Tally()
        self.undated = 0
        self.broken = 0
        self._source = source
        self._cells = itemgetter(*source.places(*_COLUMNS))
        self._type_column = source.columns.get("purchase_type", "")
        self.usual_type = source.options.get("purchase_type") or usual_purchase_type(source)
        used = set(source.columns.values())
        self.personal = [
            label for label, name in zip(source.labels, source.header, strict=True) if label not in used and key(name) in PERSONAL
        ]
        self._extra = [
            (place, label) for place, label in enumerate(source.labels) if label and label not in used and label not in self.personal
        ][:MAX_EXTRA]
        self._stated: dict[str, str | None] = {}

    def records(self) -> Iterator[tuple[object, ...]]:
        width = len(self._source.header)
        for row in self._source.rows:
            self.tally.rows += 1
            if len(row.cells) > width:
                self.tally.skip(row.number, TOO_WIDE)
                continue
            row.cells.append("")
            told = self._cells(row.cells)
            text, ticked, day, kind, code, name, customer_id, mail, external_id, expectation = told
            moment = values.moment(day) if day.strip() else None
            stated = self._stated_code(ticked)
            if day.strip() and moment is None:
                self.tally.skip(row.number, f"答えた日を読み取れません({day[:30]})。")
            elif not text.strip() and stated is None:
                self.tally.skip(row.number, "お客様の言葉が空です。", understood=True)
            else:
                self.undated += moment is None
                self.broken += "\ufffd" in text
                person, _ = values.email(mail) if mail else (None, None)
                number = values.identifier(customer_id) if customer_id else None
                yield (
                    row.number, blake2b("\x1f".join(told).encode("utf-8", "surrogatepass"), digest_size=16).digest(),
                    bool(moment or number or person), text, stated, None if moment is None else int(moment.timestamp()),
                    self._purchase_type(kind), values.line(values.plain(code).removeprefix("'"), longest=120), values.line(name, longest=300),
                    number, person, values.line(external_id, longest=80), _step(expectation), self._extras(row.cells, ticked, stated, kind),
                )  # fmt: skip

    def _stated_code(self, label: str) -> str | None:
        if label not in self._stated and len(self._stated) < _KEPT_LABELS:
            self._stated[label] = stated_code(label)
        return self._stated[label] if label in self._stated else stated_code(label)

    def _purchase_type(self, value: str) -> str:
        if not value.strip():
            return self.usual_type
        told = values.plain(value).lower()
        if told in (ONE_OFF, SUBSCRIPTION):
            return told
        if _ONE_OFF_VALUE.search(told):
            return ONE_OFF
        if _SUBSCRIPTION_VALUE.search(told):
            return SUBSCRIPTION
        return meanings.purchase_type(self._type_column, value) or self.usual_type

    def _extras(self, cells: list[str], ticked: str, stated: str | None, kind: str) -> dict[str, str]:
        extra = {label: cells[place][:MAX_EXTRA_LENGTH] for place, label in self._extra if cells[place].strip()}
        for code, value, lost in (("stated", ticked, stated is None), ("purchase_type", kind, True)):
            if value.strip() and lost and code in self._source.columns:
                extra[self._source.columns[code]] = value[:MAX_EXTRA_LENGTH]
        return extra


def stated_code(label: str) -> str | None:
    """The option that a label in somebody's file means, where that is beyond doubt."""
    told = values.plain(label)
    if not told or len(told) > 40:
        return None
    if told in STATED:
        return told
    for code, option in STATED.items():
        if told in (option.subscription, option.one_off):
            return code
    fitting = [code for code, words in _STATED_WORDS.items() if words.search(told)]
    if len(fitting) > 1 and "other" in fitting:
        fitting.remove("other")
    return fitting[0] if len(fitting) == 1 else None


def usual_purchase_type(source: Source) -> str:
    """How those bought who wrote the replies of a file without a column for it: reasons to cancel are subscribers'."""
    words = f"{source.filename} {' '.join(source.header)}"
    return ONE_OFF if _ONE_OFF_WORDS.search(words) and not _SUBSCRIPTION_WORDS.search(words) else SUBSCRIPTION


def notes(reader: ReplyReader, source: Source, *, taken: int) -> list[str]:
    """What whoever brought the file should know about how it was read."""
    told = []
    if "answered_at" not in source.columns:
        told.append("日付の列がないため、取り込んだ日を答えた日としました。")
    elif reader.undated and taken:
        told.append(f"日付のない{reader.undated:,}行は、取り込んだ日を答えた日としました。")
    if "purchase_type" not in source.columns:
        told.append(f"買い方の列がないため、すべて{'定期購入' if reader.usual_type == SUBSCRIPTION else '通常購入'}の方の声としました。")
    if reader.personal:
        told.append(f"お名前・連絡先などの列({'、'.join(reader.personal[:8])})は、声を読むのに要らないため保存していません。")
    if reader.broken:
        told.append(f"{reader.broken:,}行に読めない文字(�)があります。文字コードを選び直すと直ることがあります。")
    return told


def _step(value: str) -> int | None:
    told = values.quantity(value) if value else None
    return told if told is not None and 1 <= told <= 5 else None
