"""Does the model in use still read as well as it did? Month by month: how sure it is, how strange the texts are, what reviews find.

All months are those of the answers, read by the model in use. Replies that it has learnt from are read as if it had not
(classifier.honest), so that reviews of them count.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from voc.clock import now, start_of_day, today
from voc.readings import queries as readings
from voc.readings.tables import DriftCheck, Prediction
from voc.readings.words import words_of
from voc.reasons.codebook import group_of
from voc.reviews.queries import stands
from voc.reviews.tables import AuditDraw, Decision
from voc.stats.change import Watched, change
from voc.surveys.tables import Answer, FollowUp

log = logging.getLogger("voc.learning")

MONTHS = 13
BEFORE = 6
"""Months that one is compared with."""
FRESH = 3
"""Months back that are looked at again each time: reviews come in later than answers."""
SAMPLE = 500
"""Texts a month that are asked for unknown words."""
UNSURE = 0.6
ENOUGH_CHECKED, ENOUGH_CHECKED_BEFORE = 30, 50
ENOUGH_READ = 100
NOTICEABLE = 0.05

FALLEN, UNLIKE, UNSURE_MORE = "fallen", "unlike", "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What is known of the answers of one month."""

    read: int = 0
    confidence: float = 0.0
    """On average."""
    unsure: int = 0
    sample: int = 0
    unlike: int = 0
    groups: dict[str, int] = field(default_factory=dict)
    checked: dict[str, float] = field(default_factory=lambda: asdict(Watched()))
    """Reviews of random draws, weighted; hits are readings that the people confirmed."""

    @property
    def right(self) -> Watched:
        return Watched(int(self.checked["n"]), self.checked["weight"], self.checked["hits"], self.checked["squares"])

    @property
    def unsure_share(self) -> Watched:
        return Watched.counted(self.unsure, self.read)

    @property
    def unlike_share(self) -> Watched:
        return Watched.counted(self.unlike, self.sample)


def month_of(check: DriftCheck) -> Month:
    return Month(**check.figures)


# -- judging, pure ----------------------------------------------------------------------------------------------------------


def notices(latest: Month, before: Sequence[Month]) -> list[str]:
    """What a manager must know of a month, by the months before it. Silent where the numbers are too small to tell."""
    found = []
    right, right_before = latest.right, _sum(month.right for month in before)
    if right.n >= ENOUGH_CHECKED and right_before.n >= ENOUGH_CHECKED_BEFORE and change(right, right_before)[2] < 0:
        found.append(FALLEN)
    if _risen(latest.unlike_share, _sum(month.unlike_share for month in before), least=NOTICEABLE):
        found.append(UNLIKE)
    unsure_before = _sum(month.unsure_share for month in before)
    if _risen(latest.unsure_share, unsure_before, least=unsure_before.share + NOTICEABLE):
        found.append(UNSURE_MORE)
    return found


def _sum(months: Iterator[Watched]) -> Watched:
    return sum(months, Watched())


def _risen(after: Watched, before: Watched, *, least: float) -> bool:
    enough = after.n >= ENOUGH_READ and before.n >= ENOUGH_READ
    return enough and after.share >= least and change(after, before)[1] > 0


# -- looking ----------------------------------------------------------------------------------------------------------------


def months_back(day: date, count: int) -> list[str]:
    """The last complete months, the oldest first."""
    place = day.year * 12 + day.month - 1
    return [f"{at // 12}-{at % 12 + 1:02d}" for at in range(place - count, place)]


