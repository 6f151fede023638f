"""How far each share is known, and what it takes to know it better."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from voc.errors import NotFound
from voc.insights.breakdown import OF, known
from voc.reasons import codebook
from voc.replies.codes import GROUP_CODES, group_places, pair_codes, pair_places
from voc.replies.queries import Replies
from voc.replies.segment import Segment
from voc.replies.selected import chosen
from voc.replies.selection import Selection
from voc.reviews import sampling
from voc.reviews.queries import WaveProgress, waves
from voc.stats import planner
from voc.stats.estimate import Estimate
from voc.stats.outlook import Outlook, look_ahead
from voc.stats.results import DEFAULT_RULE, Share, shares

WIDTHS = (0.02, 0.03, 0.05)
DEFAULT_WIDTH = 0.03
USUAL = 300
"""Reviews for which the strata are cut while there are fewer."""
A_FEW = 10
"""Asked for where the plan says that nothing is missing and the interval says otherwise: the plan is an expectation."""


@dataclass(frozen=True, kw_only=True)
class Aim:
    """One reason: how far its share is known, and what it takes to know it to the wished precision.

    ``state``: ``reached``; ``drawn`` (replies were drawn for it and are not all reviewed, see ``wave``); ``waiting`` (what was drawn for
    other reasons will do); ``reviews`` (``more`` are missing); ``replies`` (no number of reviews would do).
    """

    focus: str
    code: str
    is_leaf: bool
    group: str
    label: str
    share: Share
    state: str
    more: int = 0
    best: float = 0.0
    """Half width if every reply were reviewed."""
    wave: WaveProgress | None = None

    @property
    def half(self) -> float | None:
        """Half width of the interval as it is; none where nothing may be claimed."""
        return None if self.share.low is None or self.share.high is None else (self.share.high - self.share.low) / 2


@dataclass(frozen=True, kw_only=True)
class Precision:
    """All reasons of a selection."""

    within: float
    replies: int
    reviewed: int
    waiting: int
    """Drawn, and to be reviewed."""
    aims: tuple[Aim, ...]
    leaves: dict[str, tuple[Aim, ...]]
    """By group; only of groups with several."""

    def find(self, focus: str) -> Aim:
        inner = [leaf for leaves in self.leaves.values() for leaf in leaves]
        found = next((aim for aim in (*self.aims, *inner) if aim.focus == focus), None)
        if found is None:
            raise NotFound("この理由は、選んだ期間の回答にはありません。画面を開き直してください。")
        return found

    @property
    def reached(self) -> int:
        return sum(aim.state == "reached" for aim in self.aims)


@dataclass(frozen=True)
class Plan:
    """The replies of a selection that were read, what was drawn of them, and the outlook on groups and leaves.

    Attributes
    ----------
    places : ndarray of int, shape (N,)
        Where the replies stand in the columns.
    segment : Segment
        The same N replies.
    drawn : ndarray of int, shape (m,)
        Those drawn so far, as places in the segment.
    """

    places: NDArray[np.int64]
    segment: Segment
    drawn: NDArray[np.int64]
    waiting: int
    estimates: tuple[Estimate, Estimate]
    outlooks: tuple[Outlook, Outlook]

    def outlook(self, focus: str) -> Outlook:
        return self.outlooks["/" in focus]


def width(asked: str | float | None) -> float:
    """One of WIDTHS, from an address in points."""
    try:
        wished = round(float(asked or 0) / 100, 4)
    except ValueError:
        return DEFAULT_WIDTH
    return wished if wished in WIDTHS else DEFAULT_WIDTH


def plan(session: Session, everything: Replies, selection: Selection) -> Plan | None:
    """``None`` where nothing was read."""
    mask = chosen(session, everything.columns, selection) & (everything.columns.leaf >= 0)
    if not mask.any():
        return None
    segment, place = everything.segment(mask), np.cumsum(mask) - 1
    audits = everything.reviews.audits
    inside = mask[audits.place]
    drawn, gone = place[audits.place[inside]], audits.withdrawn[inside]
    estimates = known(segment)
    group = group_places(segment.purchase_type, segment.leaf)
    pair = pair_places(segment.purchase_type, segment.leaf)
    groups, leaves = (
        look_ahead(
            group, segment.confidence, names, taken=drawn[~gone], gone=drawn[gone], wanted=max(USUAL, len(drawn)), known=estimate, read=read
        )
        for names, estimate, read in ((GROUP_CODES, estimates[0], None), (pair_codes(), estimates[1], pair))
    )
    reviewed = int((segment.probability > 0).sum())
    return Plan(np.flatnonzero(mask), segment, drawn, int((~gone).sum()) - reviewed, estimates, (groups, leaves))


def look(session: Session, everything: Replies, selection: Selection, *, within: float) -> Precision:
    """How far the shares of a selection are known, of the groups that its way of buying has."""
    found = plan(session, everything, selection)
    if found is None:
        return Precision(within=within, replies=0, reviewed=0, waiting=0, aims=(), leaves={})
    told = aims(session, found, selection, within=within)
    if selection.purchase_type != codebook.ONE_OFF:
        return told
    return replace(told, aims=tuple(aim for aim in told.aims if not codebook.GROUPS[aim.code].subscription_only))


def aims(session: Session, found: Plan, selection: Selection, *, within: float) -> Precision:
    """How far the shares of a plan's replies are known."""
    open_ = _own_waves(session, selection)
    groups, leaves = (list(_aims(found, kind, within, open_)) for kind in (0, 1))
    inner = {aim.focus: tuple(leaf for leaf in leaves if leaf.group == aim.focus) for aim in groups}
    return Precision(
        within=within,
        replies=len(found.segment),
        reviewed=found.estimates[0].reviewed,
        waiting=found.waiting,
        aims=tuple(groups),
        leaves={group: several for group, several in inner.items() if len(several) > 1},
    )


