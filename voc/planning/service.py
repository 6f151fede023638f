"""Further replies are drawn for review: exactly those that one share needs, or some in which the machine found no harm."""

import secrets
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from voc.errors import Conflict, Refused
from voc.planning import missed, precision
from voc.replies import harm
from voc.replies.codes import GROUP_CODES, group_places
from voc.replies.queries import Replies
from voc.replies.selection import Selection
from voc.reviews import sampling
from voc.reviews.sampling import Population, Purpose
from voc.reviews.tables import AuditWave
from voc.stats.outlook import look_ahead
from voc.stats.planner import allocate, draw


def draw_for_precision(
    session: Session, everything: Replies, selection: Selection, *, focus: str, within: float, by: int, seed: int | None = None
) -> AuditWave:
    """Draw as many replies of the selection as the reason needs. Hold ``sampling.one_draw_at_a_time`` before ``everything`` is read.

    Raises
    ------
    Conflict
        They were drawn before and are not all reviewed.
    Refused
        None are missing, or no number of reviews would reach the precision.
    """
    found = precision.plan(session, everything, selection)
    if found is None:
        raise Refused("選んだ期間に、読み取った回答がありません。")
    aim = precision.aims(session, found, selection, within=within).find(focus)
    if aim.state == "drawn" and aim.wave is not None:
        raise Conflict(
            f"このための抜き取りは、もうあります(確認 {aim.wave.decided:,}/{aim.wave.drawn:,}件)。終わってから、もう一度お選びください。"
        )
    if aim.state != "reviews":
        raise Refused(
            {
                "reached": "この理由は、もうその幅までわかっています。",
                "waiting": "すでに選んである回答の確認が終われば、その幅に届きます。",
            }.get(aim.state, "回答が増えるまで、その幅には届きません。")
        )
    seed = secrets.randbits(32) if seed is None else seed
    outlook = found.outlook(focus)
    drawn = draw(outlook, allocate(outlook, aim.more, focus=focus), taken=found.drawn, seed=seed)
    purpose = Purpose(focus=focus, within=within, scope=precision.scope(selection))
    return sampling.keep(
        session, _population(everything, found.places), outlook.strata, drawn, purpose, taken=found.drawn, seed=seed, by=by
    )


def draw_unflagged(session: Session, everything: Replies, *, by: int, seed: int | None = None) -> AuditWave:
    """Draw unflagged replies in proportion, from all strata. Hold ``sampling.one_draw_at_a_time`` before ``everything`` is read.

    Raises
    ------
    Conflict
        They were drawn before and are not all reviewed.
    Refused
        Enough were drawn.
    """
    watch = missed.look(session, everything)
    if watch.wave is not None:
        raise Conflict(f"見逃しを調べるための抜き取りは、もうあります(確認 {watch.wave.decided:,}/{watch.wave.drawn:,}件)。")
    if not watch.more:
        raise Refused("見逃しを調べるのに足りる数が、もう選んであります。")
    places = np.flatnonzero((everything.columns.leaf >= 0) & ~harm.read(session, everything.columns).flagged)
    taken = _within(places, everything.reviews.audits.place)
    columns = everything.columns
    group = group_places(columns.purchase_type[places], columns.leaf[places])
    outlook = look_ahead(group, columns.confidence[places], GROUP_CODES, taken=taken)
    alike = replace(outlook, codes=(missed.FOCUS,), within=np.ones((len(outlook.strata), 1)), share=np.full(1, missed.AT_MOST))
    seed = secrets.randbits(32) if seed is None else seed
    drawn = draw(alike, allocate(alike, watch.more, focus=missed.FOCUS, least=1), taken=taken, seed=seed)
    purpose = Purpose(focus=missed.FOCUS, within=missed.AT_MOST, unflagged=True)
    return sampling.keep(session, _population(everything, places), alike.strata, drawn, purpose, taken=taken, seed=seed, by=by)


def _within(places: NDArray[np.int64], some: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where in ``places`` (sorted) those of ``some`` stand that are among them."""
    return np.flatnonzero(np.isin(places, some))


def _population(everything: Replies, places: NDArray[np.int64]) -> Population:
    """The replies at some places of the columns, as a draw wants them."""
    columns = everything.columns
    group = group_places(columns.purchase_type[places], columns.leaf[places])
    answers: Sequence[int] = [int(answer) for answer in columns.answer[places]]
    return Population(answers, group, columns.confidence[places])  # type: ignore[arg-type]
