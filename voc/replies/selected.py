"""Which replies belong to a selection."""

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from voc.campaigns.tables import Invitation
from voc.days import day_number
from voc.numbers import NONE, Column
from voc.reasons.codebook import PURCHASE_TYPES
from voc.replies.columns import Columns
from voc.replies.selection import Selection
from voc.surveys.tables import SOURCES


def _answered(session: Session, where: sa.ColumnElement[bool]) -> Column:
    """Ids of the answered invitations of a campaign or over a channel."""
    wanted = sa.select(Invitation.id).where(Invitation.answered_at.is_not(None), where)
    return np.array(session.scalars(wanted.order_by(Invitation.id)).all(), dtype=np.int64)


def chosen(session: Session, columns: Columns, selection: Selection) -> NDArray[np.bool_]:
    """Which of the columns belong to a selection, shape (N,)."""
    mask = np.ones(len(columns), dtype=bool)
    if selection.start is not None:
        mask &= columns.day >= day_number(selection.start)
    if selection.end is not None:
        mask &= columns.day <= day_number(selection.end)
    if selection.purchase_type is not None:
        mask &= columns.purchase_type == PURCHASE_TYPES.index(selection.purchase_type)
    if selection.product_id is not None:
        mask &= columns.product == selection.product_id
    if selection.campaign_id is not None:
        mask &= np.isin(columns.invitation, _answered(session, Invitation.campaign_id == selection.campaign_id))
    if selection.way is not None:
        asked_so = np.isin(columns.invitation, _answered(session, Invitation.channel == selection.way))
        came_so = SOURCES.index(selection.way) if selection.way in SOURCES else NONE
        mask &= asked_so | ((columns.invitation == 0) & (columns.source == came_so))
    return mask
