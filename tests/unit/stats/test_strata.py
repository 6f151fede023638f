import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.stats.strata import MERGED, bands_for, merge, stratify


def replies(n=2000, groups=5, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, groups, n), rng.beta(3, 1, n)


def test_it_divides_by_predicted_group_and_then_by_confidence():
    predicted, confidence = replies()
    strata = stratify(predicted, confidence, bands=3)
    assert len(strata) == 15
    for h in range(15):
        assert set(predicted[strata.of == h]) == {strata.predicted[h]}
    least = [confidence[strata.of == h].min() for h in range(3)]
    assert least == sorted(least)


def test_it_cuts_bands_narrower_where_the_machine_is_unsure():
    predicted, confidence = np.zeros(10_000, int), np.linspace(0, 1, 10_000)
    strata = stratify(predicted, confidence, bands=2)
    unsure = np.array([np.sqrt(np.maximum(c * (1 - c), 0.05)).sum() for c in (confidence[strata.of == 0], confidence[strata.of == 1])])
    assert unsure[0] == pytest.approx(unsure[1], rel=0.05)


def test_it_divides_also_when_the_machine_is_nearly_always_sure():
    predicted, confidence = np.zeros(1000, int), 1 - np.random.default_rng(0).random(1000) * 0.01
    assert len(stratify(predicted, confidence, bands=3)) == 3


def test_it_keeps_replies_without_a_reading_apart():
    strata = stratify([-1, -1, 0, 0], [0, 0, 0.5, 0.5], bands=1)
    assert list(strata.predicted) == [-1, 0]


def test_it_takes_no_replies_at_all():
    assert len(stratify([], [])) == 0


def test_it_refuses_a_confidence_outside_0_to_1():
    with pytest.raises(ValueError, match="between 0 and 1"):
        stratify([0, 1], [0.5, 1.2])


def test_it_wants_more_bands_with_more_reviews():
    assert [bands_for(n, 7) for n in (20, 100, 150, 300, 1000, 5000)] == [1, 2, 3, 3, 5, 5]


def test_it_merges_neighbouring_bands_before_groups():
    predicted, confidence = replies()
    strata = stratify(predicted, confidence, bands=3)
    reviewed = np.full(15, 10)
    reviewed[1] = 1
    merged = merge(strata, reviewed)
    assert len(merged) == 14
    assert MERGED not in merged.predicted


def test_it_merges_groups_that_were_hardly_reviewed():
    predicted, confidence = replies()
    strata = stratify(predicted, confidence, bands=1)
    merged = merge(strata, np.array([20, 2, 2, 20, 20]))
    assert sorted(merged.predicted) == [MERGED, 0, 3, 4]


def test_it_leaves_a_small_stratum_alone_that_was_reviewed_whole():
    strata = stratify([0, 0, 1, 1, 1, 1, 1], [0.5] * 7, bands=1)
    assert len(merge(strata, np.array([2, 4]))) == 2


@settings(deadline=None)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=20), st.integers(1, 4))
def test_it_merges_until_each_stratum_has_enough_or_only_one_is_left(reviewed, bands):
    predicted = np.repeat(np.arange(len(reviewed)), 30)
    confidence = np.tile(np.linspace(0, 1, 30), len(reviewed))
    strata = stratify(predicted, confidence, bands=bands)
    rows = np.concatenate([np.flatnonzero(predicted == g)[:count] for g, count in enumerate(reviewed)]).astype(int)
    merged = merge(strata, np.bincount(strata.of[rows], minlength=len(strata)))
    counts = np.bincount(merged.of[rows], minlength=len(merged))
    assert len(merged) == 1 or (counts >= 4).all()
    assert (merged.size == np.bincount(merged.of)).all()
    for h in range(len(strata)):
        assert len(np.unique(merged.of[strata.of == h])) == 1
