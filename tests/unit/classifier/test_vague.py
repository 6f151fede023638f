"""Whether the one follow-up question is due."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.classifier.vague import is_vague

VAGUE = [
    "", " ", "　\n", "。", "…", "特になし", "特にありません。", "とくになし", "なし", "ナシ", "ﾅｼ", "特にないです", "気持ちの変化です", "自己都合", "特に理由はありません", "理由は特にありません", "これといった理由はないです",
    "忙しい", "忙しくて", "忙しいため。", "なんとなく", "何となくです", "なんとなくです。すみません", "飽きた", "飽きました", "飽きちゃった笑", "いらなくなった", "いらなくなりました", "必要なくなった",
    "不要になったため", "諸事情", "諸事情により", "一身上の都合", "一身上の都合により", "都合により", "事情があって", "言いたくない", "面倒", "面倒くさくなった", "解約しました", "解約希望です",
    "もういいです", "普通", "可もなく不可もなく", "いまいち", "不満はありません", "気分です", "あああ", "テスト", "test", "ありがとうございました", "-", "その他", "わからない", "時間がない",
]  # fmt: skip
CONCRETE = [
    "高い", "値段が高いから", "効果がない", "効果がわからない", "肌に合わなかった", "かゆくなった", "まずい", "味に飽きた", "においが苦手", "余っている", "まだ残っている", "飲み忘れる", "引っ越した", "妊娠した",
    "母が亡くなりました", "他社に変えた", "届くのが遅い", "電話がつながらない", "忙しくて飲み忘れる", "特にないけど高い", "特に理由はないですが、余ってます", "定期だと知らなかった", "治りました", "お金がない",
    "節約のため", "💸", "便秘になった", "子どもが卒業したので", "いらなくなった。膝が治った", "なんとなく体に悪そう", "メールが多い", "解約ボタンがない", "受け取りが面倒", "思ったより大きい", "医者に止められた",
    "年金暮らしになったため", "犬が食べない", "使いきれない", "ドラッグストアで買う", "眠れない", "プレゼントだったので",
]  # fmt: skip


@pytest.mark.parametrize("text", VAGUE)
def test_it_asks_on_when_nothing_was_said(text):
    assert is_vague(text)


@pytest.mark.parametrize("text", CONCRETE)
def test_it_never_asks_again_after_a_concrete_reason(text):
    assert not is_vague(text)


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_it_takes_any_text(text):
    assert is_vague(text) in (True, False)


@pytest.mark.parametrize(
    "text", ["特" * 79, "なし" * 39, "ので" * 40, "特に理由は" * 15, "ないです" * 19 + "x", "あ" * 100_000, "飽きたので" * 15 + "高"]
)
def test_it_is_quick_on_texts_made_to_be_slow(text):
    is_vague("なし")
    before = time.process_time()
    is_vague(text)
    assert time.process_time() - before < 0.2
