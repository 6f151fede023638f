"""Which readings stand without a person: the rule, from the reasons that a manager switched on (``AutomaticReason``).

A reading is settled when its reason is switched on and shown for the model that read it, its confidence reaches that
reason's threshold, and no alert was ever raised about the answer. What is shown, and when it is lost again, is decided in
insights.automatic, which knows the reviews.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from voc.readings.tables import Alert, AutomaticReason, Prediction
from voc.reasons import codebook


def settled(answer_id: sa.SQLColumnExpression[int]) -> sa.SQLColumnExpression[bool]:
    """Whether the current reading of an answer stands without a person; a person's decision counts before it all the same."""
    read, rule, alert = aliased(Prediction), aliased(AutomaticReason), aliased(Alert)
    return sa.exists().where(
        read.answer_id == answer_id,
        read.current,
        rule.leaf == read.primary_leaf,
        rule.threshold.is_not(None),
        rule.threshold <= read.confidence,
        rule.model_version == read.model_version,
        ~sa.exists().where(alert.answer_id == read.answer_id),
    )


def thresholds(session: Session, version: str) -> dict[str, float]:
    """The confidence from which on each reason stands alone as ``version`` reads it; nothing for the others."""
    rows = session.execute(
        sa.select(AutomaticReason.leaf, AutomaticReason.threshold).where(
            AutomaticReason.threshold.is_not(None), AutomaticReason.model_version == version
        )
    )
    return {leaf: float(threshold) for leaf, threshold in rows if threshold is not None}


def switched(session: Session) -> dict[str, AutomaticReason]:
    """What managers have switched on or off so far, by leaf."""
    return {row.leaf: row for row in session.scalars(sa.select(AutomaticReason))}


def of_another_model(session: Session, version: str) -> bool:
    """Whether something stands on the evidence about another model than the one that reads now."""
    wanted = sa.select(AutomaticReason.leaf).where(AutomaticReason.wanted, AutomaticReason.model_version != version)
    return session.execute(wanted.limit(1)).first() is not None


def lost(session: Session) -> Sequence[AutomaticReason]:
    """Reasons that were switched off by themselves, and no manager has taken note yet; in the codebook's order."""
    rows = session.scalars(sa.select(AutomaticReason).where(AutomaticReason.lost_at.is_not(None))).all()
    return sorted(rows, key=lambda row: list(codebook.LEAVES).index(row.leaf))


def due(row: AutomaticReason, *, version: str, target: float, before: datetime) -> bool:
    """Whether the evidence for a reason is to be looked at again."""
    return row.wanted and (row.checked_at is None or row.checked_at <= before or row.model_version != version or row.target != target)
