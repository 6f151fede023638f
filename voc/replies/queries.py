"""All replies with what the machine read and people decided; names to choose from."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from voc.campaigns.tables import Campaign
from voc.customers.queries import product_names
from voc.numbers import Column
from voc.replies import columns as memory
from voc.replies import reviews
from voc.replies.columns import Columns
from voc.replies.reviews import Reviews
from voc.replies.segment import Segment


@dataclass(frozen=True)
class Replies:
    """All answers with what the machine read and people decided."""

    columns: Columns
    reviews: Reviews
    weight: NDArray[np.float64] | None = None
    """Of every answer, where they are weighted: made for one selection (insights.report.weighted)."""

    @cached_property
    def everyone(self) -> Segment:
        columns, reviews = self.columns, self.reviews
        return Segment(
            columns.purchase_type, columns.leaf, columns.confidence, reviews.place, reviews.leaf, reviews.probability, self.weight
        )

    def segment(self, mask: NDArray[np.bool_]) -> Segment:
        return self.everyone.part(mask)

    @cached_property
    def effective(self) -> Column:
        """The leaf that counts for every answer."""
        leaf = self.columns.leaf.copy()
        leaf[self.reviews.place] = self.reviews.leaf
        return leaf


def read(session: Session) -> Replies:
    """As the database is now."""
    columns = memory.read(session)
    return Replies(columns, reviews.read(session, columns))


def products(session: Session) -> dict[int, str]:
    return product_names(session)


def campaigns(session: Session) -> dict[int, str]:
    return {row[0]: row[1] for row in session.execute(sa.select(Campaign.id, Campaign.name).order_by(Campaign.created_at.desc()))}
