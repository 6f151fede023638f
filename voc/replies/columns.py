"""All answers and their readings as columns of numbers, kept in memory between requests.

A breakdown of 100,000 replies by reason, month, product and stated option is a matter of milliseconds on such columns and of
a second in SQL. Before each use the database is asked for counts and check sums; what came or was read anew since then is
added, and where the sums still differ everything is loaded again. So the columns are never older than the request, but for
corrections of an answer's product or way of buying, which show after ``TRUST``.

Decisions are few and change by undoing, so they are not kept here (replies.reviews).
"""

import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from voc.clock import now
from voc.days import days
from voc.numbers import NONE, Column, chunks, seconds_of
from voc.readings.tables import Prediction
from voc.reasons.codebook import PURCHASE_TYPES
from voc.replies.codes import LEAF_CODES, STATED_CODES
from voc.surveys.tables import SOURCES, Answer

TRUST = timedelta(minutes=10)
_LEAF = {code: place for place, code in enumerate(LEAF_CODES)}
_TYPE = {code: place for place, code in enumerate(PURCHASE_TYPES)}
_STATED = {code: place for place, code in enumerate(STATED_CODES)}
_SOURCE = {code: place for place, code in enumerate(SOURCES)}


@dataclass(frozen=True)
class Columns:
    """Answers in the order of their ids, shape (N,) each.

    Attributes
    ----------
    answer, invitation, customer, product : ids; 0 for none
    day : days since 1970-01-01 in Japan, on which it was answered
    purchase_type, source, leaf : places in PURCHASE_TYPES, SOURCES, LEAF_CODES; −1 for none (``leaf``: not read yet)
    stated : place in STATED_CODES; −1 for none or one that this version does not know
    prediction : id of the current reading; 0 for none
    micros : confidence in millionths: whole, so that sums are exact
    """

    answer: Column
    invitation: Column
    customer: Column
    product: Column
    day: Column
    purchase_type: Column
    source: Column
    stated: Column
    prediction: Column
    leaf: Column
    micros: Column
    models: tuple[str, ...] = ()
    """Whose readings these are: one model, or more while a new one is still reading."""

    def __len__(self) -> int:
        return len(self.answer)

    @property
    def confidence(self) -> NDArray[np.float64]:
        return np.clip(self.micros / 1e6, 0.0, 1.0)

    def places(self, answers: Column) -> Column:
        """Where these answers stand; −1 for those that are not there."""
        if not len(self):
            return np.full(len(answers), NONE)
        place = np.minimum(np.searchsorted(self.answer, answers), len(self) - 1)
        return np.where(self.answer[place] == answers, place, NONE)


@dataclass(frozen=True)
class _State:
    """What tells whether something changed, without reading it all."""

    answers: int
    last_answer: int
    predictions: int
    prediction_sum: int
    micros_sum: int


@dataclass(frozen=True)
class _Kept:
    columns: Columns
    state: _State
    newest: datetime | None
    """Moment of the last reading that is in the columns."""
    loaded_at: datetime


_kept: WeakKeyDictionary[Any, _Kept] = WeakKeyDictionary()
_lock = threading.Lock()


def read(session: Session) -> Columns:
    """The columns as the database is now."""
    engine = session.get_bind()
    with _lock:
        state, newest = _state(session)
        kept = _kept.get(engine)
        if kept is not None and now() - kept.loaded_at >= TRUST:
            kept = None
        if kept is not None and kept.state == state:
            return kept.columns
        columns = _added(session, kept, state) if kept is not None else None
        loaded_at = now() if kept is None or columns is None else kept.loaded_at
        columns = replace(columns or _loaded(session), models=models(session))
        _kept[engine] = _Kept(columns, _state_of(columns), newest, loaded_at)
        return columns


def _state(session: Session) -> tuple[_State, datetime | None]:
    answers = session.execute(sa.select(sa.func.count(Answer.id), sa.func.max(Answer.id))).one()
    read_ = session.execute(sa.select(sa.func.count(), sa.func.sum(Prediction.id), sa.func.sum(_micros())).where(Prediction.current)).one()
    newest = session.scalar(sa.select(sa.func.max(Prediction.created_at)))
    return _State(answers[0], answers[1] or 0, read_[0], int(read_[1] or 0), int(read_[2] or 0)), newest


