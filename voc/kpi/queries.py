"""Reads for the key figures: orders that count, and subscriptions."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from voc.customers.tables import Order, Subscription
from voc.days import day_number, days, first_day, months
from voc.kpi import figures as kpi
from voc.kpi.figures import Cohort, Purchases, Rate, Step, purchases
from voc.numbers import Column, columns, seconds_of

TREND_MONTHS = 12
PERIOD_DAYS = 365


def purchases_of(session: Session) -> Purchases:
    """Orders that were paid and not cancelled, above ¥0."""
    seconds = seconds_of(session, Order.ordered_at)
    wanted = sa.select(Order.customer_id, seconds, Order.total).where(Order.status == "purchased", Order.total > 0)
    customer, second, total = columns(session, wanted, 3)
    return purchases(customer, days(second), total)


def left_out(session: Session) -> int:
    """Orders that are not counted: cancelled, pending, or for nothing."""
    return session.scalar(sa.select(sa.func.count(Order.id)).where(sa.or_(Order.status != "purchased", Order.total <= 0))) or 0


@dataclass(frozen=True)
class Subscriptions:
    """All subscriptions, shape (S,) each. ``ended`` is 0 for those that run."""

    started: Column
    ended: Column
    deliveries: Column

    @property
    def cancelled(self) -> NDArray[np.bool_]:
        return self.ended > 0


def subscriptions(session: Session) -> Subscriptions:
    ended = sa.case((Subscription.status == "cancelled", seconds_of(session, Subscription.cancelled_at)))
    wanted = sa.select(seconds_of(session, Subscription.started_at), ended, Subscription.deliveries)
    started, stopped, deliveries = columns(session, wanted, 3)
    return Subscriptions(days(started), np.where(stopped > 0, days(stopped), 0), deliveries)


@dataclass(frozen=True)
class Figures:
    """All that the page of key figures shows. Lists are empty where nothing was imported."""

    cohorts: list[Cohort]
    f2: Rate
    repeaters: Rate
    """Over the last year."""
    repeaters_by_month: list[tuple[int, Rate]]
    steps: list[Step]
    churn: Rate
    """Of the last whole month."""
    churn_by_month: list[tuple[int, Rate]]
    subscriptions: int
    orders: int
    left_out: int


def figures(session: Session, today: date, *, window: int) -> Figures:
    """Read and reckon."""
    bought, day = purchases_of(session), day_number(today)
    subscribed = subscriptions(session)
    cohorts = kpi.cohorts(bought, day, window=window)
    latest = [(month, first_day(month), min(first_day(month + 1) - 1, day)) for month in _last_months(day)]
    churned = [(month, kpi.churn(subscribed.started, subscribed.ended, first, last)) for month, first, last in latest if last < day]
    return Figures(
        cohorts=cohorts,
        f2=kpi.over_all([cohort.f2 for cohort in cohorts]),
        repeaters=kpi.repeaters(bought, day - PERIOD_DAYS + 1, day),
        repeaters_by_month=[(month, kpi.repeaters(bought, first, last)) for month, first, last in latest],
        steps=kpi.steps(subscribed.deliveries, subscribed.cancelled),
        churn=churned[-1][1] if churned else Rate(0, 0, observed=False),
        churn_by_month=churned,
        subscriptions=len(subscribed.started),
        orders=len(bought.customer),
        left_out=left_out(session),
    )


def _last_months(day: int) -> list[int]:
    current = int(months(np.array([day]))[0])
    return list(range(current - TREND_MONTHS + 1, current + 1))
