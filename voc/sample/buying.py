"""What one made-up customer buys, and when it ends: pure, a random generator in, orders and subscriptions out."""

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from random import Random

from voc.clock import JST, day_of
from voc.sample.company import (
    AGAIN,
    ENTRIES,
    FREE_SHIPPING,
    LEAVING,
    PRICE_RISE,
    PRICE_RISE_MONTHS_AGO,
    PRODUCTS,
    SALES,
    SHIPPING,
    Entry,
    Goods,
)
from voc.sample.people import Somebody, somebody

MONTHS = 18
_WEEKDAYS = (1.1, 1.0, 1.0, 0.95, 0.95, 1.0, 1.15)
_HOURS = (4, 2, 1, 1, 1, 2, 4, 7, 9, 12, 14, 13, 12, 12, 11, 10, 10, 10, 11, 13, 16, 18, 15, 9)
_PHONE_HOURS = tuple(weight if 9 <= hour < 18 else 0 for hour, weight in enumerate(_HOURS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    product: str
    quantity: int
    unit_price: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    at: datetime
    status: str
    purchase_type: str
    lines: tuple[Line, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A subscription, running or ended."""

    product: str
    status: str
    started_at: datetime
    cancelled_at: datetime | None
    cycle_days: int
    deliveries: int
    by_phone: bool = False
    """Ended by a call: somebody noted the reason."""


@dataclass(slots=True, kw_only=True)
class Life:
    """One customer from the first order to today."""

    person: Somebody
    entry: str
    goods: Goods
    began_at: datetime
    orders: list[Purchase] = field(default_factory=list)
    memberships: list[Membership] = field(default_factory=list)


class Calendar:
    """The company's days up to today: how many new customers each brings, and what things cost on it."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.today = day_of(now)
        self.first = months_before(self.today, MONTHS)
        self.days = [self.first + timedelta(days=n) for n in range((self.today - self.first).days + 1)]
        weights = [
            sum(goods.share * self._pull(goods, day) for goods in PRODUCTS) * (1 + 0.3 * n / len(self.days))
            for n, day in enumerate(self.days)
        ]
        total = sum(weights)
        self._reached = list(accumulate(weight / total for weight in weights))
        self._rise = months_before(self.today.replace(day=1), PRICE_RISE_MONTHS_AGO)

    def day_at(self, fraction: float) -> date:
        """The day on which this fraction of all customers had come."""
        return self.days[min(bisect_left(self._reached, fraction), len(self.days) - 1)]

    def goods_on(self, rng: Random, day: date) -> Goods:
        return rng.choices(PRODUCTS, [goods.share * self._pull(goods, day) for goods in PRODUCTS])[0]

    def risen(self, day: date) -> bool:
        return day >= self._rise

    def price(self, base: int, day: date) -> int:
        return base + PRICE_RISE if self.risen(day) else base

    @staticmethod
    def _pull(goods: Goods, day: date) -> float:
        weight = goods.season[day.month - 1] * _WEEKDAYS[day.weekday()]
        for sale in SALES:
            if day.month == sale.month and day.day in sale.days and (not sale.products or goods.code in sale.products):
                weight *= sale.lift
        return weight


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or its last day where that month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError


def live(rng: Random, calendar: Calendar, *, number: int, fraction: float) -> Life:
    """The buying life of the customer who came as the ``fraction``-th of all."""
    day = calendar.day_at(fraction)
    goods = calendar.goods_on(rng, day)
    entry = _entry(rng, goods, day)
    by_phone = 0.22 if entry.name in ("新聞折込チラシ", "テレビ通販") else 0.01
    person = somebody(rng, number, women=goods.women, without_mail=by_phone)
    began = _moment(rng, day, _PHONE_HOURS if person.email is None else _HOURS, calendar.now)
    buyer = _Buyer(rng, calendar, Life(person=person, entry=entry.name, goods=goods, began_at=began), entry)
    if rng.random() < min(0.95, goods.subscribed * entry.subscribed * 0.9):
        buyer.subscribe(began)
    else:
        buyer.buy(began)
    buyer.life.orders.sort(key=lambda order: order.at)
    return buyer.life


def _entry(rng: Random, goods: Goods, day: date) -> Entry:
    open_now = [
        entry
        for entry in ENTRIES
        if (not entry.products or goods.code in entry.products) and (not entry.months or (day.month in entry.months and day.day <= 20))
    ]
    return rng.choices(open_now, [entry.weight for entry in open_now])[0]


def _moment(rng: Random, day: date, hours: tuple[int, ...], now: datetime) -> datetime:
    hour = rng.choices(range(24), hours)[0]
    moment = datetime.combine(day, time(hour, rng.randrange(60), rng.randrange(60)), JST)
    return moment if moment <= now else moment - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Buyer:
    """Writes a customer's life on, purchase by purchase."""

    rng: Random
    calendar: Calendar
    life: Life
    entry: Entry

    def buy(self, at: datetime) -> None:
        """One-off purchases until this customer does not come back, or begins a subscription."""
        rng, goods = self.rng, self.life.goods
        times, again = 0, goods.second / self.entry.leaving
        while at <= self.calendar.now:
            times += 1
            quantity = rng.choices((1, 2, 3), (80, 15, 5))[0]
            order = self._order(at, quantity, first=times == 1)
            self.life.orders.append(order)
            if order.status == "cancelled" or rng.random() >= again:
                return
            again = AGAIN[min(times, len(AGAIN)) - 1]
            at += timedelta(days=goods.days_supply * quantity * rng.lognormvariate(0.02, 0.3), hours=rng.uniform(-6, 6))
            if times <= 2 and rng.random() < 0.12 and at <= self.calendar.now:
                self.subscribe(at)
                return

    def subscribe(self, at: datetime) -> None:
        """Boxes until the subscription is ended."""
        started, boxes, cycle = at, 0, self.life.goods.days_supply
        while at <= self.calendar.now:
            boxes += 1
            risk = self._box(at, boxes)
            following = self._next_box(at, cycle)
            if self.rng.random() < risk:
                by_phone = self.rng.random() < 0.5
                ended = self._ending(at, following, by_phone=by_phone)
                if ended <= self.calendar.now:
                    self._member("cancelled", started, boxes, cancelled_at=ended, by_phone=by_phone)
                    self._come_back(ended)
                    return
            at = following
        self._member("paused" if self.rng.random() < 0.05 else "active", started, boxes)

    def _order(self, at: datetime, quantity: int, *, first: bool) -> Purchase:
        rng, goods, day = self.rng, self.life.goods, day_of(at)
        lines = [Line(product=goods.code, quantity=quantity, unit_price=self.calendar.price(goods.price, day))]
        if not first and rng.random() < 0.08:
            other = rng.choice([one for one in PRODUCTS if one is not goods])
            lines.append(Line(product=other.code, quantity=1, unit_price=self.calendar.price(other.price, day)))
        discount = next((sale.discount for sale in SALES if day.month == sale.month and day.day in sale.days), 0.0)
        total = int(sum(line.quantity * line.unit_price for line in lines) * (1 - discount))
        total += 0 if total >= FREE_SHIPPING else SHIPPING
        status = "cancelled" if rng.random() < 0.018 else "purchased"
        if (self.calendar.now - at).days < 5 and rng.random() < 0.15:
            status = "pending"  # waits for a bank transfer
        return Purchase(at=at, status=status, purchase_type="one_off", lines=tuple(lines), total=total)

    def _box(self, at: datetime, boxes: int) -> float:
        """One box; the risk that it is the last."""
        day, goods = day_of(at), self.life.goods
        price = goods.first_price if boxes == 1 else self.calendar.price(goods.subscription_price, day)
        line = Line(product=goods.code, quantity=1, unit_price=price)
        self.life.orders.append(Purchase(at=at, status="purchased", purchase_type="subscription", lines=(line,), total=price))
        risk = LEAVING[min(boxes, len(LEAVING)) - 1] * self.entry.leaving
        return risk * 1.2 if self.calendar.risen(day) and boxes > 1 else risk

    def _next_box(self, at: datetime, cycle: int) -> datetime:
        """The shop's system makes the next order early on its day; now and then a customer skips one or puts it off."""
        rng = self.rng
        days = cycle * 2 if rng.random() < 0.06 else cycle + (rng.choice((5, 7, 10)) if rng.random() < 0.08 else 0)
        day = day_of(at) + timedelta(days=days)
        return datetime.combine(day, time(4, rng.randrange(30), rng.randrange(60)), JST)

    def _ending(self, at: datetime, following: datetime, *, by_phone: bool) -> datetime:
        """Some time between two boxes, in the hours in which the telephone is answered or people sit at their screens."""
        about = at + (following - at) * self.rng.betavariate(2.2, 1.6)
        ended = _moment(self.rng, day_of(about), _PHONE_HOURS if by_phone else _HOURS, following)
        return max(ended, at + timedelta(hours=3))

    def _member(self, status: str, started: datetime, boxes: int, *, cancelled_at: datetime | None = None, by_phone: bool = False) -> None:
        goods = self.life.goods
        self.life.memberships.append(
            Membership(
                product=goods.code, status=status, started_at=started, cancelled_at=cancelled_at, cycle_days=goods.days_supply, deliveries=boxes,
                by_phone=by_phone,
            )
        )  # fmt: skip

    def _come_back(self, ended: datetime) -> None:
        """A few buy once more, months later."""
        back = ended + timedelta(days=self.rng.uniform(40, 200))
        if self.rng.random() < 0.05 and back <= self.calendar.now:
            at = _moment(self.rng, day_of(back), _HOURS, self.calendar.now)
            self.life.orders.append(self._order(at, 1, first=False))
