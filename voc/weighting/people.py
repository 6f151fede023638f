"""Who was asked and who left, as columns of numbers kept in memory: what replies are weighted to.

Loaded when somebody first wishes for weights, and again after ``columns.TRUST`` or when invitations or cancellations were added.
"""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from voc.campaigns.tables import Invitation
from voc.clock import now
from voc.customers.tables import Customer, Subscription
from voc.days import day_number, days
from voc.kpi.queries import purchases_of
from voc.numbers import NONE, Column, columns, seconds_of
from voc.reasons.codebook import PURCHASE_TYPES
from voc.replies.columns import TRUST
from voc.replies.selection import WAYS, Selection

TENURE_DAYS = (31, 91, 181, 366)
"""Where a band of days since the first order begins."""
PRICE_YEN = (1_000, 2_000, 4_000, 8_000)
"""Where a band of the first order's total begins."""
UNKNOWN_BAND = 5


@dataclass(frozen=True)
class Customers:
    """First order of every customer, in the order of the ids, shape (C,) each; −1 where it is not known."""

    ids: Column
    day: Column
    price: Column

    def bands(self, customer: Column, day: Column) -> tuple[Column, Column]:
        """Bands of tenure on a day and of the first price, ``UNKNOWN_BAND`` where they are not known."""
        if not len(self.ids):
            return np.full(len(customer), UNKNOWN_BAND), np.full(len(customer), UNKNOWN_BAND)
        place = np.minimum(np.searchsorted(self.ids, customer), len(self.ids) - 1)
        known = self.ids[place] == customer
        first = np.where(known, self.day[place], NONE)
        price = np.where(known, self.price[place], NONE)
        tenure = np.searchsorted(TENURE_DAYS, np.maximum(day - first, 0), side="right")
        paid = np.searchsorted(PRICE_YEN, price, side="right")
        return np.where(first != NONE, tenure, UNKNOWN_BAND), np.where(price != NONE, paid, UNKNOWN_BAND)


@dataclass(frozen=True)
class Group:
    """Some people and what is known of each, shape (M,): ``day`` is when they were asked, or left."""

    key: Column
    product: Column
    purchase_type: Column
    way: Column
    campaign: Column
    day: Column
    tenure: Column
    price: Column

    def inside(self, selection: Selection) -> NDArray[np.bool_]:
        mask = np.ones(len(self.day), dtype=bool)
        if selection.start is not None:
            mask &= self.day >= day_number(selection.start)
        if selection.end is not None:
            mask &= self.day <= day_number(selection.end)
        for column, wanted in (
            (self.purchase_type, selection.purchase_type and PURCHASE_TYPES.index(selection.purchase_type)),
            (self.product, selection.product_id),
            (self.campaign, selection.campaign_id),
            (self.way, selection.way and WAYS.index(selection.way)),
        ):
            if wanted is not None:
                mask &= column == wanted
        return mask


@dataclass(frozen=True)
class People:
    """``asked``: everyone asked; ``left``: cancelled subscriptions, and one-off buyers whom a campaign found not to have come back."""

    asked: Group
    left: Group
    customers: Customers
    subscriptions: bool
    """Whether any were imported: without, nobody knows how many left."""
    weighed: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    """Weights of earlier looks, as long as nothing has changed (weights.weigh)."""


_kept: WeakKeyDictionary[Any, tuple[People, Any, datetime]] = WeakKeyDictionary()
_lock = threading.Lock()


def read(session: Session) -> People:
    engine = session.get_bind()
    with _lock:
        state = _state(session)
        kept = _kept.get(engine)
        if kept is not None and kept[1] == state and now() - kept[2] < TRUST:
            return kept[0]
        people = _loaded(session)
        _kept[engine] = (people, state, now())
        return people


def _state(session: Session) -> tuple[int, ...]:
    asked = session.execute(sa.select(sa.func.count(Invitation.asked_at), sa.func.max(Invitation.id))).one()
    ended = session.scalar(sa.select(sa.func.count()).select_from(Subscription).where(Subscription.status == "cancelled"))
    return asked[0] or 0, asked[1] or 0, ended or 0


def _loaded(session: Session) -> People:
    customers = _customers(session)
    channel = sa.case({way: place for place, way in enumerate(WAYS)}, value=Invitation.channel, else_=NONE)
    bought = sa.case({code: place for place, code in enumerate(PURCHASE_TYPES)}, value=Invitation.purchase_type, else_=NONE)
    asked_at, found_at = seconds_of(session, Invitation.asked_at), seconds_of(session, Invitation.created_at)
    ids, customer, product, kind, way, campaign, asked, found = columns(
        session, sa.select(Invitation.id, Invitation.customer_id, Invitation.product_id, bought, channel, Invitation.campaign_id, asked_at, found_at)
        .order_by(Invitation.id), 8,
    )  # fmt: skip
    sent = asked > 0
    known = {"key": ids, "product": product, "purchase_type": kind, "way": way, "campaign": campaign}
    everyone = _group(customers, customer, days(asked), **known)
    one_off = kind == PURCHASE_TYPES.index("one_off")
    silent = _group(customers, customer, np.where(sent, days(asked), days(found)), **known)
    ended = seconds_of(session, Subscription.cancelled_at)
    owner, item, stopped = columns(
        session, sa.select(Subscription.customer_id, Subscription.product_id, ended).where(Subscription.status == "cancelled"), 3
    )
    subscribed = np.full(len(owner), PURCHASE_TYPES.index("subscription"))
    cancelled = _group(customers, owner, days(stopped), product=item, purchase_type=subscribed)
    return People(
        asked=_part(everyone, sent),
        left=_joined(cancelled, _part(silent, one_off)),
        customers=customers,
        subscriptions=session.execute(sa.select(Subscription.id).limit(1)).first() is not None,
    )


def _customers(session: Session) -> Customers:
    first = seconds_of(session, Customer.first_order_at)
    ids, seconds = columns(session, sa.select(Customer.id, first).order_by(Customer.id), 2)
    bought = purchases_of(session)
    owners, place = np.unique(bought.customer, return_index=True)
    price = np.full(len(ids), NONE)
    where = np.searchsorted(ids, owners)
    price[where] = bought.total[place]
    return Customers(ids, np.where(seconds > 0, days(seconds), NONE), price)


def _group(customers: Customers, customer: Column, day: Column, **known: Column) -> Group:
    tenure, price = customers.bands(customer, day)
    nothing = np.full(len(customer), NONE)
    return Group(**{"key": nothing, "way": nothing, "campaign": nothing} | known, day=day, tenure=tenure, price=price)


def _part(group: Group, mask: NDArray[np.bool_]) -> Group:
    return Group(*(getattr(group, name)[mask] for name in Group.__dataclass_fields__))


def _joined(first: Group, second: Group) -> Group:
    return Group(*(np.concatenate([getattr(first, name), getattr(second, name)]) for name in Group.__dataclass_fields__))
