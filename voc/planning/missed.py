"""Complaints of bodily harm that the machine did not flag: how many there may be, and what it takes to tell it better."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from voc.replies import harm
from voc.replies.queries import Replies
from voc.reviews import sampling
from voc.reviews.queries import WaveProgress, waves
from voc.stats.missed import Missed, audits_for_bound

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
    told = harm.read(session, everything.columns)
    mask = everything.columns.leaf >= 0
    unflagged = mask & ~told.flagged
    audits = everything.reviews.audits
    drawn = unflagged[audits.place] & ~audits.withdrawn
    size = int(unflagged.sum())
    found = harm.missed_among(everything, told, mask)
    waiting = int(drawn.sum()) - (found.audited if found else 0)
    free = size - int(unflagged[audits.place].sum())
    return Watch(
        missed=found,
        unflagged=size,
        waiting=waiting,
        more=min(max(audits_for_bound(size, int(size * AT_MOST)) - int(drawn.sum()), 0), free, sampling.MOST),
        wave=next((found for found in waves(session) if found.wave.focus == FOCUS and found.wave.closed_at is None), None),
    )
