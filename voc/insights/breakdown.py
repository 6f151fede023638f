"""From readings and decisions to the lines of a report: counted share, corrected share, what may be claimed. Pure.

Plain arrays in, result rows out; the statistics are voc.stats (docs/statistics.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from voc.reasons import codebook
from voc.replies.codes import GROUP_CODES, LEAF_CODES, group_places, pair_codes, pair_places, pairs
from voc.replies.segment import Ints, Segment
from voc.stats.estimate import Coding, Estimate, Frame, Of, estimate, make_frame
from voc.stats.intervals import wilson
from voc.stats.results import DEFAULT_RULE, Difference, Share, differences, shares
from voc.surveys.questions import STATED

OF: Of = "customers"
"""What the shares are shares of: the customers whom the replies stand for, not these very replies only."""

METHODS = {
    "none": "counted",
    "corrected": "stratified prediction-powered estimate, Wilson interval on the effective sample size",
    "complete": "all replies reviewed, Wilson interval",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One reason of a report. Shares are 0 to 1; ``None`` where nothing may be claimed."""

    code: str
    """A leaf's code when ``is_leaf``, else a group's; some codes are both."""
    is_leaf: bool
    group: str
    label: str
    raw_count: int
    """Replies with this reason: decided by a person, else as the machine read it."""
    raw_share: float
    machine_count: int
    machine_share: float
    corrected_share: float | None
    low: float | None
    high: float | None
    reviewed: int
    """Replies of the segment that were drawn at random and decided."""
    effective_n: float
    claimable: bool
    missing: int
    """Further reviews after which the share can probably be shown; 0 where it is, or where reviews would not help."""
    needs: str
    """What is missing for a claim: ``""``, ``reviews`` or ``replies``."""
    method: str
    leaves: tuple["Line", ...] = ()
    change: Difference | None = None


@dataclass(frozen=True, kw_only=True)
class Breakdown:
    """All that is known about the reasons of one selection."""

    replies: int
    """Replies with a reason, read or decided."""
    unread: int
    reviewed: int
    drawn: int
    """Of the reviewed those that were drawn at random: what the corrected shares rest on."""
    lines: tuple[Line, ...]
    method: str
    groups: Estimate | None = field(default=None, repr=False, compare=False)

    def line(self, group: str) -> Line:
        return next(line for line in self.lines if line.code == group)

    @property
    def claimed(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.claimable)


@dataclass(frozen=True)
class Interval:
    """A share with its interval."""

    share: float
    low: float
    high: float
    n: int


def rate(part: int, whole: int) -> Interval | None:
    """A plain share with Wilson's interval; ``None`` of nothing."""
    if whole <= 0:
        return None
    low, high = wilson(part / whole, whole)
    return Interval(part / whole, float(low), float(high), whole)


def break_down(segment: Segment, *, before: Segment | None = None, one_off: bool = False, brief: bool = False) -> Breakdown:
    """The lines of a selection.

    Parameters
    ----------
    segment
        The replies.
    before
        Replies to compare with, none of them in ``segment``: fills ``change``.
    one_off
        Whether groups that only subscriptions have are left out.
    brief
        Without the leaves within each group, and, where too few were reviewed to claim anything, without what is missing:
        for tables of many small parts.
    """
    raw = _counts(segment)
    total = int((segment.effective >= 0).sum())
    read = segment.part(segment.leaf >= 0) if (segment.leaf < 0).any() else segment
    drawn = int((read.probability > 0).sum())
    if brief and drawn < min(DEFAULT_RULE.reviewed, len(read)):
        groups, changes, inner, found = _counted_only(read, drawn), {}, {}, None
    else:
        frame = _frame(read)
        found = _estimate(read, frame)
        groups, changes = shares(found, of=OF), _changes(found, before)
        inner = {} if brief else _leaf_lines(read, frame, raw[1], total)
    lines = tuple(
        _line(share, total, raw_count=int(raw[0][place]), group=code, label=codebook.GROUPS[code].label, leaves=inner.get(code, ()), change=changes.get(code))
        for place, (code, share) in enumerate(zip(GROUP_CODES, groups, strict=True))
        if not (one_off and codebook.GROUPS[code].subscription_only)
    )  # fmt: skip
    return Breakdown(
        replies=total, unread=len(segment) - total, reviewed=len(segment.rows), drawn=drawn, lines=lines, method=METHODS[groups[0].method], groups=found,
    )  # fmt: skip


def _counted_only(read: Segment, drawn: int) -> tuple[Share, ...]:
    """What the machine counted, where nothing more can be claimed."""
    counted = np.bincount(group_places(read.purchase_type, read.leaf), minlength=len(GROUP_CODES))
    return tuple(
        Share(code, int(count), float(count / len(read)), None, None, None, drawn, 0.0, False, 0, "corrected" if drawn else "none")
        for code, count in zip(GROUP_CODES, counted, strict=True)
    )


