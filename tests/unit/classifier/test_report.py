"""The evaluation that models/README.md shows, on a small scale."""

import pytest

from voc.classifier import artefact, report
from voc.classifier.corpus import load
from voc.classifier.train import examples, train


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    replies = load()
    hands = sorted({reply.hand for reply in replies} - {"codebook", "seed"})[:4]
    parts = [examples([reply for reply in replies if reply.hand == hand])[:110] for hand in hands]
    folder = tmp_path_factory.mktemp("models") / "small"
    learnt = [one for part in parts[:3] for one in part]
    trained = train(learnt, version="small")
    artefact.save(trained.model, folder, trained.card)
    return report.run(folder, learnt, parts[3], progress=lambda what, done, total: None)


def test_everything_is_judged_on_the_same_unseen_replies(found):
    assert {one["n"] for one in (found["unseen"], found["without_vectors"], *found["baselines"].values())} == {110}
    assert len(found["baselines"]) == 3
    assert found["unseen"]["leaf"] > found["baselines"]["key-word rules"]["leaf"]


def test_the_curve_ends_with_the_model_itself(found):
    assert [point["replies"] for point in found["curve"]] == [100, 300, 330]
    assert found["curve"][-1]["leaf"] == found["unseen"]["leaf"]
    assert found["curve"][0]["leaf"] <= found["curve"][-1]["leaf"] + 0.1


def test_the_tables_tell_what_was_reached_and_what_not(found):
    text = report.tables(found)
    for heading in (
        "Goals",
        "Beside simpler methods",
        "By kind, trap and length",
        "By reason",
        "Alerts",
        "Learning curve",
        "Hands left out",
    ):
        assert f"## {heading}" in text
    assert "missed**" in text  # trained on 330 replies
    assert "nan" not in text
