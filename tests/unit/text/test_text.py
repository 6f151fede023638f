"""Texts as they are read: one spelling with the way back, clauses with their marks, words and pieces."""

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.text import Mark, clauses, content_words, fold_kana, in_kana, marks, normalise, pieces, sentences, tokenise

JAPANESE = st.text(
    alphabet=st.one_of(st.sampled_from("味にはない高いがｶﾞﾊﾟ、。!！…wWｗ\n　 ー〜①㌔が\u3099\u200b𠮷🍣"), st.characters()), max_size=200
)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("ｶﾞｯｶﾘ", "ガッカリ"), ("ＡＢＣ１２３", "abc123"), ("高い！！！！", "高い!"), ("えーーーー", "えー"), ("うーん。。。", "うーん…"), ("ｗｗｗ", "w"),
        ("㌔①", "キロ1"), ("か\u3099", "が"), ("090-0000-1234", "090-0000-1234"), ("あああああ", "あああ"), ("a\u200bb", "ab"), ("一\r\n二", "一\n二"),
    ],
)  # fmt: skip
def test_it_folds_what_people_write_in_many_ways(raw, expected):
    assert normalise(raw).text == expected


def test_it_knows_where_each_character_came_from():
    raw = "肌がﾋﾘﾋﾘして！！！困る"
    normal = normalise(raw)
    at = normal.text.index("ヒリヒリ")
    start, end = normal.original_span(at, at + 4)
    assert raw[start:end] == "ﾋﾘﾋﾘ"


@given(JAPANESE)
@settings(max_examples=400, deadline=None)
def test_it_maps_every_text_back(raw):
    normal = normalise(raw)
    assert len(normal.offsets) == len(normal.text) + 1
    assert list(normal.offsets) == sorted(normal.offsets)
    assert normal.offsets[-1] == len(raw) or not raw
    assert len(fold_kana(normal.text)) == len(normal.text)


@given(JAPANESE)
@settings(max_examples=300, deadline=None)
def test_its_clauses_lie_in_order_and_leave_out_only_white_space(raw):
    text = normalise(raw).text
    parts = [(clause.start, clause.end) for clause in clauses(text)]
    for found in (parts, sentences(text)):
        assert found == sorted(found)
        assert all(a < b for a, b in found)
        covered = "".join(text[a:b] for a, b in found)
        assert "".join(covered.split()) == "".join(text.split())


@given(JAPANESE)
@settings(max_examples=200, deadline=None)
def test_its_pieces_cover_the_text(raw):
    text = normalise(raw).text
    assert "".join(pieces(text)) == "".join(text.split())


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_its_words_stand_where_they_say(raw):
    text = normalise(raw).text
    for word in tokenise(text):
        assert text[word.start : word.start + len(word.surface)] == word.surface


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("味に不満はないのですが、", Mark.DENIED), ("商品に問題はありません", Mark.DENIED), ("効かないわけではないけど", Mark.DENIED), ("悪くはないんですが", Mark.DENIED),
        ("肌荒れのせいではなく", Mark.DENIED), ("値段は高かったけど", Mark.CONCEDED), ("価格というより", Mark.CONCEDED), ("一番は値段です", Mark.STRESSED), ("決め手は匂い", Mark.STRESSED),
        ("本当は効かなかった", Mark.STRESSED), ("結局高い", Mark.STRESSED), ("何より面倒", Mark.STRESSED), ("余っているとのこと", Mark.REPORTED),
    ],
)  # fmt: skip
def test_it_sees_what_a_clause_does(text, mark):
    assert marks(text) & mark


@pytest.mark.parametrize("text", ["効果がない", "お金がない", "味が悪い", "高いのでやめました", "電話がつながらない"])
def test_a_complaint_is_no_denial(text):
    assert not marks(text) & Mark.DENIED


def test_what_follows_rather_than_is_stressed():
    text = "価格というより効果がわからなかった"
    first, second = clauses(text)
    assert first.marks & Mark.CONCEDED
    assert second.marks & Mark.STRESSED
    assert text[second.start : second.end] == "効果がわからなかった"


def test_it_finds_words_and_readings():
    assert content_words("味が苦手で飲めませんでした") == ["味", "苦手", "飲める"]
    assert in_kana("値段が高い。") == "ねだんがたかい。"


@pytest.mark.parametrize("sign", ["あ", "。", "、", "が", "ない", "けど", "\u3099", "ｶﾞ", "9", " ", "\n", "🍣", "は特に"])
def test_it_reads_100000_characters_in_bounded_time(sign):
    raw = (sign * 100_000)[:100_000]
    before = time.process_time()
    text = normalise(raw).text
    clauses(text)
    pieces(text)
    assert time.process_time() - before < 15
    assert unicodedata.is_normalized("NFC", text) or sign == "\u3099"


def test_janome_reads_100000_characters():
    assert sum(1 for _ in tokenise("味が苦手で飲めません。" * 9_000)) > 50_000