@cache
def _parting() -> NDArray[np.bool_]:
    """Whether a stated option and a real leaf part, shape (options, leaves); never for words that could not be read."""
    return np.array([[leaf not in option.leaves and leaf != "unclear" for leaf in LEAF_CODES] for option in STATED.values()])


def parts(stated: Ints, leaf: Ints) -> NDArray[np.bool_]:
    """Whether the option ticked and the real reason part, by places; both must be there."""
    return np.asarray(_parting()[stated, leaf])


def parting(segment: Segment, stated: Ints) -> Share:
    """Share of the customers whose real reason is another than the option they ticked.

    Of those who ticked one and whose words the machine could read. ``stated`` has shape (N,): place in STATED, −1 for none.
    """
    told = (stated >= 0) & (segment.leaf >= 0) & (segment.leaf != LEAF_CODES.index("unclear"))
    stated, part = stated[told], segment.part(told)
    frame, read = _frame(part), part
    drawn = read.probability > 0
    coding = Coding(
        codes=("parting",),
        read=np.where(_parting()[stated, read.leaf], 0, -1),
        found=np.where(_parting()[stated[read.rows[drawn]], read.found[drawn]], 0, -1),
    )
    return shares(estimate(frame, coding), of=OF)[0]


def _frame(read: Segment) -> Frame:
    """The strata of replies that were all read: corrections rest on the reviews drawn at random among them."""
    drawn = read.probability > 0
    group = group_places(read.purchase_type, read.leaf)
    return make_frame(group, read.confidence, rows=read.rows[drawn], probability=read.probability[drawn], weights=read.weight)


def _estimate(read: Segment, frame: Frame, *, leaves: bool = False) -> Estimate:
    """Of the groups, or of each leaf in its group."""
    drawn = read.probability > 0
    names, places = (pair_codes(), pair_places) if leaves else (GROUP_CODES, group_places)
    found = places(read.purchase_type[read.rows[drawn]], read.found[drawn])
    return estimate(frame, Coding(codes=names, read=places(read.purchase_type, read.leaf), found=found))


def known(read: Segment) -> tuple[Estimate, Estimate]:
    """What is known of the groups, and of each leaf in its group (``pair_codes``), on the same strata; all replies were read."""
    frame = _frame(read)
    return _estimate(read, frame), _estimate(read, frame, leaves=True)


def _changes(now: Estimate, before: Segment | None) -> dict[str, Difference]:
    if before is None or not len(before):
        return {}
    read = before.part(before.leaf >= 0)
    then = _estimate(read, _frame(read))
    return {change.code: change for change in differences(now, then, of=OF)}


def _counts(segment: Segment) -> tuple[Ints, Ints]:
    """Replies of each group, and of each (group, leaf), by the leaf that counts."""
    leaf = segment.effective
    known = leaf >= 0
    bought, leaf = segment.purchase_type[known], leaf[known]
    groups, inner = group_places(bought, leaf), pair_places(bought, leaf)
    return np.bincount(groups, minlength=len(GROUP_CODES)), np.bincount(inner, minlength=len(pairs()))


def _leaf_lines(read: Segment, frame: Frame, raw: Ints, total: int) -> dict[str, tuple[Line, ...]]:
    found = shares(_estimate(read, frame, leaves=True), of=OF)
    lines: dict[str, list[Line]] = {}
    for place, ((group, leaf), share) in enumerate(zip(pairs(), found, strict=True)):
        if raw[place] or share.counted or (share.share or 0) > 0:
            label = codebook.LEAVES[leaf].label
            lines.setdefault(group, []).append(_line(share, total, raw_count=int(raw[place]), group=group, label=label, code=leaf))
    return {group: tuple(inner) for group, inner in lines.items()}


def _line(
    share: Share, total: int, *, raw_count: int, group: str, label: str, code: str | None = None,
    leaves: Sequence[Line] = (), change: Difference | None = None,
) -> Line:  # fmt: skip
    needs = "" if share.claimable else "reviews" if _within_reach(share, total) else "replies"
    return Line(
        code=code or share.code,
        is_leaf=code is not None,
        group=group,
        label=label,
        raw_count=raw_count,
        raw_share=raw_count / total if total else 0.0,
        machine_count=share.counted,
        machine_share=share.counted_share,
        corrected_share=share.share,
        low=share.low,
        high=share.high,
        reviewed=share.reviewed,
        effective_n=share.effective_n,
        claimable=share.claimable,
        missing=share.missing if needs == "reviews" else 0,
        needs=needs,
        method=share.method,
        leaves=tuple(leaves),
        change=change,
    )


def _within_reach(share: Share, total: int) -> bool:
    """Whether the share could be shown if every reply were reviewed; else it is replies that are missing, not reviews."""
    if total < DEFAULT_RULE.reviewed or share.reviewed >= total:
        return False
    p = np.array([share.counted_share])
    low, high = wilson(p, total)
    return bool(DEFAULT_RULE.met(p, low, high, np.array([float(total)]))[0])
