"""Reads for the key figures: orders that count, and subscriptions."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from voc.customers.tables import Order, Subscription
from voc.insights import kpi
from voc.insights.columns import Column, chunks, seconds_of
from voc.insights.kpi import Cohort, Purchases, Rate, Step, purchases
from voc.insights.queries import EPOCH

_JST, _DAY = 9 * 3600, 86_400


def days_of(day: date) -> int:
    return (day - EPOCH).days


def purchases_of(session: Session) -> Purchases:
    """Orders that were paid and not cancelled, above ¥0."""
    seconds = seconds_of(session, Order.ordered_at)
    wanted = sa.select(Order.customer_id, seconds, Order.total).where(Order.status == "purchased", Order.total > 0)
    customer, second, total = _columns(session, wanted, 3)
    return purchases(customer, (second + _JST) // _DAY, total)


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
    started, stopped, deliveries = _columns(session, wanted, 3)
    return Subscriptions((started + _JST) // _DAY, np.where(stopped > 0, (stopped + _JST) // _DAY, 0), deliveries)


def _columns(session: Session, statement: sa.Select[*tuple[Any, ...]], width: int) -> list[Column]:
    parts: list[list[Column]] = [[] for _ in range(width)]
    for chunk in chunks(session, statement):
        for place in range(width):
            parts[place].append(np.array([value or 0 for value in chunk[place]], dtype=np.int64))
    return [np.concatenate(part) if part else np.zeros(0, dtype=np.int64) for part in parts]


TREND_MONTHS = 12
PERIOD_DAYS = 365


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
    bought, day = purchases_of(session), days_of(today)
    subscribed = subscriptions(session)
    cohorts = kpi.cohorts(bought, day, window=window)
    months = [(month, kpi.first_day(month), min(kpi.first_day(month + 1) - 1, day)) for month in _last_months(day)]
    churned = [(month, kpi.churn(subscribed.started, subscribed.ended, first, last)) for month, first, last in months if last < day]
    return Figures(
        cohorts=cohorts,
        f2=kpi.over_all([cohort.f2 for cohort in cohorts]),
        repeaters=kpi.repeaters(bought, day - PERIOD_DAYS + 1, day),
        repeaters_by_month=[(month, kpi.repeaters(bought, first, last)) for month, first, last in months],
        steps=kpi.steps(subscribed.deliveries, subscribed.cancelled),
        churn=churned[-1][1] if churned else Rate(0, 0, observed=False),
        churn_by_month=churned,
        subscriptions=len(subscribed.started),
        orders=len(bought.customer),
        left_out=left_out(session),
    )


def _last_months(day: int) -> list[int]:
    current = int(kpi.months(np.array([day]))[0])
    return list(range(current - TREND_MONTHS + 1, current + 1))
