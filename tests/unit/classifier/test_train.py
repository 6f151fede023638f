"""Training is deterministic, holds out whole hands, and learns from a company's own decisions."""

import numpy as np
import pytest

from voc.classifier import artefact, own
from voc.classifier.corpus import load
from voc.classifier.train import Example, examples, folds, train, with_kana
from voc.spreadsheet import SpreadsheetError, write_table


@pytest.fixture(scope="module")
def sample():
    replies = load()
    hands = sorted({reply.hand for reply in replies})[:3]
    return [one for hand in hands for one in examples([reply for reply in replies if reply.hand == hand][:150])]


def test_whole_hands_are_held_out():
    hands = ["h04", "h05", "h04", "seed", "own", "own", "h06"]
    parts = folds(hands, 3)
    assert [sorted({hands[i] for i in rows} - {"own"}) for rows in parts] == [["h04"], ["h05"], ["h06"]]
    assert 3 not in np.concatenate(parts)


def test_training_twice_gives_the_same_model(sample):
    first, second = (train(sample, version="x") for _ in range(2))
    np.testing.assert_array_equal(first.model.weights_, second.model.weights_)
    assert first.card == second.card
    texts = [one.text for one in sample[:50]]
    np.testing.assert_array_equal(first.model.probabilities(texts, ["one_off"] * 50), second.model.probabilities(texts, ["one_off"] * 50))


def test_two_trainings_written_to_disk_read_alike(sample, tmp_path):
    first, second = (train(sample, version="x") for _ in range(2))
    cards = [artefact.save(trained.model, tmp_path / name, trained.card) for name, trained in (("a", first), ("b", second))]
    models = [artefact.load(tmp_path / name) for name in "ab"]
    differ = {"sha256": "", "bytes": 0}  # skops writes the addresses of objects: the weights are the same, not the file
    assert cards[0] | differ == cards[1] | differ
    texts = [one.text for one in sample[200:260]]
    assert models[0].read(texts, ["one_off"] * 60) == models[1].read(texts, ["one_off"] * 60)


def test_own_decisions_teach_new_words(sample):
    taught = [Example(f"ホゲフガ{n}のため", "subscription", "competitor", alerts=(), weight=3) for n in range(12)]
    before, after = train(sample, version="x").model, train([*sample, *taught], version="y").model
    at = before.leaves.index("competitor")
    probe = (["ホゲフガ99のため"], ["subscription"])
    assert after.probabilities(*probe)[0, at] > before.probabilities(*probe)[0, at] + 0.2


def test_one_hand_is_too_few():
    with pytest.raises(ValueError, match="two hands"):
        train([Example("高い", "one_off", "price", hand="h04")] * 10, version="x")


def test_replies_are_learnt_in_hiragana_too():
    again = with_kana([Example("値段が高い", "one_off", "price"), Example("たかい", "one_off", "price")])
    assert [one.text for one in again] == ["値段が高い", "たかい", "ねだんがたかい"]
    assert again[2].weight < again[0].weight


def test_own_decisions_come_from_the_export(tmp_path):
    header = ["お客様のことば", "買い方", "理由コード", "副次の理由コード", "知らせコード", "取り消し日時"]
    rows = [
        ["高くて", "定期購入", "no_effect", "", "", ""], ["高くて", "定期購入", "price", "quality", "winback", ""], ["余った", "通常購入", "unused_stock", "", "", "2026-01-01"],
        ["変わった理由", "通常購入", "other_reason", "", "", ""],
    ]  # fmt: skip
    write_table(tmp_path / "d.csv", header, rows)
    (found,) = own.examples(tmp_path / "d.csv")
    assert (found.primary, found.secondary, found.alerts, found.purchase_type) == ("price", ("quality",), ("winback",), "subscription")
    write_table(tmp_path / "e.csv", ["a"], [["b"]])
    with pytest.raises(SpreadsheetError, match="お客様のことば"):
        own.examples(tmp_path / "e.csv")
