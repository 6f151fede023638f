"""A text is prepared once: another model reads it from the cache, and finds what it would have found in the text."""

import pytest
import sqlalchemy as sa

from tests import factories
from voc.classifier import artefact, cache, reader
from voc.db import Database
from voc.readings import models, queries, service
from voc.readings.tables import ModelVersion, Prediction, ReadingCache
from voc.surveys.tables import Answer

TEXTS = ("味に不満はないのですが、一番は値段です。", "特になし", "特になし", "ｶﾕｸなりました！！！\n😢", " ", "なんか違うかなと")


@pytest.fixture(scope="module")
def classifier():
    return artefact.load(artefact.shipped())


def answers(db: Database, *texts: str) -> list[int]:
    with db.transaction() as session:
        factories.model(session, "test")
        factories.model(session, "next", in_use=False)
        return [factories.answer(session, text).id for text in texts]


def use_next(db: Database) -> None:
    with db.transaction() as session:
        models.use(session, "next")


def rows(db: Database, version: str) -> list[tuple]:
    columns = (Prediction.answer_id, Prediction.primary_leaf, Prediction.confidence, Prediction.suggestions, Prediction.evidence)
    with db.reading() as session:
        return [
            tuple(row)
            for row in session.execute(sa.select(*columns).where(Prediction.model_version == version).order_by(Prediction.answer_id))
        ]


def kept(db: Database) -> dict:
    with db.reading() as session:
        return queries.kept(session, list(session.scalars(sa.select(Answer.id))))


@pytest.fixture
def prepared(monkeypatch):
    """The texts that had to be prepared."""
    seen = []
    plain = cache.prepared
    monkeypatch.setattr(cache, "prepared", lambda texts: [seen.extend(texts), plain(texts)][1])
    return seen


def test_another_model_reads_from_the_cache_what_it_would_read_in_the_text(db, classifier, prepared):
    ids = answers(db, *TEXTS)
    service.read_pending(db, classifier, "test")
    assert sorted(prepared) == sorted({text for text in TEXTS if text.strip()})
    assert set(kept(db)) == {answer for answer, text in zip(ids, TEXTS, strict=True) if text.strip()}
    use_next(db)
    assert service.read_pending(db, classifier, "next") == len(TEXTS)
    assert len(prepared) == 4
    assert rows(db, "next") == rows(db, "test")


def test_vectors_are_not_computed_twice(db, classifier, monkeypatch):
    if classifier._encoder() is None:
        pytest.skip("without sentence vectors")
    answers(db, "なんか違うかなと")
    service.read_pending(db, classifier, "test")
    use_next(db)
    monkeypatch.setattr(reader, "available", NoVectors)
    service.read_pending(db, classifier, "next")
    assert rows(db, "next") == rows(db, "test")


class NoVectors:
    name = "universal-sentence-encoder-multilingual-3"

    def encode(self, texts):
        raise AssertionError("asked again")


@pytest.mark.parametrize("change", ["text", "rules"])
def test_what_was_prepared_from_other_words_or_by_other_rules_is_prepared_anew(db, classifier, prepared, monkeypatch, change):
    [answer] = answers(db, "高いので")
    service.read_pending(db, classifier, "test")
    before = kept(db)[answer]
    if change == "text":
        with db.transaction() as session:
            session.execute(sa.update(Answer).values(text="余っています"))
    else:
        monkeypatch.setattr(cache, "VERSION", "other")
    use_next(db)
    service.read_pending(db, classifier, "next")
    assert len(prepared) == 2
    assert kept(db)[answer] != before


def test_the_cache_goes_with_its_answer(db, classifier):
    [answer] = answers(db, "高いので")
    service.read_pending(db, classifier, "test")
    with db.transaction() as session:
        session.execute(sa.delete(Answer).where(Answer.id == answer))
    with db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(ReadingCache)) == 0
        assert session.get(ModelVersion, "test") is not None
