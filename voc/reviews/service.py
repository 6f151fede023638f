"""Writes of the review: decisions with what follows from them, undoing, passing on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from voc import audit
from voc.clock import now
from voc.errors import Conflict, NotFound, Refused
from voc.readings import service as readings
from voc.readings.tables import Alert, Prediction
from voc.reasons import codebook
from voc.reviews import queries, queue
from voc.reviews.tables import AuditDraw, Decision, PassedOn
from voc.surveys.tables import Answer

LONGEST_LOOK = timedelta(minutes=10)
"""An answer that was on screen for longer was not looked at all the time: its seconds are not counted."""
UNDO_WITHIN = timedelta(hours=12)
DISMISSED_BY_REVIEW = "確認で取り下げ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a reviewer found in an answer."""

    primary: str
    secondary: Sequence[str] = ()
    alerts: Sequence[str] = ()
    note: str = ""

    def check(self) -> None:
        if self.primary not in codebook.LEAVES:
            raise Refused("理由を一つ選んでください。数字のキーでも選べます。")
        if unknown := [code for code in self.secondary if code not in codebook.LEAVES]:
            raise Refused(f"副次の理由 {unknown[0]} は理由の一覧にありません。画面を開き直してください。")
        if unknown := [code for code in self.alerts if code not in codebook.ALERTS]:
            raise Refused(f"知らせの種類 {unknown[0]} は一覧にありません。画面を開き直してください。")


def decide(
    session: Session,
    answer_id: int,
    choice: Choice,
    *,
    by: int,
    round: str,
    stream: str,
    prediction_id: int | None = None,
    alerts_seen: Sequence[str] = (),
    opened_at: datetime | None = None,
) -> Decision:
    """Keep a person's decision about an answer.

    ``round`` is the one that stood on the screen; ``alerts_seen`` are the open alerts that stood there as ticked: only
    those can be taken back by leaving the tick out, and only in the first round. A blind or a deciding third look adds alerts, it dismisses none.

    Raises
    ------
    Conflict
        Somebody else has decided in the meantime.
    Refused
        No reason, or one that is not in the codebook.
    """
    choice.check()
    if session.get(Answer, answer_id) is None:
        raise NotFound("この回答はもうありません(削除されました)。次へ進んでください。")
    if not _open_to(session, answer_id, by, round):
        raise Conflict(_who_was_first(session, answer_id, round))
    moment = now()
    draw = session.scalar(sa.select(AuditDraw).where(AuditDraw.answer_id == answer_id))
    decision = Decision(
        answer_id=answer_id,
        reviewer_id=by,
        round=round,
        stream=_stream(stream, round),
        probability=draw.probability if draw else None,
        prediction_id=None if round == "second" else _own_prediction(session, answer_id, prediction_id),
        primary_leaf=choice.primary,
        secondary=[code for code in codebook.LEAVES if code in choice.secondary and code != choice.primary],
        alerts=[code for code in codebook.ALERTS if code in choice.alerts],
        note=choice.note.strip(),
        seconds=_seconds(opened_at, moment),
        decided_at=moment,
    )
    _write(session, decision)
    _change_alerts(session, decision, alerts_seen if round == "first" else ())
    queue.release(session, by, answer_id)
    audit.record(session, "decision.made", user_id=by, answer_id=answer_id, decision_id=decision.id, round=round, leaf=choice.primary)
    return decision


def _write(session: Session, decision: Decision) -> None:
    try:
        with session.begin_nested():
            session.add(decision)
    except IntegrityError:  # the other one's transaction came in between: the index tells
        raise Conflict(_who_was_first(session, decision.answer_id, decision.round)) from None


def _open_to(session: Session, answer_id: int, by: int, round: str) -> bool:
    if round == "adjudication":
        return queries.to_adjudicate(session, answer_id)
    return queries.round_for(session, answer_id, by) == round


def _stream(stream: str, round: str) -> str:
    """The stream as it is stored: a second coding belongs to the audit, what was looked for is ``search``."""
    if round != "first":
        return "audit"
    return stream if stream in ("alert", "passed_on", "audit", "hard") else "search"


def _own_prediction(session: Session, answer_id: int, prediction_id: int | None) -> int | None:
    if prediction_id is None:
        return None
    return session.scalar(sa.select(Prediction.id).where(Prediction.id == prediction_id, Prediction.answer_id == answer_id))


def _seconds(opened_at: datetime | None, moment: datetime) -> float | None:
    if opened_at is None or not timedelta(0) <= moment - opened_at <= LONGEST_LOOK:
        return None
    return round((moment - opened_at).total_seconds(), 1)


def _who_was_first(session: Session, answer_id: int, round: str) -> str:
    other = queries.active_decision(session, answer_id, round)
    if other is None:
        return "この回答の確認の段階が変わりました。入力した内容は下に残っています。画面を開き直してください。"
    who = queries.names(session, [other.reviewer_id]).get(other.reviewer_id or 0, "ほかの方")
    label = codebook.LEAVES[other.primary_leaf].label
    return f"{who}さんが先に「{label}」と決定しました。あなたの入力は下に残っていますが、決定は一つだけ記録されます。次へ進んでください。"


