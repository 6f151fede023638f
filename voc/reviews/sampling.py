"""The audit stream: answers drawn at random for review, each with the probability it was drawn with."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc import audit
from voc.accounts import company
from voc.clock import now, today
from voc.errors import Conflict, NotFound, Refused
from voc.readings.queries import in_use
from voc.readings.tables import Prediction
from voc.reasons import codebook
from voc.reviews.tables import AuditDraw, AuditWave
from voc.surveys.tables import Answer

if TYPE_CHECKING:
    from voc.stats.planner import Draw
    from voc.stats.strata import Strata
    from voc.stats.waves import Stratum

MOST = 10_000
"""Answers that are drawn at once, at most."""
GROUPS = tuple(codebook.GROUPS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What a draw is for; the fields are those of AuditWave."""

    focus: str = ""
    within: float | None = None
    scope: dict[str, Any] = field(default_factory=dict)
    unflagged: bool = False


@dataclass(frozen=True, slots=True)
class Population:
    """The answers that a draw is made among, as columns of the same length."""

    answer_id: Sequence[int]
    group: Sequence[int]
    """Place of the predicted group in GROUPS."""
    confidence: Sequence[float]


def draw_audit(session: Session, n: int, *, seed: int | None = None, by: int | None = None) -> int:
    """Draw ``n`` of all answers for review, stratified by predicted group and confidence; the number drawn.

    Answers that somebody decided already (because they looked hard or alarming) stay in the draw and count as reviewed when
    their turn comes: to leave them out would bias the shares.

    Raises
    ------
    Refused
        Nothing is left to draw, or ``n`` is no number to draw.
    """
    from voc.stats.outlook import look_ahead  # numpy and scipy: not for every start of the site
    from voc.stats.planner import allocate, draw

    if not 1 <= n <= MOST:
        raise Refused("一度に回せるのは1件から10,000件までです。")
    one_draw_at_a_time(session)
    everyone, taken = _population(session)
    if len(taken) == len(everyone.answer_id):
        raise Refused("確認に回せる回答がありません。新しい回答が読み取られてから、もう一度お試しください。")
    seed = secrets.randbits(32) if seed is None else seed
    outlook = look_ahead(everyone.group, everyone.confidence, GROUPS, taken=taken, wanted=len(taken) + n)
    drawn = draw(outlook, allocate(outlook, n), taken=taken, seed=seed)
    keep(session, everyone, outlook.strata, drawn, Purpose(), taken=taken, seed=seed, by=by)
    return len(drawn.rows)


def one_draw_at_a_time(session: Session) -> None:
    """Two draws at once would each not know what the other took. SQLite has one writer, from its first statement on."""
    lock = "LOCK TABLE audit_draws IN SHARE ROW EXCLUSIVE MODE"
    session.execute(sa.text(lock if session.get_bind().dialect.name == "postgresql" else "SELECT 1"))


def _population(session: Session) -> tuple[Population, list[int]]:
    """Every answer that was read, and the places of those that were drawn before."""
    rows = session.execute(
        sa.select(Answer.id, Answer.purchase_type, Prediction.primary_leaf, Prediction.confidence, AuditDraw.id)
        .join(Prediction, sa.and_(Prediction.answer_id == Answer.id, Prediction.current))
        .outerjoin(AuditDraw, AuditDraw.answer_id == Answer.id)
        .order_by(Answer.id)
    ).all()
    place = {
        (leaf, bought): GROUPS.index(codebook.group_of(leaf, bought)) for leaf in codebook.LEAVES for bought in codebook.PURCHASE_TYPES
    }
    everyone = Population(
        answer_id=[row[0] for row in rows],
        group=[place[row[2], row[1]] for row in rows],
        confidence=[min(max(row[3], 0.0), 1.0) for row in rows],
    )
    return everyone, [position for position, row in enumerate(rows) if row[4] is not None]


