import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.stats.weighting import Margin, effective_size, rake


def test_it_fits_the_margins_of_a_small_table():
    """A 2 × 2 table raked to 60:40 and 30:70; the odds ratio (here 4) stays, as Deming and Stephan's method keeps it."""
    rows = np.repeat([0, 0, 1, 1], [40, 20, 20, 40])
    columns = np.repeat([0, 1, 0, 1], [40, 20, 20, 40])
    found = rake([Margin("a", "xy", rows, [60, 40]), Margin("b", "pq", columns, [30, 70])], least=0, most=np.inf)
    table = np.zeros((2, 2))
    np.add.at(table, (rows, columns), found.weight)
    table /= table.sum()
    assert found.converged
    assert table.sum(axis=1) == pytest.approx([0.6, 0.4], abs=1e-4)
    assert table.sum(axis=0) == pytest.approx([0.3, 0.7], abs=1e-4)
    assert table[0, 0] * table[1, 1] / table[0, 1] / table[1, 0] == pytest.approx(4)


def test_it_changes_nothing_when_those_who_answered_are_like_those_asked():
    found = rake([Margin("way", ("one_off", "subscription"), [0, 1] * 50, [1000, 1000])])
    assert found.weight == pytest.approx(np.ones(100))
    assert (found.rounds, found.design_effect, found.effective_n, found.trimmed) == (1, 1, 100, 0)


def test_it_tells_the_largest_thing_that_it_changed():
    price = Margin("first_price", ("980", "full"), np.repeat([0, 1], [24, 76]), [38, 62])
    way = Margin("way", ("mail", "line"), np.tile([0, 1], 50), [50, 50])
    gap = rake([way, price]).gaps[0]
    assert (gap.margin, round(gap.asked, 2), round(gap.replied, 2), round(gap.weighted, 2)) == ("first_price", 0.38, 0.24, 0.38) or (
        gap.margin,
        round(gap.asked, 2),
    ) == ("first_price", 0.62)


def test_it_trims_weights_and_owns_up_to_the_misfit():
    level = np.repeat([0, 1], [2, 98])
    found = rake([Margin("tenure", ("new", "old"), level, [50, 50])], most=5)
    assert found.weight.max() == pytest.approx(5, rel=0.01)
    assert found.weight.mean() == pytest.approx(1)
    assert not found.converged
    assert found.trimmed == 2
    free = rake([Margin("tenure", ("new", "old"), level, [50, 50])], most=np.inf, least=0)
    assert free.converged
    assert free.weight.max() == pytest.approx(25)
    assert free.effective_n < found.effective_n


def test_it_reports_levels_from_which_nobody_answered():
    found = rake([Margin("product", ("a", "b", "c"), [0, 0, 1, 1], [50, 25, 25])])
    assert found.unanswered == (("product", "c"),)
    assert found.weight == pytest.approx([4 / 3, 4 / 3, 2 / 3, 2 / 3])


def test_it_leaves_replies_of_unknown_level_as_they_are():
    found = rake([Margin("tenure", ("new", "old"), [0, 0, 1, -1], [50, 50])])
    assert found.weight == pytest.approx([0.75, 0.75, 1.5, 1.0])


def test_it_takes_no_replies():
    assert rake([Margin("tenure", ("new",), [], [10])]).effective_n == 0


def test_it_knows_kishs_effective_size():
    assert effective_size([1, 1, 1, 1]) == (4, 1)
    assert effective_size([3, 1]) == (pytest.approx(1.6), pytest.approx(1.25))


@pytest.mark.parametrize(
    ("margins", "message"),
    [
        ([], "at least one"),
        ([Margin("a", "xy", [0, 1], [0, 0])], "all zero"),
        ([Margin("a", "xy", [0, 1], [1, 0])], "nobody was asked"),
        ([Margin("a", "xy", [0, 1], [1, 1]), Margin("b", "xy", [0], [1, 1])], "2 entries"),
        ([Margin("a", "xy", [0, 2], [1, 1])], "between"),
    ],
)
def test_it_refuses_margins_that_cannot_be_met(margins, message):
    with pytest.raises(ValueError, match=message):
        rake(margins)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_it_keeps_the_mean_at_1_and_weights_within_their_limits(seed, count):
    rng = np.random.default_rng(seed)
    margins = []
    for k in range(count):
        levels = rng.integers(2, 6)
        margins.append(Margin(f"m{k}", [str(n) for n in range(levels)], rng.integers(-1, levels, 200), rng.integers(1, 50, levels)))
    found = rake(margins)
    assert found.weight.mean() == pytest.approx(1)
    assert found.weight.min() >= 0.2 - 1e-6
    assert found.weight.max() <= 5 * (1 + 1e-2)
    assert found.design_effect >= 1
    assert found.effective_n == pytest.approx(200 / found.design_effect)


def test_it_rakes_100_000_replies_over_five_margins_within_half_a_second():
    rng = np.random.default_rng(0)
    margins = [Margin(f"m{k}", [str(n) for n in range(5)], rng.integers(0, 5, 100_000), rng.integers(10, 20, 5)) for k in range(5)]
    began = time.perf_counter()
    assert rake(margins).converged
    assert time.perf_counter() - began < 0.5
