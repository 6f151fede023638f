"""The report of a selection: one function behind the page, the command line and the exports, so that all tell the same numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from voc.clock import now
from voc.insights import queries
from voc.insights.breakdown import METHODS, Breakdown, Interval, Line, break_down, rate
from voc.insights.queries import Asked
from voc.reasons import codebook
from voc.replies import cuts, harm
from voc.replies import queries as everyone
from voc.replies.cuts import Part
from voc.replies.queries import Replies
from voc.replies.segment import Segment
from voc.replies.selected import chosen
from voc.replies.selection import Selection
from voc.stats.missed import Missed
from voc.weighting.weights import Weighting, weigh


@dataclass(frozen=True, kw_only=True)
class Section:
    """One part of the replies: a month, a product."""

    key: str
    label: str
    asked: Asked | None
    breakdown: Breakdown


@dataclass(frozen=True, kw_only=True)
class Report:
    selection: Selection
    before: Selection | None
    """The period that changes are told against; none where it holds no reply."""
    asked: Asked
    breakdown: Breakdown
    by: str | None
    sections: tuple[Section, ...]
    models: tuple[str, ...]
    generated_at: datetime
    replies: Replies
    """What it was made from, weighted where the selection says so."""
    weighting: Weighting | None = None
    plain: Breakdown | None = None
    """Where it is weighted: the groups without the weights, to tell what these changed."""
    missed: Missed | None = None
    """Reports of harm among the replies that the machine did not flag; none where none of these was reviewed at random."""
    codebook_version: str = codebook.VERSION

    @property
    def method(self) -> str:
        """What the weights add to the method of every line."""
        return self.weighting.method if self.weighting else ""

    @property
    def response(self) -> Interval | None:
        return rate(self.asked.answered, self.asked.asked)


def weighted(session: Session, everything: Replies, mask: NDArray[np.bool_], selection: Selection) -> tuple[Replies, Weighting | None]:
    """The replies with the weights that the selection asks for, where there can be any."""
    found = weigh(session, everything.columns, mask, selection)
    return replace(everything, weight=found.over(mask) if found else None), found


def make(
    session: Session, selection: Selection, *, by: str | None = None, everything: Replies | None = None, brief: bool = False
) -> Report:
    """The report of a selection, cut into parts on wish (these in brief, as break_down has it)."""
    everything = everything or everyone.read(session)
    mask = chosen(session, everything.columns, selection)
    before, earlier = _before(session, everything, selection)
    unweighted = everything
    everything, weighting = weighted(session, everything, mask, selection)
    one_off = selection.purchase_type == codebook.ONE_OFF
    found = break_down(everything.segment(mask), before=earlier, one_off=one_off)
    asked = queries.asked_by(session, selection, by) if by else {}
    return Report(
        selection=selection,
        before=before,
        asked=sum(asked.values(), Asked()) if asked else queries.asked(session, selection),
        breakdown=found,
        by=by,
        sections=sections(session, everything, mask, selection, by, asked=asked, brief=brief) if by else (),
        models=everything.columns.models,
        generated_at=now(),
        replies=everything,
        weighting=weighting,
        missed=harm.missed_among(everything, harm.read(session, everything.columns), mask),
        plain=break_down(unweighted.segment(mask), one_off=one_off, brief=True) if weighting and weighting.weights else None,
    )


def _before(session: Session, everything: Replies, selection: Selection) -> tuple[Selection | None, Segment | None]:
    before = selection.before()
    mask = chosen(session, everything.columns, before) if before else None
    if before is None or mask is None or not mask.any():
        return None, None
    return before, weighted(session, everything, mask, before)[0].segment(mask)


def sections(
    session: Session, everything: Replies, mask: NDArray[np.bool_], selection: Selection, by: str, *,
    asked: dict[str, Asked] | None = None, brief: bool = False,
) -> tuple[Section, ...]:  # fmt: skip
    """The selection in parts. A part that was asked and has no reply is told as well. ``brief``: as break_down has it."""
    parts = cuts.cut(session, everything.columns, mask, by)
    asked = queries.asked_by(session, selection, by) if asked is None else asked
    parts += _silent(session, by, asked, parts, mask)
    if by in ("month", "cohort"):
        parts.sort(key=lambda part: (part.key == "", part.key))
    return tuple(
        Section(
            key=part.key,
            label=part.label,
            asked=asked.get(part.key, Asked()) if by != "stated" else None,
            breakdown=break_down(
                everything.segment(part.mask), brief=brief, one_off=codebook.ONE_OFF in (selection.purchase_type, part.key)
            ),
        )
        for part in parts
    )


def _silent(session: Session, by: str, asked: dict[str, Asked], parts: Sequence[Part], mask: NDArray[np.bool_]) -> list[Part]:
    missing = sorted(set(asked) - {part.key for part in parts})
    return [Part(key, cuts.label_of(session, by, key), np.zeros_like(mask)) for key in missing]


# -- as data --------------------------------------------------------------------------------------------------------------


def as_json(report: Report) -> dict[str, Any]:
    """The report as plain data: what ``voc report breakdown --json`` prints and the API answers."""
    found = report.breakdown
    return {
        "generated_at": report.generated_at.isoformat(timespec="seconds"),
        "from": _day(report.selection.start),
        "to": _day(report.selection.end),
        "filters": {name: value for name, value in report.selection.query().items() if name not in ("from", "to", "weight")},
        "weighting": _weighting(report),
        "by": report.by,
        **_totals(found, report.asked),
        "method": found.method + report.method,
        "level": 0.95,
        "share_of": "customers",
        "model_version": "|".join(report.models),
        "codebook_version": report.codebook_version,
        "compared_with": None if report.before is None else {"from": _day(report.before.start), "to": _day(report.before.end)},
        "missed_harm": _missed(report.missed),
        "groups": [_line(line, report.asked, report.method) for line in found.lines],
        "segments": [
            {
                "key": section.key,
                "label": section.label,
                **_totals(section.breakdown, section.asked),
                "method": section.breakdown.method + report.method,
                "groups": [_line(line, section.asked, report.method) for line in section.breakdown.lines],
            }
            for section in report.sections
        ],
    }


def _weighting(report: Report) -> dict[str, Any] | None:
    """What was weighted and what it changed; ``why``: ``nobody``, ``few``, ``unknown`` or ``alike`` where it could not be."""
    found = report.weighting
    if found is None:
        return None
    data: dict[str, Any] = {"to": found.to, "people": found.people, "replies_known": found.known, "why": found.why or None}
    if found.weights is None or report.plain is None:
        return data | {"applied": False}
    plain = {line.code: line for line in report.plain.lines}
    return data | {
        "applied": True,
        "margins": list(found.margins),
        "effective_n": round(found.weights.effective_n, 1),
        "design_effect": round(found.weights.design_effect, 4),
        "trimmed": found.weights.trimmed,
        "converged": found.weights.converged,
        "unanswered": [list(level) for level in found.weights.unanswered],
        "changed": [
            {"group": line.code, "before": _round(plain[line.code].corrected_share), "after": _round(line.corrected_share)}
            for line in report.breakdown.lines
        ],
    }


def _missed(found: Missed | None) -> dict[str, Any] | None:
    """Reports of harm among the unflagged replies, and those of them that nobody has seen yet, with 95 % intervals."""
    if found is None:
        return None
    unseen, low, high = found.unseen
    return {
        "unflagged": found.unflagged, "reviewed": found.audited, "found": found.found, "estimate": _round(found.estimate),
        "low": _round(found.low), "high": _round(found.high), "unseen": _round(unseen), "unseen_low": _round(low),
        "unseen_high": _round(high), "exact": found.exact,
    }  # fmt: skip


def _totals(found: Breakdown, asked: Asked | None) -> dict[str, Any]:
    answered = None if asked is None else rate(asked.answered, asked.asked)
    return {
        "asked": None if asked is None else asked.asked,
        "answered": None if asked is None else asked.answered,
        "response_rate": None if answered is None else {"share": _round(answered.share), "low": _round(answered.low), "high": _round(answered.high)},
        "replies": found.replies,
        "unread": found.unread,
        "reviewed": found.reviewed,
        "reviewed_at_random": found.drawn,
    }  # fmt: skip


def _line(line: Line, asked: Asked | None, weighted: str) -> dict[str, Any]:
    kind = {"leaf": line.code} if line.is_leaf else {"group": line.code}
    inner = {} if line.is_leaf else {"leaves": [_line(leaf, asked, weighted) for leaf in line.leaves]}
    return kind | {
        "label": line.label,
        "raw_count": line.raw_count,
        "raw_share": _round(line.raw_share),
        "machine_count": line.machine_count,
        "machine_share": _round(line.machine_share),
        "corrected_share": _round(line.corrected_share),
        "low": _round(line.low),
        "high": _round(line.high),
        "reviewed": line.reviewed,
        "asked": None if asked is None else asked.asked,
        "answered": None if asked is None else asked.answered,
        "claimable": line.claimable,
        "missing": line.missing,
        "needs": line.needs or None,
        "effective_n": round(line.effective_n, 1) if line.claimable else None,
        "method": METHODS[line.method] + weighted,
    } | inner  # fmt: skip


def _round(value: float | None) -> float | None:
    return None if value is None else round(float(value), 6)


def _day(value: Any) -> str | None:
    return None if value is None else value.isoformat()
