"""A model on disk: refused unless it is exactly the one its card was written for."""

import hashlib
import json
import shutil
from fractions import Fraction

import pytest
from skops import io

from voc.classifier import artefact
from voc.classifier.artefact import ArtefactError


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(artefact.shipped(), tmp_path / "copy")


def test_the_card_tells_what_it_is():
    card = artefact.read_card(artefact.shipped())
    assert card["version"] == artefact.shipped().name
    assert {"sha256", "labels", "made_with", "trained_on", "left_hands_out", "codebook"} <= card.keys()
    assert "scikit-learn" in card["made_with"]


def test_a_model_reads_the_same_after_saving(classifier, tmp_path):
    artefact.save(classifier, tmp_path / "again", {})
    again = artefact.load(tmp_path / "again")
    texts = ["高いので", "肌がかゆい"]
    assert again.read(texts, ["subscription"] * 2) == classifier.read(texts, ["subscription"] * 2)


def test_a_damaged_file_is_refused(copy):
    data = bytearray((copy / "model.skops").read_bytes())
    data[len(data) // 2] ^= 1
    (copy / "model.skops").write_bytes(bytes(data))
    with pytest.raises(ArtefactError, match="壊れている"):
        artefact.load(copy)


def test_half_a_file_is_refused_even_with_its_own_hash(copy):
    data = (copy / "model.skops").read_bytes()[:5000]
    (copy / "model.skops").write_bytes(data)
    card = json.loads((copy / "card.json").read_text()) | {"sha256": hashlib.sha256(data).hexdigest()}
    (copy / "card.json").write_text(json.dumps(card))
    with pytest.raises(ArtefactError, match="読み込めません"):
        artefact.load(copy)


def test_an_unknown_type_is_refused(tmp_path):
    data = io.dumps({"a": Fraction(1, 2)})
    (tmp_path / "model.skops").write_bytes(data)
    (tmp_path / "card.json").write_text(json.dumps({"sha256": hashlib.sha256(data).hexdigest()}))
    with pytest.raises(ArtefactError, match="許可されていない型"):
        artefact.load(tmp_path)


def test_something_else_is_refused(tmp_path):
    data = io.dumps({"a": 1})
    (tmp_path / "model.skops").write_bytes(data)
    (tmp_path / "card.json").write_text(json.dumps({"sha256": hashlib.sha256(data).hexdigest()}))
    with pytest.raises(ArtefactError, match="分類モデルではありません"):
        artefact.load(tmp_path)


@pytest.mark.parametrize("name", ["model.skops", "card.json"])
def test_a_missing_file_is_told(copy, name):
    (copy / name).unlink()
    with pytest.raises(ArtefactError, match="入れ直してください"):
        artefact.load(copy)
