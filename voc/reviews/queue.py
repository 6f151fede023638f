"""Which answer is reviewed next: streams in their order, filters, and claims so that no two people review the same one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from voc.clock import end_of_day, now, start_of_day
from voc.readings.automatic import settled
from voc.readings.tables import Alert, Prediction
from voc.reasons import codebook
from voc.reviews import queries
from voc.reviews.tables import AuditDraw, AuditWave, Claimed, Decision, PassedOn
from voc.surveys.tables import Answer

CLAIM = timedelta(minutes=15)
HARD_BELOW = 0.6
"""Confidence under which an answer counts as hard."""
COUNTED_UP_TO = 1_000

#: What is worked off when nobody chooses: harm to the body, questions of colleagues, the random draws that the shares
#: rest on, their blind second coding, what the machine is unsure of.
ORDER = ("alert", "passed_on", "audit", "second", "hard")
ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to review: a stream (none: all in their order) and filters."""

    stream: str = ""
    product_id: int | None = None
    reason: str = ""
    """A leaf as the machine read it."""
    since: date | None = None
    until: date | None = None

    @classmethod
    def from_arguments(cls, values: Mapping[str, str]) -> "Wish":
        """From an address or a form; what cannot be used is left out."""
        stream, reason, product = values.get("stream", ""), values.get("reason", ""), values.get("product", "")
        return cls(
            stream=stream if stream in (*ORDER, ALL) else "",
            product_id=int(product) if product.isascii() and product.isdigit() and len(product) < 10 else None,
            reason=reason if reason in codebook.PREDICTED_LEAVES else "",
            since=_day(values.get("since", "")),
            until=_day(values.get("until", "")),
        )

    def arguments(self) -> dict[str, Any]:
        values = {
            "stream": self.stream, "product": str(self.product_id or ""), "reason": self.reason,
            "since": self.since.isoformat() if self.since else "", "until": self.until.isoformat() if self.until else "",
        }  # fmt: skip
        return {name: value for name, value in values.items() if value}

    @property
    def filtered(self) -> bool:
        return bool(self.product_id or self.reason or self.since or self.until)


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class _Stream:
    """What waits in a stream, from the table that knows it best: answers come by the hundred thousand, draws by the hundred.

    ``answer_id`` is that table's column, ``order`` says what is most urgent.
    """

    answer_id: sa.SQLColumnExpression[int]
    waits: Sequence[sa.SQLColumnExpression[bool]]
    order: Sequence[sa.SQLColumnExpression[Any]]


def _decided(answer_id: sa.SQLColumnExpression[int], round_: str = "first") -> sa.SQLColumnExpression[bool]:
    decision = aliased(Decision)
    return sa.exists().where(decision.answer_id == answer_id, decision.round == round_, decision.undone_at.is_(None))


def _alert(me: int) -> _Stream:
    open_harm = [Alert.code == "health_harm", Alert.status == "open", ~_decided(Alert.answer_id)]
    return _Stream(Alert.answer_id, open_harm, [Alert.due_at, Alert.id])


def _passed_on(me: int) -> _Stream:
    return _Stream(PassedOn.answer_id, [~_decided(PassedOn.answer_id)], [PassedOn.at, PassedOn.id])


def _audit(me: int) -> _Stream:
    closed = sa.exists().where(AuditWave.name == AuditDraw.wave, AuditWave.closed_at.is_not(None))
    return _Stream(AuditDraw.answer_id, [~_decided(AuditDraw.answer_id), ~closed], [AuditDraw.id])


def _second(me: int) -> _Stream:
    first, key = aliased(Decision), AuditDraw.answer_id
    somebody_else = sa.or_(first.reviewer_id != me, first.reviewer_id.is_(None))
    by_another = sa.exists().where(queries.stands(first, key, "first"), somebody_else)
    return _Stream(key, [queries.to_code_twice(), by_another, ~_decided(key, "second")], [AuditDraw.id])


