"""Which reasons the machine may settle alone: what this company's own audited replies show.

The statistics are voc.stats.acceptance, the rule for one reading readings.automatic. Evidence are the replies drawn at random and
decided in the last year, as the model in use reads them, whatever it was that read them when they were decided. Not evidence are

* replies about which the machine raised an alert: they never stand alone, so their precision is nobody's question;
* decisions that the model has learnt from, unless it reads those replies as it did without them (classifier.honest): else only
  later decisions count;
* reviews that somebody chose (hard cases, searches): they tell nothing about the others.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from voc.accounts import company
from voc.clock import now
from voc.numbers import NONE, chunks
from voc.readings import queries as readings
from voc.readings.tables import Alert, ModelVersion
from voc.replies import queries as replies
from voc.replies.codes import LEAF_CODES
from voc.replies.columns import Columns
from voc.reviews.tables import Decision
from voc.stats.acceptance import Acceptance, accept, still_holds

LEVEL = 0.90
FEWEST_AUDITS = 200
"""Of all reasons together: with fewer nothing is claimed of any, however well the first ones went."""
WINDOW = timedelta(days=365)
"""How old a decision may be: products, customers and words change, so the evidence has to be renewed by further audits."""

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Evidence:
    """What the audits show now.

    Attributes
    ----------
    lacking : audits that are still missing before anything is claimed
    version : the model in use
    reading : whether other models' readings are still among those in use, so that nothing can be said yet
    target : precision that is to be shown
    predicted, confidence : shape (N,); replies that the machine flagged have a confidence of 0, since they never stand alone
    alone : shape (N,); replies without any alert, which may stand alone
    rows, probability, right : shape (n,), the audited replies
    found : what ``stats.acceptance`` says of each leaf
    """

    lacking: int
    version: str
    reading: bool
    target: float
    predicted: NDArray[np.int64]
    confidence: NDArray[np.float64]
    alone: Bools
    rows: NDArray[np.int64]
    probability: NDArray[np.float64]
    right: Bools
    found: dict[str, Acceptance]

    def at(self, leaf: str, threshold: float) -> "Shown":
        """The threshold in use, tested alone."""
        own = self.predicted[self.rows] == LEAF_CODES.index(leaf)
        sure, chance, right = self.confidence[self.rows][own], self.probability[own], self.right[own]
        holds, bound, audited = still_holds(sure, probability=chance, right=right, threshold=threshold, target=self.target, level=LEVEL)
        weight = np.where(sure >= threshold, 1 / chance, 0.0)
        precision = float(weight @ right / weight.sum()) if weight.sum() else None
        return Shown(threshold if holds and not self.lacking else None, precision, bound, audited, self.coverage(leaf, threshold))

    def anew(self, leaf: str) -> "Shown":
        """The lowest threshold that is shown, if any is."""
        found = self.found[leaf]
        coverage = self.coverage(leaf, found.threshold) if found.threshold is not None else 0.0
        return Shown(found.threshold, found.precision, found.bound, found.audited, coverage)

    def coverage(self, leaf: str, threshold: float) -> float:
        """Share of this reason's readings that stand alone at the threshold."""
        own = self.predicted == LEAF_CODES.index(leaf)
        return float(((self.confidence >= threshold) & self.alone)[own].mean()) if own.any() else 0.0

    def readings(self, leaf: str) -> int:
        return int((self.predicted == LEAF_CODES.index(leaf)).sum())


@dataclass(frozen=True)
class Shown:
    threshold: float | None
    """None: nothing is shown to reach the target."""
    precision: float | None
    bound: float
    audited: int
    coverage: float


def read(session: Session) -> Evidence | None:
    """``None`` where no model is in use."""
    model = readings.in_use(session)
    if model is None:
        return None
    everything = replies.read(session)
    columns, reviews = everything.columns, everything.reviews
    target = company.read(session).acceptance_percent / 100
    flagged, by_machine = _alerted(session, columns)
    fresh = _decided_since(session, columns, model)
    audited = reviews.drawn & (columns.leaf[reviews.place] != NONE) & fresh[reviews.place] & ~by_machine[reviews.place]
    place = reviews.place[audited]
    right = columns.leaf[place] == reviews.leaf[audited]
    # What only a person flagged does not stand alone either, but it tells how the machine reads the like of it.
    confidence = np.where(by_machine, 0.0, columns.confidence)
    found = accept(
        LEAF_CODES, columns.leaf, confidence, rows=place, probability=reviews.probability[audited], right=right,
        target=target, level=LEVEL,
    )  # fmt: skip
    lacking = max(0, FEWEST_AUDITS - len(place))
    if lacking:
        found = tuple(replace(one, accepted=False, threshold=None, coverage=0.0, missing=_at_least(lacking, one.missing)) for one in found)
    return Evidence(
        lacking=lacking, version=model.version, reading=columns.models != (model.version,), target=target, predicted=columns.leaf, confidence=confidence,
        alone=~flagged, rows=place, probability=reviews.probability[audited], right=right, found={one.code: one for one in found},
    )  # fmt: skip


def _at_least(lacking: int, missing: int | None) -> int | None:
    return None if missing is None else max(lacking, missing)


def _alerted(session: Session, columns: Columns) -> tuple[Bools, Bools]:
    """Replies with any alert, whatever became of it, and those that the machine flagged; shape (N,) each."""
    flagged, by_machine = np.zeros(len(columns), dtype=bool), np.zeros(len(columns), dtype=bool)
    for ids, machine in chunks(session, sa.select(Alert.answer_id, Alert.source == "machine")):
        place = columns.places(np.array(ids, dtype=np.int64))
        known = place != NONE
        flagged[place[known]] = True
        by_machine[place[known & np.array(machine, dtype=bool)]] = True
    return flagged, by_machine


def _decided_since(session: Session, columns: Columns, model: ModelVersion) -> Bools:
    """Replies that were decided lately enough, and after a model that learnt from decisions was made; shape (N,)."""
    since = now() - WINDOW
    if knows_the_answers(model):
        since = max(since, model.added_at)
    wanted = sa.select(Decision.answer_id).where(Decision.round == "first", Decision.undone_at.is_(None), Decision.decided_at >= since)
    place = columns.places(np.array(session.scalars(wanted).all(), dtype=np.int64))
    fresh = np.zeros(len(columns), dtype=bool)
    fresh[place[place != NONE]] = True
    return fresh


def knows_the_answers(model: ModelVersion) -> bool:
    """Whether the model learnt from this company's decisions and reads those very replies with what it learnt: its card tells."""
    learnt = "own" in (model.card.get("trained_on") or {}).get("hands", ())
    return learnt and "held_out_sha256" not in model.card
