"""Figures for a monitoring system, in Prometheus' text format: queue lengths, answers, alerts open and overdue."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc import migrate
from voc.campaigns.tables import Invitation
from voc.clock import now
from voc.delivery.tables import Message
from voc.jobs import Job
from voc.readings.tables import Alert, Prediction
from voc.reasons.codebook import ALERTS
from voc.reviews.tables import AuditDraw, AuditWave, Decision
from voc.surveys.tables import Answer


@dataclass(frozen=True)
class Metric:
    """One figure, or one for each value of a label."""

    name: str
    help: str
    samples: Sequence[tuple[dict[str, str], float]]
    kind: str = "gauge"


def collect(session: Session) -> Iterator[Metric]:
    yield Metric("voc_info", "Schema of the database.", [({"schema": migrate.newest() or ""}, 1)])
    yield _by(session, "voc_jobs", "Jobs by state.", Job.status, ("queued", "running", "failed"))
    yield Metric("voc_jobs_late_seconds", "How long the longest waiting due job has waited.", [({}, _waited(session))])
    yield _by(session, "voc_messages", "Messages of the outbox by state.", Message.status, ("queued", "sending", "failed"))
    asked, shown, answered = session.execute(
        sa.select(sa.func.count(Invitation.asked_at), sa.func.count(Invitation.shown_at), sa.func.count(Invitation.answered_at))
    ).one()
    yield Metric("voc_invitations_total", "Invitations that reached a step.", [({"step": "asked"}, asked), ({"step": "shown"}, shown), ({"step": "answered"}, answered)], "counter")  # fmt: skip
    answers = _count(session, Answer)
    yield Metric("voc_answers_total", "Answers, of all sources.", [({}, answers)], "counter")
    read = session.scalar(sa.select(sa.func.count()).select_from(Prediction).where(Prediction.current)) or 0
    yield Metric("voc_answers_unread", "Answers that no model has read yet.", [({}, answers - read)])
    yield from _alerts(session)
    decisions = session.scalar(sa.select(sa.func.count()).select_from(Decision).where(Decision.undone_at.is_(None))) or 0
    yield Metric("voc_decisions_total", "Standing decisions of reviewers.", [({}, decisions)], "counter")
    yield Metric("voc_audit_draws_waiting", "Answers drawn at random that wait for a decision.", [({}, _waiting_draws(session))])


def exposition(metrics: Iterable[Metric]) -> str:
    """The text that Prometheus reads (text format 0.0.4)."""
    lines = []
    for metric in metrics:
        lines += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}"]
        for labels, value in metric.samples:
            told = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
            lines.append(f"{metric.name}{{{told}}} {value:g}" if told else f"{metric.name} {value:g}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _by(session: Session, name: str, words: str, column: sa.orm.InstrumentedAttribute[str], values: Sequence[str]) -> Metric:
    """A count for each of ``values``; those that nobody has are 0, not missing."""
    rows = session.execute(sa.select(column, sa.func.count()).where(column.in_(values)).group_by(column))
    found = {row[0]: row[1] for row in rows}
    return Metric(name, words, [({"status": value}, found.get(value, 0)) for value in values])


def _waited(session: Session) -> float:
    oldest = session.scalar(sa.select(sa.func.min(Job.run_at, type_=Job.run_at.type)).where(Job.status == "queued", Job.run_at <= now()))
    return 0.0 if oldest is None else (now() - oldest).total_seconds()


def _count(session: Session, table: type[Answer]) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def _alerts(session: Session) -> Iterator[Metric]:
    unfinished = Alert.status.in_(("open", "confirmed"))
    late = sa.func.sum(sa.case((Alert.due_at < now(), 1), else_=0))
    rows = {row[0]: row for row in session.execute(sa.select(Alert.code, sa.func.count(), late).where(unfinished).group_by(Alert.code))}
    counts = {code: (rows[code][1], rows[code][2]) if code in rows else (0, 0) for code in ALERTS}
    yield Metric("voc_alerts_open", "Alerts that somebody has to see to.", [({"code": code}, counts[code][0]) for code in ALERTS])
    yield Metric("voc_alerts_overdue", "Those of them past their day.", [({"code": code}, counts[code][1]) for code in ALERTS])


def _waiting_draws(session: Session) -> int:
    decided = sa.select(Decision.answer_id).where(Decision.undone_at.is_(None))
    open_ = sa.select(AuditWave.name).where(AuditWave.closed_at.is_(None))
    waiting = sa.select(sa.func.count()).select_from(AuditDraw).where(AuditDraw.answer_id.not_in(decided), AuditDraw.wave.in_(open_))
    return session.scalar(waiting) or 0
