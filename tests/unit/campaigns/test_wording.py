"""Words that obstruct a cancellation are pointed out; kind ones are not."""

from pathlib import Path

import pytest

from voc.campaigns.wording import advertises, doubts


@pytest.mark.parametrize(
    "text",
    [
        "続けないと逆効果になることがあります。",
        "今やめると、これまでの努力がもったいないです。",
        "途中でやめると元に戻ってしまいます。",
        "解約される前に、まずはお電話ください。",
        "アンケートにご回答いただけない場合、解約はできません。",
        "必ずお答えください。",
        "今なら30%OFFで再開できます。",
        "クーポンをお送りします。",
        "再購入はこちらから。",
        "もう一度考え直していただけませんか。",
    ],
)
def test_it_points_out_doubtful_words(text: str) -> None:
    found = doubts(text)
    assert found
    assert all(doubt.words in text and doubt.why for doubt in found)


@pytest.mark.parametrize(
    "text",
    [
        "解約のお手続きは完了しています。よろしければ、おやめになった理由をお聞かせください。",
        "どの質問も、答えたくなければ空欄のままで結構です。お引き止めのご連絡はいたしません。",
        "いつもありがとうございました。率直なお気持ちをお聞かせください。",
    ],
)
def test_it_lets_kind_words_pass(text: str) -> None:
    assert doubts(text) == []


def test_it_lets_vocs_own_mail_pass() -> None:
    for name in ("subject.txt", "body.txt"):
        assert doubts((Path(__file__).parents[3] / "templates/email/invitation" / name).read_text()) == []


def test_it_tells_the_same_words_once_and_no_part_of_what_it_told() -> None:
    assert [doubt.words for doubt in doubts("続けないと逆効果です。続けないと逆効果です。")] == ["続けないと逆効果です"]


@pytest.mark.parametrize(
    "text", ["今なら30%OFFで再開できます。", "再購入はこちらから。", "くわしくは https://shop.example.jp/sale へ", "www.example.jp"]
)
def test_offers_and_links_to_a_shop_make_a_mail_advertising(text: str) -> None:
    assert advertises("おうかがい", text)


@pytest.mark.parametrize("text", ["", "よろしければ理由をお聞かせください。", "必ずお答えください。", "今やめると逆効果です。"])
def test_a_survey_is_no_advertising_however_clumsy(text: str) -> None:
    assert not advertises(text)
