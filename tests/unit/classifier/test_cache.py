"""Prepared replies as bytes and back."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.classifier import cache
from voc.classifier.batch import prepared

ANY = st.text(alphabet=st.one_of(st.sampled_from("味に不満はないが高いｶﾞ、。一番肌！\n 🍣\u3099①"), st.characters()), max_size=80)


@given(st.lists(ANY, max_size=6))
@settings(max_examples=150, deadline=None)
def test_what_comes_back_is_what_was_packed(texts):
    there = prepared(texts)
    back = cache.unpacked(cache.packed(there))
    assert list(back.documents) == there.documents
    for name in ("spans", "weights", "whole", "words"):
        np.testing.assert_array_equal(getattr(back, name), getattr(there, name))
    np.testing.assert_array_equal(back.texts.joined.codes, there.texts.joined.codes)
    np.testing.assert_array_equal(back.blank(), [not doc.folded or doc.folded.isspace() for doc in there.documents])
    np.testing.assert_array_equal(back.texts.pieces.starts, there.texts.pieces.starts)
    np.testing.assert_array_equal(back.texts.pieces.ends, there.texts.pieces.ends)


def test_a_long_text_comes_back():
    texts = ["味が苦手で、", "高い" * 1500, "㍿" * 3000]
    assert list(cache.unpacked(cache.packed(prepared(texts))).documents) == prepared(texts).documents


def test_a_reply_takes_little_room():
    text = "味に不満はないのですが、毎月の支払いが高くて続けられなくなってしまいました。"
    assert len(cache.packed(prepared([text]))[0]) < 4 * len(text)


def test_only_what_is_missing_is_prepared():
    kept = cache.packed(prepared(["高い", "余った"]))
    batch, filled = cache.prepared_or_kept(["高い", "余った"], [kept[0], None], [b"\0" * 1024, None])
    assert filled == kept
    assert list(batch.vectors) == [0]
    assert [doc.folded for doc in batch.documents] == ["高い", "余った"]


def test_halves_of_an_emoji_in_two_replies_do_not_become_one():
    there = prepared(["高い\ud83c", "\udf63おいしい🍣"])
    back = cache.unpacked(cache.packed(there))
    assert list(back.documents) == there.documents
    np.testing.assert_array_equal(back.texts.joined.codes, there.texts.joined.codes)
