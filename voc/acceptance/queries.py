"""The reasons as a manager sees them: which the machine settles alone, and what that rests on."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from voc.acceptance import evidence
from voc.acceptance.evidence import Evidence, Shown
from voc.numbers import NONE
from voc.readings import automatic
from voc.readings.tables import AutomaticReason
from voc.reasons.codebook import PREDICTED_LEAVES


@dataclass(frozen=True)
class Standing:
    """One reason, as a manager sees it. ``state``: on, waiting (wanted, not shown yet), lost, ready (shown, not wanted), people."""

    leaf: str
    state: str
    row: AutomaticReason | None
    shown: Shown
    readings: int
    missing: int | None
    """Further audits that are needed; none where more would hardly help."""


@dataclass(frozen=True)
class Overview:
    target: float
    version: str
    reading: bool
    audits: int
    lacking: int
    standings: Sequence[Standing]

    @property
    def settled(self) -> int:
        """Readings that stand alone now."""
        return round(sum(one.readings * one.shown.coverage for one in self.standings if one.state == "on"))

    @property
    def readings(self) -> int:
        return sum(one.readings for one in self.standings)

    def having(self, *states: str) -> list[Standing]:
        return [one for one in self.standings if one.state in states]


def look(session: Session) -> Overview | None:
    """``None`` where nothing has been read yet."""
    known = evidence.read(session)
    if known is None or not (known.predicted != NONE).any():
        return None
    rows = automatic.switched(session)
    return Overview(
        target=known.target, version=known.version, reading=known.reading, audits=len(known.rows), lacking=known.lacking,
        standings=[_standing(leaf, rows.get(leaf), known) for leaf in PREDICTED_LEAVES],
    )  # fmt: skip


def _standing(leaf: str, row: AutomaticReason | None, known: Evidence) -> Standing:
    found = known.found[leaf]
    on = row is not None and row.threshold is not None and row.model_version == known.version
    shown = known.anew(leaf)
    if on and row is not None and row.threshold is not None:
        now_shown = known.at(leaf, row.threshold)
        shown = Shown(row.threshold, now_shown.precision, now_shown.bound, now_shown.audited, now_shown.coverage)
    state = "on" if on else "waiting" if row and row.wanted else "lost" if row and row.lost_at else "ready" if found.accepted else "people"
    return Standing(leaf, state, row, shown, known.readings(leaf), found.missing)
