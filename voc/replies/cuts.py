"""The same replies cut into parts: by month, product, first order, …"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from voc.campaigns.tables import Invitation
from voc.customers.tables import Customer
from voc.days import days, month_label, month_name, months
from voc.numbers import NONE, Column, seconds_of
from voc.numbers import columns as columns_of
from voc.reasons.codebook import PURCHASE_TYPE_LABELS, PURCHASE_TYPES
from voc.replies import queries
from voc.replies.codes import STATED_CODES
from voc.replies.columns import Columns
from voc.replies.selection import WAY_LABELS, WAYS
from voc.surveys.questions import stated_label
from voc.surveys.tables import SOURCES

UNKNOWN = "不明"


@dataclass(frozen=True)
class Part:
    """One part: its key in addresses and files (``""`` where it is not known), what it is called, which replies belong to it."""

    key: str
    label: str
    mask: NDArray[np.bool_]


def cut(session: Session, columns: Columns, mask: NDArray[np.bool_], by: str) -> list[Part]:
    """The replies of ``mask`` by one of selection.CUTS, in the order in which people expect them; empty parts are left out."""
    codes = _codes(session, columns, by)
    present = [int(code) for code in np.unique(codes[mask])]
    names = _names(session, by, present)
    return [Part(*names[code], mask & (codes == code)) for code in _ordered(by, present, codes[mask])]


def mask_of(session: Session, columns: Columns, by: str, key: str) -> NDArray[np.bool_]:
    """The replies of one part, by its key; none for a key that there is not."""
    codes = _codes(session, columns, by)
    names = _names(session, by, [int(code) for code in np.unique(codes)])
    wanted = [code for code, (name, _) in names.items() if name == key]
    return np.isin(codes, wanted)


def _ordered(by: str, present: list[int], codes: Column) -> list[int]:
    """Time and fixed lists run in their own order; products and campaigns by number of replies; the unknown comes last."""
    if by in ("product", "campaign"):
        present = sorted(present, key=lambda code: -int((codes == code).sum()))
    nobody = (NONE, 0) if by in ("product", "campaign") else (NONE,)
    return sorted(present, key=lambda code: code in nobody)


def _codes(session: Session, columns: Columns, by: str) -> Column:
    looked_up = {"cohort": _cohorts, "channel": _ways, "campaign": _campaigns}
    if by in looked_up:
        return looked_up[by](session, columns)
    return (
        months(columns.day)
        if by == "month"
        else {"product": columns.product, "purchase_type": columns.purchase_type, "stated": columns.stated}[by]
    )


def _names(session: Session, by: str, codes: Sequence[int]) -> dict[int, tuple[str, str]]:
    """(key, label) of each code."""
    match by:
        case "month":
            return {code: (month_name(code), month_label(code)) for code in codes}
        case "cohort":
            return {code: (month_name(code), month_label(code)) if code != NONE else ("", UNKNOWN) for code in codes}
        case "product" | "campaign":
            known = queries.products(session) if by == "product" else queries.campaigns(session)
            return {code: (str(code) if code else "", known.get(code, UNKNOWN)) for code in codes}
        case "purchase_type":
            return {code: (PURCHASE_TYPES[code], PURCHASE_TYPE_LABELS[PURCHASE_TYPES[code]]) for code in codes}
        case "channel":
            return {code: (WAYS[code], WAY_LABELS[WAYS[code]]) if code != NONE else ("", UNKNOWN) for code in codes}
    return {
        code: (STATED_CODES[code], stated_label(STATED_CODES[code], "subscription")) if code != NONE else ("", "選択なし") for code in codes
    }


def label_of(session: Session, by: str, key: str) -> str:
    """What a part is called, by its key alone."""
    if not key:
        return UNKNOWN
    if by in ("month", "cohort"):
        return month_label(int(np.datetime64(key, "M").astype(np.int64)))
    if by in ("product", "campaign"):
        return (queries.products(session) if by == "product" else queries.campaigns(session)).get(int(key), UNKNOWN)
    return (PURCHASE_TYPE_LABELS if by == "purchase_type" else WAY_LABELS).get(key, key)


def _cohorts(session: Session, columns: Columns) -> Column:
    """Month of the customer's first order for every answer."""
    seconds = seconds_of(session, Customer.first_order_at)
    ids, first = _pairs(session, sa.select(Customer.id, seconds).where(Customer.first_order_at.is_not(None)))
    return _looked_up(columns.customer, ids, months(days(first)), missing=np.full(len(columns), NONE))


def _ways(session: Session, columns: Columns) -> Column:
    """The channel that each answer was asked over, else how it came."""
    place = sa.case({way: place for place, way in enumerate(WAYS)}, value=Invitation.channel, else_=NONE)
    ids, channels = _pairs(session, sa.select(Invitation.id, place).where(Invitation.answered_at.is_not(None)))
    as_way = np.array([WAYS.index(source) if source in WAYS else NONE for source in SOURCES], dtype=np.int64)
    return _looked_up(columns.invitation, ids, channels, missing=as_way[columns.source])


def _campaigns(session: Session, columns: Columns) -> Column:
    ids, campaigns = _pairs(session, sa.select(Invitation.id, Invitation.campaign_id).where(Invitation.answered_at.is_not(None)))
    return _looked_up(columns.invitation, ids, campaigns, missing=np.zeros(len(columns), dtype=np.int64))


def _pairs(session: Session, statement: sa.Executable) -> tuple[Column, Column]:
    """Ids and a number each, in the order of the ids."""
    ids, values = columns_of(session, statement, 2)
    order = np.argsort(ids, kind="stable")
    return ids[order], values[order]


def _looked_up(wanted: Column, ids: Column, values: Column, *, missing: Column) -> Column:
    if not len(ids):
        return missing
    place = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[place] == wanted, values[place], missing)
