"""Writes of this room: what the model in use reads in the answers, and what people do about the alerts it raises."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc import audit
from voc.bulk import insert_rows
from voc.clock import now
from voc.db import Base, Database
from voc.errors import Conflict, NotFound, Refused
from voc.readings import again, queries
from voc.readings.columns import ColumnReader
from voc.readings.queries import Unread
from voc.readings.reader import Kept, Raised, Read, Reader, read_words
from voc.readings.tables import Alert, Prediction, ReadingCache
from voc.reasons import codebook
from voc.surveys.tables import Answer

BATCH = 500
MAX_NOTE = 2_000
_PREDICTIONS, _CACHE = Base.metadata.tables["predictions"], Base.metadata.tables["reading_cache"]


def read_pending(
    db: Database,
    reader: Reader,
    version: str,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    stopping: threading.Event | None = None,
    processes: int = 1,
) -> int:
    """Read what ``version`` has not read yet, a transaction a batch; the number of answers read.

    Many answers whose words are kept are read column by column first, by ``processes`` at a time. What is left is looked up in the rows, so a pass that was cut off is taken up by the next, and two at a time do no
    harm. Ends early when another model has been put in use: its own pass is waiting.
    """
    stopping = stopping or threading.Event()
    with db.reading() as session:
        total = queries.unread_count(session, version)
        many = total >= again.WORTH_IT and queries.kept_and_new(session, version, at_least=again.WORTH_IT)
    done, last = 0, 0

    def told(number: int) -> None:
        nonlocal done
        done += number
        progress(done, max(done, total))

    if many and isinstance(reader, ColumnReader):
        shared = processes if total >= again.WORTH_SHARING else 1

        def ordinary(ids: Sequence[int]) -> int:
            parts = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
            return sum(len(_read(db, reader, version, ids=part)) for part in parts)

        last = again.read_again(db, reader, version, processes=shared, ordinary=ordinary, told=told, stopping=stopping)
    while total and not stopping.is_set() and (batch := _read(db, reader, version, after=last, limit=BATCH)):
        last = batch[-1].answer_id
        told(len(batch))
    return done


def _read(db: Database, reader: Reader, version: str, **which: Any) -> list[Unread]:
    """Read some unread answers (``queries.unread``) in the ordinary way; which they were, none where another model has been put in use."""
    moment = now()
    with db.reading() as session:
        batch = queries.unread(session, version, **which)
        kept = queries.kept(session, [one.answer_id for one in batch])
    if not batch:
        return []
    found, new = read_words(reader, [one for one in batch if not one.read_before], kept)
    with db.transaction() as session:
        if not queries.is_in_use(session, version):
            return []
        _keep(session, version, batch, found, moment)
        _cache(session, new)
    return batch


def _cache(session: Session, new: Mapping[int, Kept]) -> None:
    """Keep how answers' words were prepared; their rows are locked by now."""
    there = set(session.scalars(sa.select(Answer.id).where(Answer.id.in_(new)))) if new else set()
    rows = [(answer_id, one.text_key, one.prepared_by, one.content, one.vector) for answer_id, one in new.items() if answer_id in there]
    if rows:
        session.execute(sa.delete(ReadingCache).where(ReadingCache.answer_id.in_(there)).execution_options(synchronize_session=False))
        insert_rows(session, _CACHE, ("answer_id", "text_key", "prepared_by", "content", "vector"), rows)


def _keep(session: Session, version: str, batch: Sequence[Unread], found: Mapping[int, Read], moment: datetime) -> None:
    """Write a batch: new rows, rows of this version that were stale, and earlier ones that only come back in use."""
    earlier = _hold(session, version, batch)
    wanted = [one for one in batch if one.answer_id in earlier and not _overtaken(earlier[one.answer_id], one)]
    _retire_other_models(session, version, [one.answer_id for one in wanted])
    new, stale = [], []
    for one in wanted:
        if one.answer_id in found:
            row = earlier[one.answer_id]
            values = _values(one, found[one.answer_id], version, moment)
            stale.append(values | {"id": row.id}) if row else new.append(values)
    if new:
        insert_rows(session, _PREDICTIONS, list(new[0]), [list(row.values()) for row in new])
    if stale:
        session.execute(sa.update(Prediction), stale)
    back = [row.id for one in wanted if one.answer_id not in found and (row := earlier[one.answer_id])]
    _update(session, Prediction.id.in_(back), current=True)
    raise_alerts(session, {one.answer_id: found[one.answer_id].alerts for one in wanted if one.answer_id in found})


