"""What stands in one cell of a shop's file, read as it was meant: money, dates, telephone numbers, addresses of mail.

Pure. Each function answers ``None`` to what it cannot read; what to do then is the caller's business.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from unicodedata import normalize

JAPAN = timezone(timedelta(hours=9))
MAX_INT = 2_147_483_647
MAX_QUANTITY = 100_000

_ERAS = {"令和": 2018, "r": 2018, "平成": 1988, "h": 1988, "昭和": 1925, "s": 1925}
_EXCEL_EPOCH = datetime(1899, 12, 30, tzinfo=JAPAN)
_EXCEL_DAYS = (20_000, 80_000)  # 1954 to 2119: below and above it is some other number

_DATE = re.compile(
    r"(?P<year>\d{4})[-/.年]\s*(?P<month>\d{1,2})[-/.月]\s*(?P<day>\d{1,2})日?"
    r"|(?P<era>令和|平成|昭和|[rhs])\.?\s*(?P<era_year>\d{1,2}|元)[-/.年]\s*(?P<era_month>\d{1,2})[-/.月]\s*(?P<era_day>\d{1,2})日?"
    r"|(?P<packed>\d{8})"
)
_TIME = re.compile(
    r"(?P<half>午前|午後|am|pm)?\s*(?P<hour>\d{1,2})[:時]\s*(?P<minute>\d{1,2})分?(?:[:\s]?(?P<second>\d{1,2})(?:\.\d+)?秒?)?\s*(?P<half_after>am|pm)?"
    r"|(?P<packed>\d{5,6})"
)
_OFFSET = re.compile(r"(?P<zone>z|utc|gmt|jst)|(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2})")
_WEEKDAY = re.compile(r"\s*\([日月火水木金土祝・a-z]{1,4}\)")
_NUMBER = re.compile(
    r"(?P<minus>[-△▲▼]|\()?\s*¥?\\?\s*(?P<minus_after>-)?(?P<digits>\d[\d,]*)(?:\.(?P<decimals>\d+))?\s*(?:円|yen|jpy)?\s*\)?"
)
_QUANTITY = re.compile(r"[x×]?\s*(-?\d[\d,]*)(?:\.0+)?\s*(?:個|点|本|袋|箱|セット|枚|つ|pcs?)?")
_BROKEN_NUMBER = re.compile(r"\d(?:\.\d+)?e\+\d+", re.IGNORECASE)
_CYCLE = re.compile(r"(?P<unit_before>month|week|day)?\s*(?P<count>\d{1,3})\s*(?P<unit>[ヶかカケ箇]?月|週|日|months?|weeks?|days?)?")
_LASTS = re.compile(r"(?P<count>\d{1,3})(?P<unit>日|週|[ヶかカケ箇]月)間?分")
_NOT_DIALLED = re.compile(r"[^0-9+]")
_SPACES = re.compile(r"[\s\x00-\x1f\x7f]+")

_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_MAIL = re.compile(rf"(?:{_ATOM}(?:\.{_ATOM})*|\"(?:[^\"\\\x00-\x1f]|\\.)*\")@(?:{_LABEL}\.)+{_LABEL}")
_MASKED_HOSTS = (".fw.rakuten.ne.jp", "@marketplace.amazon.co.jp", ".marketplace.amazon.co.jp")

#: Why an address cannot be written to → what staff read.
EMAIL_PROBLEMS = {
    "masked": "モールが隠したアドレス",
    "dots": "「.」の位置が規格に合わない",
    "not_ascii": "全角や日本語の文字がある",
    "too_long": "長すぎる",
    "syntax": "アドレスの形をしていない",
}

_YES = frozenset((
    "yes", "y", "true", "1", "on", "はい", "希望", "希望する", "受け取る", "受信する", "受信", "購読", "購読中", "購読する", "配信", "配信する", "配信中",
    "許可", "可", "登録", "登録済み", "承諾", "同意", "○", "〇", "subscribed",
))  # fmt: skip
_NO = frozenset((
    "no", "n", "false", "0", "off", "いいえ", "希望しない", "受け取らない", "受信しない", "受信拒否", "購読しない", "未購読", "配信しない", "配信停止", "停止",
    "拒否", "不可", "解除", "解除済み", "未登録", "退会", "しない", "×", "✕", "unsubscribed", "not_subscribed",
))  # fmt: skip


def plain(text: str) -> str:
    """Full width made half width, the white space of both ends gone."""
    return text.strip() if text.isascii() else normalize("NFKC", text).strip()


@lru_cache(4096)
def yen(text: str) -> int | None:
    """``¥1,234``, ``１２３４円``, ``1234.00``, ``△500`` → whole yen."""
    if text.isascii() and text.isdigit():
        value = int(text) if len(text) <= 10 else MAX_INT + 1
    else:
        found = _NUMBER.fullmatch(plain(text).lower().removeprefix("'"))
        if found is None or len(found["digits"]) > 14:
            return 0 if plain(text) == "無料" else None
        value = int(found["digits"].replace(",", "")) + (1 if (found["decimals"] or "0")[0] >= "5" else 0)
        if found["minus"] or found["minus_after"]:
            value = -value
    return value if abs(value) <= MAX_INT else None


@lru_cache(4096)
def quantity(text: str) -> int | None:
    """``2``, ``２個``, ``1.0``; negative where goods came back."""
    if text.isascii() and text.isdigit() and len(text) < 7:
        value = int(text)
    else:
        found = _QUANTITY.fullmatch(plain(text).lower())
        if found is None:
            return None
        value = int(found[1].replace(",", ""))
    return value if abs(value) <= MAX_QUANTITY else None


def moment(text: str, time: str = "") -> datetime | None:
    """A date, with or without a time, in any spelling that shops and Excel leave behind; Japan time unless an offset stands."""
    try:
        found = datetime.fromisoformat(text)  # what most files have, and the fastest way by far
    except ValueError:
        found = None
    if found is None or len(text) < 10 or (time and found.hour == found.minute == 0):
        day = text.split(maxsplit=1)[0] if time and found is not None else text  # 2024-05-01 00:00:00 beside a column with the time
        found = _spelled(_WEEKDAY.sub("", plain(f"{day} {time}").lower()))
    if found is None or not 1950 <= found.year <= 2100:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=JAPAN)).astimezone(UTC)


def _spelled(text: str) -> datetime | None:
    date = _DATE.match(text)
    rest = text[date.end() :] if date else ""
    if date is None or (date["packed"] and len(text.split(maxsplit=1)[0]) not in (8, 14)):
        return _excel_serial(text)
    time = _TIME.match(rest.lstrip(" t"))
    if time is None and rest.strip():
        return None
    zone = JAPAN
    if time is not None:
        offset = rest.lstrip(" t")[time.end() :].strip()
        found = _OFFSET.fullmatch(offset) if offset else None
        if offset and found is None:
            return None
        zone = _zone(found) if found else JAPAN
    try:
        return datetime(*_day(date), *_clock(time), tzinfo=zone)
    except ValueError:
        return None


def _day(found: re.Match[str]) -> tuple[int, int, int]:
    if packed := found["packed"]:
        return int(packed[:4]), int(packed[4:6]), int(packed[6:])
    if era := found["era"]:
        year = 1 if found["era_year"] == "元" else int(found["era_year"])
        return _ERAS[era] + year, int(found["era_month"]), int(found["era_day"])
    return int(found["year"]), int(found["month"]), int(found["day"])


def _clock(found: re.Match[str] | None) -> tuple[int, int, int]:
    if found is None:
        return 0, 0, 0
    if packed := found["packed"]:  # 103309; 93309 where Excel took the zero
        packed = packed.zfill(6)
        return int(packed[:2]), int(packed[2:4]), int(packed[4:])
    hour = int(found["hour"])
    half = found["half"] or found["half_after"]
    if half in ("午後", "pm") and hour < 12:
        hour += 12
    elif half in ("午前", "am") and hour == 12:
        hour = 0
    return hour, int(found["minute"]), int(found["second"] or 0)


def _zone(found: re.Match[str]) -> timezone:
    if found["zone"]:
        return JAPAN if found["zone"] == "jst" else UTC
    offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]))
    return timezone(-offset if found["sign"] == "-" else offset) if offset < timedelta(hours=24) else JAPAN


def _excel_serial(text: str) -> datetime | None:
    """Days since 1899-12-30: what a date becomes when Excel forgets that it is one."""
    if not re.fullmatch(r"\d{5}(\.\d+)?", text):
        return None
    days = float(text)
    if not _EXCEL_DAYS[0] <= days <= _EXCEL_DAYS[1]:
        return None
    return _EXCEL_EPOCH + timedelta(seconds=round(days * 86400))


def identifier(text: str, *, longest: int = 80) -> str | None:
    """A number or code that names something, without the apostrophe and the ``.0`` that spreadsheets add."""
    if text.isascii() and text.isalnum():  # nearly all of them
        return text if len(text) <= longest else None
    value = plain(text).removeprefix("'").strip()
    if value.endswith(".0") and value[:-2].isdigit():
        value = value[:-2]
    return value if 0 < len(value) <= longest and value.isprintable() and not broken_number(value) else None


def broken_number(text: str) -> bool:
    """Whether Excel has rounded a long number away: ``1.23457E+11``."""
    return _BROKEN_NUMBER.fullmatch(text) is not None


def phone(*parts: str) -> str | None:
    """Digits of a Japanese number, as dialled in Japan: +81 and a lost leading zero are mended."""
    digits = _NOT_DIALLED.sub("", plain("".join(parts)))
    if digits.startswith("+"):
        digits = "0" + digits.removeprefix("+81").removeprefix("+").lstrip("0") if digits.startswith("+81") else digits
    elif len(digits) in (9, 10) and not digits.startswith("0"):
        digits = "0" + digits
    return digits if 9 <= len(digits) <= 30 else None


def postal_code(text: str) -> str | None:
    digits = re.sub(r"\D", "", plain(text))
    if not 5 <= len(digits) <= 7:
        return None
    digits = digits.zfill(7)  # Excel takes the zeros of Hokkaido and Aomori
    return f"{digits[:3]}-{digits[3:]}"


def line(*parts: str, longest: int = 200) -> str | None:
    """Words of one line: parts joined, white space and line ends made one space."""
    return _SPACES.sub(" ", " ".join(parts)).strip()[:longest] or None


def email(text: str) -> tuple[str | None, str | None]:
    """The address in lower case, and why it cannot be written to (a code of ``EMAIL_PROBLEMS``), if so.

    RFC 5321: dot-atom or quoted local part of at most 64 octets, a domain of labels, 254 octets in all.
    """
    address = _SPACES.sub(" ", plain(text)).lower().removeprefix("'").removeprefix("mailto:")
    if not address:
        return None, None
    if "*" in address or address.endswith(_MASKED_HOSTS):
        return address[:254], "masked"
    if len(address) > 254 or len(address.split("@")[0]) > 64:
        return address[:254], "too_long"
    if _MAIL.fullmatch(address):
        return address, None
    if not address.isascii():
        return address, "not_ascii"
    local, at, domain = address.rpartition("@")
    dotted = at and _MAIL.fullmatch(f"{re.sub(r'[.]+', '.', local).strip('.')}@{domain if '.' in domain else domain + '.jp'}")
    return address, "dots" if dotted and (".." in local or local.startswith(".") or local.endswith(".")) else "syntax"


def cycle_days(text: str) -> int | None:
    """``30日``, ``1ヶ月ごと``, ``隔月``, ``2週間``, ``every 30 days`` → days."""
    told = plain(text).lower()
    if told in ("毎月", "隔月", "毎週", "隔週"):
        return {"毎月": 30, "隔月": 60, "毎週": 7, "隔週": 14}[told]
    found = _CYCLE.search(told)
    if found is None:
        return None
    unit = found["unit"] or found["unit_before"] or ""
    days = int(found["count"]) * (
        30 if unit.startswith(("ヶ月", "か月", "カ月", "ケ月", "箇月", "月", "month")) else 7 if unit.startswith(("週", "week")) else 1
    )
    return days if 0 < days <= 1000 else None


def days_of(product_name: str) -> int | None:
    """How long one unit lasts, where its name says so: ``30日分``, ``2ヶ月分``, ``4週間分``."""
    found = _LASTS.search(plain(product_name))
    if found is None:
        return None
    days = int(found["count"]) * {"日": 1, "週": 7}.get(found["unit"][0], 30)
    return days if 1 <= days <= 400 else None


@lru_cache(4096)
def wish(text: str) -> bool | None:
    """Whether mail is wanted: yes, no, or not told."""
    value = plain(text).lower()
    return True if value in _YES else False if value in _NO else None
