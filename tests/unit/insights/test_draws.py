"""The probability of having been drawn, over several draws."""

from datetime import UTC, datetime, timedelta

import pytest

from voc.insights.draws import Drawn, overall

NOON = datetime(2026, 11, 1, 3, tzinfo=UTC)


def drawn(answer_id: int, wave: str, stratum: str, probability: float, *, day: int = 0, came: int = -30) -> Drawn:
    return Drawn(answer_id, wave, stratum, probability, NOON + timedelta(days=day), NOON + timedelta(days=came))


def test_one_draw_is_taken_as_it_is() -> None:
    assert overall([drawn(1, "a", "price:0.1-0.5", 0.2), drawn(2, "a", "price:0.5-0.9", 0.1)]) == {1: 0.2, 2: 0.1}


def test_two_draws_add_up_for_those_that_were_open_to_both() -> None:
    found = overall([drawn(1, "a", "other:0.1-0.9", 0.5), drawn(2, "b", "other:0.1-0.9", 0.2, day=1)])
    assert found == pytest.approx({1: 1 - 0.5 * 0.8, 2: 1 - 0.5 * 0.8})


def test_a_reply_that_came_later_was_not_open_to_the_earlier_draw() -> None:
    found = overall([drawn(1, "a", "other:0.1-0.9", 0.5), drawn(2, "b", "other:0.1-0.9", 0.2, day=10, came=5)])
    assert found == pytest.approx({1: 1 - 0.5 * 0.8, 2: 0.2})


def test_strata_that_were_cut_differently_are_matched_by_group_and_confidence() -> None:
    found = overall(
        [
            drawn(1, "a", "other:0.100-0.900", 0.5),
            drawn(2, "b", "other:0.100-0.500", 0.4, day=1),
            drawn(3, "b", "other:0.500-0.900", 0.1, day=1),
            drawn(4, "b", "no_effect:0.100-0.900", 0.9, day=1),
        ]
    )
    assert found[2] == pytest.approx(1 - 0.6 * 0.5)
    assert found[3] == pytest.approx(1 - 0.9 * 0.5)
    assert found[1] in (pytest.approx(1 - 0.5 * 0.6), pytest.approx(1 - 0.5 * 0.9))


def test_a_group_that_a_draw_did_not_have_gets_its_mean_rate() -> None:
    found = overall([drawn(1, "a", "x", 0.5), drawn(2, "b", "other:0.1-0.9", 0.2, day=1), drawn(3, "b", "price:0.1-0.9", 0.4, day=1)])
    assert found[1] == pytest.approx(1 - 0.5 * 0.7)


def test_nothing_drawn() -> None:
    assert overall([]) == {}
