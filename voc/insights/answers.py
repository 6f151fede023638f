"""The replies behind a figure: which they are, and their words."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from voc.customers.tables import Product
from voc.insights.breakdown import parts
from voc.numbers import NONE
from voc.paging import Page, nearest
from voc.privacy.masking import mask
from voc.readings.automatic import settled
from voc.readings.tables import Prediction
from voc.reasons import codebook
from voc.replies import cuts
from voc.replies.codes import GROUP_CODES, LEAF_CODES, STATED_CODES, group_places
from voc.replies.queries import Replies
from voc.replies.selected import chosen
from voc.replies.selection import Selection
from voc.reviews.queries import PREDICTION, effective
from voc.surveys.questions import stated_label
from voc.surveys.tables import Answer, FollowUp

PER_PAGE = 30


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What, beyond the selection, the replies of a figure have in common; empty is no limit."""

    group: str = ""
    leaf: str = ""
    stated: str = ""
    month: str = ""
    cohort: str = ""
    reading: str = ""
    """``machine``: by the machine's reading, ``people``: only what people decided, ``random``: of these the ones drawn at random."""
    parting: str = ""
    """``1``: the real reason is another than the one ticked."""

    def query(self) -> dict[str, str]:
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name))}


def wish(arguments: Any) -> Wish:
    return Wish(**{field.name: str(arguments.get(field.name, "")) for field in fields(Wish)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One reply as it is shown: personal data is covered, since counting needs none."""

    answer_id: int
    text: str
    follow_up: str
    answered_at: datetime
    product: str | None
    purchase_type: str
    stated: str
    leaf: str | None
    source: str | None
    confidence: float | None
    settled: bool
    """The machine's reading stands without a person."""


def find(session: Session, everything: Replies, selection: Selection, wanted: Wish) -> NDArray[np.int64]:
    """Ids of the replies, the newest first."""
    columns = everything.columns
    found = chosen(session, columns, selection)
    leaf = columns.leaf if wanted.reading == "machine" else everything.effective
    if wanted.group in codebook.GROUPS:
        found &= (leaf != NONE) & (group_places(columns.purchase_type, leaf) == GROUP_CODES.index(wanted.group))
    if wanted.leaf in codebook.LEAVES:
        found &= leaf == LEAF_CODES.index(wanted.leaf)
    if wanted.stated:
        found &= columns.stated == (STATED_CODES.index(wanted.stated) if wanted.stated in STATED_CODES else NONE)
    for by in ("month", "cohort"):
        key = getattr(wanted, by)
        if key:
            found &= cuts.mask_of(session, columns, by, "" if key == "none" else key)
    if wanted.reading in ("people", "random"):
        found &= _decided(everything, at_random=wanted.reading == "random")
    if wanted.parting:
        found &= (columns.stated != NONE) & (leaf != NONE) & parts(columns.stated, leaf)
    places = np.flatnonzero(found)
    order = np.lexsort((-columns.answer[places], -columns.day[places]))
    return columns.answer[places[order]]


def _decided(everything: Replies, *, at_random: bool) -> NDArray[np.bool_]:
    decided = np.zeros(len(everything.columns), dtype=bool)
    reviews = everything.reviews
    decided[reviews.place[reviews.drawn] if at_random else reviews.place] = True
    return decided


def page(session: Session, ids: NDArray[np.int64], number: int) -> Page[Voice]:
    number = nearest(number, len(ids), PER_PAGE)
    wanted = [int(answer) for answer in ids[(number - 1) * PER_PAGE : number * PER_PAGE]]
    found = {voice.answer_id: voice for voice in _voices(session, wanted)}
    return Page(rows=[found[answer] for answer in wanted if answer in found], number=number, total=len(ids), size=PER_PAGE)


def _voices(session: Session, ids: list[int]) -> list[Voice]:
    real = effective().where(Answer.id.in_(ids)).subquery()
    rows = session.execute(
        sa.select(
            Answer.id, Answer.text, FollowUp.text.label("follow_up"), Answer.answered_at, Product.name.label("product"), Answer.purchase_type,
            Answer.stated, real.c.leaf, real.c.source, Prediction.confidence, settled(Answer.id).label("settled"),
        )
        .outerjoin(real, real.c.answer_id == Answer.id)
        .outerjoin(Prediction, sa.and_(Prediction.answer_id == Answer.id, Prediction.current))
        .outerjoin(FollowUp, FollowUp.answer_id == Answer.id)
        .outerjoin(Product, Product.id == Answer.product_id)
        .where(Answer.id.in_(ids))
    )  # fmt: skip
    return [
        Voice(
            answer_id=row.id, text=mask(row.text), follow_up=mask(row.follow_up or ""), answered_at=row.answered_at, product=row.product,
            purchase_type=row.purchase_type, stated=stated_label(row.stated, row.purchase_type), leaf=row.leaf, source=row.source,
            confidence=row.confidence, settled=bool(row.settled and row.source == PREDICTION),
        )
        for row in rows
    ]  # fmt: skip
