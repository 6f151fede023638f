"""Reads of the reports: how many were asked, how many left."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc.campaigns.tables import Invitation
from voc.clock import day_of, end_of_day, start_of_day
from voc.customers.tables import Customer, Subscription
from voc.replies.selection import Selection, months_before


@dataclass(frozen=True)
class Asked:
    """How many were asked in a period, and how many of those have answered by now."""

    asked: int = 0
    answered: int = 0

    def __add__(self, other: "Asked") -> "Asked":
        return Asked(self.asked + other.asked, self.answered + other.answered)


def asked(session: Session, selection: Selection) -> Asked:
    row = session.execute(sa.select(sa.func.count(), sa.func.count(Invitation.answered_at)).where(*_asked_in(selection))).one()
    return Asked(row[0], row[1])


def asked_by(session: Session, selection: Selection, cut: str) -> dict[str, Asked]:
    """The same by month, product, …; none for cuts that only an answer knows (``stated``)."""
    if cut == "stated":
        return {}
    if cut == "month":
        return _asked_by_month(session, selection)
    key = {
        "product": Invitation.product_id, "purchase_type": Invitation.purchase_type, "channel": Invitation.channel,
        "campaign": Invitation.campaign_id, "cohort": _month(session, Customer.first_order_at),
    }[cut]  # fmt: skip
    wanted = sa.select(key, sa.func.count(), sa.func.count(Invitation.answered_at)).where(*_asked_in(selection)).group_by(key)
    if cut == "cohort":
        wanted = wanted.join(Customer, Customer.id == Invitation.customer_id)
    return {"" if row[0] is None else str(row[0]): Asked(row[1], row[2]) for row in session.execute(wanted)}


def _asked_by_month(session: Session, selection: Selection) -> dict[str, Asked]:
    """A count for each month: quicker on the index than to reckon the month of every row."""
    first, last = session.execute(
        sa.select(sa.func.min(Invitation.asked_at), sa.func.max(Invitation.asked_at)).where(*_asked_in(selection))
    ).one()
    if first is None or last is None:
        return {}
    found, day = {}, day_of(first).replace(day=1)
    while day <= day_of(last):
        following = months_before(day, -1)
        start, end = max(day, selection.start or day), following - timedelta(days=1)
        inside = asked(session, replace(selection, start=start, end=min(end, selection.end or end)))
        if inside.asked:
            found[f"{day:%Y-%m}"] = inside
        day = following
    return found


def _asked_in(selection: Selection) -> Iterable[sa.ColumnElement[bool]]:
    yield Invitation.asked_at.is_not(None)
    if selection.start is not None:
        yield Invitation.asked_at >= start_of_day(selection.start)
    if selection.end is not None:
        yield Invitation.asked_at < end_of_day(selection.end)
    for column, value in (
        (Invitation.purchase_type, selection.purchase_type), (Invitation.product_id, selection.product_id),
        (Invitation.campaign_id, selection.campaign_id), (Invitation.channel, selection.way),
    ):  # fmt: skip
        if value is not None:
            yield column == value


def _month(session: Session, moment: sa.orm.InstrumentedAttribute) -> sa.ColumnElement[str]:  # type: ignore[type-arg]
    """The month in Japan of a stored moment: ``2026-11``."""
    if session.get_bind().dialect.name == "sqlite":
        return sa.func.strftime("%Y-%m", moment, "+9 hours")
    return sa.func.to_char(sa.func.timezone("Asia/Tokyo", moment), "YYYY-MM")


def left(session: Session, selection: Selection) -> int | None:
    """How many stopped: subscriptions cancelled in the period, and one-off buyers whom a campaign found not to have come back.

    ``None`` where it is not known: no subscriptions were imported, or the selection is of a campaign or channel.
    """
    if selection.campaign_id is not None or selection.way is not None:
        return None
    total = 0
    if selection.purchase_type != "one_off":
        if session.execute(sa.select(Subscription.id).limit(1)).first() is None:
            return None
        wanted = sa.select(sa.func.count()).select_from(Subscription).where(Subscription.status == "cancelled", *_cancelled_in(selection))
        total += session.scalar(wanted) or 0
    if selection.purchase_type != "subscription":
        bought_once = replace(selection, purchase_type="one_off")
        waiting = sa.select(sa.func.count()).where(Invitation.asked_at.is_(None), *_found_in(bought_once))
        total += asked(session, bought_once).asked + (session.scalar(waiting) or 0)
    return total


def _cancelled_in(selection: Selection) -> Iterable[sa.ColumnElement[bool]]:
    if selection.start is not None:
        yield Subscription.cancelled_at >= start_of_day(selection.start)
    if selection.end is not None:
        yield Subscription.cancelled_at < end_of_day(selection.end)
    if selection.product_id is not None:
        yield Subscription.product_id == selection.product_id


def _found_in(selection: Selection) -> Iterable[sa.ColumnElement[bool]]:
    """Found by a campaign in the period, and not asked: held out to compare with, or not yet."""
    yield Invitation.purchase_type == selection.purchase_type
    if selection.start is not None:
        yield Invitation.created_at >= start_of_day(selection.start)
    if selection.end is not None:
        yield Invitation.created_at < end_of_day(selection.end)
    if selection.product_id is not None:
        yield Invitation.product_id == selection.product_id
