"""Options, their order, the follow-up question, stated against real."""

from collections import Counter

import pytest

from voc.links import new_token
from voc.reasons import codebook
from voc.surveys import questions
from voc.surveys.questions import FOLLOW_UPS, LAST, STATED, agrees, follow_up_for, length, order_for, stated_label


def test_the_codes_are_stable() -> None:
    """Answers in the database carry them: a code may be added, never renamed."""
    assert list(STATED) == ["no_effect", "unused_stock", "price", "competitor", "dissatisfaction", "no_reason", "other"]


def test_the_last_two_stay_last_and_all_options_are_there() -> None:
    for _ in range(50):
        order = order_for(new_token())
        assert order[-2:] == LAST == ("no_reason", "other")
        assert sorted(order) == sorted(STATED)


def test_the_order_is_the_same_at_every_reload() -> None:
    token = new_token()
    assert order_for(token) == order_for(token)
    # Frozen: another order for links that are out already would show another page after an update.
    assert order_for("A" * 22) == ("unused_stock", "dissatisfaction", "competitor", "no_effect", "price", "no_reason", "other")


def test_each_option_comes_first_equally_often() -> None:
    first = Counter(order_for(f"token-{n}")[0] for n in range(5000))
    assert set(first) == set(STATED) - set(LAST)
    assert all(abs(count - 1000) < 150 for count in first.values())


def test_every_leaf_has_a_stated_option_that_says_the_same() -> None:
    covered = {leaf for option in STATED.values() for leaf in option.leaves}
    assert covered == set(codebook.LEAVES) - {"unclear"}


@pytest.mark.parametrize(
    ("stated", "leaf", "expected"),
    [
        ("price", "price", True),
        ("dissatisfaction", "side_effect", True),
        ("no_reason", "unused_stock", False),
        ("other", "life_change", True),
        (None, "price", None),
        ("price", "unclear", None),
        ("gone_in_a_later_version", "price", None),
    ],
)
def test_stated_and_real_are_compared(stated: str | None, leaf: str, expected: bool | None) -> None:
    assert agrees(stated, leaf) is expected


def test_wording_follows_the_way_of_buying() -> None:
    assert stated_label("unused_stock", "subscription") == "使いきれずに余っている"
    assert stated_label("unused_stock", "one_off") == "まだ使いきっていない"
    assert stated_label(None, "one_off") == ""
    assert stated_label("old_code", "one_off") == "old_code"


@pytest.mark.parametrize(
    ("stated", "text", "question"),
    [
        (None, "", "last_use"),
        ("no_reason", "特になし", "last_use"),
        ("price", "", "price_moment"),
        ("competitor", "なんとなく", "now_using"),
        ("price", "忙しい", "busy_moment"),
        (None, "合わなかった", "misfit_moment"),
        ("unknown", "", "last_use"),
    ],
)
def test_the_follow_up_fits_what_was_vague(stated: str | None, text: str, question: str) -> None:
    assert follow_up_for(stated, text) == question


def test_every_follow_up_that_can_be_chosen_has_a_wording_and_asks_no_why() -> None:
    chosen = {follow_up_for(stated, text) for stated in (None, *STATED) for text in ("", "忙しい", "合わない", "高い", "効果", "余り")}
    assert chosen == set(FOLLOW_UPS)
    assert not [wording for wording in FOLLOW_UPS.values() if "なぜ" in wording or "どうして" in wording]


def test_a_line_break_is_one_character() -> None:
    assert length("あ\r\nい") == 3
    assert length("👍🏽") == 2


def test_every_way_of_buying_has_its_heading() -> None:
    assert set(questions.TITLES) == set(codebook.PURCHASE_TYPES)
