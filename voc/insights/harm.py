"""Reports of bodily harm that the machine did not flag: how many there may be, and the draw that tells it better."""

import secrets
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from voc.errors import Conflict, Refused
from voc.insights import queries
from voc.insights.breakdown import GROUP_CODES, group_places
from voc.insights.precision import population
from voc.insights.report import Replies
from voc.insights.unflagged import missed_harm
from voc.reviews import sampling
from voc.reviews.queries import WaveProgress, waves
from voc.reviews.sampling import Purpose
from voc.reviews.tables import AuditWave
from voc.stats import planner
from voc.stats.missed import Missed, audits_for_bound
from voc.stats.outlook import look_ahead

FOCUS = "health_harm"
AT_MOST = 0.01
"""What shall be shown: that at most this part of the unflagged replies tells of harm."""


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What the alerts page says about reports that were missed."""

    missed: Missed | None
    unflagged: int
    waiting: int
    """Unflagged replies that were drawn and wait for review."""
    more: int
    """Further ones after which, if none tells of harm, at most AT_MOST do."""
    wave: WaveProgress | None

    @property
    def goal(self) -> int:
        return int(self.unflagged * AT_MOST)


def look(session: Session, everything: Replies) -> Watch:
    """All replies that were read, of all times: what was missed long ago is still a report."""
    told = queries.harm(session, everything.columns)
    mask = everything.columns.leaf >= 0
    unflagged = mask & ~told.flagged
    audits = everything.reviews.audits
    drawn = unflagged[audits.place] & ~audits.withdrawn
    size = int(unflagged.sum())
    found = missed_harm(everything.columns, everything.reviews, told, mask)
    waiting = int(drawn.sum()) - (found.audited if found else 0)
    free = size - int(unflagged[audits.place].sum())
    return Watch(
        missed=found,
        unflagged=size,
        waiting=waiting,
        more=min(max(audits_for_bound(size, int(size * AT_MOST)) - int(drawn.sum()), 0), free, sampling.MOST),
        wave=next((found for found in waves(session) if found.wave.focus == FOCUS and found.wave.closed_at is None), None),
    )


def draw(session: Session, everything: Replies, *, by: int, seed: int | None = None) -> AuditWave:
    """Draw unflagged replies in proportion, from all strata. Hold ``sampling.one_draw_at_a_time`` before ``everything`` is read.

    Raises
    ------
    Conflict
        They were drawn before and are not all reviewed.
    Refused
        Enough were drawn.
    """
    watch = look(session, everything)
    if watch.wave is not None:
        raise Conflict(f"見逃しを調べるための抜き取りは、もうあります(確認 {watch.wave.decided:,}/{watch.wave.drawn:,}件)。")
    if not watch.more:
        raise Refused("見逃しを調べるのに足りる数が、もう選んであります。")
    places = np.flatnonzero((everything.columns.leaf >= 0) & ~queries.harm(session, everything.columns).flagged)
    taken = _within(places, everything.reviews.audits.place)
    columns = everything.columns
    group = group_places(columns.purchase_type[places], columns.leaf[places])
    outlook = look_ahead(group, columns.confidence[places], GROUP_CODES, taken=taken)
    alike = replace(outlook, codes=(FOCUS,), within=np.ones((len(outlook.strata), 1)), share=np.full(1, AT_MOST))
    seed = secrets.randbits(32) if seed is None else seed
    drawn = planner.draw(alike, planner.allocate(alike, watch.more, focus=FOCUS, least=1), taken=taken, seed=seed)
    purpose = Purpose(focus=FOCUS, within=AT_MOST, unflagged=True)
    return sampling.keep(session, population(everything, places), alike.strata, drawn, purpose, taken=taken, seed=seed, by=by)


def _within(places: NDArray[np.int64], some: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where in ``places`` (sorted) those of ``some`` stand that are among them."""
    return np.flatnonzero(np.isin(places, some))
