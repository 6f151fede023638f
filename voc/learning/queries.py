"""Reads for the models page: versions with the state of their files, how far a training is, what there is to learn from."""

from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc.clock import now
from voc.config import Settings
from voc.jobs import Job
from voc.learning import decisions, service
from voc.learning.decisions import Standing
from voc.learning.training import LEAST
from voc.readings import models, queries
from voc.readings.tables import ModelVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One model as the page shows it."""

    model: ModelVersion
    problem: str | None
    """What is wrong with its files, in a sentence."""
    used_before: bool
    """The one that was in use before the present one: the way back."""

    @property
    def facts(self) -> dict[str, Any]:
        return self.model.card

    @property
    def own(self) -> int:
        """Own decisions that it has learnt from."""
        return int(self.facts.get("trained_on", {}).get("own", 0))

    @property
    def compared(self) -> dict[str, Any] | None:
        return self.facts.get("compared")

    @property
    def trained_at(self) -> datetime:
        at = self.facts.get("trained_at")
        return datetime.fromisoformat(at) if at else self.model.added_at

    @property
    def other_library(self) -> tuple[str, str] | None:
        """The scikit-learn that it was made with and the one that is here, where they differ."""
        made = self.facts.get("made_with", {}).get("scikit-learn")
        try:
            here = installed("scikit-learn")
        except PackageNotFoundError:
            return None
        return (made, here) if made and made != here else None


def versions(session: Session, settings: Settings) -> list[Version]:
    """The one in use first, then the newest."""
    rows = queries.versions(session)
    earlier = [row for row in rows if row.in_use_since is not None and not row.in_use]
    before = max(earlier, key=lambda row: row.in_use_since or row.added_at, default=None)
    return [Version(model=row, problem=models.problem(settings, row.version), used_before=row is before) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """How far the latest training is, and whether another one makes sense."""

    running: bool = False
    done: int = 0
    total: int = 0
    planned: datetime | None = None
    failed: str | None = None
    decided: Standing = field(default_factory=Standing)
    new: int = 0
    """Decisions since the newest own model was trained."""

    @property
    def missing(self) -> int:
        return max(0, LEAST - self.decided.decided)


def training(session: Session) -> Training:
    latest = session.scalars(sa.select(Job).where(Job.name == service.TRAIN).order_by(Job.id.desc()).limit(1)).first()
    status = latest.status if latest else "done"
    steps = (latest.progress if latest else None) or {}
    waiting = latest is not None and status == "queued" and latest.run_at > now()
    until = service.learnt_until(service.last_own(session))
    decided = decisions.standing(session)
    return Training(
        running=status == "running" or (status == "queued" and not waiting),
        done=int(steps.get("done", 0)),
        total=int(steps.get("total", 0)),
        planned=latest.run_at if latest and waiting else None,
        failed=(latest.error or "") if latest and status == "failed" else None,
        decided=decided,
        new=decisions.standing(session, since=until).decided if until else decided.decided,
    )
