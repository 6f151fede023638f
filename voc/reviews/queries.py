"""What others join: the real reason (ホンネ) of each answer, as far as it is known."""

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from voc.readings.tables import Prediction
from voc.reviews.tables import Decision
from voc.surveys.tables import Answer

ADJUDICATION, DECISION, PREDICTION = "adjudication", "decision", "prediction"


def effective() -> sa.Select[tuple[int, str, str, float | None]]:
    """The real reason of every answer that was read or decided: ``answer_id, leaf, source, confidence``.

    An adjudication counts before the first decision, that before the current reading; a second, blind coding alone
    changes nothing. ``source`` says which it was, ``confidence`` is that of the current reading, where there is one.
    For joins: ``real = effective().subquery()``.
    """
    adjudicated, first = aliased(Decision), aliased(Decision)
    leaf = sa.func.coalesce(adjudicated.primary_leaf, first.primary_leaf, Prediction.primary_leaf)
    source = sa.case((adjudicated.id.is_not(None), ADJUDICATION), (first.id.is_not(None), DECISION), else_=PREDICTION)
    return (
        sa.select(Answer.id.label("answer_id"), leaf.label("leaf"), source.label("source"), Prediction.confidence.label("confidence"))
        .outerjoin(Prediction, sa.and_(Prediction.answer_id == Answer.id, Prediction.current))
        .outerjoin(first, sa.and_(first.answer_id == Answer.id, first.round == "first", first.undone_at.is_(None)))
        .outerjoin(
            adjudicated,
            sa.and_(adjudicated.answer_id == Answer.id, adjudicated.round == "adjudication", adjudicated.undone_at.is_(None)),
        )
        .where(leaf.is_not(None))
    )
