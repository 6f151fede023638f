import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.stats.estimate import Coding, estimate, make_frame
from voc.stats.outlook import Outlook, look_ahead
from voc.stats.planner import allocate, draw, needed, spread
from voc.stats.strata import Strata

NAMES = ("price", "quality", "unclear")


def replies(n=5000, seed=0):
    rng = np.random.default_rng(seed)
    confidence = rng.beta(4, 1.5, n)
    true = rng.choice(3, n, p=(0.55, 0.4, 0.05))
    return true, np.where(rng.random(n) < confidence, true, rng.integers(0, 3, n)), confidence


def by_hand(size, within, taken=None) -> Outlook:
    size = np.array(size)
    strata = Strata(np.repeat(np.arange(len(size)), size), np.arange(len(size)), np.zeros(len(size), int), size)
    within = np.array(within, dtype=float)[:, None]
    return Outlook(("a",), strata, np.zeros(len(size), int) if taken is None else np.array(taken), within, np.array([0.3]))


def test_it_allocates_by_size_times_spread():
    outlook = by_hand([1000, 1000, 2000], [0.16, 0.04, 0.04])
    assert list(allocate(outlook, 100, focus="a")) == [40, 20, 40]


def test_it_gives_every_stratum_a_few():
    outlook = by_hand([1000, 1000, 3], [0.25, 0.0001, 0.25])
    assert list(allocate(outlook, 100, focus="a")) == [92, 5, 3]


def test_it_counts_what_was_drawn_before():
    outlook = by_hand([1000, 1000], [0.1, 0.1], taken=[60, 0])
    assert list(allocate(outlook, 100, focus="a")) == [20, 80]


def test_it_spreads_too_few_reviews_over_the_least_known_strata():
    assert allocate(by_hand([100, 100, 100], [0.1, 0.1, 0.1]), 6).sum() == 6


def test_it_never_asks_for_more_than_there_is():
    assert list(allocate(by_hand([10, 20], [0.2, 0.2], taken=[10, 15]), 500)) == [0, 5]
    assert allocate(by_hand([10], [0.2]), 0).sum() == 0


def test_it_refuses_what_makes_no_sense():
    outlook = by_hand([10], [0.2])
    with pytest.raises(ValueError, match="negative"):
        allocate(outlook, -1)
    with pytest.raises(ValueError, match="positive"):
        needed(outlook, 0)
    with pytest.raises(KeyError):
        spread(outlook, focus="nothing")
    with pytest.raises(ValueError, match="left in a stratum"):
        draw(outlook, [11], seed=1)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 500), st.integers(0, 500), st.floats(0, 0.25)), min_size=1, max_size=25),
    st.integers(0, 3000),
    st.integers(0, 8),
)
def test_it_allocates_exactly_what_was_asked_for(strata, more, least):
    size = [n for n, _, _ in strata]
    taken = [min(t, n) for n, t, _ in strata]
    outlook = by_hand(size, [v for _, _, v in strata], taken)
    numbers = allocate(outlook, more, least=least)
    free = np.array(size) - taken
    assert numbers.sum() == min(more, free.sum())
    assert (numbers >= 0).all()
    assert (numbers <= free).all()


def test_it_asks_for_no_more_reviews_of_a_plain_sample_than_the_textbook():
    """One stratum, share .3, ±3 points: 857 of 10,000 by the usual formula, Wilson a little fewer."""
    assert needed(by_hand([10_000], [0.21]), 0.03)[0] == pytest.approx(823, abs=12)


def test_it_asks_for_more_when_more_precision_is_wanted_and_for_nothing_when_it_is_there():
    outlook = by_hand([5000, 5000], [0.2, 0.05])
    numbers = [needed(outlook, width)[0] for width in (0.10, 0.05, 0.03, 0.01)]
    assert numbers == sorted(numbers)
    assert needed(by_hand([5000, 5000], [0.2, 0.05], taken=[2000, 2000]), 0.03)[0] == 0
    assert needed(by_hand([50], [0.2]), 0.001)[0] == 50


def test_it_reaches_the_precision_that_it_planned():
    true, predicted, confidence = replies()
    rng = np.random.default_rng(1)
    reached = []
    for seed in range(30):
        rows = rng.choice(len(true), 150, replace=False)
        frame = make_frame(predicted, confidence, rows=rows, probability=np.full(150, 0.03))
        known = estimate(frame, Coding(NAMES, predicted, true[rows]))
        outlook = look_ahead(predicted, confidence, NAMES, taken=rows, known=known)
        more = needed(outlook, 0.03)[0]
        second = draw(outlook, allocate(outlook, int(more), focus="price"), taken=rows, seed=seed)
        both = np.concatenate([rows, second.rows])
        weight = 150 / 5000 + np.concatenate([np.zeros(150), second.probability])
        again = make_frame(predicted, confidence, rows=both, probability=np.minimum(weight, 1))
        low, high = estimate(again, Coding(NAMES, predicted, true[both])).interval()
        reached.append((high[0] - low[0]) / 2)
    assert np.mean(reached) == pytest.approx(0.03, rel=0.12)


def test_it_plans_by_confidence_when_nobody_reviewed_anything():
    _, predicted, confidence = replies()
    outlook = look_ahead(predicted, confidence, NAMES)
    assert outlook.taken.sum() == 0
    unsure, sure = (np.flatnonzero((outlook.strata.predicted == 0) & (outlook.strata.band == band))[0] for band in (0, 2))
    assert spread(outlook)[unsure] > spread(outlook)[sure]
    assert (needed(outlook, 0.05) > 0).all()


def test_it_draws_at_random_within_strata_with_the_probability_it_says():
    _, predicted, confidence = replies()
    outlook = look_ahead(predicted, confidence, NAMES)
    numbers = allocate(outlook, 200)
    first = draw(outlook, numbers, seed=7)
    assert len(first.rows) == len(np.unique(first.rows)) == 200
    assert (outlook.strata.of[first.rows] == first.stratum).all()
    assert (np.bincount(first.stratum, minlength=len(numbers)) == numbers).all()
    assert first.probability == pytest.approx((numbers / outlook.strata.size)[first.stratum])


def test_it_draws_the_same_with_the_same_seed_and_nothing_twice():
    _, predicted, confidence = replies()
    outlook = look_ahead(predicted, confidence, NAMES)
    numbers = allocate(outlook, 300)
    first, again = draw(outlook, numbers, seed=7), draw(outlook, numbers, seed=7)
    assert (first.rows == again.rows).all()
    later = draw(outlook, numbers, taken=first.rows, seed=8)
    assert not set(first.rows) & set(later.rows)
    assert (later.probability > first.probability.min()).all()


def test_it_draws_every_reply_of_a_stratum_equally_often():
    outlook = by_hand([20, 5], [0.2, 0.2])
    times = np.zeros(25)
    for seed in range(2000):
        times[draw(outlook, [5, 5], seed=seed).rows] += 1
    assert times[:20] / 2000 == pytest.approx(np.full(20, 0.25), abs=0.04)
    assert (times[20:] == 2000).all()
