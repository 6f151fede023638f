"""Writes of automatic acceptance: a manager wants a reason settled by the machine, or no more; evidence that is looked at again.

A reason begins when a manager wants it and the bound is shown. Every month, and when the model or the target changes, it is looked
at again; where the bound is no longer shown it ends by itself, and a manager has to want it anew: trying again each month until
chance lets it pass would be no test.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from voc import audit
from voc.acceptance.evidence import Evidence
from voc.clock import now
from voc.readings import automatic
from voc.readings.tables import AutomaticReason

EVERY = timedelta(days=30)


def allow(session: Session, leaves: Iterable[str], known: Evidence, *, by: int) -> list[str]:
    """A manager wants these reasons settled by the machine; those of which it is shown, which begin at once."""
    rows, moment, begun = automatic.switched(session), now(), []
    for leaf in leaves:
        row = rows.get(leaf) or AutomaticReason(leaf=leaf, audited=0, coverage=0.0)
        if row.threshold is None:
            row.wanted, row.changed_by, row.lost_at, row.lost_why, row.model_version, row.target = True, by, None, None, None, None
            session.add(row)
            audit.record(session, "automatic.allowed", user_id=by, leaf=leaf)
            if not known.reading and _look_again(session, row, known):
                begun.append(leaf)
        row.checked_at = moment
    session.flush()
    return begun


def stop(session: Session, leaves: Iterable[str], *, by: int) -> None:
    """People decide these reasons again, from this moment on."""
    rows = automatic.switched(session)
    for leaf in leaves:
        row = rows.get(leaf)
        if row is not None and row.wanted:
            row.wanted, row.threshold, row.changed_by, row.started_at = False, None, by, None
            audit.record(session, "automatic.stopped", user_id=by, leaf=leaf)
    session.flush()


def take_note(session: Session, *, by: int) -> None:
    """The notices of reasons that ended by themselves were read."""
    for row in automatic.lost(session):
        row.lost_at, row.changed_by = None, by
    session.flush()


def check(session: Session, known: Evidence) -> list[str]:
    """Look again at what is due; the leaves that were lost."""
    rows, moment = automatic.switched(session), now()
    lost = []
    for leaf, row in rows.items():
        if not known.reading and automatic.due(row, version=known.version, target=known.target, before=moment - EVERY):
            stood = row.threshold is not None
            if not _look_again(session, row, known) and stood:
                lost.append(leaf)
            row.checked_at = moment
    session.flush()
    return lost


def _look_again(session: Session, row: AutomaticReason, known: Evidence) -> bool:
    """Whether the reason stands now. One that stood and does not any more is switched off, with the why."""
    before, same = row.threshold, (row.model_version, row.target) == (known.version, known.target)
    shown = known.at(row.leaf, before) if before is not None and same else known.anew(row.leaf)
    why = "bound" if same else "model" if row.model_version != known.version else "target"
    row.precision, row.bound, row.audited, row.coverage = shown.precision, shown.bound, shown.audited, shown.coverage
    row.threshold, row.model_version, row.target = shown.threshold, known.version, known.target
    facts: dict[str, Any] = {
        "leaf": row.leaf, "threshold": shown.threshold, "before": before, "precision": _rounded(shown.precision), "bound": _rounded(shown.bound),
        "audited": shown.audited, "coverage": _rounded(shown.coverage), "target": known.target, "model": known.version,
    }  # fmt: skip
    if shown.threshold is not None:
        if shown.threshold != before or not same:
            row.started_at = now()
            audit.record(session, "automatic.started", **facts)
        return True
    if before is not None:
        row.wanted, row.started_at, row.lost_at, row.lost_why = False, None, now(), why
        audit.record(session, "automatic.lost", why=why, **facts)
    return False


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