def models(session: Session) -> tuple[str, ...]:
    return tuple(
        session.scalars(sa.select(Prediction.model_version).where(Prediction.current).distinct().order_by(Prediction.model_version))
    )


def _state_of(columns: Columns) -> _State:
    read_ = columns.prediction > 0
    last = int(columns.answer[-1]) if len(columns) else 0
    return _State(len(columns), last, int(read_.sum()), int(columns.prediction.sum()), int(columns.micros[read_].sum()))


def _added(session: Session, kept: _Kept, state: _State) -> Columns | None:
    """The kept columns with what came since; ``None`` when that does not explain the change."""
    columns = _joined(kept.columns, _answers(session, Answer.id > kept.state.last_answer))
    since = Prediction.created_at >= kept.newest if kept.newest else sa.true()
    columns = _with_readings(columns, _readings(session, since))
    return columns if _state_of(columns) == state else None


def _loaded(session: Session) -> Columns:
    return _with_readings(_answers(session), _readings(session))


def _joined(first: Columns, second: Columns) -> Columns:
    if not len(second):
        return first
    names = [name for name in Columns.__dataclass_fields__ if name != "models"]
    both: dict[str, Any] = {name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in names}
    return Columns(**both)


def _with_readings(columns: Columns, readings: tuple[Column, Column, Column, Column]) -> Columns:
    answers, predictions, leaves, micros = readings
    place = columns.places(answers)
    known = place != NONE
    changed = {name: getattr(columns, name).copy() for name in ("prediction", "leaf", "micros")}
    changed["prediction"][place[known]] = predictions[known]
    changed["leaf"][place[known]] = leaves[known]
    changed["micros"][place[known]] = micros[known]
    return replace(columns, **changed)


def _answers(session: Session, *where: sa.ColumnElement[bool]) -> Columns:
    seconds = seconds_of(session, Answer.answered_at)
    wanted = (
        Answer.id,
        Answer.invitation_id,
        Answer.customer_id,
        Answer.product_id,
        seconds,
        Answer.purchase_type,
        Answer.source,
        Answer.stated,
    )
    plain: list[list[Column]] = [[] for _ in range(8)]
    for chunk in chunks(session, sa.select(*wanted).where(*where)):
        for place in range(5):
            plain[place].append(np.array([value or 0 for value in chunk[place]], dtype=np.int64))
        for place, codes in ((5, _TYPE), (6, _SOURCE), (7, _STATED)):
            plain[place].append(np.array([codes.get(value, NONE) for value in chunk[place]], dtype=np.int64))
    answer, invitation, customer, product, second, purchase_type, source, stated = (
        np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64) for parts in plain
    )
    order = np.argsort(answer, kind="stable")
    zeros = np.zeros(len(answer), dtype=np.int64)
    return Columns(
        answer=answer[order], invitation=invitation[order], customer=customer[order], product=product[order],
        day=days(second)[order], purchase_type=purchase_type[order], source=source[order], stated=stated[order],
        prediction=zeros, leaf=zeros + NONE, micros=zeros,
    )  # fmt: skip


def _readings(session: Session, *where: sa.ColumnElement[bool]) -> tuple[Column, Column, Column, Column]:
    wanted = sa.select(Prediction.answer_id, Prediction.id, Prediction.primary_leaf, _micros()).where(Prediction.current, *where)
    plain: list[list[Column]] = [[] for _ in range(4)]
    for chunk in chunks(session, wanted):
        for place in (0, 1, 3):
            plain[place].append(np.array(chunk[place], dtype=np.int64))
        plain[2].append(np.array([_LEAF.get(code, NONE) for code in chunk[2]], dtype=np.int64))
    answers, predictions, leaves, micros = (np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64) for parts in plain)
    return answers, predictions, leaves, micros


def _micros() -> sa.ColumnElement[int]:
    return sa.cast(Prediction.confidence * 1_000_000, sa.BigInteger)
