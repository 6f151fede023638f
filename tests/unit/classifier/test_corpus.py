"""From raw files to the committed corpus."""

import json

import pytest

from voc.classifier import corpus
from voc.classifier.corpus import Coding, CorpusError, agreement, compile_corpus, kappa, load, without_near_duplicates


def line(text, primary="price", *, secondary="", alerts="", kind="e", traps="", bought="s"):
    return json.dumps([text, bought, primary, secondary, alerts, kind, traps, "F40 本人 青汁 真=quality"], ensure_ascii=False)


@pytest.fixture
def folder(tmp_path):
    for part in ("hands", "second", "third"):
        (tmp_path / part).mkdir()
    return tmp_path


def test_it_compiles_hands_codings_and_decisions(folder):
    (folder / "hands/h01.jsonl").write_text(line("テストの書き手です、届くのが遅い", "service") + "\n")
    (folder / "hands/h04.jsonl").write_text(
        "\n".join([line("高いので"), line("まずくて", "quality"), line("余っています", "unused_stock")]) + "\n"
    )
    (folder / "second/h04.jsonl").write_text('[1,"price","",""]\n[2,"no_effect","",""]\n[3,"no_reason","","winback"]\n')
    (folder / "third/h04.jsonl").write_text('[3,"unused_stock","price","winback"]\n')
    compile_corpus(folder)
    replies = {reply.id: reply for reply in load(folder / "replies.jsonl", split=None)}
    assert replies["h01-0001"].split == "test"
    assert replies["h04-0001"].decided_by == "agreement"
    assert (replies["h04-0002"].primary, replies["h04-0002"].decided_by) == ("quality", "disputed")
    decided = replies["h04-0003"]
    assert (decided.primary, decided.secondary, decided.alerts, decided.decided_by) == ("unused_stock", ["price"], ["winback"], "third")
    assert decided.true_reason == "quality"
    assert json.loads((folder / "agreement.json").read_text())["agreement"]["coded_twice"] == 3


def test_training_sees_no_test_reply(folder):
    (folder / "hands/h01.jsonl").write_text(line("届くのが遅い") + "\n")
    (folder / "hands/h04.jsonl").write_text(line("高いので") + "\n")
    compile_corpus(folder)
    assert [reply.hand for reply in load(folder / "replies.jsonl")] == ["h04"]


def test_near_duplicates_go_the_test_hands_first(folder):
    twin = "朝ごはんのあとに飲むのを忘れてばかりで余っています"
    (folder / "hands/h01.jsonl").write_text(line(twin + "。", "unused_stock") + "\n")
    (folder / "hands/h04.jsonl").write_text(
        line(twin, "unused_stock") + "\n" + line("なし", "no_reason") + "\n" + line("なし。", "no_reason") + "\n"
    )
    compile_corpus(folder)
    assert [reply.id for reply in load(folder / "replies.jsonl", split=None)] == ["h04-0001", "h04-0002"]


@pytest.mark.parametrize("bad", ['["too","short"]', "no json", line("あ", "nonsense"), line("あ", alerts="fire")])
def test_a_bad_line_is_named(folder, bad):
    (folder / "hands/h09.jsonl").write_text(line("高い") + "\n" + bad + "\n")
    with pytest.raises(CorpusError, match=r"h09\.jsonl line 2"):
        compile_corpus(folder)


def test_kappa_is_cohens():
    assert kappa(["a", "b", "a", "b"], ["a", "b", "a", "b"]) == 1
    assert kappa(["a", "a", "b", "b"], ["a", "b", "a", "b"]) == 0
    assert kappa(["a", "a"], ["a", "a"]) is None


def test_agreement_is_told_for_each_leaf_and_alert():
    pairs = [("h04", Coding("price"), Coding("price")), ("h04", Coding("quality", (), ("legal",)), Coding("no_effect"))]
    found = agreement(pairs)
    assert found["primary"]["agreed"] == 0.5
    assert found["alerts"]["legal"]["first"] == 1
    assert found["confused_most"] == [["quality", "no_effect", 1]]


def test_the_committed_corpus_is_clean():
    replies = load(split=None)
    assert len({reply.id for reply in replies}) == len(replies)
    assert {reply.hand for reply in replies if reply.split == "test"} == set(corpus.TEST_HANDS)
    assert without_near_duplicates(replies) == replies
