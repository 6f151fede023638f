"""What every reading keeps to, whatever the text."""

import statistics
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.reasons.codebook import ALERTS, GROUPS, PREDICTED_LEAVES

ANY = st.text(alphabet=st.one_of(st.sampled_from("味に不満はないが高いｶﾞ、。一番肌！\n🍣\u3099"), st.characters()), max_size=120)


@given(st.lists(ANY, min_size=1, max_size=5), st.sampled_from(["one_off", "subscription"]))
@settings(max_examples=60, deadline=None)
def test_it_reads_any_text(classifier, texts, kind):
    readings = classifier.read(texts, [kind] * len(texts))
    assert len(readings) == len(texts)
    for text, reading in zip(texts, readings, strict=True):
        assert reading.primary in PREDICTED_LEAVES
        assert reading.group in GROUPS
        assert 0 <= reading.confidence <= 1
        assert reading.suggestions[0][0] == reading.primary
        assert not reading.auto
        assert reading.primary not in reading.secondary
        for start, end, role in reading.evidence:
            assert 0 <= start < end <= len(text)
            assert role in ("for", "denied")
        for alert in reading.alerts:
            assert alert.code in ALERTS
            assert 0 <= alert.score <= 1
            assert all(0 <= start < end <= len(text) for start, end in alert.evidence)


def test_it_reads_half_an_emoji(classifier):
    assert classifier.read(["2\ud800", "なんか\udf63違う"], ["one_off"] * 2)[0].primary in PREDICTED_LEAVES


def test_its_probabilities_are_probabilities(classifier):
    texts = ["高い", "", "味に不満はないですが余っています", "あ" * 5000]
    found = classifier.probabilities(texts, ["subscription"] * 4)
    assert found.shape == (4, 12)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)


def test_a_reply_is_read_the_same_alone_and_among_others(classifier):
    texts = ["高いので", "まだ余っているし、匂いも苦手でした", "特になし", "飲んだら気持ち悪くなった"]
    together = classifier.read(texts, ["subscription"] * 4)
    alone = [classifier.read([text], ["subscription"])[0] for text in texts]
    assert [reading.primary for reading in together] == [reading.primary for reading in alone]
    np.testing.assert_allclose([reading.confidence for reading in together], [reading.confidence for reading in alone], atol=1e-3)


def test_nothing_written_is_unclear_for_sure(classifier):
    reading = classifier.read(["　\n"], ["one_off"])[0]
    assert (reading.primary, reading.confidence, reading.alerts) == ("unclear", 1.0, ())


def test_its_evidence_points_at_the_original_words(classifier):
    text = "味に不満はないのですが、一番は値段です。"
    reading = classifier.read([text], ["subscription"])[0]
    assert [(text[start:end], role) for start, end, role in reading.evidence] == [
        ("味に不満はないのですが", "denied"),
        ("一番は値段です", "for"),
    ]


def test_it_explains_a_leaf_as_it_did_when_it_read_it(classifier):
    texts = ["味に不満はないのですが、一番は値段です。", "🍣かゆくなり\n解約します", "", "高い" * 800]
    before = classifier.read(texts, ["subscription"] * 4)
    found = classifier.explain(texts, [reading.primary for reading in before])
    assert [spans for spans, text in zip(found, texts, strict=True) if text] == [reading.evidence for reading in before if reading.evidence]


def test_it_accepts_only_by_the_thresholds_it_is_given(classifier):
    assert not classifier.read(["高い"], ["subscription"])[0].auto
    assert classifier.read(["高い"], ["subscription"], automatic={"price": 0.5})[0].auto
    assert not classifier.read(["高い"], ["subscription"], automatic={"no_effect": 0.5})[0].auto


def test_an_unseen_kind_of_text_is_unclear_or_doubtful(classifier):
    texts = ["The quick brown fox jumps over the lazy dog", "Ηλιος και θάλασσα", "ქართული ენა მშვენიერია", "位相空間における量子測定の帰結"]
    assert all(r.confidence < 0.9 or r.primary == "unclear" for r in classifier.read(texts, ["subscription"] * 4))


def test_it_works_without_sentence_vectors(classifier, monkeypatch):
    monkeypatch.setattr("voc.classifier.reader.available", lambda: None)
    reading = classifier.read(["肌がかゆくなりました"], ["subscription"])[0]
    assert reading.primary == "side_effect"
    assert reading.alerts


@pytest.mark.parametrize("sign", ["あ", "は", "、", "9", "けど", "解約", "電話", " ", "痒い。"])
def test_it_reads_100000_characters_in_bounded_time(classifier, sign):
    classifier.read(["高い"], ["subscription"])
    before = time.process_time()
    classifier.read([(sign * 100_000)[:100_000]], ["subscription"])
    assert time.process_time() - before < 5


def test_one_reply_is_read_within_a_request(classifier):
    def seconds(text):
        before = time.process_time()
        classifier.read([text], ["subscription"])
        return time.process_time() - before

    seconds("味に不満はないです")
    assert statistics.median(seconds(f"味に不満はないですが、{n}個も余っていて飲みきれません") for n in range(40)) < 0.05
