"""What stands on the page of reasons beside the table: the row of key figures, stated × real, months."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from voc.days import EPOCH
from voc.insights import queries
from voc.insights.breakdown import Breakdown, break_down, parting
from voc.insights.report import weighted
from voc.replies import cuts, harm
from voc.replies.queries import Replies
from voc.replies.selected import chosen
from voc.replies.selection import Selection, months_before
from voc.stats.missed import Missed
from voc.stats.results import Share
from voc.surveys.questions import STATED, stated_label

LEAST_ROW = 20
"""Fewest replies with which a row of stated × real is shown."""
LEAST_MONTHS = 6
MOST_MONTHS = 12


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The row of key figures."""

    left: int | None
    harm: int
    harm_open: int
    harm_missed: Missed | None
    parting: Share


def keys(session: Session, everything: Replies, mask: NDArray[np.bool_], selection: Selection) -> Keys:
    told = harm.read(session, everything.columns)
    return Keys(
        left=queries.left(session, selection),
        harm=int((told.told & mask).sum()),
        harm_open=int((told.open & mask).sum()),
        harm_missed=harm.missed_among(everything, told, mask),
        parting=parting(everything.segment(mask), everything.columns.stated[mask]),
    )


@dataclass(frozen=True, kw_only=True)
class Row:
    """One option that customers tick, and what their real reasons were."""

    code: str
    label: str
    breakdown: Breakdown

    @property
    def shown(self) -> bool:
        return self.breakdown.replies >= LEAST_ROW


def matrix(everything: Replies, mask: NDArray[np.bool_], *, purchase_type: str | None) -> list[Row]:
    """Real reasons by stated option: options in the order of the survey, those nobody ticked left out."""
    stated = everything.columns.stated
    bought = purchase_type or "subscription"
    found = []
    for place, code in enumerate(STATED):
        ticked = mask & (stated == place)
        if ticked.any():
            inside = break_down(everything.segment(ticked), brief=True, one_off=bought == "one_off")
            found.append(Row(code=code, label=stated_label(code, bought), breakdown=inside))
    return found


def months(session: Session, everything: Replies, selection: Selection, today: date) -> list[tuple[str, Breakdown]]:
    """Month by month up to the end of the selection: at least half a year back, at most a year, whole months."""
    end = selection.end or _last(everything, chosen(session, everything.columns, selection)) or today
    first = months_before(end.replace(day=1), MOST_MONTHS - 1)
    least = months_before(end.replace(day=1), LEAST_MONTHS - 1)
    start = max(first, min(selection.start or first, least)).replace(day=1)
    wider = replace(selection, start=start, end=end)
    mask = chosen(session, everything.columns, wider)
    everything, _weighting = weighted(session, everything, mask, wider)
    return [
        (part.key, break_down(everything.segment(part.mask), brief=True, one_off=selection.purchase_type == "one_off"))
        for part in cuts.cut(session, everything.columns, mask, "month")
    ]


def _last(everything: Replies, mask: NDArray[np.bool_]) -> date | None:
    return EPOCH + timedelta(days=int(everything.columns.day[mask].max())) if mask.any() else None