def _change_alerts(session: Session, decision: Decision, seen: Sequence[str]) -> None:
    """Alerts follow the decision: what is ticked is raised, what was shown ticked and is no longer is dismissed."""
    for code in decision.alerts:
        readings.raise_by_reviewer(session, decision.answer_id, code, moment=decision.decided_at)
    taken_back = [code for code in seen if code not in decision.alerts]
    session.execute(
        sa.update(Alert)
        .where(Alert.answer_id == decision.answer_id, Alert.code.in_(taken_back), Alert.status == "open")
        .values(status="dismissed", handled_by=decision.reviewer_id, handled_at=decision.decided_at, note=DISMISSED_BY_REVIEW)
        .execution_options(synchronize_session=False)
    )


def undo_last(session: Session, by: int) -> Decision:
    """Take back this person's latest decision, and what it did to alerts; the answer is on their screen again.

    Raises
    ------
    Refused
        There is none of the last hours.
    """
    mine = sa.select(Decision).where(Decision.reviewer_id == by, Decision.undone_at.is_(None), Decision.decided_at > now() - UNDO_WITHIN)
    latest = session.scalar(mine.order_by(Decision.decided_at.desc(), Decision.id.desc()).limit(1))
    if latest is None:
        raise Refused("元に戻せる決定がありません。前の決定は「お客様の声」から開いて取り消せます。")
    return undo(session, latest.id, by=by, as_manager=False)


def undo(session: Session, decision_id: int, *, by: int, as_manager: bool) -> Decision:
    """Take back one decision: one's own, or as a manager anybody's.

    Raises
    ------
    Refused
        It is somebody else's, or a later round rests on it.
    Conflict
        It has been taken back already.
    """
    decision = session.get(Decision, decision_id)
    if decision is None:
        raise NotFound("この決定は見つかりません。一覧からもう一度お選びください。")
    if decision.reviewer_id != by and not as_manager:
        raise Refused("ほかの方の決定は、責任者だけが取り消せます。")
    if later := _later_round(session, decision):
        raise Refused(later)
    moment = now()
    taken_back = session.execute(
        sa.update(Decision).where(Decision.id == decision_id, Decision.undone_at.is_(None)).values(undone_at=moment)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    if taken_back.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict("この決定はすでに取り消されています。")
    session.refresh(decision)
    _restore_alerts(session, decision)
    queue.release(session, by)
    queue.claim(session, decision.answer_id, by)
    audit.record(session, "decision.undone", user_id=by, answer_id=decision.answer_id, decision_id=decision.id)
    return decision


def _later_round(session: Session, decision: Decision) -> str | None:
    """Why a decision cannot be taken back, if another one rests on it."""
    if decision.round != "adjudication" and queries.active_decision(session, decision.answer_id, "adjudication"):
        return "責任者が最終の判断をしたため、取り消せません。直すときは責任者に依頼してください。"
    if decision.round == "first" and queries.active_decision(session, decision.answer_id, "second"):
        return "二人目の確認が済んでいるため、取り消せません。責任者が「一致度」の画面で最終の判断をします。"
    return None


def _restore_alerts(session: Session, decision: Decision) -> None:
    """What this very decision did, recognised by its moment, is undone; what people did afterwards stays."""
    raised = sa.and_(
        Alert.answer_id == decision.answer_id, Alert.source == "reviewer", Alert.status == "open", Alert.raised_at == decision.decided_at
    )
    session.execute(sa.delete(Alert).where(raised, Alert.score.is_(None)).execution_options(synchronize_session=False))
    # The machine's alert that this decision had opened again goes back to where it was.
    again = {"status": "dismissed", "handled_by": decision.reviewer_id, "handled_at": decision.undone_at}
    session.execute(sa.update(Alert).where(raised).values(**again).execution_options(synchronize_session=False))
    dismissed = sa.and_(
        Alert.answer_id == decision.answer_id,
        Alert.status == "dismissed",
        Alert.handled_by == decision.reviewer_id,
        Alert.handled_at == decision.decided_at,
    )
    session.execute(
        sa.update(Alert).where(dismissed).values(status="open", handled_by=None, handled_at=None, note="")
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def pass_on(session: Session, answer_id: int, *, by: int, note: str) -> None:
    """Hand an answer to another person, with the question that it raised; what was noted before stays above it."""
    if session.get(Answer, answer_id) is None:
        raise NotFound("この回答はもうありません(削除されました)。次へ進んでください。")
    if queries.round_for(session, answer_id, by) != "first":
        raise Conflict("この回答はすでに決定されています。次へ進んでください。")
    row = session.scalar(sa.select(PassedOn).where(PassedOn.answer_id == answer_id).with_for_update())
    if row is None:
        session.add(PassedOn(answer_id=answer_id, by=by, note=note.strip()))
    else:
        row.by, row.at = by, now()
        row.note = "\n".join(part for part in (row.note, note.strip()) if part)
    session.flush()
    queue.release(session, by, answer_id)
    audit.record(session, "review.passed_on", user_id=by, answer_id=answer_id)