def _hard(me: int) -> _Stream:
    unsure = [Prediction.current, Prediction.confidence < HARD_BELOW, ~_decided(Prediction.answer_id), ~settled(Prediction.answer_id)]
    return _Stream(Prediction.answer_id, unsure, [Prediction.confidence, Prediction.answer_id])


def _all(me: int) -> _Stream:
    return _Stream(Answer.id, [~_decided(Answer.id), ~settled(Answer.id)], [Answer.answered_at.desc(), Answer.id.desc()])


_STREAMS: dict[str, Callable[[int], _Stream]] = {
    "alert": _alert, "passed_on": _passed_on, "audit": _audit, "second": _second, "hard": _hard, ALL: _all,
}  # fmt: skip


def candidates(stream: str, me: int, wish: Wish) -> sa.Select[int]:
    """Ids of the answers of a stream that wait for ``me``, the most urgent first; claimed ones are left out."""
    source = _STREAMS[stream](me)
    claimed, mine = aliased(Claimed), aliased(PassedOn)
    live_claim = sa.exists().where(claimed.answer_id == source.answer_id, claimed.until > now())
    passed_on_by_me = sa.exists().where(mine.answer_id == source.answer_id, mine.by == me)
    statement = sa.select(source.answer_id).where(*source.waits, ~live_claim, ~passed_on_by_me)
    for narrower in _filters(source, wish):
        statement = statement.where(narrower)
    return statement.order_by(*source.order)


def _filters(source: _Stream, wish: Wish) -> Iterator[sa.SQLColumnExpression[bool]]:
    answer, read = aliased(Answer), aliased(Prediction)
    wanted = []
    if wish.product_id:
        wanted.append(answer.product_id == wish.product_id)
    if wish.since:
        wanted.append(answer.answered_at >= start_of_day(wish.since))
    if wish.until:
        wanted.append(answer.answered_at < end_of_day(wish.until))
    if wanted:
        yield sa.exists().where(answer.id == source.answer_id, *wanted)
    if wish.reason:
        yield source.answer_id.in_(sa.select(read.answer_id).where(read.current, read.primary_leaf == wish.reason))


def take_next(session: Session, me: int, wish: Wish) -> tuple[int, str] | None:
    """Claim the next answer for ``me``: its id and the stream it came from. ``None``: nothing is waiting."""
    for stream in (wish.stream,) if wish.stream else ORDER:
        for answer_id in session.scalars(candidates(stream, me, wish).limit(5)).all():
            if claim(session, answer_id, me):
                return answer_id, stream
    return None


def claim(session: Session, answer_id: int, me: int) -> bool:
    """Hold an answer for ``CLAIM``. ``False``: it is on somebody else's screen."""
    moment = now()
    insert: Any = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(Claimed)
    upsert = insert.values(answer_id=answer_id, reviewer_id=me, until=moment + CLAIM).on_conflict_do_update(
        index_elements=["answer_id"],
        set_={"reviewer_id": me, "until": moment + CLAIM},
        where=sa.or_(Claimed.reviewer_id == me, Claimed.until <= moment),
    )
    return session.scalar(upsert.returning(Claimed.answer_id)) is not None


def release(session: Session, me: int, answer_id: int | None = None) -> None:
    """Give back one answer, or all that ``me`` holds."""
    mine = sa.delete(Claimed).where(Claimed.reviewer_id == me)
    session.execute(mine if answer_id is None else mine.where(Claimed.answer_id == answer_id))


def waiting(session: Session, me: int, wish: Wish) -> dict[str, int]:
    """How many answers wait in each stream, counted up to ``COUNTED_UP_TO``."""
    return {stream: count_waiting(session, me, wish, stream) for stream in (*ORDER, ALL)}


def count_waiting(session: Session, me: int, wish: Wish, stream: str) -> int:
    some = candidates(stream, me, wish).order_by(None).limit(COUNTED_UP_TO).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(some)) or 0
