"""What a report is about: the period and the other filters, and how they are told. Needs no database."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from voc.campaigns.tables import CHANNELS
from voc.reasons.codebook import PURCHASE_TYPES

#: How a reply came about: asked over a channel, or taken in from elsewhere.
WAYS = (*CHANNELS, "import", "web")
WAY_LABELS = {
    "mail": "メール",
    "paper": "手紙・同梱",
    "line": "LINE",
    "sms": "SMS",
    "phone": "電話",
    "import": "取り込み",
    "web": "そのほかの回答",
}
PRESETS = {"3m": 3, "6m": 6, "12m": 12}
#: The calendar quarter before the one that today is in.
QUARTER = "quarter"
#: Whom replies can be weighted to.
WEIGHTS = ("asked", "left")
DEFAULT_PRESET = "3m"
CUTS = ("month", "product", "cohort", "purchase_type", "channel", "campaign", "stated")


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which replies: days are those of Japan, both ends belong to it; ``None`` is no limit."""

    start: date | None = None
    end: date | None = None
    purchase_type: str | None = None
    product_id: int | None = None
    campaign_id: int | None = None
    way: str | None = None
    weight: str | None = None
    """Whom the replies are weighted to stand for: ``asked``, ``left``; none: those who replied."""

    def __post_init__(self) -> None:
        if self.purchase_type is not None and self.purchase_type not in PURCHASE_TYPES:
            object.__setattr__(self, "purchase_type", None)
        if self.way is not None and self.way not in WAYS:
            object.__setattr__(self, "way", None)
        if self.weight is not None and self.weight not in WEIGHTS:
            object.__setattr__(self, "weight", None)
        if self.start and self.end and self.start > self.end:
            start, end = self.end, self.start
            object.__setattr__(self, "start", start)
            object.__setattr__(self, "end", end)

    @property
    def days(self) -> int | None:
        return None if self.start is None or self.end is None else (self.end - self.start).days + 1

    @property
    def narrowed(self) -> bool:
        """Whether anything but the period limits it."""
        return any((self.purchase_type, self.product_id, self.campaign_id, self.way))

    def before(self) -> "Selection | None":
        """The same selection in the period of the same length before; whole months where it is whole months."""
        if self.start is None or self.end is None:
            return None
        months = whole_months(self.start, self.end)
        start = months_before(self.start, months) if months else self.start - timedelta(days=self.days or 0)
        return replace(self, start=start, end=self.start - timedelta(days=1))

    def query(self) -> dict[str, Any]:
        """By the names of the parameters."""
        values = {
            "from": self.start, "to": self.end, "type": self.purchase_type, "product": self.product_id,
            "campaign": self.campaign_id, "channel": self.way, "weight": self.weight,
        }  # fmt: skip
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items() if value is not None}

    def address(self) -> dict[str, Any]:
        """The parameters of a page about it: without a day they say "all", since a page without any is about the usual period."""
        return self.query() | ({"period": "all"} if self.start is None and self.end is None else {})

    @classmethod
    def of(cls, query: Mapping[str, Any]) -> "Selection":
        """The selection that :meth:`query` told; what is not known is no limit."""
        days = {name: date.fromisoformat(query[key]) for name, key in (("start", "from"), ("end", "to")) if query.get(key)}
        return cls(
            **days,
            purchase_type=query.get("type"),
            product_id=query.get("product"),
            campaign_id=query.get("campaign"),
            way=query.get("channel"),
            weight=query.get("weight"),
        )


def preset(name: str, today: date) -> tuple[date | None, date | None]:
    """First and last day of 「直近3か月」 and the like; no limits for an unknown name (「すべて」)."""
    if name == QUARTER:
        begun = date(today.year, today.month - (today.month - 1) % 3, 1)
        return months_before(begun, 3), begun - timedelta(days=1)
    if name not in PRESETS:
        return None, None
    return months_before(today + timedelta(days=1), PRESETS[name]), today


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or that month's last day."""
    number = day.year * 12 + day.month - 1 - months
    year, month = divmod(number, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def whole_months(start: date, end: date) -> int:
    """Number of months when the period is made of whole ones (1st to last day), or spans n months to the day; else 0."""
    after = end + timedelta(days=1)
    months = (after.year - start.year) * 12 + after.month - start.month
    return months if months > 0 and months_before(after, months) == start else 0
