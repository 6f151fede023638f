"""Weights that make the replies of a selection stand for all who were asked, or all who left (voc.stats.weighting)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from voc.numbers import NONE, Column
from voc.reasons.codebook import PURCHASE_TYPE_LABELS, PURCHASE_TYPES
from voc.replies import queries
from voc.replies.columns import Columns
from voc.replies.selection import WAY_LABELS, WAYS, Selection
from voc.stats.weighting import Margin, Weights, rake
from voc.weighting import people
from voc.weighting.people import People

LEAST = 50
"""Fewest replies that are weighted: of fewer each would have to stand for too many."""
MOST_PRODUCTS = 8
_KEPT = 24

MARGINS = {
    "product": "商品", "purchase_type": "買い方", "tenure": "初回購入からの日数", "price": "初回の金額", "way": "聞き方",
}  # fmt: skip
OTHERS, UNKNOWN = "そのほか", "不明"
NOT_KNOWN = -2
TENURES = ("30日まで", "31〜90日", "91〜180日", "181〜365日", "1年を超える", UNKNOWN)
PRICES = ("1,000円未満", "1,000円台", "2,000〜3,999円", "4,000〜7,999円", "8,000円以上", UNKNOWN)


@dataclass(frozen=True)
class Weighting:
    """Weights of one selection, or why there are none.

    Attributes
    ----------
    to : "asked" or "left"
    people : how many the replies are to stand for
    margins : names of the margins that were fitted (keys of MARGINS)
    weights : of the replies of the mask, in their order; None where replies cannot be weighted
    known : replies whose person is known: only these are weighted, the others keep their share
    why : where there are no weights: ``nobody`` (was asked), ``few`` (replies), ``unknown`` (how many left), ``alike`` (nothing to fit)
    """

    to: str
    people: int
    margins: tuple[str, ...]
    weights: Weights | None
    known: int
    why: str = ""

    def over(self, mask: NDArray[np.bool_]) -> NDArray[np.float64] | None:
        """A weight for every reply in the columns; 1 for those outside."""
        if self.weights is None:
            return None
        spread = np.ones(len(mask))
        spread[mask] = self.weights.weight
        return spread

    @property
    def method(self) -> str:
        """As it stands in exports beside the estimator's name."""
        if self.weights is None:
            return ""
        whom = {"asked": "all who were asked", "left": "all who left"}[self.to]
        return f"; weighted to {whom} (raking over {', '.join(self.margins)}; weights within 0.2–5)"


def weigh(session: Session, columns: Columns, mask: NDArray[np.bool_], selection: Selection) -> Weighting | None:
    """``None`` where no weights are wished for."""
    if selection.weight is None:
        return None
    known = people.read(session)
    key = (id(columns), selection)
    kept = known.weighed.get(key)
    if kept is not None and kept[0] is columns:
        found: Weighting = kept[1]
        return found
    names = queries.products(session)
    found = _weigh(columns, mask, selection, known, names)
    if len(known.weighed) >= _KEPT:
        known.weighed.clear()
    known.weighed[key] = (columns, found)
    return found


def _weigh(columns: Columns, mask: NDArray[np.bool_], selection: Selection, known: People, names: dict[int, str]) -> Weighting:
    to = selection.weight or "asked"
    if to == "left" and (selection.campaign_id or selection.way or (selection.purchase_type != "one_off" and not known.subscriptions)):
        return Weighting(to, 0, (), None, 0, "unknown")
    group = known.asked if to == "asked" else known.left
    inside = group.inside(selection)
    number = int(inside.sum())
    if not number:
        return Weighting(to, 0, (), None, 0, "nobody")
    replies, there = _replies(columns, mask, known, to)
    if there.sum() < LEAST:
        return Weighting(to, number, (), None, int(there.sum()), "few")
    margins = [
        margin
        for name, replied in replies.items()
        if (margin := _margin(name, getattr(group, name)[inside], np.where(there, replied, NOT_KNOWN), names)) is not None
    ]
    if not margins:
        return Weighting(to, number, (), None, int(there.sum()), "alike")
    return Weighting(to, number, tuple(margin.name for margin in margins), rake(margins), int(there.sum()))


def _replies(columns: Columns, mask: NDArray[np.bool_], known: People, to: str) -> tuple[dict[str, Column], NDArray[np.bool_]]:
    """What is known of the people who replied, and of which of them anything is."""
    place = np.flatnonzero(mask)
    asked = known.asked
    row = np.minimum(np.searchsorted(asked.key, columns.invitation[place]), max(len(asked.key) - 1, 0))
    came = asked.key[row] == columns.invitation[place] if len(asked.key) else np.zeros(len(place), dtype=bool)
    if to == "asked":
        return {name: getattr(asked, name)[row] for name in MARGINS} if len(asked.key) else {}, came
    day = np.where(came, asked.day[row], columns.day[place]) if len(asked.key) else columns.day[place]
    tenure, price = known.customers.bands(columns.customer[place], day)
    found = {"product": columns.product[place], "purchase_type": columns.purchase_type[place], "tenure": tenure, "price": price}
    return found, columns.customer[place] > 0


def _margin(name: str, asked: Column, replied: Column, names: dict[int, str]) -> Margin | None:
    """One margin; ``None`` where there is nothing to fit: one level only. ``replied`` is −2 for replies of which nothing is known."""
    levels = _levels(name, asked)
    of = {value: place for place, (value, _label) in enumerate(levels)}
    others = of.get(NONE, NONE) if name == "product" else NONE
    counts = np.bincount(_placed(asked, of, others) + 1, minlength=len(levels) + 1)[1:]
    place = np.where(replied != NOT_KNOWN, _placed(replied, of, others), NONE)
    place = np.where((place != NONE) & (counts[place] > 0), place, NONE)  # asked before the period, at a level that nobody has in it
    if (counts > 0).sum() < 2 or not (place != NONE).any():
        return None
    labels = [names.get(value, UNKNOWN) if name == "product" and value > 0 else label for value, label in levels]
    return Margin(name, labels, place, counts)


def _levels(name: str, asked: Column) -> list[tuple[int, str]]:
    """Every level as (number in the columns, label); products beyond the most frequent are one level, ``NONE``."""
    if name == "product":
        ids, sizes = np.unique(asked, return_counts=True)
        most = [int(ids[place]) for place in np.argsort(-sizes, kind="stable")]
        rest = [(NONE, OTHERS)] if len(most) > MOST_PRODUCTS else []
        return [(product, UNKNOWN) for product in most[:MOST_PRODUCTS]] + rest
    labels = {
        "purchase_type": tuple(PURCHASE_TYPE_LABELS[code] for code in PURCHASE_TYPES), "tenure": TENURES, "price": PRICES,
        "way": tuple(WAY_LABELS[way] for way in WAYS),
    }[name]  # fmt: skip
    return list(enumerate(labels))


def _placed(values: Column, of: dict[int, int], others: int) -> Column:
    """Values as places among the levels."""
    ids = np.array(sorted(of), dtype=np.int64)
    places = np.array([of[int(value)] for value in ids], dtype=np.int64)
    at = np.minimum(np.searchsorted(ids, values), len(ids) - 1)
    return np.where(ids[at] == values, places[at], others)
