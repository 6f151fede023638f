"""How far two people agree who coded the same answers blind, and where they part."""

from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from voc.reasons import codebook
from voc.reviews import queries
from voc.reviews.tables import Decision
from voc.surveys.tables import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One answer that was coded twice."""

    answer_id: int
    text: str
    purchase_type: str
    first: str
    second: str
    first_by: str
    second_by: str
    final: str | None

    @property
    def agree(self) -> bool:
        return self.first == self.second


def pairs(session: Session) -> list[Pair]:
    """All answers with both codings, the newest first."""
    first, second, final = aliased(Decision), aliased(Decision), aliased(Decision)
    rows = session.execute(
        sa.select(Answer.id, Answer.text, Answer.purchase_type, first, second, final.primary_leaf)
        .join(second, sa.and_(second.answer_id == Answer.id, second.round == "second", second.undone_at.is_(None)))
        .join(first, sa.and_(first.answer_id == Answer.id, first.round == "first", first.undone_at.is_(None)))
        .outerjoin(final, sa.and_(final.answer_id == Answer.id, final.round == "adjudication", final.undone_at.is_(None)))
        .order_by(second.decided_at.desc(), second.id.desc())
    ).all()
    called = queries.names(session, {decision.reviewer_id for row in rows for decision in (row[3], row[4])})
    return [
        Pair(answer_id=answer_id, text=text, purchase_type=bought, first=one.primary_leaf, second=two.primary_leaf,
             first_by=called.get(one.reviewer_id or 0, ""), second_by=called.get(two.reviewer_id or 0, ""), final=judged)
        for answer_id, text, bought, one, two, judged in rows
    ]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Two reasons that were taken for each other."""

    one: str
    other: str
    times: int
    example: Pair


@dataclass(frozen=True, slots=True)
class Interval:
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    pairs: list[Pair]
    open: list[Pair]
    """Disagreements that nobody has judged yet."""
    confused: list[Confusion]
    kappa: Interval | None

    @property
    def agreeing(self) -> int:
        return sum(pair.agree for pair in self.pairs)


def look(session: Session) -> Agreement:
    found = pairs(session)
    return Agreement(
        pairs=found, open=[pair for pair in found if not pair.agree and pair.final is None], confused=_confused(found), kappa=None
    )


def _confused(found: list[Pair], *, most: int = 5) -> list[Confusion]:
    order = list(codebook.LEAVES)
    apart = [pair for pair in found if not pair.agree]
    kinds = {pair.answer_id: tuple(sorted((pair.first, pair.second), key=order.index)) for pair in apart}
    counted = Counter(kinds.values())
    examples = {kinds[pair.answer_id]: pair for pair in reversed(apart)}
    return [Confusion(one=kind[0], other=kind[1], times=times, example=examples[kind]) for kind, times in counted.most_common(most)]