def keep(
    session: Session, everyone: Population, strata: "Strata", drawn: "Draw", purpose: Purpose, *,
    taken: Any, seed: int, by: int | None,
) -> AuditWave:  # fmt: skip
    """Write a draw: the wave with the rate of each stratum, and its answers.

    The answers are written in random order, so that the first so many of a stratum are a random part as well: only these
    count until all are decided (stats.waves). ``taken`` are the places of answers that were drawn before.
    """
    import numpy as np

    from voc.stats import waves

    kept = waves.strata_of(strata, everyone.confidence, drawn, GROUPS, taken=taken)
    model, settings = in_use(session), company.read(session)
    wave = AuditWave(
        name=_next_name(session), focus=purpose.focus, within=purpose.within, scope=purpose.scope, unflagged=purpose.unflagged,
        model_version=model.version if model else "", last_answer_id=max(everyone.answer_id), strata=[_told(stratum) for stratum in kept],
        double_share=settings.double_share, second_look=settings.second_look, drawn_by=by, drawn_at=now(),
    )  # fmt: skip
    session.add(wave)
    session.flush()
    rng = np.random.default_rng([seed, 1])
    double = rng.random(len(drawn.rows)) < settings.double_share
    rows = [
        {
            "answer_id": int(everyone.answer_id[place]), "wave": wave.name, "stratum": kept[stratum].name,
            "probability": float(probability), "double": bool(twice), "drawn_at": wave.drawn_at,
        }
        for place, stratum, probability, twice in zip(drawn.rows, drawn.stratum, drawn.probability, double, strict=True)
    ]  # fmt: skip
    session.execute(sa.insert(AuditDraw), [rows[place] for place in rng.permutation(len(rows))])
    audit.record(
        session, "audit.drawn", user_id=by, wave=wave.name, drawn=len(rows), seed=seed, of=len(everyone.answer_id), focus=purpose.focus,
        scope=purpose.scope,
    )  # fmt: skip
    return wave


def _told(stratum: "Stratum") -> dict[str, Any]:
    return {"name": stratum.name, "group": GROUPS[stratum.code], "low": stratum.low, "high": stratum.high, "rate": stratum.rate}


def _next_name(session: Session) -> str:
    """Waves are named by the day: ``2026-11-22/1``, ``2026-11-22/2``."""
    day = today().isoformat()
    earlier = session.scalars(sa.select(AuditWave.name).where(AuditWave.name.startswith(f"{day}/"))).all()
    return f"{day}/{max((int(name.rpartition('/')[2]) for name in earlier), default=0) + 1}"


def close(session: Session, wave_id: int, *, by: int) -> AuditWave:
    """What of a draw is still undecided waits no longer. What was decided counts: the rows stand in random order.

    Raises
    ------
    Conflict
        It is closed already.
    """
    return _set_closed(session, wave_id, by=by, closed=True)


def reopen(session: Session, wave_id: int, *, by: int) -> AuditWave:
    """The rest of a closed draw waits again."""
    return _set_closed(session, wave_id, by=by, closed=False)


def _set_closed(session: Session, wave_id: int, *, by: int, closed: bool) -> AuditWave:
    wave = session.get(AuditWave, wave_id, with_for_update=True)
    if wave is None:
        raise NotFound("この抜き取りは見つかりません。画面を開き直してください。")
    if (wave.closed_at is not None) == closed:
        raise Conflict("この抜き取りはすでに終わっています。" if closed else "この抜き取りはすでに再開されています。")
    wave.closed_at = now() if closed else None
    session.flush()
    audit.record(session, "audit.closed" if closed else "audit.reopened", user_id=by, wave=wave.name)
    return wave


def set_second_look(session: Session, *, share: float, differing: bool, by: int) -> None:
    """How much of later draws two people code; draws that were made keep what held for them."""
    if not 0 <= share <= 1:
        raise Refused("二人で確認する割合は、0〜100の数で入れてください。")
    company.change(session, replace(company.read(session), double_share=share, second_look=differing))
    audit.record(session, "audit.second_look_set", user_id=by, share=share, differing=differing)
