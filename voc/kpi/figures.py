"""Key figures of repeat purchase from plain arrays of orders and subscriptions. Pure.

Names conflict between firms, so every figure carries its formula and both of its numbers. A cohort that has not had the time
to do something is being observed: it counts neither as having done it nor as not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voc.days import Ints, first_day, months

WINDOWS = (60, 90, 120, 180, 365)
DEFAULT_WINDOW = 90
NTHS = (2, 3, 4, 5)
LTV_DAYS = (30, 90, 180, 365)
#: Lines that the product's source articles quote; no other benchmark is shown.
REFERENCE_F2 = 0.40
REFERENCE_REPEATERS = 0.60


@dataclass(frozen=True)
class Rate:
    """A share with its two numbers. ``observed`` is False while there has not been the time."""

    part: int
    whole: int
    observed: bool = True

    @property
    def share(self) -> float | None:
        return self.part / self.whole if self.observed and self.whole else None


@dataclass(frozen=True)
class Amount:
    """Yen per customer."""

    total: int
    customers: int
    observed: bool = True

    @property
    def each(self) -> float | None:
        return self.total / self.customers if self.observed and self.customers else None


@dataclass(frozen=True)
class Purchases:
    """Orders that count (paid, not cancelled, above ¥0), by customer and then by day; shape (M,) each.

    Attributes
    ----------
    customer : ids
    day : days since 1970-01-01 in Japan
    total : yen
    """

    customer: Ints
    day: Ints
    total: Ints

    @property
    def starts(self) -> Ints:
        """Where each customer's orders begin, shape (C,)."""
        return np.flatnonzero(np.concatenate([[True], self.customer[1:] != self.customer[:-1]])) if len(self.customer) else self.customer

    @property
    def nth(self) -> Ints:
        """Which of the customer's orders each one is, from 1."""
        return np.arange(len(self.customer)) - self.starts[self._of] + 1

    @property
    def _of(self) -> Ints:
        """Place of the customer of each order, shape (M,)."""
        return (
            np.cumsum(np.concatenate([[1], (self.customer[1:] != self.customer[:-1]).astype(np.int64)])) - 1
            if len(self.customer)
            else self.customer
        )

    @property
    def first(self) -> Ints:
        """Day of the customer's first order, for each order."""
        return self.day[self.starts][self._of]


def purchases(customer: Ints, day: Ints, total: Ints) -> Purchases:
    """Sorted by customer and day."""
    order = np.lexsort((day, customer))
    return Purchases(customer[order], day[order], total[order])


@dataclass(frozen=True)
class Cohort:
    """Customers whose first order fell into one month."""

    month: int
    """Months since January 1970."""
    customers: int
    nths: tuple[Rate, ...]
    """2nd, 3rd … purchase within (n − 1) × window days of the first."""
    ltv: tuple[Amount, ...]
    """Sales per customer within 30, 90 … days of the first order."""

    @property
    def f2(self) -> Rate:
        return self.nths[0]


def cohorts(
    found: Purchases, today: int, *, window: int = DEFAULT_WINDOW, nths: Sequence[int] = NTHS, days: Sequence[int] = LTV_DAYS
) -> list[Cohort]:
    """Every month's new customers, the earliest first. ``today`` is a day since 1970."""
    if not len(found.customer):
        return []
    first, nth = found.first, found.nth
    month, since = months(first), found.day - first
    earliest = int(month.min())
    begun = np.bincount(month[nth == 1] - earliest)
    rows = []
    for number, customers in enumerate(int(count) for count in begun):
        if not customers:
            continue
        own = month == number + earliest
        left = today - _last_day(number + earliest)
        rows.append(
            Cohort(
                month=number + earliest,
                customers=customers,
                nths=tuple(_nth(nth[own], since[own], n, within=(n - 1) * window, left=left, customers=customers) for n in nths),
                ltv=tuple(Amount(int(found.total[own & (since <= d)].sum()), customers, d <= left) for d in days),
            )
        )
    return rows


def _nth(nth: Ints, since: Ints, n: int, *, within: int, left: int, customers: int) -> Rate:
    """``left``: days that even the cohort's last customers have had by now."""
    return Rate(int(((nth == n) & (since <= within)).sum()), customers, within <= left)


def over_all(rates: Sequence[Rate]) -> Rate:
    """The share over all cohorts that had the time."""
    seen = [rate for rate in rates if rate.observed]
    return Rate(sum(rate.part for rate in seen), sum(rate.whole for rate in seen), bool(seen))


def repeaters(found: Purchases, first_day: int, last_day: int) -> Rate:
    """Buyers of a period who had bought before, among all its buyers."""
    inside = (found.day >= first_day) & (found.day <= last_day)
    return Rate(len(np.unique(found.customer[inside & (found.nth > 1)])), len(np.unique(found.customer[inside])))


@dataclass(frozen=True)
class Step:
    """What became of subscriptions at their n-th delivery."""

    delivery: int
    reached: int
    """Subscriptions that received it and whose next step is known."""
    went_on: int
    waiting: int
    """Received it, still running, next not yet delivered: observed."""
    retention: float | None
    """継続率: went on ÷ reached."""
    survival: float | None
    """残存率 after this step: the product of all retentions so far."""


def steps(deliveries: Ints, cancelled: NDArray[np.bool_], *, most: int = 12, least: int = 10) -> list[Step]:
    """Retention from delivery to delivery, the product-limit way: who is still running counts as far as has been seen.

    References
    ----------
    E. L. Kaplan, P. Meier (1958), Nonparametric estimation from incomplete observations. JASA 53, 457–481.
    """
    found: list[Step] = []
    survival: float | None = 1.0
    for n in range(1, most + 1):
        went_on = int((deliveries > n).sum())
        stopped = int(((deliveries == n) & cancelled).sum())
        reached = went_on + stopped
        if reached < least:
            break
        retention = went_on / reached
        survival = (survival or 0.0) * retention
        found.append(Step(n, reached, went_on, int(((deliveries == n) & ~cancelled).sum()), retention, survival))
    return found


def churn(started: Ints, ended: Ints, first_day: int, last_day: int) -> Rate:
    """Cancellations of a period ÷ subscriptions that ran at its start. ``ended`` is 0 for those that run."""
    ran = (started < first_day) & ((ended == 0) | (ended >= first_day))
    return Rate(int(((ended >= first_day) & (ended <= last_day)).sum()), int(ran.sum()), bool(ran.any()))


def _last_day(month: int) -> int:
    return first_day(month + 1) - 1
