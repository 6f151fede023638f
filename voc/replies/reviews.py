"""What people decided about the replies, and with which chance each was drawn for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session, aliased

from voc.numbers import NONE, Column
from voc.readings.tables import Alert, Prediction
from voc.replies.codes import GROUP_CODES, LEAF_CODES, group_places
from voc.replies.columns import Columns
from voc.replies.selected import chosen
from voc.replies.selection import Selection
from voc.reviews.queries import stands
from voc.reviews.tables import AuditDraw, AuditWave, Decision
from voc.stats.waves import Drawn, Stratum, Wave, chances
from voc.surveys.tables import Answer

_LEAF = {code: place for place, code in enumerate(LEAF_CODES)}


@dataclass(frozen=True)
class Reviews:
    """What people decided, shape (n,) each, in the order of ``place``.

    Attributes
    ----------
    place : where the answer stands in the columns
    leaf : place in LEAF_CODES: the adjudicated reason, else that of the first decision
    probability : with which the answer was drawn at random and reviewed in its turn; 0 where it was not (yet)
    audits : all answers that were drawn, also those that nobody has decided
    """

    place: Column
    leaf: Column
    probability: NDArray[np.float64]
    audits: "Audits"

    @property
    def drawn(self) -> NDArray[np.bool_]:
        return self.probability > 0


@dataclass(frozen=True)
class Audits:
    """Answers drawn at random, shape (m,) each.

    Attributes
    ----------
    place : where the answer stands in the columns
    chance : with which it was drawn and reviewed in its turn; 0 where it does not count (yet)
    withdrawn : nobody will decide it: its draw was closed before
    """

    place: Column
    chance: NDArray[np.float64]
    withdrawn: NDArray[np.bool_]


def read(session: Session, columns: Columns) -> Reviews:
    """All standing decisions. An adjudication counts before the first decision; a second coding alone changes nothing."""
    decided: dict[int, int] = {}
    wanted = sa.select(Decision.answer_id, Decision.primary_leaf).where(Decision.undone_at.is_(None))
    for round_ in ("first", "adjudication"):
        decided.update((row[0], _LEAF.get(row[1], NONE)) for row in session.execute(wanted.where(Decision.round == round_)))
    answers = np.array(sorted(decided), dtype=np.int64)
    place = columns.places(answers)
    leaf = np.array([decided[int(answer)] for answer in answers], dtype=np.int64)
    there = place != NONE
    place, leaf = place[there], leaf[there]
    found = audits(session, columns)
    chance = np.zeros(len(columns))
    chance[found.place] = found.chance
    return Reviews(place, leaf, chance[place], found)


def audits(session: Session, columns: Columns) -> Audits:
    """Every answer that was drawn at random, with the chance that stats.waves reckons for it."""
    rows = _drawn(session)
    place = columns.places(np.array([row.answer_id for row in rows], dtype=np.int64))
    rows, place = [row for row, where in zip(rows, place, strict=True) if where != NONE], place[place != NONE]
    found = [
        Drawn(wave=row.wave, stratum=row.stratum, probability=row.probability, decided=row.decided, in_order=row.decided and row.stream == "audit")
        for row in rows
    ]  # fmt: skip
    withdrawn = np.array([row.closed_at is not None and not row.decided for row in rows], dtype=bool)
    return Audits(place, chances(found, _waves(session, columns, rows, place)), withdrawn)


def _drawn(session: Session) -> list[Any]:
    first = aliased(Decision)
    return list(
        session.execute(
            sa.select(
                AuditDraw.answer_id, AuditDraw.wave, AuditDraw.stratum, AuditDraw.probability, Answer.created_at,
                AuditWave.closed_at, first.id.is_not(None).label("decided"), first.stream,
            )
            .join(Answer, Answer.id == AuditDraw.answer_id)
            .join(AuditWave, AuditWave.name == AuditDraw.wave)
            .outerjoin(first, stands(first, AuditDraw.answer_id, "first"))
            .order_by(AuditDraw.id)
        )
    )  # fmt: skip


def _waves(session: Session, columns: Columns, rows: Sequence[Any], place: Column) -> list[Wave]:
    """How each wave stands to all drawn answers. One wave stands to nothing."""
    waves = session.scalars(sa.select(AuditWave).order_by(AuditWave.id)).all()
    if len(waves) < 2 or not len(place):
        return []
    answers = np.array([row.answer_id for row in rows], dtype=np.int64)
    came = np.array([row.created_at.timestamp() for row in rows])
    flagged = _flagged(session, answers) if any(wave.unflagged for wave in waves) else None
    read = _readings_of(session, {wave.model_version for wave in waves})
    current = (group_places(columns.purchase_type[place], columns.leaf[place]), columns.confidence[place])
    found = []
    for wave in waves:
        moment = wave.drawn_at.timestamp()
        open_ = (answers <= wave.last_answer_id) & (came <= moment)
        if wave.scope:
            open_ &= chosen(session, columns, Selection.of(wave.scope))[place]
        if wave.unflagged and flagged is not None:
            open_ &= flagged > moment
        group, confidence = _read_then(read.get(wave.model_version, {}), answers, columns.purchase_type[place], current)
        found.append(Wave(name=wave.name, strata=_strata(wave), open=open_, code=group, confidence=confidence))
    return found


def _strata(wave: AuditWave) -> list[Stratum]:
    return [
        Stratum(name=told["name"], code=GROUP_CODES.index(told["group"]), low=told["low"], high=told["high"], rate=told["rate"])
        for told in wave.strata
    ]


def _readings_of(session: Session, versions: set[str]) -> dict[str, dict[int, tuple[int, float]]]:
    """Leaf and confidence that each model found in the drawn answers; a model's reading stays when another takes its place."""
    wanted = sa.select(Prediction.model_version, Prediction.answer_id, Prediction.primary_leaf, Prediction.confidence).where(
        Prediction.model_version.in_(versions), Prediction.current.is_(False), Prediction.answer_id.in_(sa.select(AuditDraw.answer_id))
    )
    found: dict[str, dict[int, tuple[int, float]]] = {}
    for version, answer_id, leaf, confidence in session.execute(wanted):
        found.setdefault(version, {})[answer_id] = (_LEAF.get(leaf, NONE), min(max(confidence, 0.0), 1.0))
    return found


def _read_then(
    read: dict[int, tuple[int, float]], answers: Column, purchase_type: Column, current: tuple[Column, NDArray[np.float64]]
) -> tuple[Column, NDArray[np.float64]]:
    """Group and confidence by the model of that time, else by the present one."""
    if not read:
        return current
    group, confidence = current[0].copy(), current[1].copy()
    for place, answer_id in enumerate(answers):
        if (then := read.get(int(answer_id))) and then[0] != NONE:
            group[place], confidence[place] = group_places(purchase_type[place], np.array(then[0])), then[1]
    return group, confidence


def _flagged(session: Session, answers: Column) -> NDArray[np.float64]:
    """When the machine raised harm in each answer; never is infinitely late."""
    wanted = sa.select(Alert.answer_id, Alert.raised_at).where(
        Alert.code == "health_harm", Alert.source == "machine", Alert.answer_id.in_(sa.select(AuditDraw.answer_id))
    )
    raised = {answer_id: moment.timestamp() for answer_id, moment in session.execute(wanted)}
    return np.array([raised.get(int(answer_id), np.inf) for answer_id in answers])
