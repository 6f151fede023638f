"""What the made-up company did with its answers: had them read, reviewed a random part, worked the alerts."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc import clock
from voc.config import Settings
from voc.db import Database
from voc.errors import Refused, VocError
from voc.readings import models
from voc.readings import service as readings
from voc.readings.reader import Reader
from voc.readings.tables import Alert, Prediction
from voc.reasons import codebook
from voc.reviews import queries as reviewed
from voc.reviews import sampling
from voc.reviews import service as reviews
from voc.reviews.service import Choice
from voc.reviews.tables import AuditDraw, Decision
from voc.sample.buying import Calendar
from voc.sample.company_rows import House
from voc.sample.voices import Voice
from voc.surveys.tables import Answer, FollowUp

REVIEWED = 0.55
DRAWN = 0.65
"""Of the answers; what is drawn and not reviewed yet is today's work."""
MOST_REVIEWED = 1_200
_ERRS = 0.09
_CHUNK = 5_000
_ONE_BY_ONE = 200

Truth = tuple[str, tuple[str, ...], tuple[str, ...]]
"""Primary and secondary reasons, alerts."""

_NOTES = {
    "confirmed": "お電話で状況をうかがい、品質管理へ報告。経過を見ています。",
    "done": "対応済み。記録を品質管理と共有しました。",
    "dismissed": "内容を確かめ、該当しないと判断しました。",
}


