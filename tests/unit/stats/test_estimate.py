import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.stats.estimate import Coding, estimate, make_frame
from voc.stats.intervals import wilson

CODES = ("price", "quality", "unclear")


def world(n=6000, right=0.8, seed=0, shares=(0.5, 0.35, 0.15)):
    """True and predicted codes with a confidence that tells something."""
    rng = np.random.default_rng(seed)
    true = rng.choice(3, n, p=shares)
    confidence = np.clip(rng.normal(right, 0.15, n), 0.34, 0.99)
    wrong = rng.random(n) > confidence
    return true, np.where(wrong, (true + rng.integers(1, 3, n)) % 3, true), confidence


def plain(true, predicted, confidence, rows, *, of_all=None, weights=None, bands=None):
    p = np.full(len(rows), len(rows) / len(true)) if of_all is None else of_all
    frame = make_frame(predicted, confidence, rows=rows, probability=p, weights=weights, bands=bands)
    return estimate(frame, Coding(CODES, predicted, true[rows]))


def test_it_gives_the_textbook_stratified_mean_and_variance():
    """Two strata of 60 and 40 replies: 12 of 20 and 2 of 10 reviewed are code 0 (Cochran 1977, ch. 5)."""
    predicted = np.repeat([0, 1], [60, 40])
    rows = np.concatenate([np.arange(20), 60 + np.arange(10)])
    found = np.repeat([0, 1, 0, 1], [12, 8, 2, 8])
    frame = make_frame(predicted, np.full(100, 0.9), rows=rows, probability=np.repeat([20 / 60, 10 / 40], [20, 10]), bands=1)
    result = estimate(frame, Coding(("a", "b"), predicted, found))
    assert result.share == pytest.approx([0.6 * 0.6 + 0.4 * 0.2, 0.6 * 0.4 + 0.4 * 0.8])
    textbook = 0.6**2 * (1 - 20 / 60) * (0.6 * 0.4) / 19 + 0.4**2 * (1 - 10 / 40) * (0.2 * 0.8) / 9
    assert result.variance == pytest.approx([textbook] * 2, rel=0.10), "sharing of variances changes it a little, not much"


def test_it_counts_what_the_machine_read_and_puts_it_right():
    true, predicted, confidence = world()
    predicted = np.where((true == 1) & (np.arange(len(true)) % 2 == 0), 0, predicted)
    rows = np.random.default_rng(1).choice(len(true), 600, replace=False)
    result = plain(true, predicted, confidence, rows)
    actual = np.bincount(true) / len(true)
    assert list(result.counted) == list(np.bincount(predicted))
    assert np.abs(result.counted / len(true) - actual).max() > 0.10
    assert np.abs(result.share - actual).max() < 0.04


def test_it_adds_up_to_one_whatever_was_merged():
    true, predicted, confidence = world(n=500)
    for n in (20, 40, 120, 499):
        rows = np.random.default_rng(n).choice(500, n, replace=False)
        assert plain(true, predicted, confidence, rows).share.sum() == pytest.approx(1)


def test_it_gives_a_groups_leaves_the_share_of_the_group():
    true, predicted, confidence = world()
    rows = np.random.default_rng(1).choice(len(true), 300, replace=False)
    frame = make_frame(np.minimum(predicted, 1), confidence, rows=rows, probability=np.full(300, 0.05))
    groups = estimate(frame, Coding(("a", "b"), np.minimum(predicted, 1), np.minimum(true, 1)[rows]))
    leaves = estimate(frame, Coding(CODES, predicted, true[rows]))
    assert leaves.share[1:].sum() == pytest.approx(groups.share[1])


def test_it_is_exact_when_every_reply_was_reviewed():
    true, predicted, confidence = world(n=300)
    result = plain(true, predicted, confidence, np.arange(300))
    low, high = result.interval()
    assert result.share == pytest.approx(np.bincount(true) / 300)
    assert high - low == pytest.approx(0, abs=1e-12)
    assert np.isinf(result.effective_n()).all()
    assert np.array(result.interval(of="customers")) == pytest.approx(np.array(wilson(result.share, 300)))


def test_it_says_nothing_without_a_review():
    true, predicted, confidence = world(n=50)
    result = plain(true, predicted, confidence, np.zeros(0, int))
    assert np.isnan(result.share).all()
    assert list(result.interval()[1]) == [1, 1, 1]
    assert list(result.effective_n()) == [0, 0, 0]


def test_it_takes_a_segment_without_replies():
    frame = make_frame([], [], rows=[], probability=[])
    result = estimate(frame, Coding(CODES, np.zeros(0, int), np.zeros(0, int)))
    assert list(result.counted) == [0, 0, 0]


def test_it_is_as_narrow_with_a_perfect_machine_as_with_many_reviews_and_no_wider_with_a_useless_one():
    true, _, confidence = world()
    rows = np.random.default_rng(1).choice(len(true), 300, replace=False)
    perfect = plain(true, true, np.full(len(true), 0.9), rows)
    useless = plain(true, np.random.default_rng(2).integers(0, 3, len(true)), confidence, rows)
    assert (perfect.effective_n() > 10 * 300).all()
    assert useless.effective_n() == pytest.approx([315] * 3, rel=0.15)


def test_it_weighs_reviews_by_their_probability():
    """Hard replies drawn ten times as often do not pull the shares towards themselves."""
    rng = np.random.default_rng(3)
    hard = rng.random(20_000) < 0.2
    true = np.where(hard, 1, 0)
    p = np.where(hard, 0.10, 0.01)
    rows = np.flatnonzero(rng.random(20_000) < p)
    frame = make_frame(np.zeros(20_000, int), np.full(20_000, 0.5), rows=rows, probability=p[rows], bands=1)
    result = estimate(frame, Coding(("easy", "hard"), np.zeros(20_000, int), true[rows]))
    assert true[rows].mean() > 0.6
    assert result.share[1] == pytest.approx(0.2, abs=0.03)
    low, high = result.interval()
    assert low[1] < 0.2 < high[1]


