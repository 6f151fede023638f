"""A range of answers read from what is kept of them, column by column: what a model put in use later needs to read them all.

Only what is plain is read so: words that are kept as they are now, that this model has not read yet, and that raise no new alert.
The rest is left to the ordinary way, ``service.read_pending``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc.readings import queries
from voc.readings.reader import PreparedReader
from voc.readings.tables import Alert
from voc.readings.words import text_of
from voc.reasons.codebook import PREDICTED_LEAVES as LEAVES


@runtime_checkable
class ColumnReader(PreparedReader, Protocol):
    """A classifier that reads column by column what others read reply by reply (``voc.classifier.columns``)."""

    def read_columns(self, batch: Any, purchase_types: Sequence[str]) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was read in the answers after ``after`` up to ``last``, as the tables take it.

    ``left`` are those that are to be read in the ordinary way. ``predictions`` are columns of one length, those of JSON written already; ``scores`` those of alerts that have changed, by the
    alert's id; ``vectors`` sentence vectors that had to be computed, by answer.
    """

    after: int
    last: int
    left: list[int] = field(default_factory=list)
    predictions: dict[str, list[Any]] = field(default_factory=lambda: {"answer_id": []})
    scores: dict[int, float] = field(default_factory=dict)
    vectors: dict[int, bytes] = field(default_factory=dict)

    def without(self, gone: set[int]) -> "Findings":
        """The same but for some answers."""
        stays = [i for i, answer_id in enumerate(self.predictions["answer_id"]) if answer_id not in gone]
        columns = {name: [values[i] for i in stays] for name, values in self.predictions.items()}
        return replace(self, predictions=columns)


def read_range(session: Session, reader: ColumnReader, version: str, after: int, last: int) -> Findings:
    """Read the answers whose id is greater than ``after`` and at most ``last``."""
    # scikit-learn takes a second to import: only the worker pays for it.
    from voc.classifier import cache

    rows, contents, left = [], [], []
    for row in queries.unread_between(session, version, after, last):
        text = text_of(row.text, row.extra, row.question, row.follow_up)
        as_kept = not text or (row.prepared_by == cache.VERSION and row.text_key == cache.key_of(text))
        if row.new and as_kept:
            rows.append(row)
            contents.append(row.content if text else cache.NOTHING)
        else:
            left.append(row.id)
    if not rows:
        return Findings(after=after, last=last, left=left)
    batch = cache.unpacked(contents)
    kept = {i: np.frombuffer(row.vector, dtype=np.float16) for i, row in enumerate(rows) if row.vector is not None}
    batch.vectors.update(kept)
    columns = reader.read_columns(batch, [row.purchase_type for row in rows])
    ids = [row.id for row in rows]
    new_alerts, scores = _alerts(session, ids, columns.alerts)
    known = set(np.flatnonzero(columns.known).tolist()) | new_alerts
    plain = [i for i in range(len(rows)) if i not in known]
    return Findings(
        after=after,
        last=last,
        left=left + [ids[i] for i in sorted(known)],
        predictions=_predictions(columns, plain, ids, [row.follow_up is not None for row in rows]),
        scores=scores,
        vectors={ids[i]: vector.tobytes() for i, vector in batch.vectors.items() if i not in kept},
    )


def _alerts(session: Session, ids: Sequence[int], raised: Mapping[int, Sequence[tuple[str, float]]]) -> tuple[set[int], dict[int, float]]:
    """Rows in which an alert is raised that nobody has seen yet: those are read in the ordinary way, which finds the words that
    raised it. And scores that have changed of alerts that are still the machine's."""
    if not raised:
        return set(), {}
    of_machine = sa.and_(Alert.source == "machine", Alert.status == "open", Alert.handled_at.is_(None)).label("of_machine")
    known = session.execute(
        sa.select(Alert.id, Alert.answer_id, Alert.code, Alert.score, of_machine).where(
            Alert.answer_id >= ids[min(raised)], Alert.answer_id <= ids[max(raised)]
        )
    )
    there = {(alert.answer_id, alert.code): alert for alert in known}
    new: set[int] = set()
    scores: dict[int, float] = {}
    for i, found in raised.items():
        for code, score in found:
            alert = there.get((ids[i], code))
            if alert is None:
                new.add(i)
            elif alert.of_machine and alert.score != score:
                scores[alert.id] = score
    return new, scores


def _predictions(columns: Any, rows: Sequence[int], ids: Sequence[int], followed_up: Sequence[bool]) -> dict[str, list[Any]]:
    """The columns of what was read in some rows of a batch."""
    likeliest, probabilities = columns.likeliest[rows].tolist(), columns.probabilities[rows].tolist()
    blank = np.flatnonzero(columns.blank[rows]).tolist()
    primary = [LEAVES[best[0]] for best in likeliest]
    confidence = [p[0] for p in probabilities]
    suggestions = [
        f'[["{LEAVES[a]}", {p}], ["{LEAVES[b]}", {q}], ["{LEAVES[c]}", {r}]]'
        for (a, b, c), (p, q, r) in zip(likeliest, probabilities, strict=True)
    ]
    for i in blank:
        primary[i], confidence[i], suggestions[i] = "unclear", 1.0, '[["unclear", 1.0]]'
    secondary = columns.secondary
    return {
        "answer_id": [ids[i] for i in rows],
        "primary_leaf": primary,
        "confidence": confidence,
        "suggestions": suggestions,
        "secondary": [_written(secondary[i]) if i in secondary else "[]" for i in rows],
        "follow_up_read": [followed_up[i] for i in rows],
    }


def _written(leaves: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{leaf}"' for leaf in leaves) + "]"
