"""Reads of the reports: decisions with the way they were drawn, denominators, alerts, names to choose from."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from voc.campaigns.tables import Campaign, Invitation
from voc.clock import JST, end_of_day, start_of_day
from voc.customers.tables import Customer, Product, Subscription
from voc.insights.columns import LEAF_CODES, NONE, Column, Columns, chunks
from voc.insights.draws import Drawn, overall
from voc.insights.selection import Selection, months_before
from voc.readings.tables import Alert
from voc.reviews.tables import AuditDraw, Decision
from voc.surveys.tables import SOURCES, Answer

_LEAF = {code: place for place, code in enumerate(LEAF_CODES)}
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Reviews:
    """What people decided, shape (n,) each, in the order of ``place``.

    Attributes
    ----------
    place : where the answer stands in the columns
    leaf : place in LEAF_CODES: the adjudicated reason, else that of the first decision
    probability : with which the answer was drawn at random; 0 where it was not
    """

    place: Column
    leaf: Column
    probability: NDArray[np.float64]

    @property
    def drawn(self) -> NDArray[np.bool_]:
        return self.probability > 0


def reviews(session: Session, columns: Columns) -> Reviews:
    """All standing decisions. An adjudication counts before the first decision; a second coding alone changes nothing."""
    decided: dict[int, int] = {}
    wanted = sa.select(Decision.answer_id, Decision.primary_leaf).where(Decision.undone_at.is_(None))
    for round_ in ("first", "adjudication"):
        decided.update((row[0], _LEAF.get(row[1], NONE)) for row in session.execute(wanted.where(Decision.round == round_)))
    answers = np.array(sorted(decided), dtype=np.int64)
    place = columns.places(answers)
    leaf = np.array([decided[int(answer)] for answer in answers], dtype=np.int64)
    there = place != NONE
    answers, place, leaf = answers[there], place[there], leaf[there]
    drawn = probabilities(session)
    return Reviews(place, leaf, np.array([drawn.get(int(answer), 0.0) for answer in answers], dtype=np.float64))


def probabilities(session: Session) -> dict[int, float]:
    """With which probability each drawn answer was drawn at all."""
    rows = session.execute(
        sa.select(AuditDraw.answer_id, AuditDraw.wave, AuditDraw.stratum, AuditDraw.probability, AuditDraw.drawn_at, Answer.created_at)
        .join(Answer, Answer.id == AuditDraw.answer_id)
    )  # fmt: skip
    return overall([Drawn(*row) for row in rows])


def invitations_of(session: Session, *, campaign_id: int | None, way: str | None) -> Column:
    """Ids of the answered invitations of a campaign or over a channel."""
    wanted = sa.select(Invitation.id).where(Invitation.answered_at.is_not(None))
    if campaign_id is not None:
        wanted = wanted.where(Invitation.campaign_id == campaign_id)
    if way is not None:
        wanted = wanted.where(Invitation.channel == way)
    return np.array(session.scalars(wanted.order_by(Invitation.id)).all(), dtype=np.int64)


def chosen(session: Session, columns: Columns, selection: Selection) -> NDArray[np.bool_]:
    """Which of the columns belong to a selection, shape (N,)."""
    mask = np.ones(len(columns), dtype=bool)
    if selection.start is not None:
        mask &= columns.day >= (selection.start - EPOCH).days
    if selection.end is not None:
        mask &= columns.day <= (selection.end - EPOCH).days
    if selection.purchase_type is not None:
        mask &= columns.purchase_type == ["one_off", "subscription"].index(selection.purchase_type)
    if selection.product_id is not None:
        mask &= columns.product == selection.product_id
    if selection.campaign_id is not None:
        mask &= np.isin(columns.invitation, invitations_of(session, campaign_id=selection.campaign_id, way=None))
    if selection.way is not None:
        asked_so = np.isin(columns.invitation, invitations_of(session, campaign_id=None, way=selection.way))
        came_so = SOURCES.index(selection.way) if selection.way in SOURCES else NONE
        mask &= asked_so | ((columns.invitation == 0) & (columns.source == came_so))
    return mask


# -- denominators ---------------------------------------------------------------------------------------------------------


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
    found, day = {}, first.astimezone(JST).date().replace(day=1)
    while day <= last.astimezone(JST).date():
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


# -- alerts ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Harm:
    """Complaints of bodily harm, shape (N,) each.

    Attributes
    ----------
    flagged : the machine raised it, whatever became of it
    told : raised by machine or reviewer, and not dismissed
    open : nobody has looked at it yet
    """

    flagged: NDArray[np.bool_]
    told: NDArray[np.bool_]
    open: NDArray[np.bool_]


def harm(session: Session, columns: Columns) -> Harm:
    flagged, told, open_ = (np.zeros(len(columns), dtype=bool) for _ in range(3))
    wanted = sa.select(Alert.answer_id, Alert.source == "machine", Alert.status != "dismissed", Alert.status == "open")
    for ids, by_machine, stands, waits in chunks(session, wanted.where(Alert.code == "health_harm")):
        place = columns.places(np.array(ids, dtype=np.int64))
        for found, marks in ((flagged, by_machine), (told, stands), (open_, waits)):
            found[place[(place != NONE) & np.array(marks, dtype=bool)]] = True
    return Harm(flagged, told, open_)


# -- names ----------------------------------------------------------------------------------------------------------------


def products(session: Session) -> dict[int, str]:
    return {row[0]: row[1] for row in session.execute(sa.select(Product.id, Product.name).order_by(Product.name, Product.id))}


def campaigns(session: Session) -> dict[int, str]:
    return {row[0]: row[1] for row in session.execute(sa.select(Campaign.id, Campaign.name).order_by(Campaign.created_at.desc()))}
