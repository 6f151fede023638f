"""Who is asked now: pure decisions over plain data, tested without a database.

Days are days in Japan. A customer's *occasion* is the last order (one-off buyers) or the cancellation (subscriptions);
the *due day* is the occasion's day, plus what was bought lasts, plus the days that the campaign waits.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Any

from voc.clock import JST, day_of
from voc.errors import Refused
from voc.reasons.codebook import ONE_OFF

#: Longer supplies count as this many days: nobody remembers why after more than that, and the search stays bounded.
MAX_SUPPLY_DAYS = 400

#: Hours of the day (Japan) in which the worker makes invitations by itself; what a person starts begins at once.
INVITING_HOURS = range(9, 20)

#: Sooner than two days after the mail a reminder presses; later than a month nobody remembers it.
REMIND_DAYS = (2, 30)

#: Ways on which asking needs a recorded basis (特定電子メール法; a friend's consent on LINE). A letter or a call to
#: somebody who bought needs none, but is never made to somebody who refused.
NEEDS_BASIS = frozenset({"mail", "sms", "line"})

#: The channel under which consent is recorded.
CONSENT_CHANNELS = {"mail": "mail", "paper": "post", "line": "line", "sms": "sms", "phone": "phone"}

#: Why somebody is not asked, in the order in which it is looked at: the first that holds is told.
SKIPS = (
    "other_product",
    "not_yet",
    "too_old",
    "already_asked",
    "returned",
    "pending_order",
    "no_address",
    "masked_address",
    "bad_address",
    "opted_out",
    "no_basis",
    "asked_recently",
    "same_address",
)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a campaign's author chooses. Kept in ``campaigns.rule`` as JSON."""

    wait_days: int = 10
    """Days after the expected run-out (one-off) or after the cancellation (subscription)."""
    window_days: int = 14
    """Who has been due for this many days or longer is not asked any more; raise it to look back further."""
    product_ids: tuple[int, ...] = ()
    """Only who bought or had subscribed to one of these; empty: all products."""
    daily_limit: int | None = None
    """At most so many a day, so that a long look-back does not ask all at once."""
    remind_days: int | None = None
    """So many days after the mail, one reminder to who has not answered; ``None``: nobody is reminded."""

    def __post_init__(self) -> None:
        _check("待つ日数", self.wait_days, 0, 365)
        _check("さかのぼる日数", self.window_days, 1, 730)
        if self.daily_limit is not None:
            _check("1日の上限", self.daily_limit, 1, 100_000)
        if self.remind_days is not None:
            _check("もう一度お願いするまでの日数", self.remind_days, *REMIND_DAYS)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Rule":
        """Read what ``to_json`` wrote; what is missing gets its default."""
        known = {name: data[name] for name in ("wait_days", "window_days", "daily_limit", "remind_days") if name in data}
        return cls(**known, product_ids=tuple(sorted(data.get("product_ids", ()))))

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"product_ids": sorted(self.product_ids)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """What is known of one customer for one way of asking."""

    customer_id: int
    happened_at: datetime
    supply_days: int = 0
    product_ids: tuple[int, ...] = ()
    order_id: int | None = None
    subscription_id: int | None = None
    address: str | None = None
    address_problem: str | None = None
    """A code of customers.values.EMAIL_PROBLEMS; only e-mail has such."""
    basis: str | None = None
    refused: bool = False
    """Consent for this channel was withdrawn, or the address is suppressed."""
    in_campaign: bool = False
    last_asked_at: datetime | None = None
    """Over all campaigns, and over all customer rows with the same address."""
    returned: bool = False
    pending_order: bool = False


@dataclass(frozen=True, slots=True)
class Eligible:
    """To be asked now, or ``held_out``: drawn into the comparison group and on purpose not asked."""

    held_out: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    reason: str


Decision = Eligible | Skipped


