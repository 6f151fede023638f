"""Key figures, with a company of five customers."""

from datetime import date

import numpy as np
import pytest

from voc.kpi import figures as kpi
from voc.kpi.figures import Rate, churn, cohorts, over_all, purchases, repeaters, steps


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


ORDERS = [
    (1, "2026-01-10", 1000), (1, "2026-02-20", 3000), (1, "2026-04-01", 3000),
    (2, "2026-01-31", 1000), (2, "2026-08-01", 5000),
    (3, "2026-02-01", 2000),
    (4, "2026-10-30", 1500), (4, "2026-11-01", 1500),
    (5, "2026-11-20", 900),
]  # fmt: skip


def bought() -> kpi.Purchases:
    shuffled = [ORDERS[place] for place in (3, 0, 8, 2, 6, 1, 5, 7, 4)]
    customers, days, totals = (np.array(column) for column in zip(*[(c, day(d), t) for c, d, t in shuffled], strict=True))
    return purchases(customers, days, totals)


def test_orders_are_numbered_by_customer() -> None:
    found = bought()
    assert found.nth.tolist() == [1, 2, 3, 1, 2, 1, 1, 2, 1]
    assert found.first[1] == day("2026-01-10")


def test_cohorts_by_the_month_of_the_first_order() -> None:
    found = cohorts(bought(), day("2026-11-22"), window=90)
    assert [(cohort.month - 56 * 12, cohort.customers) for cohort in found] == [(0, 2), (1, 1), (9, 1), (10, 1)]
    january = found[0]
    assert january.f2 == Rate(1, 2)  # customer 2 came back after half a year
    assert january.nths[1] == Rate(1, 2)
    assert january.ltv[0].each == pytest.approx(2000 / 2)
    assert january.ltv[1].each == pytest.approx((7000 + 1000) / 2)


def test_a_cohort_that_has_not_had_the_time_is_being_observed() -> None:
    found = cohorts(bought(), day("2026-11-22"), window=90)
    assert [cohort.f2.observed for cohort in found] == [True, True, False, False]
    assert found[2].f2.share is None
    assert over_all([cohort.f2 for cohort in found]) == Rate(1, 3)
    assert not over_all([found[3].f2]).observed


def test_repeaters_of_a_period() -> None:
    assert repeaters(bought(), day("2026-01-01"), day("2026-02-28")) == Rate(1, 3)
    assert repeaters(bought(), day("2026-11-01"), day("2026-11-30")) == Rate(1, 2)
    assert repeaters(bought(), day("2025-01-01"), day("2025-12-31")).share is None


def test_subscriptions_that_still_run_count_as_far_as_they_have_been_seen() -> None:
    deliveries = np.array([1] * 4 + [2] * 2 + [1] * 3 + [3] * 4)
    cancelled = np.array([True] * 4 + [True] * 2 + [False] * 3 + [False] * 4)
    first, second = steps(deliveries, cancelled, least=1)[:2]
    assert (first.reached, first.went_on, first.waiting) == (10, 6, 3)
    assert (second.reached, second.went_on) == (6, 4)
    assert second.survival == pytest.approx(0.6 * 4 / 6)


def test_steps_end_where_too_few_are_left() -> None:
    assert steps(np.array([1, 2]), np.array([True, True])) == []


def test_churn_is_of_those_who_ran_at_the_start() -> None:
    started = np.array([day("2026-01-01"), day("2026-01-01"), day("2026-03-05"), day("2025-01-01")])
    ended = np.array([0, day("2026-03-10"), 0, day("2026-02-01")])
    assert churn(started, ended, day("2026-03-01"), day("2026-03-31")) == Rate(1, 2)
    assert churn(started, ended, day("2020-01-01"), day("2020-01-31")).share is None


def test_nothing_bought() -> None:
    empty = purchases(*(np.zeros(0, dtype=np.int64) for _ in range(3)))
    assert cohorts(empty, 20_000) == []
    assert repeaters(empty, 0, 10).share is None
