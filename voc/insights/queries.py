"""Reads of the reports: decisions with the way they were drawn, denominators, alerts, names to choose from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session, aliased

from voc.campaigns.tables import Campaign, Invitation
from voc.clock import JST, end_of_day, start_of_day
from voc.customers.tables import Customer, Product, Subscription
from voc.insights.breakdown import GROUP_CODES, group_places
from voc.insights.columns import LEAF_CODES, NONE, Column, Columns, chunks
from voc.insights.selection import Selection, months_before
from voc.readings.tables import Alert, Prediction
from voc.reviews.tables import AuditDraw, AuditWave, Decision
from voc.stats.waves import Drawn, Stratum, Wave, chances
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
    probability : with which the answer was drawn at random and reviewed in its turn; 0 where it was not (yet)
    audits : all answers that were drawn, also those that nobody has decided
    """

    place: Column
    leaf: Column
    probability: NDArray[np.float64]
    audits: "Audits"

    @property
    def drawn(self) -> NDArray[np.bool_]:
        return self.probability > 0


@dataclass(frozen=True)
class Audits:
    """Answers drawn at random, shape (m,) each.

    Attributes
    ----------
    place : where the answer stands in the columns
    chance : with which it was drawn and reviewed in its turn; 0 where it does not count (yet)
    withdrawn : nobody will decide it: its draw was closed before
    """

    place: Column
    chance: NDArray[np.float64]
    withdrawn: NDArray[np.bool_]


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
    place, leaf = place[there], leaf[there]
    found = audits(session, columns)
    chance = np.zeros(len(columns))
    chance[found.place] = found.chance
    return Reviews(place, leaf, chance[place], found)


def audits(session: Session, columns: Columns) -> Audits:
    """Every answer that was drawn at random, with the chance that stats.waves reckons for it."""
    rows = _drawn(session)
    place = columns.places(np.array([row.answer_id for row in rows], dtype=np.int64))
    rows, place = [row for row, where in zip(rows, place, strict=True) if where != NONE], place[place != NONE]
    found = [
        Drawn(wave=row.wave, stratum=row.stratum, probability=row.probability, decided=row.decided, in_order=row.decided and row.stream == "audit")
        for row in rows
    ]  # fmt: skip
    withdrawn = np.array([row.closed_at is not None and not row.decided for row in rows], dtype=bool)
    return Audits(place, chances(found, _waves(session, columns, rows, place)), withdrawn)


def _drawn(session: Session) -> list[Any]:
    first = aliased(Decision)
    return list(
        session.execute(
            sa.select(
                AuditDraw.answer_id, AuditDraw.wave, AuditDraw.stratum, AuditDraw.probability, Answer.created_at,
                AuditWave.closed_at, first.id.is_not(None).label("decided"), first.stream,
            )
            .join(Answer, Answer.id == AuditDraw.answer_id)
            .join(AuditWave, AuditWave.name == AuditDraw.wave)
            .outerjoin(first, sa.and_(first.answer_id == AuditDraw.answer_id, first.round == "first", first.undone_at.is_(None)))
            .order_by(AuditDraw.id)
        )
    )  # fmt: skip


def _waves(session: Session, columns: Columns, rows: Sequence[Any], place: Column) -> list[Wave]:
    """How each wave stands to all drawn answers. One wave stands to nothing."""
    waves = session.scalars(sa.select(AuditWave).order_by(AuditWave.id)).all()
    if len(waves) < 2 or not len(place):
        return []
    answers = np.array([row.answer_id for row in rows], dtype=np.int64)
    came = np.array([row.created_at.timestamp() for row in rows])
    flagged = _flagged(session, answers) if any(wave.unflagged for wave in waves) else None
    read = _readings_of(session, {wave.model_version for wave in waves})
    current = (group_places(columns.purchase_type[place], columns.leaf[place]), columns.confidence[place])
    found = []
    for wave in waves:
        moment = wave.drawn_at.timestamp()
        open_ = (answers <= wave.last_answer_id) & (came <= moment)
        if wave.scope:
            open_ &= chosen(session, columns, Selection.of(wave.scope))[place]
        if wave.unflagged and flagged is not None:
            open_ &= flagged > moment
        group, confidence = _read_then(read.get(wave.model_version, {}), answers, columns.purchase_type[place], current)
        found.append(Wave(name=wave.name, strata=_strata(wave), open=open_, code=group, confidence=confidence))
    return found


def _strata(wave: AuditWave) -> list[Stratum]:
    return [
        Stratum(name=told["name"], code=GROUP_CODES.index(told["group"]), low=told["low"], high=told["high"], rate=told["rate"])
        for told in wave.strata
    ]


def _readings_of(session: Session, versions: set[str]) -> dict[str, dict[int, tuple[int, float]]]:
    """Leaf and confidence that each model found in the drawn answers; a model's reading stays when another takes its place."""
    wanted = sa.select(Prediction.model_version, Prediction.answer_id, Prediction.primary_leaf, Prediction.confidence).where(
        Prediction.model_version.in_(versions), Prediction.current.is_(False), Prediction.answer_id.in_(sa.select(AuditDraw.answer_id))
    )
    found: dict[str, dict[int, tuple[int, float]]] = {}
    for version, answer_id, leaf, confidence in session.execute(wanted):
        found.setdefault(version, {})[answer_id] = (_LEAF.get(leaf, NONE), min(max(confidence, 0.0), 1.0))
    return found


def _read_then(
    read: dict[int, tuple[int, float]], answers: Column, purchase_type: Column, current: tuple[Column, NDArray[np.float64]]
) -> tuple[Column, NDArray[np.float64]]:
    """Group and confidence by the model of that time, else by the present one."""
    if not read:
        return current
    group, confidence = current[0].copy(), current[1].copy()
    for place, answer_id in enumerate(answers):
        if (then := read.get(int(answer_id))) and then[0] != NONE:
            group[place], confidence[place] = group_places(purchase_type[place], np.array(then[0])), then[1]
    return group, confidence


def _flagged(session: Session, answers: Column) -> NDArray[np.float64]:
    """When the machine raised harm in each answer; never is infinitely late."""
    wanted = sa.select(Alert.answer_id, Alert.raised_at).where(
        Alert.code == "health_harm", Alert.source == "machine", Alert.answer_id.in_(sa.select(AuditDraw.answer_id))
    )
    raised = {answer_id: moment.timestamp() for answer_id, moment in session.execute(wanted)}
    return np.array([raised.get(int(answer_id), np.inf) for answer_id in answers])


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
