"""Reads: what is unread, alerts to be worked, how far the model in use is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from voc.accounts.tables import User
from voc.clock import now
from voc.customers.queries import product_names
from voc.customers.tables import Product
from voc.jobs import Job
from voc.readings.reader import Kept
from voc.readings.tables import Alert, DriftCheck, ModelVersion, Prediction, ReadingCache
from voc.readings.words import Words, words_of
from voc.reasons import codebook
from voc.surveys.tables import Answer, FollowUp

STATUSES = ("open", "confirmed", "dismissed", "done")
#: Somebody has something to do about these.
UNFINISHED = ("open", "confirmed")
PER_PAGE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """An answer that the model in use has not read, or not whole."""

    answer_id: int
    words: Words
    purchase_type: str
    follow_up: bool
    """There is a follow-up among the words."""
    read_before: bool
    """This version read it in an earlier use, and nothing has been added since: no need to read it again."""


def in_use(session: Session) -> ModelVersion | None:
    return session.scalar(sa.select(ModelVersion).where(ModelVersion.in_use))


def is_in_use(session: Session, version: str) -> bool:
    return session.scalar(sa.select(ModelVersion.in_use).where(ModelVersion.version == version)) is True


def _unread(version: str, *columns: Any) -> sa.Select[Any]:
    """Answers without a current reading by ``version``, or whose follow-up was answered after it was read."""
    read = sa.and_(Prediction.answer_id == Answer.id, Prediction.model_version == version)
    answered = sa.and_(FollowUp.answer_id == Answer.id, FollowUp.answered_at.is_not(None), FollowUp.text != "")
    stale = sa.and_(FollowUp.id.is_not(None), Prediction.follow_up_read.is_(False))
    return (
        sa.select(*columns)
        .select_from(Answer)
        .outerjoin(Prediction, read)
        .outerjoin(FollowUp, answered)
        .where(sa.or_(Prediction.id.is_(None), Prediction.current.is_(False), stale))
    )


def unread_count(session: Session, version: str) -> int:
    return session.scalar(_unread(version, sa.func.count())) or 0


def anything_unread(session: Session, version: str) -> bool:
    return session.execute(_unread(version, Answer.id).limit(1)).first() is not None


def first_unread(session: Session, version: str) -> int:
    """The least id of an unread answer; 1 where there is none."""
    return session.scalar(_unread(version, Answer.id).order_by(Answer.id).limit(1)) or 1


def kept_and_new(session: Session, version: str, *, at_least: int) -> bool:
    """Whether so many answers at least are kept as prepared for reading, and were never read by ``version``."""
    read = sa.exists().where(Prediction.answer_id == ReadingCache.answer_id, Prediction.model_version == version)
    return session.scalar(sa.select(ReadingCache.answer_id).where(~read).offset(at_least - 1).limit(1)) is not None


def unread(session: Session, version: str, *, after: int = 0, limit: int | None = None, ids: Collection[int] | None = None) -> list[Unread]:
    """The next answers to read, by their id; only ``ids``, where they are given."""
    read_before = sa.and_(Prediction.id.is_not(None), sa.or_(FollowUp.id.is_(None), Prediction.follow_up_read.is_(True))).label(
        "read_before"
    )
    statement = _unread(
        version,
        Answer.id,
        Answer.text,
        Answer.extra,
        Answer.purchase_type,
        FollowUp.question,
        FollowUp.text.label("follow_up"),
        read_before,
    )
    if ids is not None:
        statement = statement.where(Answer.id.in_(ids))
    rows = session.execute(statement.where(Answer.id > after).order_by(Answer.id).limit(limit))
    return [
        Unread(
            answer_id=row.id,
            words=words_of(row.text, row.extra, row.question, row.follow_up),
            purchase_type=row.purchase_type,
            follow_up=row.follow_up is not None,
            read_before=bool(row.read_before),
        )
        for row in rows
    ]


def unread_between(session: Session, version: str, after: int, last: int) -> Sequence[sa.Row[Any]]:
    """All there is about the unread answers of a range of ids, as plain rows, with what is kept of them."""
    extra = sa.case((sa.cast(Answer.extra, sa.Text) == "{}", sa.null()), else_=Answer.extra).label("extra")
    statement = _unread(
        version,
        Answer.id,
        Answer.text,
        extra,
        Answer.purchase_type,
        FollowUp.question,
        FollowUp.text.label("follow_up"),
        Prediction.id.is_(None).label("new"),
        ReadingCache.text_key,
        ReadingCache.prepared_by,
        ReadingCache.content,
        ReadingCache.vector,
    ).outerjoin(ReadingCache, ReadingCache.answer_id == Answer.id)
    return session.connection().execute(statement.where(Answer.id > after, Answer.id <= last).order_by(Answer.id)).all()


def kept(session: Session, ids: Sequence[int]) -> dict[int, Kept]:
    """What is in the cache of some answers."""
    columns = (ReadingCache.text_key, ReadingCache.prepared_by, ReadingCache.content, ReadingCache.vector)
    rows = session.execute(sa.select(ReadingCache.answer_id, *columns).where(ReadingCache.answer_id.in_(ids)))
    return {row.answer_id: Kept(row.text_key, row.prepared_by, row.content, row.vector) for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """Which alerts somebody wants to see."""

    code: str = ""
    state: str = "unfinished"
    product_id: int | None = None

    STATES = ("unfinished", "open", "confirmed", "overdue", "finished")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCard:
    """One alert with all that is needed to act on it."""

    alert: Alert
    answer: Answer
    words: Words
    product: str | None
    handler: str | None
    leaf: str | None
    overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPage:
    """Some alerts of a list, as components/paging.html wants it."""

    cards: Sequence[AlertCard]
    number: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PER_PAGE))


def _wanted(wish: AlertFilter, moment: datetime) -> list[sa.ColumnElement[bool]]:
    unfinished = Alert.status.in_(UNFINISHED)
    where: list[sa.ColumnElement[bool]] = [
        {
            "open": Alert.status == "open",
            "confirmed": Alert.status == "confirmed",
            "overdue": sa.and_(unfinished, Alert.due_at < moment),
            "finished": Alert.status.in_(("dismissed", "done")),
        }.get(wish.state, unfinished)
    ]
    if wish.code in codebook.ALERTS:
        where.append(Alert.code == wish.code)
    if wish.product_id is not None:
        where.append(sa.exists().where(Answer.id == Alert.answer_id, Answer.product_id == wish.product_id))
    return where


def alerts(session: Session, wish: AlertFilter, *, page: int = 1) -> AlertPage:
    """Alerts to be worked: harm to the body first, then by what is due; finished ones the latest first."""
    moment = now()
    where = _wanted(wish, moment)
    total = session.scalar(sa.select(sa.func.count()).select_from(Alert).where(*where)) or 0
    number = min(max(1, page), max(1, -(-total // PER_PAGE)))
    urgency = sa.case({code: rank for rank, code in enumerate(codebook.ALERTS)}, value=Alert.code)
    order = [Alert.handled_at.desc(), Alert.id.desc()] if wish.state == "finished" else [urgency, Alert.due_at, Alert.id]
    ids = session.scalars(sa.select(Alert.id).where(*where).order_by(*order).limit(PER_PAGE).offset((number - 1) * PER_PAGE)).all()
    found = {card.alert.id: card for card in _cards(session, ids, moment)}
    return AlertPage(cards=[found[alert_id] for alert_id in ids], number=number, total=total)


def alert_card(session: Session, alert_id: int) -> AlertCard | None:
    return next(iter(_cards(session, [alert_id], now())), None)


def _cards(session: Session, ids: Sequence[int], moment: datetime) -> list[AlertCard]:
    handler = aliased(User)
    rows = session.execute(
        sa.select(Alert, Answer, FollowUp.question, FollowUp.text, Product.name, handler.name, handler.email, Prediction.primary_leaf)
        .join(Answer, Answer.id == Alert.answer_id)
        .outerjoin(FollowUp, sa.and_(FollowUp.answer_id == Answer.id, FollowUp.answered_at.is_not(None)))
        .outerjoin(Product, Product.id == Answer.product_id)
        .outerjoin(handler, handler.id == Alert.handled_by)
        .outerjoin(Prediction, sa.and_(Prediction.answer_id == Answer.id, Prediction.current))
        .where(Alert.id.in_(ids))
    )
    return [
        AlertCard(
            alert=alert,
            answer=answer,
            words=words_of(answer.text, answer.extra, question, follow_up),
            product=product,
            handler=name or (email or "").split("@")[0] or None,
            leaf=leaf,
            overdue=alert.status in UNFINISHED and alert.due_at < moment,
        )
        for alert, answer, question, follow_up, product, name, email, leaf in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCount:
    """Unfinished alerts of one kind."""

    code: str
    unfinished: int = 0
    open: int = 0
    overdue: int = 0


def alert_counts(session: Session) -> list[AlertCount]:
    """Every kind in the codebook's order, also where nothing is to be done."""
    open_, late = Alert.status == "open", Alert.due_at < now()
    rows = session.execute(
        sa.select(Alert.code, sa.func.count(), sa.func.sum(sa.case((open_, 1), else_=0)), sa.func.sum(sa.case((late, 1), else_=0)))
        .where(Alert.status.in_(UNFINISHED))
        .group_by(Alert.code)
    )
    counts = {code: AlertCount(code=code, unfinished=all_, open=opened, overdue=overdue) for code, all_, opened, overdue in rows}
    return [counts.get(code, AlertCount(code=code)) for code in codebook.ALERTS]


