from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.stats.intervals import difference, effective_n, exact, exact_bound, normal_quantile, wilson

COUNTS = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
LEVELS = st.floats(0.5, 0.999)


@pytest.mark.parametrize(
    ("found", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_it_gives_the_wilson_intervals_of_newcombe_1998(found, n, low, high):
    assert np.round(wilson(found / n, n), 4) == pytest.approx([low, high])


@pytest.mark.parametrize(
    ("found", "n", "low", "high"),
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)],
)
def test_it_gives_the_exact_intervals_of_newcombe_1998(found, n, low, high):
    assert np.round(exact(found, n), 4) == pytest.approx([low, high])


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_it_gives_newcombes_differences_by_method_10(a, b, low, high):
    _, found_low, found_high = difference(*((x / n, *wilson(x / n, n)) for x, n in (a, b)))
    assert np.round([found_low, found_high], 4) == pytest.approx([low, high])


def test_it_knows_the_rule_of_three():
    assert exact_bound(0, 300, side="upper", level=0.95) == pytest.approx(3 / 300, rel=0.01)


def test_it_shows_95_percent_at_a_level_of_90_from_45_right_of_45():
    assert exact_bound(45, 45, side="lower", level=0.90) >= 0.95
    assert exact_bound(44, 44, side="lower", level=0.90) < 0.95


def test_it_gives_no_width_when_everything_is_known_and_the_whole_range_when_nothing_is():
    assert wilson(0.3, np.inf) == (0.3, 0.3)
    assert wilson(0.3, 0) == (0.0, 1.0)
    assert effective_n(0.3, 0.0) == np.inf


def test_it_refuses_levels_and_counts_that_cannot_be():
    with pytest.raises(ValueError, match="level"):
        normal_quantile(1.0)
    with pytest.raises(ValueError, match="between 0 and n"):
        exact_bound(5, 4, side="lower")


@settings(deadline=None)
@given(COUNTS, LEVELS)
def test_it_keeps_the_share_inside_and_the_interval_within_0_and_1(counts, level):
    found, n = counts
    for low, high in (wilson(found / n, n, level=level), exact(found, n, level=level)):
        assert 0 <= low <= found / n + 1e-12
        assert found / n - 1e-12 <= high <= 1


@settings(deadline=None)
@given(COUNTS, LEVELS)
def test_it_mirrors_the_interval_of_the_opposite_share(counts, level):
    found, n = counts
    low, high = wilson(found / n, n, level=level)
    other_low, other_high = wilson(1 - found / n, n, level=level)
    assert (low, high) == pytest.approx((1 - other_high, 1 - other_low), abs=1e-9)


@settings(deadline=None)
@given(COUNTS)
def test_it_narrows_with_more_replies_and_widens_with_the_level(counts):
    found, n = counts
    low, high = wilson(found / n, n)
    closer_low, closer_high = wilson(found / n, 4 * n)
    surer_low, surer_high = wilson(found / n, n, level=0.99)
    assert closer_high - closer_low <= high - low + 1e-12
    assert surer_low <= low + 1e-12
    assert high <= surer_high + 1e-12


@settings(deadline=None)
@given(st.integers(2, 60), st.floats(0.01, 0.99))
def test_it_never_covers_less_than_promised_exactly(n, share):
    x = np.arange(n + 1)
    low, high = exact(x, n)
    chance = np.array([comb(n, k) * share**k * (1 - share) ** (n - k) for k in x])
    assert chance[(low <= share) & (share <= high)].sum() >= 0.95 - 1e-9


@settings(deadline=None)
@given(COUNTS, COUNTS)
def test_it_turns_the_difference_round_with_its_segments(a, b):
    lines = [(x / n, *wilson(x / n, n)) for x, n in (a, b)]
    d, low, high = difference(*lines)
    back, back_low, back_high = difference(*reversed(lines))
    assert (d, low, high) == pytest.approx((-back, -back_high, -back_low), abs=1e-9)
    assert -1 - 1e-9 <= low <= high <= 1 + 1e-9
