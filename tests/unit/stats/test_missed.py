from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.stats.missed import audits_for_bound, hypergeometric, missed, weighted_count


def test_it_bounds_the_missed_reports_when_none_was_found():
    """300 of 9,000 read, none a report: at most about 3.7 × 30."""
    result = missed(9000, np.zeros(300, bool), np.full(300, 300 / 9000))
    assert (result.found, result.estimate, result.low) == (0, 0, 0)
    assert result.high == pytest.approx(3.69 * 30, rel=0.05)
    assert result.exact


def test_it_estimates_from_what_was_found():
    result = missed(9000, np.arange(300) < 2, np.full(300, 300 / 9000))
    assert result.estimate == pytest.approx(60)
    assert 2 <= result.low < 60 < result.high
    estimate, low, high = result.unseen
    assert (estimate, low, high) == (58, result.low - 2, result.high - 2)


def test_it_knows_all_when_all_was_read():
    result = missed(50, np.arange(50) < 3, np.ones(50))
    assert (result.estimate, result.low, result.high) == (3, 3, 3)
    assert result.unseen == (0, 0, 0)


def test_it_knows_nothing_without_an_audit():
    result = missed(200, [], [])
    assert (result.low, result.high) == (0, 200)


def test_it_takes_unseen_reports_to_be_as_heavy_as_the_heaviest_audit():
    found = np.zeros(200, bool)
    even = missed(10_000, found, np.full(200, 0.02))
    uneven = missed(10_000, found, np.repeat([0.10, 0.012], [100, 100]))
    assert uneven.high > even.high
    assert not uneven.exact


def test_it_says_how_many_audits_show_that_few_were_missed():
    n = audits_for_bound(10_000, 30)
    assert n == pytest.approx(3 / 31 * 10_000, rel=0.06)
    assert audits_for_bound(100, 100) == 0
    assert audits_for_bound(100, 0) == 95
    with pytest.raises(ValueError, match="negative"):
        audits_for_bound(100, -1)


def test_it_refuses_more_audits_than_replies():
    with pytest.raises(ValueError, match="more replies"):
        missed(2, [False] * 3, [1.0] * 3)


def test_it_gives_the_poisson_interval_for_even_weights():
    """Garwood's interval for 3 events is 0.619 to 8.767."""
    assert weighted_count(np.ones(3), heaviest=1.0) == pytest.approx((0.619, 8.767), abs=0.001)
    assert weighted_count([], heaviest=2.0) == pytest.approx((0, 2 * 3.689), abs=0.001)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.data())
def test_it_never_covers_less_than_promised(size, data):
    drawn = data.draw(st.integers(1, size))
    cases = data.draw(st.integers(0, size))
    covered = 0.0
    for x in range(max(0, drawn - size + cases), min(drawn, cases) + 1):
        low, high = hypergeometric(x, drawn, size)
        assert x <= low <= high <= size - drawn + x
        if low <= cases <= high:
            covered += comb(cases, x) * comb(size - cases, drawn - x) / comb(size, drawn)
    assert covered >= 0.95 - 1e-9


def test_it_covers_rare_reports_drawn_with_unequal_probability():
    rng = np.random.default_rng(0)
    report = rng.random(5000) < 0.01
    p = np.where(rng.random(5000) < 0.3, 0.2, 0.05)
    held = []
    for _ in range(300):
        drawn = rng.random(5000) < p
        result = missed(5000, report[drawn], p[drawn])
        held.append(result.low <= report.sum() <= result.high)
    assert np.mean(held) >= 0.94
