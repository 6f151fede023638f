"""Figures that the README tells."""

import numpy as np
import pytest

from voc.classifier.evaluate import Judged, coverage, difference, expected_calibration_error, figures, macro_f1


def test_macro_f1_is_the_mean_over_the_leaves_that_occur():
    assert macro_f1(np.array([0, 0, 1]), np.array([0, 1, 1])) == pytest.approx((2 / 3 + 2 / 3) / 2)


def test_a_calibrated_classifier_has_no_calibration_error():
    confidence = np.repeat([0.25, 0.75], 400)
    right = np.concatenate([np.arange(400) % 4 == 0, np.arange(400) % 4 != 0])
    assert expected_calibration_error(confidence, right, bins=2) == pytest.approx(0)
    assert expected_calibration_error(np.ones(100), np.zeros(100, dtype=bool)) == pytest.approx(1)


def test_coverage_is_the_largest_sure_share():
    assert coverage(np.array([0.9, 0.8, 0.7, 0.1]), np.array([True, True, True, False]), precision=0.95) == 0.75
    assert coverage(np.array([0.9]), np.array([False]), precision=0.95) == 0


def test_a_difference_has_an_interval():
    gain, low, high = difference(np.arange(100) < 60, np.arange(100) < 70)
    assert gain == pytest.approx(0.1)
    assert low < gain < high
    assert low > 0


def test_groups_follow_the_way_of_buying():
    probabilities = np.zeros((2, 12))
    probabilities[:, 0] = 1  # quality
    judged = Judged(
        probabilities, np.array([3, 3]), ["one_off", "subscription"], np.zeros((2, 5), bool), np.zeros((2, 5), bool), np.ones(2, bool)
    )
    found = figures(judged)
    assert (found["leaf"], found["group"]) == (0, 0.5)


def test_alerts_are_judged_where_they_are_known():
    raised, true = np.zeros((3, 5), bool), np.zeros((3, 5), bool)
    raised[:, 0] = True
    true[0, 0] = True
    judged = Judged(np.full((3, 12), 1 / 12), np.zeros(3, int), ["one_off"] * 3, raised, true, np.array([True, True, False]))
    assert figures(judged)["alerts"]["health_harm"] == {"true": 1, "recall": 1, "precision": 0.5, "flagged": 1}
