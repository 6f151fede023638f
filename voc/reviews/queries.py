"""Reads: the real reason (ホンネ) of each answer, as far as it is known, and what was decided by whom."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from voc.accounts.tables import User
from voc.clock import start_of_day, today
from voc.readings.tables import Prediction
from voc.reasons import codebook
from voc.reviews.tables import AuditDraw, AuditWave, Decision, PassedOn
from voc.surveys.tables import Answer

ADJUDICATION, DECISION, PREDICTION = "adjudication", "decision", "prediction"


def stands(decision: type[Decision], answer_id: sa.SQLColumnExpression[int], round: str) -> sa.ColumnElement[bool]:
    """Whether a decision (or an alias of it) is the one that an answer has in this round: made, and not taken back."""
    return sa.and_(decision.answer_id == answer_id, decision.round == round, decision.undone_at.is_(None))


def effective() -> sa.Select[int, str, str, float | None]:
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
        .outerjoin(first, stands(first, Answer.id, "first"))
        .outerjoin(
            adjudicated,
            stands(adjudicated, Answer.id, "adjudication"),
        )
        .where(leaf.is_not(None))
    )


def active_decision(session: Session, answer_id: int, round_: str) -> Decision | None:
    return session.scalar(
        sa.select(Decision).where(Decision.answer_id == answer_id, Decision.round == round_, Decision.undone_at.is_(None))
    )


def active_decisions(session: Session, answer_id: int) -> dict[str, Decision]:
    """What is decided about an answer, by round."""
    rows = session.scalars(sa.select(Decision).where(Decision.answer_id == answer_id, Decision.undone_at.is_(None)))
    return {row.round: row for row in rows}


def round_for(session: Session, answer_id: int, me: int) -> str | None:
    """Which decision about the answer is ``me``'s to make: the first, a blind second, or none."""
    first = active_decision(session, answer_id, "first")
    if first is None:
        return "first"
    twice = session.scalar(sa.select(AuditDraw.id).where(AuditDraw.answer_id == answer_id, to_code_twice()))
    if twice and first.reviewer_id != me and active_decision(session, answer_id, "second") is None:
        return "second"
    return None


def to_code_twice() -> sa.ColumnElement[bool]:
    """Of rows of AuditDraw: whether a second person codes the answer as well, blind.

    Those that chance chose for it, and, where the wave has it so, all in which the first person and the machine that they saw
    differ: most slips of people lie there (docs/statistics.md).
    """
    first, read, wave = aliased(Decision), aliased(Prediction), aliased(AuditWave)
    differs = sa.exists().where(
        wave.name == AuditDraw.wave,
        wave.second_look,
        stands(first, AuditDraw.answer_id, "first"),
        read.id == first.prediction_id,
        read.primary_leaf != first.primary_leaf,
    )
    return sa.or_(AuditDraw.double, differs)


def to_adjudicate(session: Session, answer_id: int) -> bool:
    """Whether two people decided, and nobody has judged between them yet."""
    rounds = set(session.scalars(sa.select(Decision.round).where(Decision.answer_id == answer_id, Decision.undone_at.is_(None))))
    return rounds == {"first", "second"}


def names(session: Session, user_ids: Iterable[int | None]) -> dict[int, str]:
    """How people are called, by their id."""
    wanted = {user_id for user_id in user_ids if user_id is not None}
    return {user.id: user.display_name for user in session.scalars(sa.select(User).where(User.id.in_(wanted))).unique()} if wanted else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """One person's work of today."""

    decided: int
    seconds: float | None
    """On average, where it was measured."""


def today_of(session: Session, me: int) -> Today:
    mine = sa.select(sa.func.count(), sa.func.avg(Decision.seconds)).where(
        Decision.reviewer_id == me, Decision.decided_at >= start_of_day(today()), Decision.undone_at.is_(None)
    )
    decided, seconds = session.execute(mine).one()
    return Today(decided=decided, seconds=None if seconds is None else float(seconds))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditProgress:
    """How far the random draws are reviewed; ``double`` are those to be coded by two people, as far as it is known by now.

    The undecided rest of a closed draw counts nowhere: nobody waits for it.
    """

    drawn: int = 0
    decided: int = 0
    double: int = 0
    coded_twice: int = 0


