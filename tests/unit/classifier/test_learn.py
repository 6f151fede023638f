"""Own decisions: learnt beside the corpus, read as if they had not been, compared fairly."""

import dataclasses
import hashlib

import numpy as np
import pytest

from voc.classifier import compare, honest, learn
from voc.classifier.alerts import RECALL
from voc.classifier.corpus import load
from voc.classifier.files import ArtefactError
from voc.classifier.learn import OwnReply
from voc.classifier.reading import RaisedAlert, Reading
from voc.classifier.train import examples


def reading(primary: str = "price", *alerts: str) -> Reading:
    return Reading(primary, "other", (), ((primary, 0.9),), 0.9, ((0, 1, "for"),), tuple(RaisedAlert(a, 0.8) for a in alerts))


def own(primary: str = "price", *, drawn: bool = True, alerts: tuple[str, ...] = ()) -> OwnReply:
    return OwnReply("高いので", "subscription", primary, alerts=alerts, probability=0.5 if drawn else None)


@pytest.fixture(scope="module")
def corpus():
    replies = load()
    hands = sorted({reply.hand for reply in replies})[1:3]
    return [one for hand in hands for one in examples([reply for reply in replies if reply.hand == hand][:50])]


@pytest.fixture(scope="module")
def learnt(corpus):
    replies = [OwnReply(f"ホゲフガ{n}なので", "subscription", "competitor", alerts=("winback",), probability=0.5) for n in range(30)]
    replies.append(OwnReply("ワタシノヒミツ", "subscription", "competitor", learnable=False))
    steps: list[int] = []
    return learn.learn(corpus, replies, version="own-1", floor=0.5, progress=lambda done, total: steps.append(done)), replies, steps


def test_own_words_are_learnt_and_those_not_to_be_learnt_are_not(learnt):
    found, replies, steps = learnt
    assert steps[0] == 0
    assert steps[-1] == learn.STEPS
    assert steps == sorted(steps)
    assert found.card["trained_on"]["own"] == 30
    assert found.model.read(["ホゲフガ99なので"], ["subscription"])[0].primary == "competitor"
    assert len(found.readings) == len(replies)
    assert found.card["left_hands_out"]["n"] == 100  # the corpus's alone: comparable with the card of any other model


def test_each_own_reply_is_read_by_a_model_that_has_not_learnt_it(corpus):
    twins = [OwnReply("ピヨピヨ", "subscription", "goal_met", probability=1.0) for _ in range(30)]  # one text: held out together
    found = learn.learn(corpus, twins, version="x")
    assert found.model.read(["ピヨピヨ"], ["subscription"])[0].primary == "goal_met"
    assert {one.primary for one in found.readings} != {"goal_met"}


def test_what_reads_the_same_is_held_out_together():
    assert learn.part_of("値段が高い") == learn.part_of("ねだんがたかい") == learn.part_of("値段がタカイ")


def test_a_model_that_would_find_fewer_harms_in_the_corpus_is_made_to_flag_more(monkeypatch):
    monkeypatch.setattr(learn._Work, "_harm_recall", lambda self, recall: recall["health_harm"] - 0.01)
    work = learn._Work([], None, None, None, None, None, "x")
    assert work.recall_not_below(None)["health_harm"] == RECALL["health_harm"]
    assert work.recall_not_below(0.95)["health_harm"] == RECALL["health_harm"]
    assert work.recall_not_below(0.968)["health_harm"] == 0.98
    assert work.recall_not_below(1.0)["health_harm"] == 1.0


# -- comparing ----------------------------------------------------------------------------------------------------------


def test_a_clear_gain_is_called_better():
    replies = [own() for _ in range(120)]
    before = [reading("quality")] * 40 + [reading()] * 80
    found = compare.compare(replies, before, [reading()] * 120)
    assert found["verdict"] == "better"
    assert found["leaf"]["won"] == 40
    assert found["leaf"]["low"] > 0


def test_a_gain_within_chance_is_not():
    replies = [own() for _ in range(120)]
    found = compare.compare(replies, [reading("quality")] * 4 + [reading()] * 116, [reading()] * 120)
    assert found["verdict"] == "unclear"


def test_replies_that_were_not_drawn_at_random_prove_nothing():
    replies = [own(drawn=False) for _ in range(500)]
    found = compare.compare(replies, [reading("quality")] * 500, [reading()] * 500)
    assert (found["verdict"], found["drawn"], found["leaf"]["n"]) == ("few", 0, 0)


def test_one_harm_less_is_worse_however_good_the_rest():
    replies = [own() for _ in range(120)] + [own("side_effect", drawn=False, alerts=("health_harm",))]
    before = [reading("quality")] * 120 + [reading("side_effect", "health_harm")]
    found = compare.compare(replies, before, [reading()] * 120 + [reading("side_effect")])
    assert found["leaf"]["low"] > 0
    assert found["verdict"] == "worse"
    assert compare.fewer_harms(found["harm"])


def test_fewer_harms_in_the_corpus_are_worse_too():
    replies = [own() for _ in range(120)]
    found = compare.compare(replies, [reading("quality")] * 120, [reading()] * 120, corpus=(0.97, 0.969))
    assert found["verdict"] == "worse"


def test_a_reason_that_is_read_worse_is_named():
    replies = [own("price") for _ in range(100)] + [own("quality") for _ in range(20)]
    before = [reading("service")] * 100 + [reading("quality")] * 20
    found = compare.compare(replies, before, [reading()] * 120)
    assert found["verdict"] == "better"
    assert found["worse_for"] == ["quality"]


def test_rare_draws_count_more():
    right = np.array([[True, False], [False, True]])
    assert compare.paired(right, np.array([1.0, 9.0]))["after"] == 0.9


# -- read as if not learnt from -------------------------------------------------------------------------------------------


class Full:
    """A model that has learnt everything by heart."""

    version = "own-1"

    def read(self, texts, purchase_types):
        return [reading("competitor", "legal") for _ in texts]


def test_a_reply_that_was_learnt_from_is_read_as_before_and_keeps_every_alert(tmp_path):
    held = reading("price", "winback")
    data = honest.dumps(["高いので"], ["subscription"], [held])
    (tmp_path / honest.FILE).write_bytes(data)
    kept = honest.load(tmp_path, {"held_out_sha256": hashlib.sha256(data).hexdigest()})
    reader = honest.HonestReader(Full(), kept)
    known, other_way, new = reader.read(["高いので", "高いので", "別の声"], ["subscription", "one_off", "subscription"])
    assert (known.primary, known.confidence, known.evidence) == (held.primary, held.confidence, held.evidence)
    assert {alert.code for alert in known.alerts} == {"legal", "winback"}
    assert other_way.primary == new.primary == "competitor"
    assert reader.version == "own-1"
    assert "高い" not in data.decode()


def test_a_changed_file_is_refused(tmp_path):
    (tmp_path / honest.FILE).write_text("{}")
    with pytest.raises(ArtefactError, match="書き換え"):
        honest.load(tmp_path, {"held_out_sha256": "0"})
    with pytest.raises(ArtefactError, match="読めません"):
        honest.load(tmp_path / "nowhere", {"held_out_sha256": "0"})
    assert honest.load(tmp_path, {}) == {}


def test_readings_stand_the_way_through_the_file(tmp_path):
    held = dataclasses.replace(reading("price", "winback"), secondary=("quality",))
    data = honest.dumps(["あ"], ["one_off"], [held])
    (tmp_path / honest.FILE).write_bytes(data)
    (back,) = honest.load(tmp_path, {"held_out_sha256": hashlib.sha256(data).hexdigest()}).values()
    assert back == held
