"""Everything is read again with a new model in a fraction of the time, and what stands in the rows is what it would be otherwise."""

import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from threadpoolctl import threadpool_limits

from tests import factories
from voc import clock
from voc.classifier import artefact, corpus
from voc.db import Database
from voc.readings import again, models, service
from voc.readings.tables import Alert, Prediction, ReadingCache
from voc.surveys.tables import Answer, FollowUp

ODD = (
    "", " \n　", "。", "特になし", "特になし", "高い" * 3000, "㍿" * 3000, "2\ud800", "\udf63なんか\ud83c", "🍣おいしいけど🍣、一番は値段です。", "ｶﾕｸなりました！！！\n😢",
    "味に不満はないのですが、\n一番は値段です。\x00", "か\u3099か\u3099゛", "a" * 200, "電話がつながらず、消費者センターに相談します。090-1234-5678", "\x1a0041",
)  # fmt: skip


@pytest.fixture(scope="module")
def classifier():
    with threadpool_limits(1):  # as a worker has it
        yield artefact.load(artefact.shipped())


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "WORTH_IT", 1)
    monkeypatch.setattr(again, "SIZE", 64)
    monkeypatch.setattr(again, "WORTH_SHARING", 10**9)


def varied(n: int) -> list[tuple[str, str]]:
    found = [(reply.text, reply.purchase_type) for reply in corpus.load()[:: max(1, 5300 // n)]][:n]
    return [*((text, bought) for text in ODD for bought in ("subscription", "one_off")), *found]


def answers(db: Database, replies: list[tuple[str, str]]) -> list[int]:
    with db.transaction() as session:
        factories.model(session, "test")
        factories.model(session, "next", in_use=False)
        return [factories.answer(session, text, purchase_type=bought).id for text, bought in replies]


def read_first(db: Database, classifier: Any, *texts: str) -> list[int]:
    """Some answers that one model has read, and the next put in use."""
    ids = answers(db, [(text, "subscription") for text in texts])
    service.read_pending(db, classifier, "test")
    use_next(db)
    return ids


def use_next(db: Database) -> None:
    with db.transaction() as session:
        models.use(session, "next")


def rows(db: Database, version: str) -> list[Prediction]:
    with db.reading() as session:
        return list(session.scalars(sa.select(Prediction).where(Prediction.model_version == version).order_by(Prediction.answer_id)))


def alerts(db: Database) -> list[tuple[Any, ...]]:
    with db.reading() as session:
        found = sa.select(Alert.answer_id, Alert.code, Alert.status, Alert.score, Alert.evidence).order_by(Alert.answer_id, Alert.code)
        return [tuple(row) for row in session.execute(found)]


def doing(classifier: Any, what: Callable[[], None]) -> Any:
    """The classifier, with something that happens once while it reads."""

    class Busy:
        done = False

        def read_columns(self, *given: Any) -> Any:
            if not self.done:
                self.done = True
                what()
            return classifier.read_columns(*given)

        def __getattr__(self, name: str) -> Any:
            return getattr(classifier, name)

    return Busy()


def test_it_reads_from_the_cache_what_it_would_read_in_the_text(db: Database, classifier: Any) -> None:
    replies = varied(300)
    ids = answers(db, replies)
    service.read_pending(db, classifier, "test")
    raised = alerts(db)
    use_next(db)
    assert service.read_pending(db, classifier, "next") == len(replies)
    found = rows(db, "next")
    assert [row.answer_id for row in found] == ids
    assert all(row.evidence is None and row.current for row in found)
    assert not any(row.current for row in rows(db, "test"))
    alone = [classifier.read([text], [bought])[0] for text, bought in replies]
    for reading, row in zip(alone, found, strict=True):
        assert (row.primary_leaf, row.confidence) == (reading.primary, reading.confidence)
        assert row.suggestions == [list(one) for one in reading.suggestions]
        assert tuple(row.secondary) == reading.secondary
    assert alerts(db) == raised
    told = {(answer, code): score for answer, code, _, score, _ in raised}
    assert told == {(answer, alert.code): alert.score for answer, reading in zip(ids, alone, strict=True) for alert in reading.alerts}


def test_processes_of_their_own_find_the_same(db: Database, classifier: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "WORTH_SHARING", 1)
    replies = varied(150)
    answers(db, replies)
    service.read_pending(db, classifier, "test")
    use_next(db)
    told: list[int] = []
    assert service.read_pending(db, classifier, "next", processes=2, progress=lambda done, total: told.append(done)) == len(replies)
    assert told == sorted(told)
    assert all(row.evidence is None for row in rows(db, "next"))
    same = ("answer_id", "primary_leaf", "confidence", "suggestions", "secondary")
    assert [[getattr(row, name) for name in same] for row in rows(db, "next")] == [
        [getattr(row, name) for name in same] for row in rows(db, "test")
    ]
    assert multiprocessing.active_children() == []


def test_when_a_process_is_killed_the_rest_is_read_all_the_same(db: Database, classifier: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "WORTH_SHARING", 1)
    monkeypatch.setattr(again, "SIZE", 4)
    read_first(db, classifier, *(f"余っています{n}" for n in range(60)))

    def kill(done: int, total: int) -> None:
        for process in multiprocessing.active_children():
            if process.pid is not None:
                os.kill(process.pid, signal.SIGKILL)

    assert service.read_pending(db, classifier, "next", processes=2, progress=kill) == 60
    assert len(rows(db, "next")) == 60


def test_an_error_of_a_process_is_told(db: Database, classifier: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "WORTH_SHARING", 1)
    read_first(db, classifier, "余っています")
    broken = artefact.load(artefact.shipped())
    del broken.calibrators_
    with pytest.raises(AttributeError):
        service.read_pending(db, broken, "next", processes=2)
    assert multiprocessing.active_children() == []


def test_it_stops_between_ranges_and_goes_on_where_it_was(db: Database, classifier: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "SIZE", 2)
    read_first(db, classifier, *(f"余っています{n}" for n in range(5)))
    stopping = threading.Event()
    assert service.read_pending(db, classifier, "next", progress=lambda done, total: stopping.set(), stopping=stopping) == 2
    assert service.read_pending(db, classifier, "next") == 3
    assert service.read_pending(db, classifier, "next") == 0


def test_two_workers_leave_one_reading_each(db: Database, classifier: Any) -> None:
    read_first(db, classifier, *(f"余っています{n}" for n in range(5)))
    service.read_pending(db, doing(classifier, lambda: service.read_pending(db, classifier, "next") and None), "next")
    assert len(rows(db, "next")) == 5


def test_it_ends_when_another_model_is_put_in_use(db: Database, classifier: Any) -> None:
    read_first(db, classifier, "余っています", "高い")

    def switch() -> None:
        with db.transaction() as session:
            models.use(session, "test")

    assert service.read_pending(db, doing(classifier, switch), "next") == 0
    assert rows(db, "next") == []
    assert all(row.current for row in rows(db, "test"))


def test_an_answer_that_is_erased_meanwhile_is_left_out(db: Database, classifier: Any) -> None:
    gone, stays = read_first(db, classifier, "余っています", "高い")

    def erase() -> None:
        with db.transaction() as session:
            session.execute(sa.delete(Answer).where(Answer.id == gone))

    service.read_pending(db, doing(classifier, erase), "next")
    assert [row.answer_id for row in rows(db, "next")] == [stays]


def test_a_follow_up_that_comes_meanwhile_is_not_missed(db: Database, classifier: Any) -> None:
    [answer] = read_first(db, classifier, "忙しくて")

    def tell() -> None:
        with db.transaction() as session:
            session.add(FollowUp(answer_id=answer, question="stock_left", answered_at=clock.now(), text="三袋余っています"))

    service.read_pending(db, doing(classifier, tell), "next")
    assert not rows(db, "next")[0].follow_up_read
    assert service.read_pending(db, classifier, "next") == 1
    assert rows(db, "next")[0].follow_up_read


def test_words_with_a_follow_up_are_read_whole(db: Database, classifier: Any) -> None:
    [answer] = answers(db, [("忙しくて", "subscription")])
    with db.transaction() as session:
        session.add(FollowUp(answer_id=answer, question="stock_left", answered_at=clock.now(), text="三袋余っています"))
    service.read_pending(db, classifier, "test")
    use_next(db)
    service.read_pending(db, classifier, "next")
    [row] = rows(db, "next")
    assert row.follow_up_read
    assert row.confidence == classifier.read(["忙しくて\n三袋余っています"], ["subscription"])[0].confidence


def test_what_is_kept_of_other_words_is_read_in_the_ordinary_way(db: Database, classifier: Any) -> None:
    one, _ = read_first(db, classifier, "高いので", "余っています")
    with db.transaction() as session:
        session.execute(sa.update(Answer).where(Answer.id == one).values(text="かゆくなりました"))
    assert service.read_pending(db, classifier, "next") == 2
    first, second = rows(db, "next")
    assert (first.primary_leaf, first.evidence is None, second.evidence) == ("side_effect", False, None)


def test_the_way_back_brings_earlier_readings_back_as_they_were(db: Database, classifier: Any) -> None:
    read_first(db, classifier, "高いので", "余っています")
    service.read_pending(db, classifier, "next")
    before = [(row.primary_leaf, row.evidence) for row in rows(db, "test")]
    with db.transaction() as session:
        models.use(session, "test")
    assert service.read_pending(db, classifier, "test") == 2
    assert [(row.primary_leaf, row.evidence) for row in rows(db, "test")] == before
    assert all(row.current for row in rows(db, "test"))


def test_a_new_alert_is_raised_with_the_words_that_raised_it(db: Database, classifier: Any) -> None:
    read_first(db, classifier, "肌がかゆくなりました")
    there = alerts(db)
    with db.transaction() as session:
        session.execute(sa.delete(Alert))
    service.read_pending(db, classifier, "next")
    assert alerts(db) == there != []


def test_scores_of_open_alerts_follow_the_model_and_what_people_did_stays(db: Database, classifier: Any) -> None:
    one, two = read_first(db, classifier, "肌がかゆくなりました", "飲んだら下痢をしました")
    with db.transaction() as session:
        session.execute(sa.update(Alert).where(Alert.code == "health_harm").values(score=0.01))
        session.execute(sa.update(Alert).where(Alert.answer_id == two).values(status="dismissed"))
    service.read_pending(db, classifier, "next")
    scores = {answer: (status, score) for answer, code, status, score, _ in alerts(db) if code == "health_harm"}
    assert scores[one][1] > 0.5
    assert scores[two] == ("dismissed", 0.01)


def test_vectors_that_only_the_new_model_asks_for_are_kept(db: Database, classifier: Any) -> None:
    if classifier._encoder() is None:
        pytest.skip("without sentence vectors")
    doubting = artefact.load(artefact.shipped())
    doubting.sure_ = 2.0
    read_first(db, doubting, "高いので")
    with db.transaction() as session:
        vector = session.scalar(sa.select(ReadingCache.vector))
        session.execute(sa.update(ReadingCache).values(vector=None))
    service.read_pending(db, doubting, "next")
    with db.reading() as session:
        assert session.scalar(sa.select(ReadingCache.vector)) == vector is not None


def test_a_model_that_learnt_from_replies_reads_those_as_it_did_before(db: Database, classifier: Any) -> None:
    from voc.classifier import honest

    texts = ["高いので", "余っています"]
    before = classifier.read(["かゆいので"], ["subscription"])
    held_out = {name: honest._reading(values) for name, values in json.loads(honest.dumps(texts[:1], ["subscription"], before)).items()}
    read_first(db, classifier, *texts)
    service.read_pending(db, honest.HonestReader(classifier, held_out), "next")
    first, second = rows(db, "next")
    assert (first.primary_leaf, first.confidence, second.primary_leaf) == (before[0].primary, before[0].confidence, "unused_stock")
