"""Everything read again with a model put in use later, from what is kept of the words: a range of answers at a time, and a transaction each.

No evidence is made of it: that is done when somebody looks (``evidence``).
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc.bulk import among, insert_columns, set_each
from voc.clock import now
from voc.db import Database, table
from voc.readings import queries
from voc.readings.columns import ColumnReader, Findings, read_range
from voc.readings.processes import Range, ReaderGone, Readers
from voc.readings.tables import Alert, Prediction, ReadingCache
from voc.reasons import codebook
from voc.surveys.tables import Answer

SIZE = 2_048
"""Answers in a range: written in well under 200 ms, so that a customer's answer need not wait."""
WORTH_IT = 2_000
"""Fewer kept and unread answers are read in the ordinary way, with their evidence."""
WORTH_SHARING = 20_000
"""With fewer answers, processes cost more time to start than they bring."""

_ANSWERS, _READ, _ALERTS, _CACHE = table(Answer), table(Prediction), table(Alert), table(ReadingCache)

log = logging.getLogger("voc.readings")


def read_again(
    db: Database,
    reader: ColumnReader,
    version: str,
    *,
    processes: int,
    ordinary: Callable[[Sequence[int]], int],
    told: Callable[[int], None],
    stopping: threading.Event,
) -> int:
    """Read the answers that there are now; the last id that was reached.

    ``ordinary`` reads what is left of a range, ``told`` gets the number of answers read in it. Ends early when it shall stop, when
    another model has been put in use, and when a process that read is gone.
    """
    reached = 0
    for found in _findings(db, reader, version, processes):
        with db.transaction() as session:
            if not queries.is_in_use(session, version):
                break
            done = _write(session, version, found, now())
        reached = found.last
        told(done + ordinary(found.left))
        if stopping.is_set():
            break
    return reached


def _findings(db: Database, reader: ColumnReader, version: str, processes: int) -> Iterator[Findings]:
    """Ranges as they are read: here, or by other processes."""
    if processes > 1:
        try:
            with Readers(db, reader, version, processes) as readers:
                yield from readers.read(_ranges(db, version))
        except ReaderGone:
            log.warning("a process that read answers has ended; this one reads the rest")
        return
    for after, last in _ranges(db, version):
        with db.reading() as session:
            found = read_range(session, reader, version, after, last)
        yield found


def _ranges(db: Database, version: str) -> Iterator[Range]:
    """From the first unread answer to the last that there is now, each as ``(after, last)``."""
    with db.reading() as session:
        after = queries.first_unread(session, version) - 1
        end = session.scalar(sa.select(sa.func.max(Answer.id))) or 0
    while after < end:
        with db.reading() as session:
            last = session.scalar(sa.select(Answer.id).where(Answer.id > after).order_by(Answer.id).offset(SIZE - 1).limit(1))
        yield after, min(last or end, end)
        after = last or end


def _write(session: Session, version: str, found: Findings, moment: datetime) -> int:
    """Write a range, but for answers that were erased or read by another worker in the meantime; the number written."""
    if not found.predictions["answer_id"]:
        return 0
    free = _hold(session, version, found)
    gone = set(found.predictions["answer_id"]) - free
    if gone:
        found = found.without(gone)
    _retire(session, version, found)
    same = {"model_version": version, "codebook_version": codebook.VERSION, "current": True, "evidence": None, "created_at": moment}
    insert_columns(session, _READ, found.predictions, same=same, written=("suggestions", "secondary"))
    _scores(session, found)
    _vectors(session, found)
    return len(found.predictions["answer_id"])


def _hold(session: Session, version: str, found: Findings) -> set[int]:
    """Which of the answers are still there and unread, their rows locked as ``service`` locks them."""
    connection = session.connection()
    there = sa.select(_ANSWERS.c.id).where(_within(_ANSWERS.c.id, found)).order_by(_ANSWERS.c.id).with_for_update()
    free = set(connection.execute(there).scalars())
    read = sa.select(_READ.c.answer_id).where(_within(_READ.c.answer_id, found), _READ.c.model_version == version)
    return free - set(connection.execute(read).scalars())


def _retire(session: Session, version: str, found: Findings) -> None:
    """What other models read in the whole range; but for what is left, all there is of the range has been read by this one."""
    others = sa.and_(_within(_READ.c.answer_id, found), _READ.c.current, _READ.c.model_version != version)
    left = ~among(session, _READ.c.answer_id, found.left) if found.left else sa.true()
    session.connection().execute(sa.update(_READ).where(others, left).values(current=False))


def _within(column: sa.Column[Any], found: Findings) -> sa.ColumnElement[bool]:
    return sa.and_(column > found.after, column <= found.last)


def _scores(session: Session, found: Findings) -> None:
    """What a person has touched since stays as it is."""
    of_machine = sa.and_(_ALERTS.c.source == "machine", _ALERTS.c.status == "open", _ALERTS.c.handled_at.is_(None))
    set_each(session, _ALERTS.c.score, _ALERTS.c.id, found.scores, of_machine)


def _vectors(session: Session, found: Findings) -> None:
    set_each(session, _CACHE.c.vector, _CACHE.c.answer_id, found.vectors)
