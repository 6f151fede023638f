"""Reports of bodily harm among the replies in which the machine found none, from those drawn at random among them. Pure."""

import numpy as np
from numpy.typing import NDArray

from voc.insights.columns import Columns
from voc.insights.queries import Harm, Reviews
from voc.stats.missed import Missed, missed


def missed_harm(columns: Columns, reviews: Reviews, told: Harm, mask: NDArray[np.bool_]) -> Missed | None:
    """``None`` where none of them was drawn and reviewed yet. ``mask`` has shape (N,)."""
    read = mask & ~told.flagged & (columns.leaf >= 0)
    audited = reviews.drawn & read[reviews.place]
    place = reviews.place[audited]
    return missed(int(np.count_nonzero(read)), told.told[place], reviews.probability[audited]) if len(place) else None
