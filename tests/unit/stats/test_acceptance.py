import numpy as np
import pytest

from voc.stats.acceptance import THRESHOLDS, accept, fewest_audits, still_holds

NAMES = ("price", "unclear")


def company(precision, audits, *, n=4000, seed=0):
    """Replies read as price, right with the chance ``precision(confidence)``."""
    rng = np.random.default_rng(seed)
    confidence = rng.beta(4, 1, n)
    rows = rng.choice(n, audits, replace=False)
    right = rng.random(audits) < precision(confidence)[rows]
    return {"predicted": np.zeros(n, int), "confidence": confidence}, {
        "rows": rows,
        "probability": np.full(audits, audits / n),
        "right": right,
    }


def decide(precision, audits, **options):
    replies, audit = company(precision, audits, **options)
    return accept(NAMES, **replies, **audit)


def good(confidence):
    return 0.9 + 0.1 * confidence


def flat(confidence):
    return np.full_like(confidence, 0.94)


def steep(confidence):
    return np.clip(1 / (1 + np.exp(-(confidence - 0.75) * 25)) * 0.99, 0, 1)


def test_it_needs_45_audits_without_an_error_for_95_percent():
    assert fewest_audits(0.95) == 45
    assert fewest_audits(0.99) == 230


def test_it_accepts_a_reason_that_the_machine_reads_well():
    price, unclear = decide(good, 600)
    assert price.accepted
    assert price.bound >= 0.95
    assert price.coverage > 0.8
    assert price.missing == 0
    assert not unclear.accepted
    assert (unclear.audited, unclear.precision, unclear.missing) == (0, None, 45)


def test_it_leaves_rare_reasons_to_people_until_there_is_evidence():
    price, _ = decide(np.ones_like, 30)
    assert not price.accepted
    assert price.precision == pytest.approx(1)
    assert 10 <= price.missing <= 20


def test_it_raises_the_threshold_until_the_machine_is_precise():
    price, _ = decide(steep, 1500)
    assert price.accepted
    assert price.threshold >= 0.80
    assert 0 < price.coverage < 0.7


def test_it_gives_no_hope_where_the_machine_is_not_that_good():
    price, _ = decide(lambda confidence: np.full_like(confidence, 0.6), 400)
    assert not price.accepted
    assert price.missing is None


def test_it_is_fooled_in_fewer_than_10_of_100_companies_by_trying_many_thresholds():
    fooled = np.mean([decide(flat, audits, seed=seed)[0].accepted for seed in range(200) for audits in (100, 400)])
    assert fooled <= 0.10


def test_it_weighs_audits_by_their_probability():
    """Sure readings were audited ten times as often; the unsure, wrong ones count for what they stand for."""
    n = 2000
    confidence = np.repeat([0.995, 0.6], [n // 2, n // 2])
    rows = np.concatenate([np.arange(400), n // 2 + np.arange(40)])
    found = accept(
        ["price"],
        np.zeros(n, int),
        confidence,
        rows=rows,
        probability=np.repeat([0.4, 0.04], [400, 40]),
        right=np.repeat([True, False], [400, 40]),
        thresholds=(0.99, 0.5),
    )[0]
    assert found.threshold == 0.99
    assert found.coverage == 0.5


def test_it_switches_off_when_the_bound_is_lost():
    sure = np.full(120, 0.97)
    fine = np.arange(120) >= 1
    lost = np.arange(120) >= 12
    assert still_holds(sure, probability=np.full(120, 0.1), right=fine, threshold=0.95) == (True, pytest.approx(0.968, abs=0.002), 120)
    holds, bound, _ = still_holds(sure, probability=np.full(120, 0.1), right=lost, threshold=0.95)
    assert not holds
    assert bound < 0.9
    assert still_holds(sure, probability=np.full(120, 0.1), right=fine, threshold=0.99) == (False, 0.0, 0)


def test_it_refuses_what_does_not_fit():
    replies, audit = company(good, 50)
    with pytest.raises(ValueError, match="target"):
        accept(NAMES, **replies, **audit, target=1.0)
    with pytest.raises(ValueError, match="right"):
        accept(NAMES, **replies, **(audit | {"right": [True]}))


def test_it_tries_the_strictest_threshold_first():
    assert list(THRESHOLDS) == sorted(THRESHOLDS, reverse=True)