def decide(
    candidate: Candidate,
    rule: Rule,
    now: datetime,
    *,
    channel: str,
    ask_again_days: int,
    campaign_id: int = 0,
    holdout_percent: int = 0,
) -> Decision:
    """Whether this customer is asked now, and if not, why not (the first of ``SKIPS`` that holds)."""
    reason = _skip(candidate, rule, now, channel=channel, ask_again_days=ask_again_days)
    if reason is not None:
        return Skipped(reason)
    return Eligible(held_out=held_out(campaign_id, candidate.customer_id, holdout_percent))


def due_day(candidate: Candidate, rule: Rule) -> date:
    return due_on(candidate.happened_at, candidate.supply_days, rule)


def due_on(happened_at: datetime, supply_days: int, rule: Rule) -> date:
    return day_of(happened_at) + timedelta(days=min(supply_days, MAX_SUPPLY_DAYS) + rule.wait_days)


def timing(due: date, today: date, rule: Rule) -> str | None:
    """``None`` within the window; else the code that says on which side of it."""
    if today < due:
        return "not_yet"
    return "too_old" if today >= due + timedelta(days=rule.window_days) else None


def held_out(campaign_id: int, customer_id: int, percent: int) -> bool:
    """Drawn by a hash: the same customer has the same lot in a campaign, however often it is drawn."""
    lot = int.from_bytes(blake2b(f"{campaign_id}:{customer_id}".encode(), digest_size=8).digest(), "big")
    return lot < percent * 2**64 // 100


def invites_at(now: datetime) -> bool:
    """Whether the worker makes invitations by itself at this hour: nobody wants such a mail at three in the night."""
    return now.astimezone(JST).hour in INVITING_HOURS


def _skip(candidate: Candidate, rule: Rule, now: datetime, *, channel: str, ask_again_days: int) -> str | None:
    if rule.product_ids and not set(rule.product_ids) & set(candidate.product_ids):
        return "other_product"
    late = timing(due_day(candidate, rule), day_of(now), rule)
    if late is not None:
        return late
    if candidate.in_campaign:
        return "already_asked"
    if candidate.returned:
        return "returned"
    if candidate.pending_order:
        return "pending_order"
    return _unreachable(candidate, channel) or _asked_recently(candidate, now, ask_again_days)


def _unreachable(candidate: Candidate, channel: str) -> str | None:
    if not candidate.address:
        return "no_address"
    if candidate.address_problem is not None:
        return "masked_address" if candidate.address_problem == "masked" else "bad_address"
    if candidate.refused:
        return "opted_out"
    if channel in NEEDS_BASIS and candidate.basis is None:
        return "no_basis"
    return None


def _asked_recently(candidate: Candidate, now: datetime, ask_again_days: int) -> str | None:
    asked = candidate.last_asked_at
    return "asked_recently" if asked is not None and now < asked + timedelta(days=ask_again_days) else None


def _check(name: str, value: object, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise Refused(f"{name} は {low}〜{high} の整数にしてください。")


@dataclass(kw_only=True)
class Audience:
    """A count of decisions: what the preview shows before anything is sent."""

    asked: int = 0
    held_out: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    forecast: Counter[date] = field(default_factory=Counter)
    """Who becomes due on the coming days, if nothing else changes."""

    @property
    def total(self) -> int:
        return self.asked + self.held_out + self.skipped.total()


def occasion_word(purchase_type: str) -> str:
    """What a campaign's days are counted from, as said on screen."""
    return "使いきる頃" if purchase_type == ONE_OFF else "解約"


def one_per_address(decided: Iterable[tuple[Candidate, Decision]]) -> Iterable[tuple[Candidate, Decision]]:
    """The same, but a second customer row with the same address is not asked again."""
    taken: set[str] = set()
    for candidate, decision in decided:
        if isinstance(decision, Eligible) and candidate.address:
            if candidate.address in taken:
                yield candidate, Skipped("same_address")
                continue
            taken.add(candidate.address)
        yield candidate, decision