def test_it_takes_replies_that_were_certain_to_be_drawn_for_themselves_only():
    """All 100 of one rule were read and all are code 1; they do not stand for the others."""
    true = np.zeros(1000, int)
    true[:100] = 1
    rows = np.concatenate([np.arange(100), np.arange(100, 1000, 9)])
    p = np.where(rows < 100, 1.0, 1 / 9)
    frame = make_frame(np.zeros(1000, int), np.full(1000, 0.5), rows=rows, probability=p, bands=1)
    assert estimate(frame, Coding(("a", "b"), np.zeros(1000, int), true[rows])).share[1] == pytest.approx(0.1)


def test_it_follows_the_weights_of_the_replies():
    true, predicted, confidence = world()
    weights = np.where(true == 2, 3.0, 1.0)
    rows = np.random.default_rng(1).choice(len(true), 1000, replace=False)
    result = plain(true, predicted, confidence, rows, weights=weights)
    actual = np.bincount(true, weights=weights) / weights.sum()
    low, high = result.interval()
    assert (low < actual).all()
    assert (actual < high).all()
    assert (result.effective_n(of="customers") < result.effective_n()).all()


def test_it_estimates_reasons_that_were_mentioned_beside_others():
    rng = np.random.default_rng(5)
    true = rng.random((5000, 3)) < (0.3, 0.5, 0.1)
    read = true ^ (rng.random((5000, 3)) < 0.1)
    rows = rng.choice(5000, 500, replace=False)
    frame = make_frame(read.argmax(axis=1), rng.random(5000), rows=rows, probability=np.full(500, 0.1))
    result = estimate(frame, Coding(CODES, read, true[rows]))
    low, high = result.interval()
    assert (low < true.mean(axis=0)).all()
    assert (true.mean(axis=0) < high).all()
    assert (result.effective_n()[:2] > 1000).all()


def test_it_does_not_depend_on_the_order_of_reviews_or_replies():
    true, predicted, confidence = world(n=2000)
    rows = np.random.default_rng(1).choice(2000, 200, replace=False)
    once = plain(true, predicted, confidence, rows)
    again = plain(true, predicted, confidence, rows[::-1])
    order = np.random.default_rng(2).permutation(2000)
    place = np.argsort(order)
    moved = plain(true[order], predicted[order], confidence[order], place[rows])
    for other in (again, moved):
        assert other.share == pytest.approx(once.share)
        assert other.variance == pytest.approx(once.variance)


def test_it_never_claims_less_than_was_seen():
    true = np.zeros(60, int)
    true[:40] = 1
    result = plain(true, np.zeros(60, int), np.full(60, 0.5), np.arange(50), bands=1)
    low, high = result.interval(level=0.5)
    assert low[1] >= 40 / 60
    assert high[1] <= 50 / 60


def test_it_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="once"):
        make_frame([0, 1], [0.5, 0.5], rows=[0, 0], probability=[0.5, 0.5])
    with pytest.raises(ValueError, match="above 0"):
        make_frame([0, 1], [0.5, 0.5], rows=[0], probability=[0])
    with pytest.raises(ValueError, match="positive"):
        make_frame([0, 1], [0.5, 0.5], rows=[0], probability=[0.5], weights=[1, 0])
    frame = make_frame([0, 1], [0.5, 0.5], rows=[0], probability=[0.5])
    with pytest.raises(ValueError, match="found"):
        estimate(frame, Coding(CODES, np.array([0, 1]), np.array([7])))
    with pytest.raises(ValueError, match="shape"):
        estimate(frame, Coding(CODES, np.zeros((2, 2), bool), np.array([0])))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 300), st.floats(0.3, 0.99))
def test_it_keeps_shares_and_intervals_in_order(seed, n, right):
    true, predicted, confidence = world(n=400, right=right, seed=seed)
    rows = np.random.default_rng(seed).choice(400, n, replace=False)
    result = plain(true, predicted, confidence, rows)
    for of in ("replies", "customers"):
        low, high = result.interval(of=of)
        assert (low >= 0).all()
        assert (low <= result.share + 1e-9).all()
        assert (result.share <= high + 1e-9).all()
        assert (high <= 1).all()


def test_it_covers_the_truth_about_95_times_in_100():
    true, predicted, confidence = world()
    actual = np.bincount(true) / len(true)
    rng = np.random.default_rng(0)
    held = []
    for _ in range(400):
        rows = rng.choice(len(true), 200, replace=False)
        low, high = plain(true, predicted, confidence, rows).interval()
        held.append((low <= actual) & (actual <= high))
    assert np.abs(np.mean(held, axis=0) - 0.95).max() < 0.035


def test_it_makes_a_full_breakdown_of_100_000_replies_within_50_ms():
    rng = np.random.default_rng(0)
    group, leaf, confidence = rng.integers(0, 7, 100_000), rng.integers(0, 13, 100_000), rng.random(100_000)
    rows = rng.choice(100_000, 1000, replace=False)
    best = np.inf
    for _ in range(5):
        began = time.perf_counter()
        frame = make_frame(group, confidence, rows=rows, probability=np.full(1000, 0.01))
        estimate(frame, Coding([str(k) for k in range(7)], group, group[rows])).interval()
        estimate(frame, Coding([str(k) for k in range(13)], leaf, leaf[rows])).interval()
        best = min(best, time.perf_counter() - began)
    assert best < 0.050
