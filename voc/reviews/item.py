"""One answer as its reviewer sees it: words, reading, choices with their keys, alerts, who else is at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc.clock import now
from voc.config import Settings
from voc.customers.tables import Product
from voc.errors import NotFound
from voc.readings import queries as readings
from voc.readings.evidence import spans
from voc.readings.tables import Alert, Prediction
from voc.readings.words import Piece, Words, pieces, words_of
from voc.reasons import codebook
from voc.reviews import queries
from voc.reviews.story import Story, story_of
from voc.reviews.tables import AuditDraw, Claimed, Decision, PassedOn
from voc.surveys.questions import agrees, stated_label
from voc.surveys.tables import Answer, FollowUp

KEYS = "1234567890-^"
SUGGESTED = 3
#: The key of each alert. Letters, so that they stay the same whatever the order of the reasons is.
ALERT_KEYS = {"health_harm": "H", "legal": "L", "cancel_blocked": "C", "winback": "W", "personal_data": "P"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A reason to choose, with its key."""

    code: str
    key: str
    group: str
    probability: float | None
    suggested: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Everything on the review screen. ``round`` is the decision that this person has to make, or none."""

    answer: Answer
    words: Words
    product: str | None
    round: str | None
    prediction: Prediction | None
    evidence: Sequence[Sequence[Any]]
    """Which words speak for what was read."""
    alerts: dict[str, Alert]
    draw: AuditDraw | None
    passed_on: PassedOn | None
    decisions: dict[str, Decision]
    names: dict[int, str]
    held_by: str | None
    """Who else has it on screen right now."""
    story: Story

    @property
    def blind(self) -> bool:
        return self.round == "second"

    @property
    def suggests(self) -> bool:
        """Whether the likeliest reason is chosen already. Not for random draws: the machine must not answer for the person."""
        return self.prediction is not None and self.draw is None

    @property
    def stated(self) -> str:
        return stated_label(self.answer.stated, self.answer.purchase_type)

    @property
    def agrees(self) -> bool | None:
        """Whether the reason that the customer ticked and what was read are the same."""
        return agrees(self.answer.stated, self.prediction.primary_leaf) if self.prediction else None

    @property
    def open_alerts(self) -> list[str]:
        return [code for code in codebook.ALERTS if code in self.alerts and self.alerts[code].status == "open"]

    def marked(self) -> list[tuple[str | None, list[Piece]]]:
        """The words with their evidence; bare where the reviewer must not see what was read."""
        evidence: list[Sequence[Any]] = []
        if self.prediction and not self.blind:
            evidence += self.evidence
            evidence += [span for alert in self.alerts.values() if alert.status != "dismissed" for span in alert.evidence]
        return pieces(self.words, evidence)

    def options(self) -> list[Option]:
        """All reasons: the likeliest three first, then the others in the codebook's order."""
        likely = {} if self.blind or not self.prediction else dict(self.prediction.suggestions[:SUGGESTED])
        order = [*likely, *(code for code in codebook.PREDICTED_LEAVES if code not in likely)]
        keys = dict(zip(order, KEYS, strict=False)) | {"other_reason": "X"}
        bought = self.answer.purchase_type
        return [
            Option(code=code, key=keys[code], group=codebook.group_of(code, bought), probability=likely.get(code), suggested=code in likely)
            for code in [*order, "other_reason"]
        ]

    def who(self, decision: Decision) -> str:
        return self.names.get(decision.reviewer_id or 0, "")


def load(session: Session, answer_id: int, me: int, settings: Settings, *, round_: str | None = None) -> Item:
    """The answer with all that its page shows. ``round_`` is given where a manager judges between two others.

    Raises
    ------
    NotFound
        No such answer (any more).
    """
    row = session.execute(
        sa.select(Answer, Product.name, FollowUp.question, FollowUp.text, Prediction, AuditDraw, PassedOn)
        .outerjoin(Product, Product.id == Answer.product_id)
        .outerjoin(FollowUp, sa.and_(FollowUp.answer_id == Answer.id, FollowUp.answered_at.is_not(None)))
        .outerjoin(Prediction, sa.and_(Prediction.answer_id == Answer.id, Prediction.current))
        .outerjoin(AuditDraw, AuditDraw.answer_id == Answer.id)
        .outerjoin(PassedOn, PassedOn.answer_id == Answer.id)
        .where(Answer.id == answer_id)
    ).one_or_none()
    if row is None:
        raise NotFound("この回答はありません。削除されたか、アドレスが違います。")
    answer, product, question, follow_up, prediction, draw, passed_on = row
    round_ = round_ or queries.round_for(session, answer_id, me)
    blind = round_ == "second"
    decisions = {} if blind else queries.active_decisions(session, answer_id)
    holder = _holder(session, answer_id, me)
    names = queries.names(session, [*(d.reviewer_id for d in decisions.values()), passed_on.by if passed_on else None, holder])
    words = words_of(answer.text, answer.extra, question, follow_up)
    return Item(
        answer=answer,
        words=words,
        product=product,
        round=round_,
        prediction=None if blind else prediction,
        evidence=[] if blind or prediction is None else spans(session, prediction, words.text, settings),
        alerts={} if blind else readings.alerts_of(session, answer_id),
        draw=draw,
        passed_on=None if blind else passed_on,
        decisions=decisions,
        names=names,
        held_by=names.get(holder) if holder else None,
        story=story_of(session, answer, blind=blind),
    )


def _holder(session: Session, answer_id: int, me: int) -> int | None:
    return session.scalar(
        sa.select(Claimed.reviewer_id).where(Claimed.answer_id == answer_id, Claimed.reviewer_id != me, Claimed.until > now())
    )
