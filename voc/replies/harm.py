"""Complaints of bodily harm: which replies tell of one, and how many may among those that the machine did not flag."""

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from voc.numbers import NONE, chunks
from voc.readings.tables import Alert
from voc.replies.columns import Columns
from voc.replies.queries import Replies
from voc.stats.missed import Missed, missed


@dataclass(frozen=True)
class Harm:
    """Complaints of bodily harm, shape (N,) each.

    Attributes
    ----------
    flagged : the machine raised it, whatever became of it
    told : raised by machine or reviewer, and not dismissed
    open : nobody has looked at it yet
    """

    flagged: NDArray[np.bool_]
    told: NDArray[np.bool_]
    open: NDArray[np.bool_]


def read(session: Session, columns: Columns) -> Harm:
    flagged, stands, open_ = (np.zeros(len(columns), dtype=bool) for _ in range(3))
    wanted = sa.select(Alert.answer_id, Alert.source == "machine", Alert.status != "dismissed", Alert.status == "open")
    for ids, by_machine, standing, waits in chunks(session, wanted.where(Alert.code == "health_harm")):
        place = columns.places(np.array(ids, dtype=np.int64))
        for found, marks in ((flagged, by_machine), (stands, standing), (open_, waits)):
            found[place[(place != NONE) & np.array(marks, dtype=bool)]] = True
    return Harm(flagged, stands, open_)


def missed_among(everything: Replies, found: Harm, mask: NDArray[np.bool_]) -> Missed | None:
    """Complaints among the replies of a mask, shape (N,), in which the machine found none; ``None`` where none of these was drawn and reviewed."""
    columns, reviews = everything.columns, everything.reviews
    read = mask & ~found.flagged & (columns.leaf >= 0)
    audited = reviews.drawn & read[reviews.place]
    place = reviews.place[audited]
    return missed(int(np.count_nonzero(read)), found.told[place], reviews.probability[audited]) if len(place) else None