def _hold(session: Session, version: str, batch: Sequence[Unread]) -> dict[int, Any]:
    """The answers that are still there, each with its earlier reading by this version, or none.

    The answers' rows are locked, in one order, so that two workers with the same answer follow each other.
    """
    ids = [one.answer_id for one in batch]
    held: dict[int, Any] = dict.fromkeys(
        session.scalars(sa.select(Answer.id).where(Answer.id.in_(ids)).order_by(Answer.id).with_for_update())
    )
    rows = sa.select(Prediction.answer_id, Prediction.id, Prediction.follow_up_read, Prediction.current).where(
        Prediction.answer_id.in_(held), Prediction.model_version == version
    )
    return held | {row.answer_id: row for row in session.execute(rows)}


def _overtaken(row: Any, one: Unread) -> bool:
    """Another worker has read more of the answer by now than was read here."""
    return bool(row and row.current and row.follow_up_read and not one.follow_up)


def _retire_other_models(session: Session, version: str, ids: Sequence[int]) -> None:
    _update(session, Prediction.answer_id.in_(ids), Prediction.current, Prediction.model_version != version, current=False)


def _update(session: Session, *where: Any, **values: Any) -> None:
    session.execute(sa.update(Prediction).where(*where).values(**values).execution_options(synchronize_session=False))


def _values(one: Unread, read: Read, version: str, moment: datetime) -> dict[str, Any]:
    return {
        "answer_id": one.answer_id,
        "model_version": version,
        "codebook_version": codebook.VERSION,
        "current": True,
        "primary_leaf": read.primary,
        "confidence": read.confidence,
        "suggestions": read.suggestions,
        "secondary": read.secondary,
        "evidence": read.evidence,
        "follow_up_read": one.follow_up,
        "created_at": moment,
    }


def raise_alerts(session: Session, found: Mapping[int, Sequence[Raised]]) -> None:
    """Raise what the machine found. What a person has touched stays as it is, and the machine never takes an alert back."""
    moment = now()
    with_alerts = [answer_id for answer_id, alerts in found.items() if alerts]
    there = {(alert.answer_id, alert.code): alert for alert in session.scalars(sa.select(Alert).where(Alert.answer_id.in_(with_alerts)))}
    for answer_id in with_alerts:
        for raised in found[answer_id]:
            alert = there.get((answer_id, raised.code))
            if alert is None:
                session.add(_alert(answer_id, raised.code, moment=moment, source="machine", score=raised.score, evidence=raised.evidence))
            elif alert.source == "machine" and alert.status == "open" and alert.handled_at is None:
                alert.score, alert.evidence = raised.score, raised.evidence
    session.flush()


def _alert(answer_id: int, code: str, *, moment: datetime, **values: Any) -> Alert:
    return Alert(answer_id=answer_id, code=code, raised_at=moment, due_at=_due(code, moment), **values)


def _due(code: str, moment: datetime) -> datetime:
    return moment + timedelta(days=codebook.ALERTS[code].days)


def raise_by_reviewer(session: Session, answer_id: int, code: str, *, moment: datetime) -> None:
    """A person read it so: a new alert, or one that had been dismissed and is open again. One that is worked stays as it is."""
    alert = session.scalar(sa.select(Alert).where(Alert.answer_id == answer_id, Alert.code == code).with_for_update())
    if alert is None:
        session.add(_alert(answer_id, code, moment=moment, source="reviewer"))
    elif alert.status == "dismissed":
        alert.source, alert.status, alert.raised_at, alert.due_at = "reviewer", "open", moment, _due(code, moment)
        alert.handled_by = alert.handled_at = None
    session.flush()


def handle_alert(session: Session, alert_id: int, *, status: str, seen: str, note: str, by: int) -> Alert:
    """Confirm, dismiss, finish or reopen an alert that the person saw as ``seen``.

    Raises
    ------
    Conflict
        Somebody else has moved it on in the meantime.
    """
    if status not in queries.STATUSES:
        raise Refused("確認・取り下げ・対応済みのいずれかを選んでください。")
    handled = {"handled_by": by, "handled_at": now()} if status != "open" else {"handled_by": None, "handled_at": None}
    changed = session.execute(
        sa.update(Alert).where(Alert.id == alert_id, Alert.status == seen).values(status=status, note=note.strip()[:MAX_NOTE], **handled)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    alert = session.get(Alert, alert_id, populate_existing=True)
    if alert is None:
        raise NotFound("この知らせはなくなりました。一覧を開き直してください。")
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict("ほかの方が先にこの件の状態を変えました。最新の状態を確かめてから、もう一度お選びください。")
    audit.record(
        session, "alert.handled", user_id=by, answer_id=alert.answer_id, code=alert.code, before=seen, after=status, note=alert.note
    )
    return alert
