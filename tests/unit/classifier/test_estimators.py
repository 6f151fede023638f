"""scikit-learn's contract, where X is numbers; and what the pieces of the classifier promise."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.estimator_checks import parametrize_with_checks

from voc.classifier.alerts import AlertRule
from voc.classifier.calibration import MarginCalibrator, platt
from voc.classifier.features import ReplyVectorizer
from voc.classifier.linear import AveragedLinearClassifier, softmax


def _known_to_fail(estimator):
    reason = "the SVM's coordinate descent visits repeated samples in another order (scikit-learn says so of LinearSVC itself)"
    return {f"check_sample_weight_equivalence_on_{kind}_data": reason for kind in ("dense", "sparse")}


@parametrize_with_checks([AveragedLinearClassifier(), AveragedLinearClassifier(C_logistic=())], expected_failed_checks=_known_to_fail)
def test_it_keeps_the_contract_of_scikit_learn(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", FutureWarning)
        check(estimator)


def test_a_vectoriser_counts_characters_and_pieces():
    fitted = ReplyVectorizer(min_df=1).fit(["味が苦手", "味が好き"])
    rows = fitted.transform(["味が", "", "未知"])
    assert rows.shape == (3, fitted.n_terms_)
    np.testing.assert_allclose(np.sqrt(rows.multiply(rows).sum(axis=1)).A1[0], np.sqrt(2), atol=1e-5)
    assert rows[1].nnz == 0
    assert clone(fitted).get_params() == fitted.get_params()


def test_a_pruned_vectoriser_keeps_what_it_is_told():
    fitted = ReplyVectorizer(min_df=1).fit(["味が苦手", "味が好き"])
    fewer = fitted.pruned(np.array([0, 2]))
    assert fewer.terms_.split("\n") == [fitted.terms_.split("\n")[i] for i in (0, 2)]


def test_a_calibrator_makes_confidence_what_is_right():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, 4000)
    margins = rng.normal(size=(4000, 4))
    margins[np.arange(4000), y] += 1.0
    strange = np.column_stack([rng.uniform(size=4000), np.full(4000, 40)])
    found = MarginCalibrator().fit(margins * 5, strange, y).predict_proba(margins * 5, strange)
    right = found.argmax(axis=1) == y
    assert abs(found.max(axis=1).mean() - right.mean()) < 0.02


def test_a_calibrator_is_humbler_on_strange_texts():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 3000)
    strange = np.column_stack([rng.uniform(size=3000), np.full(3000, 40)])
    margins = rng.normal(size=(3000, 3))
    margins[np.arange(3000), y] += 3 * (1 - strange[:, 0])
    fitted = MarginCalibrator().fit(margins, strange, y)
    same = np.array([[2.0, 0, 0]])
    known, unknown = (fitted.predict_proba(same, np.array([[share, 40]]))[0, 0] for share in (0.0, 1.0))
    assert known > unknown


def test_an_alert_rule_finds_the_share_it_was_asked_for():
    rng = np.random.default_rng(1)
    y = rng.uniform(size=3000) < 0.1
    whole, clause = rng.normal(size=3000) + 2 * y, rng.normal(size=3000) + 1.5 * y
    words = (rng.uniform(size=3000) < 0.3) & y
    rule = AlertRule(recall=0.95).fit(whole, clause, words, y)
    raised = rule.raised(whole, clause, words)
    assert (raised & y).sum() / y.sum() >= 0.95
    assert raised.mean() < 0.6


@pytest.mark.parametrize("label", [True, False])
def test_an_alert_that_never_or_always_happened_does_no_harm(label):
    y = np.full(20, label)
    rule = AlertRule().fit(np.linspace(0, 1, 20), np.linspace(0, 1, 20), np.zeros(20, dtype=bool), y)
    assert rule.raised(np.zeros(1), np.zeros(1), np.ones(1, dtype=bool)).all()
    assert platt(np.zeros(3), np.array([label] * 3)) == (1.0, 0.0)


def test_softmax_stands_large_margins():
    np.testing.assert_allclose(softmax(np.array([[1e4, 0.0]])), [[1, 0]])