class Remembering:
    """A classifier that reads the same words once: made-up customers repeat each other where there are very many."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: dict[tuple[str, str], Any] = {}

    def read(self, texts: Sequence[str], purchase_types: Sequence[str]) -> Sequence[Any]:
        wanted = list(zip(texts, purchase_types, strict=True))
        fresh = list(dict.fromkeys(one for one in wanted if one not in self._known))
        if fresh:
            found = self._reader.read([text for text, _ in fresh], [bought for _, bought in fresh])
            self._known.update(zip(fresh, found, strict=True))
        return [self._known[one] for one in wanted]


def have_read(db: Database, settings: Settings, *, progress: Any) -> bool:
    """Have every answer read by the model in use. ``False``: there is none; the worker reads when one comes."""
    with db.transaction() as session:
        model = models.register(session, settings)
        if model is None:
            return False
        version = model.version
    try:
        reader = models.reader_for(model, settings)
    except VocError:
        return False
    readings.read_pending(db, Remembering(reader), version, progress=progress)
    _put_back_in_time(db)
    return True


def _put_back_in_time(db: Database) -> None:
    """A reading is a few minutes younger than its answer, not of today; so is an alert, and due by its own day."""
    last = 0
    while True:
        with db.transaction() as session:
            rows = session.execute(
                sa.select(Prediction.id, Prediction.answer_id, Answer.created_at, FollowUp.answered_at)
                .join(Answer, Answer.id == Prediction.answer_id)
                .outerjoin(FollowUp, FollowUp.answer_id == Answer.id)
                .where(Prediction.id > last)
                .order_by(Prediction.id)
                .limit(_CHUNK)
            ).all()
            if not rows:
                return
            last = rows[-1].id
            moments = {row.answer_id: max(filter(None, (row.created_at, row.answered_at))) + timedelta(minutes=2) for row in rows}
            session.execute(sa.update(Prediction), [{"id": row.id, "created_at": moments[row.answer_id]} for row in rows])
            alerts = session.execute(sa.select(Alert.id, Alert.answer_id, Alert.code).where(Alert.answer_id.in_(moments))).all()
            if alerts:
                session.execute(sa.update(Alert), [_dated(alert, moments[alert.answer_id]) for alert in alerts])


def _dated(alert: Any, moment: datetime) -> dict[str, Any]:
    return {"id": alert.id, "raised_at": moment, "due_at": moment + timedelta(days=codebook.ALERTS[alert.code].days)}


@contextmanager
def _without_later_ones(session: Session, moment: datetime) -> Iterator[None]:
    """Answers that came after ``moment`` are not there yet: nobody could have drawn them."""
    later = sa.select(Answer.id).where(Answer.created_at >= moment)
    fresh = sa.update(Prediction).where(Prediction.answer_id.in_(later)).execution_options(synchronize_session=False)
    session.execute(fresh.values(current=False))
    yield
    session.execute(fresh.values(current=True))


class Staff:
    """田中, 佐藤 and 鈴木 at their desks."""

    def __init__(self, calendar: Calendar, house: House, voices: Sequence[Voice], *, seed: str) -> None:
        self.calendar = calendar
        self.first, self.second, self.lead = house.staff
        self.rng = Random(f"{seed}/staff")
        self._voices: Mapping[tuple[str, str], Voice] = {(voice.text, voice.purchase_type): voice for voice in voices}

    def work(self, session: Session) -> None:
        """Alerts as they came; then a random draw, most of which has been reviewed, part of it by two."""
        self._work_alerts(session)
        total = session.scalar(sa.select(sa.func.count()).select_from(Prediction).where(Prediction.current)) or 0
        wanted = min(int(total * DRAWN), int(MOST_REVIEWED * DRAWN / REVIEWED))
        begun = self.calendar.now - timedelta(days=4)
        before = session.scalar(sa.select(sa.func.max(AuditDraw.id))) or 0
        if wanted < 1:
            return
        with clock.frozen(begun), _without_later_ones(session, begun):
            try:
                sampling.draw_audit(session, wanted, seed=self.rng.randrange(2**32), by=self.lead)
            except Refused:
                return
        drawn = session.scalars(sa.select(AuditDraw.answer_id).where(AuditDraw.id > before).order_by(AuditDraw.id)).all()
        self._review(session, drawn[: int(len(drawn) * REVIEWED / DRAWN)], begun)

    def _review(self, session: Session, drawn: Sequence[int], begun: datetime) -> None:
        """A few seconds an answer, two people side by side; the second look comes a day later."""
        span = (self.calendar.now - begun) * 0.9
        for place, answer_id in enumerate(drawn):
            moment = begun + timedelta(hours=1) + span * 0.6 * (place / len(drawn))
            one, other = (self.first, self.second) if place % 20 < 11 else (self.second, self.first)
            self._decide(session, answer_id, moment, by=one, round="first", stream="audit")
            twice = reviewed.round_for(session, answer_id, other) == "second"
            if twice and self.rng.random() < 0.8:
                self._decide(session, answer_id, moment + span * 0.35, by=other, round="second", stream="audit")
        self._adjudicate(session, drawn)

    def _decide(self, session: Session, answer_id: int, moment: datetime, *, by: int, round: str, stream: str) -> None:
        answer = session.get_one(Answer, answer_id)
        moment = min(max(moment, answer.created_at + timedelta(hours=1)), self.calendar.now)
        leaf, secondary, alerts = self._truth(session, answer)
        prediction = session.scalar(sa.select(Prediction).where(Prediction.answer_id == answer_id, Prediction.current))
        if self.rng.random() < _ERRS and prediction is not None and len(prediction.suggestions) > 1:
            leaf = str(self.rng.choice(prediction.suggestions[:2])[0])
        seen = session.scalars(sa.select(Alert.code).where(Alert.answer_id == answer_id, Alert.status == "open")).all()
        with clock.frozen(moment):
            reviews.decide(
                session, answer_id, Choice(primary=leaf, secondary=secondary, alerts=alerts), by=by, round=round, stream=stream,
                prediction_id=prediction.id if prediction is not None else None, alerts_seen=seen,
                opened_at=moment - timedelta(seconds=4 + self.rng.lognormvariate(2.0, 0.6)),
            )  # fmt: skip

    def _truth(self, session: Session, answer: Answer) -> Truth:
        more = session.scalar(sa.select(FollowUp.text).where(FollowUp.answer_id == answer.id, FollowUp.text != ""))
        return self._read(more, answer.text, answer.purchase_type)

    def _read(self, more: str | None, text: str, purchase_type: str) -> Truth:
        """What somebody who reads well finds: the follow-up's words say more than the vague ones before."""
        for words in (more, text):
            voice = self._voices.get((words, purchase_type)) if words else None
            if voice is not None:
                return voice.leaf, voice.secondary, voice.alerts
        return "unclear", (), ()

    def _adjudicate(self, session: Session, twice: Sequence[int]) -> None:
        """The manager settles the older half of what the two see differently."""
        rows = session.execute(
            sa.select(Decision.answer_id, sa.func.max(Decision.decided_at, type_=Decision.decided_at.type))
            .where(Decision.answer_id.in_(twice), Decision.round.in_(("first", "second")), Decision.undone_at.is_(None))
            .group_by(Decision.answer_id)
            .having(sa.func.count() == 2, sa.func.count(Decision.primary_leaf.distinct()) == 2)
            .order_by(Decision.answer_id)
        ).all()
        for answer_id, last in rows[: len(rows) // 2]:
            self._decide(session, answer_id, last + timedelta(hours=3), by=self.lead, round="adjudication", stream="audit")

    def _work_alerts(self, session: Session) -> None:
        """What has been due for some days has been handled; of the rest some are late."""
        last: int | None = None
        while True:
            wanted = (
                sa.select(Alert.id, Alert.code, Alert.raised_at, Answer.text, Answer.purchase_type, FollowUp.text)
                .join(Answer, Answer.id == Alert.answer_id)
                .outerjoin(FollowUp, FollowUp.answer_id == Answer.id)
                .where(Alert.status == "open", Alert.id < last if last is not None else sa.true())
                .order_by(Alert.id.desc())
                .limit(_CHUNK)
            )
            rows = session.execute(wanted).all()
            if not rows:
                return
            handled = [self._handled(row) for row in rows if self.calendar.now - row.raised_at > _patience(row.code)]
            if last is None:  # the latest as people do it, with its place in the log; all the others at once
                for one in handled[:_ONE_BY_ONE]:
                    self._handle(session, one)
                handled = handled[_ONE_BY_ONE:]
            if handled:
                session.execute(sa.update(Alert), handled)
            last = rows[-1].id

    def _handled(self, row: Any) -> dict[str, Any]:
        alert_id, code, raised_at, text, purchase_type, more = row
        real = code in self._read(more, text, purchase_type)[2]
        status = "dismissed" if not real else "confirmed" if self.rng.random() < 0.08 else "done"
        at = min(raised_at + timedelta(hours=self.rng.uniform(1, 30)), self.calendar.now)
        note = _NOTES[status] if code == "health_harm" or status == "dismissed" else "対応済み。"
        return {"id": alert_id, "status": status, "handled_by": self.rng.choice((self.first, self.second)), "handled_at": at, "note": note}

    def _handle(self, session: Session, one: dict[str, Any]) -> None:
        with clock.frozen(one["handled_at"]):
            readings.handle_alert(session, one["id"], status=one["status"], seen="open", note=one["note"], by=one["handled_by"])


def _patience(code: str) -> timedelta:
    """How long an alert of this kind stays open here at most: past its day, but not for ever."""
    return timedelta(days=2 * codebook.ALERTS[code].days + 2)