def alerts_of(session: Session, answer_id: int) -> dict[str, Alert]:
    return {alert.code: alert for alert in session.scalars(sa.select(Alert).where(Alert.answer_id == answer_id))}


def products_with_answers(session: Session) -> list[tuple[int, str]]:
    """Products to choose from in a filter."""
    wanted = set(session.scalars(sa.select(Product.id).where(sa.exists().where(Answer.product_id == Product.id))))
    return [(product_id, name) for product_id, name in product_names(session).items() if product_id in wanted]


def versions(session: Session) -> list[ModelVersion]:
    """The one in use first, then the newest."""
    return list(session.scalars(sa.select(ModelVersion).order_by(ModelVersion.in_use.desc(), ModelVersion.added_at.desc())))


def latest_drift(session: Session) -> DriftCheck | None:
    """The latest month that was looked at."""
    return session.scalar(sa.select(DriftCheck).order_by(DriftCheck.month.desc()).limit(1))


def unseen_notices(session: Session) -> list[str]:
    """What the latest look at the readings found and no manager has taken note of."""
    latest = latest_drift(session)
    return [notice for notice in latest.notices if notice not in latest.seen] if latest else []


def proposal(session: Session) -> ModelVersion | None:
    """The newest model trained here, if it was shown to be better than the one in use and nobody has decided about it."""
    current = in_use(session)
    newest = sa.select(ModelVersion).where(ModelVersion.path.startswith("instance/")).order_by(ModelVersion.added_at.desc()).limit(1)
    found = session.scalar(newest)
    if current is None or found is None or found.in_use or found.declined_at is not None:
        return None
    compared = found.card.get("compared", {})
    return found if compared.get("verdict") == "better" and compared.get("with") == current.version else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the model in use is with the answers."""

    answers: int
    read: int
    running: bool
    failed: str | None

    @property
    def left(self) -> int:
        return max(0, self.answers - self.read)


def progress(session: Session, version: str | None) -> Progress:
    answers = session.scalar(sa.select(sa.func.count()).select_from(Answer)) or 0
    read = session.scalar(sa.select(sa.func.count()).where(Prediction.current, Prediction.model_version == version)) or 0
    latest = session.execute(sa.select(Job.status, Job.error).where(Job.name == "readings.read").order_by(Job.id.desc()).limit(1)).first()
    status, error = (latest.status, latest.error) if latest else ("done", None)
    return Progress(answers=answers, read=read, running=status in ("queued", "running"), failed=error if status == "failed" else None)