def _own_waves(session: Session, selection: Selection) -> dict[str, WaveProgress]:
    """Unfinished draws for a reason of this very selection."""
    kept = scope(selection)
    return {found.wave.focus: found for found in waves(session) if found.wave.scope == kept and found.wave.closed_at is None}


def scope(selection: Selection) -> dict[str, Any]:
    """The selection as a draw keeps it; weights change the share, not who could be drawn."""
    return {name: value for name, value in selection.query().items() if name != "weight"}


def _aims(found: Plan, kind: int, within: float, open_: dict[str, WaveProgress]) -> Iterator[Aim]:
    outlook, lines = found.outlooks[kind], shares(found.estimates[kind], of=OF)
    more = planner.needed(outlook, within, of=OF)
    best = planner.expected_half_width(outlook, of=OF, all_reviewed=True)
    to_come = len(found.segment) - len(found.drawn)
    short = DEFAULT_RULE.reviewed - found.estimates[kind].reviewed - found.waiting
    for k, line in enumerate(lines):
        if not line.counted and not (line.share or 0) > 0:
            continue
        group, _slash, leaf = line.code.partition("/")
        state, number = _state(line, within, int(more[k]), short=short, waiting=found.waiting, to_come=to_come)
        wave = open_.get(line.code)
        yield Aim(
            focus=line.code, code=leaf or group, is_leaf=bool(leaf), group=group,
            label=codebook.LEAVES[leaf].label if leaf else codebook.GROUPS[group].label,
            share=line, state="drawn" if wave and state != "reached" else state, more=number, best=float(best[k]), wave=wave,
        )  # fmt: skip


def _state(line: Share, within: float, more: int, *, short: int, waiting: int, to_come: int) -> tuple[str, int]:
    """What it takes: the state as Aim has it, and the number of further reviews."""
    if line.low is not None and line.high is not None and (line.high - line.low) / 2 <= within:
        return "reached", 0
    if more == planner.UNREACHABLE or (not to_come and not waiting):
        return "replies", 0
    number = min(max(more, short, 0 if waiting else A_FEW), to_come, sampling.MOST)
    return ("reviews", number) if number > 0 else ("waiting", 0)