def audit_progress(session: Session) -> AuditProgress:
    first, second, read, wave = aliased(Decision), aliased(Decision), aliased(Prediction), aliased(AuditWave)
    twice = sa.or_(AuditDraw.double, sa.and_(wave.second_look, read.primary_leaf != first.primary_leaf))
    drawn, decided, double, coded_twice = session.execute(
        sa.select(
            sa.func.count(),
            sa.func.count(first.id),
            sa.func.coalesce(sa.func.sum(sa.case((twice, 1), else_=0)), 0),
            sa.func.count(second.id),
        )
        .select_from(AuditDraw)
        .join(wave, wave.name == AuditDraw.wave)
        .outerjoin(first, stands(first, AuditDraw.answer_id, "first"))
        .outerjoin(second, stands(second, AuditDraw.answer_id, "second"))
        .outerjoin(read, read.id == first.prediction_id)
        .where(sa.or_(wave.closed_at.is_(None), first.id.is_not(None)))
    ).one()
    return AuditProgress(drawn=drawn, decided=decided, double=int(double), coded_twice=coded_twice)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveProgress:
    """One random draw, and how far it is."""

    wave: AuditWave
    drawn: int
    decided: int

    @property
    def left(self) -> int:
        return self.drawn - self.decided

    @property
    def reason(self) -> str:
        """The label of the reason that it was drawn for; empty where it was drawn for none."""
        group, _slash, leaf = self.wave.focus.partition("/")
        if leaf in codebook.LEAVES:
            return codebook.LEAVES[leaf].label
        return codebook.GROUPS[group].label if group in codebook.GROUPS else ""


def waves(session: Session, *, unfinished: bool = True, limit: int = 20) -> list[WaveProgress]:
    """Random draws, the newest first; ``unfinished`` leaves out those in which everything is decided."""
    first = aliased(Decision)
    drawn, decided = sa.func.count(), sa.func.count(first.id)
    counts = (
        sa.select(AuditDraw.wave, drawn.label("drawn"), decided.label("decided"))
        .outerjoin(first, stands(first, AuditDraw.answer_id, "first"))
        .group_by(AuditDraw.wave)
    )
    found = (counts.having(decided < drawn) if unfinished else counts).subquery()
    rows = session.execute(
        sa.select(AuditWave, found.c.drawn, found.c.decided)
        .join(found, found.c.wave == AuditWave.name)
        .order_by(AuditWave.id.desc())
        .limit(limit)
    )
    return [WaveProgress(wave=wave, drawn=n, decided=done) for wave, n, done in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """One of a person's own decisions, to look at again."""

    decision: Decision
    start: str
    purchase_type: str


def recent_of(session: Session, me: int, *, limit: int = 8) -> list[Recent]:
    rows = session.execute(
        sa.select(Decision, Answer.text, Answer.purchase_type)
        .join(Answer, Answer.id == Decision.answer_id)
        .where(Decision.reviewer_id == me, Decision.undone_at.is_(None))
        .order_by(Decision.decided_at.desc(), Decision.id.desc())
        .limit(limit)
    )
    return [Recent(decision=decision, start=beginning(text), purchase_type=bought) for decision, text, bought in rows]


def passed_on_by(session: Session, me: int, *, limit: int = 20) -> list[tuple[int, str, str]]:
    """What this person handed to others and nobody has decided yet: answer, its beginning, the note."""
    decided = sa.exists().where(stands(Decision, PassedOn.answer_id, "first"))
    rows = session.execute(
        sa.select(PassedOn.answer_id, Answer.text, PassedOn.note)
        .join(Answer, Answer.id == PassedOn.answer_id)
        .where(PassedOn.by == me, ~decided)
        .order_by(PassedOn.at.desc())
        .limit(limit)
    )
    return [(answer_id, beginning(text), note) for answer_id, text, note in rows]


def beginning(text: str, length: int = 30) -> str:
    """The first words on one line."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[:length] + "…"
