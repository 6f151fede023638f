"""What counts as personal data, by the words people use."""

import random
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.privacy import masking

COVERED = [
    ("連絡は090-1234-5678までください", "連絡は〔電話番号〕までください"),
    ("０９０１２３４５６７８です", "〔電話番号〕です"),
    ("電話 03(1234)5678 に", "電話 〔電話番号〕 に"),
    ("+81 90 1234 5678 へ", "〔電話番号〕 へ"),
    ("0120-444-444につながらない", "〔電話番号〕につながらない"),
    ("電話は1234-5678です", "電話は〔電話番号〕です"),
    ("〇九〇-一二三四-五六七八", "〔電話番号〕"),
    ("hanako..y@docomo.ne.jpに返事を", "〔メールアドレス〕に返事を"),
    ("ｈａｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ まで", "〔メールアドレス〕 まで"),
    ("〒150-0001 東京都渋谷区神宮前1-2-3 青山ハイツ201号室", "〔郵便番号〕 〔住所〕"),
    ("新住所は大阪市北区梅田三丁目1番3号です", "新住所は〔住所〕です"),
    ("神奈川県川崎市高津区溝口2の5に越しました", "〔住所〕に越しました"),
    ("カードは4111 1111 1111 1111です", "カードは〔カード番号〕です"),
    ("注文番号は A-20230914 でした", "注文番号は 〔注文番号〕 でした"),
    ("お客様番号：００１２３４５", "お客様番号：〔注文番号〕"),
    ("伝票 123456789012 が", "伝票 〔注文番号〕 が"),
    ("山田花子です。解約します", "〔氏名〕です。解約します"),
    ("佐々木と申します", "〔氏名〕と申します"),
    ("担当の勅使河原さんが親切でした", "担当の〔氏名〕さんが親切でした"),
    ("受付の田中さんの対応が悪い", "受付の〔氏名〕さんの対応が悪い"),
    ("担当者佐藤様より連絡あり", "担当者〔氏名〕様より連絡あり"),
    ("サトウ様 CXL希望", "〔氏名〕様 CXL希望"),
    ("鈴木 一郎様のご家族より", "〔氏名〕様のご家族より"),
    ("さとうさんに勧められて", "〔氏名〕さんに勧められて"),
    ("勅使河原様、解約希望とのこと", "〔氏名〕様、解約希望とのこと"),
]

LEFT = [
    "お客様のご都合とのこと",
    "C様 解約希望",
    "68歳の母が飲んでいました",
    "ポチが食べません",
    "奥様に勧められ、皆様によろしく",
    "店員さんもお医者さんも勧めてくれた",
    "隣のおばあさんが、お母さんと同様に",
    "息子さん、娘さん、皮膚科の先生",
    "仕様が変わった。多様な味。王様気分。",
    "3,980円は高い。10%引きでも19800円。",
    "2023年9月14日に届いた。20230914",
    "1日3回、1回2粒、30日分が10袋",
    "2023-09-14 に注文",
    "注文は3回だけ",
    "東京都に引っ越しました",
    "ヤマトさんの配達が遅い",
    "メーカー様のご対応",
    "オペレーターさんが失礼",
    "まだ一二三袋残っている",
    "市販の目薬で十分です",
    "氏名は言いたくありません",
    "小林製薬です",
    "森林の香りです",
    "下町で1番美味しい、下町の1番",
    "福岡市では1-2月に買えない",
    "町の薬局で2割引き",
    "",
]


@pytest.mark.parametrize(("text", "masked"), COVERED)
def test_it_covers_what_tells_who_somebody_is(text: str, masked: str) -> None:
    assert masking.mask(text) == masked


@pytest.mark.parametrize("text", LEFT)
def test_it_leaves_words_that_tell_nobody_who_it_is(text: str) -> None:
    assert masking.mask(text) == text


@pytest.mark.parametrize(("text", "masked"), COVERED)
def test_masking_twice_is_masking_once(text: str, masked: str) -> None:
    assert masking.mask(masked) == masked


def test_it_tells_places_in_the_original_text() -> None:
    text = "😀電話は０９０−１２３４−５６７８、"
    (found,) = masking.find(text)
    assert text[found.start : found.end] == "０９０−１２３４−５６７８"
    assert found.kind == "phone"


def test_several_pieces_in_one_text() -> None:
    assert masking.mask("田中様 090-1111-2222 / a@b.jp") == "〔氏名〕様 〔電話番号〕 / 〔メールアドレス〕"


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_any_text_goes_through(text: str) -> None:
    found = masking.find(text)
    assert all(0 <= piece.start < piece.end <= len(text) for piece in found)
    assert all(a.end <= b.start for a, b in pairwise(found))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_long_texts_take_time_in_proportion(seed: int) -> None:
    rng = random.Random(seed)
    pieces = ["市", "区", "町一", "1-", "090", "様", "a@", "a.", "佐藤", "さん", "さ", " ", "(", "-", "0", "です", "注文", "県"]
    for text in ("".join(rng.choices(pieces, k=40_000)), "あ" * 100_000, "0" * 100_000, "a" * 100_000, "山" * 100_000, "1-" * 50_000):
        started = time.process_time()
        masking.find(text)
        assert time.process_time() - started < 5, text[:20]
