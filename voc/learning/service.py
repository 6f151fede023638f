"""Writes of this room: a training is asked for, by a person or by the calendar; a proposal is declined."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc import audit, jobs
from voc.clock import now, start_of_day, today
from voc.errors import Conflict, NotFound, Refused
from voc.jobs import Job
from voc.learning import decisions
from voc.learning.training import LEAST
from voc.readings.tables import ModelVersion

TRAIN = "learning.train"
ENOUGH_NEW = 100
"""Decisions since the last training that make another one worth while."""
PAUSE = timedelta(days=28)
QUIET_HOUR = timedelta(hours=3)
"""After midnight in Japan: mails and readings wait while a worker trains."""


def ask(session: Session, *, by: int) -> None:
    """Have the worker train a new version.

    Raises
    ------
    Conflict
        It is at it already.
    Refused
        There is too little to learn from.
    """
    if running(session):
        raise Conflict("学習はすでに始まっています。終わるのをお待ちください。")
    if (decided := decisions.standing(session).decided) < LEAST:
        raise Refused(f"学習に使える決定が{decided}件です。{LEAST}件になると学習できます。確認を続けてください。")
    # A training that waits for the night gives way to the one that is asked for now.
    session.execute(
        sa.update(Job).where(Job.name == TRAIN, Job.status == "queued").values(run_at=now()).execution_options(synchronize_session=False)
    )
    jobs.enqueue(session, "learning.train", by=by)
    audit.record(session, "model.training_asked", user_id=by)


def running(session: Session) -> bool:
    """Whether a training is under way or due now."""
    either = sa.or_(Job.status == "running", sa.and_(Job.status == "queued", Job.run_at <= now()))
    return session.scalar(sa.select(Job.id).where(Job.name == TRAIN, either).limit(1)) is not None


def propose(session: Session) -> bool:
    """Once a month, where enough new decisions exist: ask for a training in the coming night. Nothing is put in use by it."""
    latest = last_own(session)
    if latest is not None and latest.added_at > now() - PAUSE:
        return False
    tried = session.scalar(sa.select(sa.func.max(Job.created_at)).where(Job.name == TRAIN))
    if tried is not None and tried > now() - PAUSE:
        return False
    if decisions.standing(session, since=learnt_until(latest)).decided < ENOUGH_NEW:
        return False
    jobs.enqueue(session, "learning.train", run_at=coming_night())
    return True


def coming_night() -> datetime:
    """Three in the morning in Japan, the next time."""
    tonight = start_of_day(today()) + QUIET_HOUR
    return tonight if tonight > now() else tonight + timedelta(days=1)


def last_own(session: Session) -> ModelVersion | None:
    """The newest model that was trained here."""
    rows = session.scalars(sa.select(ModelVersion).order_by(ModelVersion.added_at.desc(), ModelVersion.version.desc()))
    return next((row for row in rows if row.card.get("trained_on", {}).get("own")), None)


def learnt_until(model: ModelVersion | None) -> datetime | None:
    """The latest decision that a model knows."""
    until = model.card.get("decisions_until") if model else None
    return datetime.fromisoformat(until) if until else None


def decline(session: Session, version: str, *, by: int) -> ModelVersion:
    """A proposal is not wanted; the model stays in the list."""
    model = session.get(ModelVersion, version)
    if model is None:
        raise NotFound(f"モデル {version} はこの環境にありません。一覧から選んでください。")
    if model.in_use:
        raise Conflict("このモデルはすでに使用中です。画面を読み込み直してください。")
    model.declined_at = now()
    audit.record(session, "model.declined", user_id=by, version=version)
    return model
