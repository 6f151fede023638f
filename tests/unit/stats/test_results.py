import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.stats.estimate import Coding, Estimate, estimate, make_frame
from voc.stats.results import ClaimRule, Share, differences, shares

CODES = ("price", "quality", "unclear")


def segment(n=4000, reviewed=400, *, chances=(0.5, 0.45, 0.05), seed=0) -> Estimate:
    rng = np.random.default_rng(seed)
    true = rng.choice(3, n, p=chances)
    confidence = rng.uniform(0.5, 1, n)
    predicted = np.where(rng.random(n) < confidence, true, rng.integers(0, 3, n))
    rows = rng.choice(n, reviewed, replace=False)
    frame = make_frame(predicted, confidence, rows=rows, probability=np.full(reviewed, max(reviewed, 1) / n))
    return estimate(frame, Coding(CODES, predicted, true[rows]))


def line(code, low, high) -> Share:
    return Share(code, 1, 0.1, (low + high) / 2, low, high, 300, 300.0, True, 0, "corrected")


def test_it_shows_counted_and_corrected_shares_side_by_side():
    lines = shares(segment())
    assert [found.code for found in lines] == list(CODES)
    first = lines[0]
    assert first.claimable
    assert first.low < first.share < first.high
    assert first.counted_share == pytest.approx(first.counted / 4000)
    assert (first.reviewed, first.missing, first.method) == (400, 0, "corrected")


def test_it_claims_nothing_from_few_reviews_and_says_how_many_are_missing():
    for found in shares(segment(reviewed=30)):
        assert not found.claimable
        assert (found.share, found.low, found.high) == (None, None, None)
        assert found.missing >= 20
        assert found.counted > 0


def test_it_claims_nothing_where_nobody_reviewed():
    lines = shares(segment(reviewed=0))
    assert {found.method for found in lines} == {"none"}
    assert all(found.missing >= 50 for found in lines)


def test_it_holds_back_a_small_share_that_is_known_too_roughly():
    small = ClaimRule(reviewed=10, narrow=0.01, relative=0.2)
    lines = shares(segment(), rule=small)
    assert [found.claimable for found in lines] == [True, True, False]


def test_it_needs_about_as_many_more_reviews_as_it_says():
    rule = ClaimRule(reviewed=10, narrow=0.01, relative=0.6)
    missing = shares(segment(reviewed=100, seed=4), rule=rule)[2].missing
    assert missing > 0
    enough = np.mean([shares(segment(reviewed=100 + missing, seed=seed), rule=rule)[2].claimable for seed in range(40)])
    too_few = np.mean([shares(segment(reviewed=100 + missing // 3, seed=seed), rule=rule)[2].claimable for seed in range(40)])
    assert too_few < 0.5 < enough + 0.25
    assert too_few < enough


def test_it_shows_exact_shares_when_every_reply_was_reviewed_however_few():
    lines = shares(segment(n=12, reviewed=12))
    assert all(found.claimable and found.low == found.share == found.high for found in lines)
    assert {found.method for found in lines} == {"complete"}


def test_it_takes_an_empty_segment():
    frame = make_frame([], [], rows=[], probability=[])
    lines = shares(estimate(frame, Coding(CODES, np.zeros(0, int), np.zeros(0, int))))
    assert [(found.counted, found.claimable) for found in lines] == [(0, False)] * 3


def test_it_finds_a_change_between_two_months():
    changes = differences(segment(chances=(0.35, 0.6, 0.05), seed=1), segment(seed=2))
    price, quality, unclear = changes
    assert price.clear
    assert price.high < 0
    assert quality.clear
    assert quality.low > 0
    assert not unclear.clear
    assert unclear.low < 0 < unclear.high


def test_it_claims_no_difference_when_one_side_is_unknown():
    changes = differences(segment(), segment(reviewed=20))
    assert all(change.difference is None and change.missing > 0 and not change.clear for change in changes)


def test_it_sees_wider_differences_of_customers_than_of_replies():
    now, before = segment(n=500, reviewed=300, seed=1), segment(n=500, reviewed=300, seed=2)
    for customer, reply in zip(differences(now, before), differences(now, before, of="replies"), strict=True):
        assert customer.high - customer.low > reply.high - reply.low


def test_it_refuses_to_compare_different_codes():
    other = segment()
    object.__setattr__(other, "codes", ("a", "b", "c"))
    with pytest.raises(ValueError, match="same codes"):
        differences(segment(), other)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 300))
def test_it_is_either_claimable_or_missing_reviews(seed, reviewed):
    for found in shares(segment(n=300, reviewed=reviewed, seed=seed)):
        assert found.claimable == (found.missing == 0) == (found.share is not None)
        assert found.missing <= max(300 - reviewed, 0)
