"""The chance of having been drawn and reviewed, over several draws."""

import numpy as np
import pytest

from voc.stats.planner import Draw
from voc.stats.strata import Strata
from voc.stats.waves import Drawn, Stratum, Wave, chances, in_turn, strata_of

CODES = ("other", "no_effect", "competitor")


def drawn(wave: str, stratum: str, probability: float, *, decided: bool = True, in_order: bool = True) -> Drawn:
    return Drawn(wave=wave, stratum=stratum, probability=probability, decided=decided, in_order=in_order)


def stratum(code: str, low: float, high: float, rate: float) -> Stratum:
    return Stratum(name=f"{code}:{low:.3f}-{high:.3f}", code=CODES.index(code), low=low, high=high, rate=rate)


def wave(name: str, strata: list[Stratum], readings: list[tuple[str, float]], *, closed_to: tuple[int, ...] = ()) -> Wave:
    return Wave(
        name=name, strata=strata, open=~np.isin(np.arange(len(readings)), closed_to),
        code=np.array([CODES.index(code) for code, _ in readings]), confidence=np.array([sure for _, sure in readings]),
    )  # fmt: skip


def test_one_draw_is_taken_as_it_is() -> None:
    draws = [drawn("a", "other:0.100-0.500", 0.2), drawn("a", "other:0.500-0.900", 0.1)]
    assert chances(draws, [wave("a", [], [("other", 0.3), ("other", 0.7)])]) == pytest.approx([0.2, 0.1])


def test_a_part_that_was_reviewed_counts_as_a_smaller_draw() -> None:
    draws = [drawn("a", "x", 0.5), drawn("a", "x", 0.5), drawn("a", "x", 0.5, decided=False), drawn("a", "x", 0.5, decided=False)]
    assert chances(draws, []) == pytest.approx([0.25, 0.25, 0, 0])


def test_what_was_decided_out_of_its_turn_waits_for_it() -> None:
    draws = [drawn("a", "x", 0.5), drawn("a", "x", 0.5, decided=False), drawn("a", "x", 0.5, in_order=False), drawn("a", "y", 0.1),
             drawn("a", "y", 0.1, in_order=False), drawn("a", "y", 0.1, decided=False), drawn("b", "x", 0.1, in_order=False)]  # fmt: skip
    assert in_turn(draws).tolist() == [True, False, True, True, False, False, True]
    assert chances(draws[:3], []) == pytest.approx([0.5 / 3, 0, 0]), "the wave ends at its first one now"


def test_two_draws_add_up_for_those_that_were_open_to_both() -> None:
    readings = [("other", 0.3), ("other", 0.8)]
    all_ = "other:0.100-0.900"
    waves = [wave(name, [stratum("other", 0.1, 0.9, rate)], readings) for name, rate in (("a", 0.5), ("b", 0.2))]
    assert chances([drawn("a", all_, 0.5), drawn("b", all_, 0.2)], waves) == pytest.approx([0.6, 0.6])


def test_an_answer_that_came_later_was_not_open_to_the_earlier_draw() -> None:
    readings = [("other", 0.3), ("other", 0.8)]
    all_ = "other:0.100-0.900"
    waves = [
        wave("a", [stratum("other", 0.1, 0.9, 0.5)], readings, closed_to=(1,)),
        wave("b", [stratum("other", 0.1, 0.9, 0.2)], readings),
    ]
    assert chances([drawn("a", all_, 0.5), drawn("b", all_, 0.2)], waves) == pytest.approx([0.6, 0.2])


def test_each_answer_has_the_rate_of_its_own_stratum_in_the_other_draw_also_where_that_is_nothing() -> None:
    readings = [("other", 0.2), ("other", 0.8), ("no_effect", 0.05), ("competitor", 0.5)]
    waves = [
        wave("a", [stratum("other", 0.1, 0.5, 0.4), stratum("other", 0.51, 0.9, 0.1), stratum("no_effect", 0.1, 0.9, 0.3)], readings),
        wave("b", [stratum("other", 0.1, 0.9, 0.0), stratum("competitor", 0.1, 0.9, 0.5), stratum("no_effect", 0.0, 0.9, 0.5)], readings),
    ]
    draws = [drawn("a", "other:0.100-0.500", 0.4), drawn("a", "other:0.510-0.900", 0.1), drawn("b", "no_effect:0.000-0.900", 0.5),
             drawn("b", "competitor:0.100-0.900", 0.5)]  # fmt: skip
    # of the third nothing was reviewed in wave a, so only having escaped it counts; the fourth group was not in wave a at all
    assert chances(draws, waves) == pytest.approx([0.4, 0.1, 0.7 * 0.5, 0.5])


def test_nothing_drawn() -> None:
    assert chances([], []).tolist() == []


def test_of_each_stratum_the_confidences_and_the_rate_are_kept_also_where_nothing_was_drawn() -> None:
    strata = Strata(np.array([0, 0, 0, 1, 1]), np.array([0, 1]), np.array([0, 0]), np.array([3, 2]))
    drawn = Draw(np.array([0]), np.array([0]), np.array([0.5]))
    kept = strata_of(strata, [0.3, 0.2, 0.4, 0.9, 0.8], drawn, CODES, taken=[1])
    assert kept == (stratum("other", 0.2, 0.4, 0.5), stratum("no_effect", 0.8, 0.9, 0.0))


def test_no_two_strata_have_one_name() -> None:
    strata = Strata(np.array([0, 1]), np.array([0, 0]), np.array([0, 1]), np.array([1, 1]))
    nothing = Draw(np.zeros(0, int), np.zeros(0, int), np.zeros(0))
    assert [one.name for one in strata_of(strata, [0.5001, 0.5002], nothing, CODES)] == ["other:0.500-0.500", "other:0.500-0.500#1"]