def bounds(month: str) -> tuple[datetime, datetime]:
    year, number = (int(part) for part in month.split("-"))
    following = date(year + number // 12, number % 12 + 1, 1)
    return start_of_day(date(year, number, 1)), start_of_day(following)


def to_look_at(session: Session, version: str) -> list[str]:
    """Months to look at now: never looked at, read by another model then, or whose reviews may still come in."""
    months = months_back(today(), MONTHS)
    known = {check.month: check.model_version for check in session.scalars(sa.select(DriftCheck))}
    return [month for month in months if known.get(month) != version or month in months[-FRESH:]]


def figures(session: Session, month: str, version: str) -> Month:
    """All that the database knows of a month."""
    within = _within(month)
    read = sa.and_(Prediction.answer_id == Answer.id, Prediction.current, Prediction.model_version == version)
    low = sa.func.sum(sa.case((Prediction.confidence < UNSURE, 1), else_=0))
    rows = session.execute(
        sa.select(Prediction.primary_leaf, Answer.purchase_type, sa.func.count(), sa.func.sum(Prediction.confidence), low)
        .select_from(Answer)
        .join(Prediction, read)
        .where(*within)
        .group_by(Prediction.primary_leaf, Answer.purchase_type)
    ).all()
    groups: Counter[str] = Counter()
    for leaf, bought, count, _, _ in rows:
        groups[group_of(leaf, bought)] += count
    total = sum(row[2] for row in rows)
    return Month(
        read=total,
        confidence=round(float(sum(row[3] for row in rows)) / total, 4) if total else 0.0,
        unsure=int(sum(row[4] for row in rows)),
        groups=dict(groups),
        checked=asdict(_checked(session, within, read)),
    )


def _within(month: str) -> list[sa.ColumnElement[bool]]:
    start, end = bounds(month)
    return [Answer.answered_at >= start, Answer.answered_at < end, Answer.text != ""]


def _checked(session: Session, within: Sequence[sa.ColumnElement[bool]], read: sa.ColumnElement[bool]) -> Watched:
    first, judged = aliased(Decision), aliased(Decision)
    rows = session.execute(
        sa.select(AuditDraw.probability, sa.func.coalesce(judged.primary_leaf, first.primary_leaf) == Prediction.primary_leaf)
        .select_from(Answer)
        .join(Prediction, read)
        .join(AuditDraw, AuditDraw.answer_id == Answer.id)
        .join(first, stands(first, Answer.id, "first"))
        .outerjoin(judged, stands(judged, Answer.id, "adjudication"))
        .where(*within)
    ).all()
    found = Watched()
    for probability, right in rows:
        weight = 1 / probability
        found += Watched(1, weight, weight if right else 0.0, weight**2)
    return found


def sample(session: Session, month: str) -> list[str]:
    """Words of some answers of a month, always the same ones."""
    statement = (
        sa.select(Answer.text, Answer.extra, FollowUp.question, FollowUp.text.label("follow_up"))
        .outerjoin(FollowUp, sa.and_(FollowUp.answer_id == Answer.id, FollowUp.answered_at.is_not(None)))
        .where(*_within(month))
        .order_by(Answer.id * 7919 % 10007, Answer.id)
        .limit(SAMPLE)
    )
    return [words_of(row.text, row.extra, row.question, row.follow_up).text for row in session.execute(statement)]


# -- keeping ----------------------------------------------------------------------------------------------------------------


def keep(session: Session, version: str, months: dict[str, Month]) -> list[str]:
    """Write what was found; the latest month's notices. A notice that was taken note of stays so."""
    checks = {check.month: check for check in session.scalars(sa.select(DriftCheck))}
    for name, month in months.items():
        check = checks.get(name) or DriftCheck(month=name, notices=[], seen=[])
        check.model_version, check.figures, check.checked_at = version, asdict(month), now()
        session.add(check)
        checks[name] = check
    order = months_back(today(), MONTHS)
    latest = checks.get(order[-1])
    if latest is None:
        return []
    before = [month_of(checks[name]) for name in order[-1 - BEFORE : -1] if name in checks and checks[name].model_version == version]
    latest.notices = notices(month_of(latest), before)
    session.flush()
    return latest.notices


def take_note(session: Session) -> None:
    """A manager has seen the latest notices."""
    latest = readings.latest_drift(session)
    if latest is not None:
        latest.seen = list(latest.notices)


def shown(session: Session) -> list[tuple[DriftCheck, Month]]:
    """Months with answers, the newest first."""
    rows = session.scalars(sa.select(DriftCheck).order_by(DriftCheck.month.desc()).limit(MONTHS))
    return [(check, month) for check in rows if (month := month_of(check)).read]


def groups_moved(latest: Month, before: Sequence[Month]) -> list[dict[str, Any]]:
    """Groups that are read more or less often than before beyond chance, the furthest first."""
    total = _sum(Watched.counted(0, month.read) for month in before).n
    if latest.read < ENOUGH_READ or total < ENOUGH_READ:
        return []
    found = []
    for group in sorted({*latest.groups, *(name for month in before for name in month.groups)}):
        after = Watched.counted(latest.groups.get(group, 0), latest.read)
        earlier = Watched.counted(sum(month.groups.get(group, 0) for month in before), total)
        moved, low, high = change(after, earlier, level=0.99)
        if (low > 0 or high < 0) and abs(moved) >= NOTICEABLE:
            found.append({"group": group, "before": earlier.share, "after": after.share, "moved": moved})
    return sorted(found, key=lambda one: -abs(one["moved"]))
