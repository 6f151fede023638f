"""The audit stream: answers drawn at random for review, each with the probability it was drawn with."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc import audit
from voc.clock import now, today
from voc.errors import Refused
from voc.readings.tables import Prediction
from voc.reasons import codebook
from voc.reviews.tables import AuditDraw
from voc.surveys.tables import Answer

DOUBLE_SHARE = 0.2
"""Share of the drawn answers that a second person codes as well, blind."""
GROUPS = tuple(codebook.GROUPS)


@dataclass(frozen=True, slots=True)
class _Population:
    """Every answer that was read, as columns."""

    answer_id: Sequence[int]
    group: Sequence[int]
    confidence: Sequence[float]
    drawn: Sequence[bool]


def draw_audit(session: Session, n: int, *, seed: int | None = None, by: int | None = None) -> int:
    """Draw ``n`` answers for review, stratified by predicted group and confidence; the number drawn.

    Answers that somebody decided already (because they looked hard or alarming) stay in the draw and count as reviewed when
    they are drawn: to leave them out would bias the shares. The rows are written in random order, so that the first
    so many of them are a random part as well.

    Raises
    ------
    Refused
        Nothing is left to draw, or ``n`` is no number to draw.
    """
    from voc.stats import planner  # numpy and scipy: not for every start of the site

    if not 1 <= n <= 10_000:
        raise Refused("一度に回せるのは1件から10,000件までです。")
    _one_draw_at_a_time(session)
    everyone = _population(session)
    taken = [place for place, drawn in enumerate(everyone.drawn) if drawn]
    if len(taken) == len(everyone.answer_id):
        raise Refused("確認に回せる回答がありません。新しい回答が読み取られてから、もう一度お試しください。")
    seed = secrets.randbits(32) if seed is None else seed
    outlook = planner.look_ahead(everyone.group, everyone.confidence, GROUPS, taken=taken, wanted=len(taken) + n)
    drawn = planner.draw(outlook, planner.allocate(outlook, n), taken=taken, seed=seed)
    rows = _rows(everyone, outlook.strata.of, drawn, wave=_next_wave(session), seed=seed)
    session.execute(sa.insert(AuditDraw), rows)
    audit.record(session, "audit.drawn", user_id=by, wave=rows[0]["wave"], drawn=len(rows), asked=n, seed=seed, of=len(everyone.answer_id))
    return len(rows)


def _one_draw_at_a_time(session: Session) -> None:
    """Two draws at once would each not know what the other took. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("LOCK TABLE audit_draws IN SHARE ROW EXCLUSIVE MODE"))


def _population(session: Session) -> _Population:
    rows = session.execute(
        sa.select(Answer.id, Answer.purchase_type, Prediction.primary_leaf, Prediction.confidence, AuditDraw.id)
        .join(Prediction, sa.and_(Prediction.answer_id == Answer.id, Prediction.current))
        .outerjoin(AuditDraw, AuditDraw.answer_id == Answer.id)
        .order_by(Answer.id)
    ).all()
    place = {
        (leaf, bought): GROUPS.index(codebook.group_of(leaf, bought)) for leaf in codebook.LEAVES for bought in codebook.PURCHASE_TYPES
    }
    return _Population(
        answer_id=[row[0] for row in rows],
        group=[place[row[2], row[1]] for row in rows],
        confidence=[min(max(row[3], 0.0), 1.0) for row in rows],
        drawn=[row[4] is not None for row in rows],
    )


def _rows(everyone: _Population, strata: Any, drawn: Any, *, wave: str, seed: int) -> list[dict[str, Any]]:
    import numpy as np

    rng = np.random.default_rng([seed, 1])
    double = rng.random(len(drawn.rows)) < DOUBLE_SHARE
    names = _stratum_names(everyone, strata)
    moment = now()
    rows = [
        {
            "answer_id": everyone.answer_id[place],
            "wave": wave,
            "stratum": names[stratum],
            "probability": float(probability),
            "double": bool(twice),
            "drawn_at": moment,
        }
        for place, stratum, probability, twice in zip(drawn.rows, drawn.stratum, drawn.probability, double, strict=True)
    ]
    return [rows[place] for place in rng.permutation(len(rows))]


def _stratum_names(everyone: _Population, strata: Any) -> dict[int, str]:
    """Each stratum by its group and the confidences in it: ``no_effect:0.412-0.655``, so that it can be told again later."""
    import numpy as np

    confidence, group = np.asarray(everyone.confidence), np.asarray(everyone.group)
    names = {}
    for stratum in np.unique(strata):
        inside = strata == stratum
        low, high = confidence[inside].min(), confidence[inside].max()
        names[int(stratum)] = f"{GROUPS[group[inside][0]]}:{low:.3f}-{high:.3f}"
    return names


def _next_wave(session: Session) -> str:
    """Waves are named by the day: ``2026-11-22/1``, ``2026-11-22/2``."""
    day = today().isoformat()
    earlier = session.scalar(sa.select(sa.func.count(AuditDraw.wave.distinct())).where(AuditDraw.wave.startswith(day))) or 0
    return f"{day}/{earlier + 1}"
