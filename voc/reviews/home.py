"""The home page: what needs doing now, each with the next step."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from flask_babel import gettext
from sqlalchemy.orm import Session

from voc.campaigns import queries as campaigns
from voc.campaigns.queries import Standing
from voc.campaigns.tables import Campaign
from voc.clock import now
from voc.customers.tables import Customer, ImportRun
from voc.i18n import quoted
from voc.jobs import Job
from voc.readings import automatic
from voc.readings import queries as readings
from voc.readings.queries import AlertCount
from voc.readings.tables import Prediction
from voc.reasons import codebook
from voc.reviews import queries, queue
from voc.reviews.queries import AuditProgress, Today
from voc.reviews.queue import Wish
from voc.surveys.tables import Answer

WEEK = timedelta(days=7)
SHOWN_CAMPAIGNS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    alerts: list[AlertCount]
    waiting: dict[str, int]
    today: Today
    audit: AuditProgress
    answers: int
    answers_this_week: int
    answers_week_before: int
    unread: int
    model: str | None
    reading_failed: str | None
    reading_notices: list[str]
    """What the monthly look at the readings found (for managers)."""
    proposed: str | None
    """A model that was shown to be better than the one in use (for managers)."""
    running: list[tuple[Campaign, Standing]]
    last_import: ImportRun | None
    automatic_lost: list[str]
    """Reasons that people have to decide again (for managers), by name."""
    steps: list[tuple[str, bool]]
    """The way from an empty house to the first result, and what of it is done."""

    @property
    def health(self) -> AlertCount:
        return self.alerts[0]

    @property
    def overdue(self) -> int:
        return sum(count.overdue for count in self.alerts)

    @property
    def unfinished(self) -> int:
        return sum(count.unfinished for count in self.alerts)

    @property
    def beginning(self) -> bool:
        """Nothing has been answered yet: show the way."""
        return not self.answers


def look(session: Session, me: int, *, manager: bool) -> Home:
    moment = now()
    model = readings.in_use(session)
    answers = session.scalar(sa.select(sa.func.count()).select_from(Answer)) or 0
    running, last_import = [], None
    if manager:
        active = campaigns.active(session)[:SHOWN_CAMPAIGNS]
        standing = campaigns.standings(session, [campaign.id for campaign in active]) if active else {}
        running = [(campaign, standing.get(campaign.id, campaigns.NOBODY)) for campaign in active]
        last_import = session.scalar(sa.select(ImportRun).order_by(ImportRun.id.desc()).limit(1))
    audit = queries.audit_progress(session)
    return Home(
        alerts=readings.alert_counts(session),
        waiting={stream: queue.count_waiting(session, me, Wish(), stream) for stream in queue.ORDER} if answers else {},
        today=queries.today_of(session, me),
        audit=audit,
        answers=answers,
        answers_this_week=_answered_between(session, moment - WEEK, moment),
        answers_week_before=_answered_between(session, moment - 2 * WEEK, moment - WEEK),
        unread=max(0, answers - _read(session)),
        model=model.version if model else None,
        reading_failed=_reading_failed(session),
        reading_notices=readings.unseen_notices(session) if manager else [],
        proposed=_proposed(session) if manager else None,
        running=running,
        last_import=last_import,
        automatic_lost=[quoted(gettext(codebook.LEAVES[row.leaf].short)) for row in automatic.lost(session)] if manager else [],
        steps=_steps(session, answers, audit),
    )


def _answered_between(session: Session, start: object, end: object) -> int:
    return session.scalar(sa.select(sa.func.count()).where(Answer.answered_at > start, Answer.answered_at <= end)) or 0


def _read(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(Prediction).where(Prediction.current)) or 0


def _reading_failed(session: Session) -> str | None:
    latest = session.execute(sa.select(Job.status, Job.error).where(Job.name == "readings.read").order_by(Job.id.desc()).limit(1)).first()
    return latest.error or "" if latest and latest.status == "failed" else None


def _proposed(session: Session) -> str | None:
    model = readings.proposal(session)
    return model.version if model else None


def _steps(session: Session, answers: int, audit: AuditProgress) -> list[tuple[str, bool]]:
    customers = session.scalar(sa.select(Customer.id).limit(1)) is not None
    asked = session.scalar(sa.select(Campaign.id).where(Campaign.status != "draft").limit(1)) is not None
    return [("import", customers or answers > 0), ("ask", asked or answers > 0), ("review", audit.decided > 0), ("reasons", False)]
