"""What people decided about the answers, as the classifier learns from it and is judged by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from voc.privacy import masking
from voc.readings.words import words_of
from voc.reasons.codebook import PREDICTED_LEAVES
from voc.reviews.queries import stands
from voc.reviews.tables import AuditDraw, Decision
from voc.surveys.tables import Answer, FollowUp

if TYPE_CHECKING:
    from voc.classifier.learn import OwnReply

MOST = 20_000
"""The newest are learnt from: customers' words change, and training is to take minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How many decisions there are to learn from."""

    decided: int = 0
    drawn: int = 0
    """Of these, on answers drawn at random: what a comparison rests on."""
    latest: datetime | None = None


_first, _judged = aliased(Decision, name="first_decision"), aliased(Decision, name="adjudication")
_leaf: sa.ColumnElement[str] = sa.func.coalesce(_judged.primary_leaf, _first.primary_leaf)
_decided_at: sa.ColumnElement[datetime] = sa.func.coalesce(_judged.decided_at, _first.decided_at)


def _decided(statement: Any) -> Any:
    """Answers that people decided about: the adjudication, else the first decision, with the probability of the random draw."""
    return (
        statement.select_from(Answer)
        .join(_first, stands(_first, Answer.id, "first"))
        .outerjoin(_judged, stands(_judged, Answer.id, "adjudication"))
        .outerjoin(AuditDraw, AuditDraw.answer_id == Answer.id)
    )


def standing(session: Session, *, since: datetime | None = None) -> Standing:
    """Counts of decisions that can be learnt from; ``since``: only those made later."""
    counts = _decided(sa.select(sa.func.count(), sa.func.count(AuditDraw.id), sa.func.max(_decided_at)))
    where = [Answer.text != "", _leaf.in_(PREDICTED_LEAVES)]
    if since is not None:
        where.append(_decided_at > since)
    decided, drawn, latest = session.execute(counts.where(*where)).one()
    return Standing(decided=decided, drawn=drawn, latest=latest)


def own_replies(session: Session, *, most: int = MOST) -> "list[OwnReply]":
    """The newest decisions with the words as the classifier reads them."""
    from voc.classifier.learn import OwnReply

    columns = (Answer.text, Answer.extra, Answer.purchase_type, _first, _judged, AuditDraw.probability, FollowUp.question, FollowUp.text)
    statement = _decided(sa.select(*columns)).outerjoin(
        FollowUp, sa.and_(FollowUp.answer_id == Answer.id, FollowUp.answered_at.is_not(None))
    )
    rows = session.execute(statement.order_by(_decided_at.desc(), Answer.id.desc()).limit(most))
    found = []
    for text, extra, bought, first, judged, probability, question, follow_up in rows:
        words = words_of(text, extra, question, follow_up)
        if not words.blank:
            decision: Decision = judged or first
            found.append(
                OwnReply(
                    text=words.text, purchase_type=bought, primary=decision.primary_leaf, secondary=tuple(decision.secondary),
                    alerts=tuple(decision.alerts), probability=probability, learnable=may_be_learnt(words.text, decision.alerts),
                )
            )  # fmt: skip
    return found


def may_be_learnt(text: str, alerts: Sequence[str] = ()) -> bool:
    """Names, numbers and addresses of people do not become features of a model."""
    return "personal_data" not in alerts and not masking.find(text)
