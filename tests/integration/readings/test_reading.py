"""What is unread is read once, whole, and again only when something was added or the model changed."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests import factories
from tests.readers import WordReader
from voc import clock, jobs
from voc.config import Settings
from voc.db import Database
from voc.jobs import Job
from voc.readings import models, queries, service
from voc.readings.tables import Alert, ModelVersion, Prediction
from voc.surveys.tables import FollowUp


def answers(db: Database, *texts: str, version: str = "test") -> list[int]:
    with db.transaction() as session:
        if session.get(ModelVersion, version) is None:
            factories.model(session, version)
        return [factories.answer(session, text).id for text in texts]


def read(db: Database, reader: WordReader, version: str = "test") -> int:
    return service.read_pending(db, reader, version)


def current(db: Database) -> dict[int, Prediction]:
    with db.reading() as session:
        return {row.answer_id: row for row in session.scalars(sa.select(Prediction).where(Prediction.current))}


def alerts(db: Database) -> list[Alert]:
    with db.reading() as session:
        return list(session.scalars(sa.select(Alert).order_by(Alert.id)))


def test_it_reads_each_answer_once(db: Database) -> None:
    one, two = answers(db, "余っています", "高いので")
    reader = WordReader()
    assert read(db, reader) == 2
    assert {answer: row.primary_leaf for answer, row in current(db).items()} == {one: "unused_stock", two: "price"}
    assert read(db, reader) == 0
    assert len(reader.texts) == 2


def test_what_stands_in_the_row_is_what_was_read(db: Database) -> None:
    [answer] = answers(db, "かゆくなって")
    read(db, WordReader())
    row = current(db)[answer]
    assert (row.confidence, row.suggestions, row.evidence) == (0.7, [["side_effect", 0.7]], [[0, 1, "for"]])
    [alert] = alerts(db)
    assert (alert.code, alert.source, alert.status, alert.score, alert.evidence) == ("health_harm", "machine", "open", 0.9, [[0, 2]])
    assert alert.due_at - alert.raised_at == timedelta(days=1)


def test_the_ticked_option_is_not_given_to_the_classifier(db: Database) -> None:
    with db.transaction() as session:
        factories.model(session)
        factories.answer(session, "余っています", stated="price")
    reader = WordReader()
    read(db, reader)
    assert reader.texts == ["余っています"]


def test_an_answer_without_words_is_unclear_and_no_classifier_is_asked(db: Database) -> None:
    [answer] = answers(db, " \n")
    reader = WordReader()
    assert read(db, reader) == 1
    assert reader.texts == []
    assert (current(db)[answer].primary_leaf, current(db)[answer].confidence) == ("unclear", 1.0)


def test_an_answered_follow_up_makes_it_read_again_with_both_texts(db: Database) -> None:
    [answer] = answers(db, "忙しくて")
    reader = WordReader()
    read(db, reader)
    with db.transaction() as session:
        session.add(FollowUp(answer_id=answer, question="stock_left", answered_at=clock.now(), text="三袋余っています"))
    assert read(db, reader) == 1
    assert reader.texts[-1] == "忙しくて\n三袋余っています"
    assert current(db)[answer].primary_leaf == "unused_stock"
    assert read(db, reader) == 0


def test_a_follow_up_that_was_skipped_changes_nothing(db: Database) -> None:
    [answer] = answers(db, "忙しくて")
    read(db, WordReader())
    with db.transaction() as session:
        session.add(FollowUp(answer_id=answer, question="stock_left", skipped=True))
    assert read(db, WordReader()) == 0


def test_a_follow_up_that_comes_while_its_answer_is_read_is_not_missed(db: Database) -> None:
    [answer] = answers(db, "忙しくて")

    class Slow(WordReader):
        def read(self, texts, purchase_types):  # type: ignore[no-untyped-def]
            if not self.texts:
                with db.transaction() as session:
                    session.add(FollowUp(answer_id=answer, question="stock_left", answered_at=clock.now(), text="余って"))
            return super().read(texts, purchase_types)

    reader = Slow()
    read(db, reader)
    assert read(db, reader) == 1
    assert current(db)[answer].primary_leaf == "unused_stock"


def test_a_crash_between_batches_loses_nothing_and_reads_nothing_twice(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 2)
    answers(db, *(f"余っています{n}" for n in range(5)))
    killed = WordReader(breaks_after=4)
    with pytest.raises(RuntimeError):
        read(db, killed)
    assert len(current(db)) == 4
    after = WordReader()
    assert read(db, after) == 1
    assert after.texts == ["余っています4"]


def test_the_same_words_are_read_once_a_batch_and_by_way_of_buying(db: Database) -> None:
    with db.transaction() as session:
        factories.model(session)
        for bought in ("subscription", "one_off", "subscription"):
            factories.answer(session, "特になし", purchase_type=bought)
    reader = WordReader(otherwise="no_reason")
    assert read(db, reader) == 3
    assert reader.texts == ["特になし", "特になし"]
    assert {row.primary_leaf for row in current(db).values()} == {"no_reason"}


def test_it_stops_between_batches_when_told(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 2)
    answers(db, *(f"余っています{n}" for n in range(5)))
    stopping = threading.Event()
    done = service.read_pending(db, WordReader(), "test", progress=lambda done, total: stopping.set(), stopping=stopping)
    assert done == 2


def test_it_tells_how_far_it_is(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 2)
    answers(db, "余", "余", "余")
    told: list[tuple[int, int]] = []
    service.read_pending(db, WordReader(), "test", progress=lambda done, total: told.append((done, total)))
    assert told == [(2, 3), (3, 3)]


def test_a_new_model_reads_everything_again_and_the_old_reading_is_kept(db: Database) -> None:
    [answer] = answers(db, "なんとなく")
    read(db, WordReader(otherwise="unclear"))
    with db.transaction() as session:
        factories.model(session, "newer", in_use=False)
        models.use(session, "newer")
        assert session.scalar(sa.select(Job.name)) == "readings.read"
    assert read(db, WordReader(otherwise="no_reason"), "newer") == 1
    assert current(db)[answer].primary_leaf == "no_reason"
    with db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Prediction)) == 2


def test_the_way_back_asks_no_classifier_for_what_was_read_before(db: Database) -> None:
    [answer] = answers(db, "なんとなく")
    read(db, WordReader(otherwise="unclear"))
    with db.transaction() as session:
        factories.model(session, "newer", in_use=False)
        models.use(session, "newer")
    read(db, WordReader(otherwise="no_reason"), "newer")
    with db.transaction() as session:
        models.use(session, "test")
    back = WordReader()
    assert read(db, back) == 1
    assert back.texts == []
    assert current(db)[answer].primary_leaf == "unclear"


def test_a_pass_ends_when_another_model_has_been_put_in_use(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 1)
    answers(db, "余", "余")

    def switch(done: int, total: int) -> None:
        with db.transaction() as session:
            factories.model(session, "newer", in_use=False)
            models.use(session, "newer")

    assert service.read_pending(db, WordReader(), "test", progress=switch) == 1


def test_an_answer_that_was_erased_while_it_was_read_is_left_out(db: Database) -> None:
    [gone, stays] = answers(db, "余", "余っています")

    class Erasing(WordReader):
        def read(self, texts, purchase_types):  # type: ignore[no-untyped-def]
            with db.transaction() as session:
                session.execute(sa.text("DELETE FROM answers WHERE id = :id"), {"id": gone})
            return super().read(texts, purchase_types)

    read(db, Erasing())
    assert set(current(db)) == {stays}


def test_two_workers_with_the_same_answers_leave_one_reading_each(db: Database) -> None:
    answers(db, "余っています", "かゆい")

    class Twin(WordReader):
        def read(self, texts, purchase_types):  # type: ignore[no-untyped-def]
            service.read_pending(db, WordReader(), "test")
            return super().read(texts, purchase_types)

    service.read_pending(db, Twin(), "test")
    assert len(current(db)) == 2
    assert len(alerts(db)) == 1


def test_an_alert_that_a_person_handled_is_never_opened_again(db: Database) -> None:
    [answer] = answers(db, "かゆくなって")
    read(db, WordReader())
    with db.transaction() as session:
        person = factories.user(session)
        [alert] = session.scalars(sa.select(Alert)).all()
        service.handle_alert(session, alert.id, status="dismissed", seen="open", note="シャンプーの話", by=person.id)
        session.add(FollowUp(answer_id=answer, question="last_use", answered_at=clock.now(), text="まだかゆい"))
    assert read(db, WordReader()) == 1
    [alert] = alerts(db)
    assert (alert.status, alert.note) == ("dismissed", "シャンプーの話")


def test_a_model_that_sees_no_harm_does_not_take_an_alert_back(db: Database) -> None:
    answers(db, "かゆくなって")
    read(db, WordReader())

    class Blind(WordReader):
        def _read(self, text):  # type: ignore[no-untyped-def]
            found = super()._read(text)
            found.alerts = []
            return found

    with db.transaction() as session:
        factories.model(session, "blind", in_use=False)
        models.use(session, "blind")
    read(db, Blind(), "blind")
    [alert] = alerts(db)
    assert alert.status == "open"


def test_a_reviewers_alert_stays_the_reviewers(db: Database) -> None:
    [answer] = answers(db, "かゆくなって")
    with db.transaction() as session:
        service.raise_by_reviewer(session, answer, "health_harm", moment=clock.now())
    read(db, WordReader())
    [alert] = alerts(db)
    assert (alert.source, alert.score) == ("reviewer", None)


def test_two_people_cannot_handle_one_alert_unawares(db: Database) -> None:
    answers(db, "かゆくなって")
    read(db, WordReader())
    [alert] = alerts(db)
    with db.transaction() as session:
        one, two = factories.user(session), factories.user(session)
        service.handle_alert(session, alert.id, status="done", seen="open", note="", by=one.id)
        with pytest.raises(service.Conflict):
            service.handle_alert(session, alert.id, status="dismissed", seen="open", note="", by=two.id)


def test_the_job_without_a_model_waits_quietly(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from voc.readings import work

    monkeypatch.setattr(models, "SHIPPED", settings.instance_dir / "none")
    work.read_pending(context(db, settings))
    with db.reading() as session:
        assert queries.in_use(session) is None


def context(db: Database, settings: Settings) -> jobs.Context:
    claim = jobs.Claim(id=1, name="readings.read", payload={}, attempt=1, worker="test")
    return jobs.Context(db=db, settings=settings, payload={}, claim=claim, stopping=threading.Event())
