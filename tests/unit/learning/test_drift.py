"""The judgement on a month by the months before it: silent where numbers are small."""

from dataclasses import asdict
from datetime import UTC, date, datetime

from voc.learning import drift
from voc.learning.drift import Month
from voc.stats.change import Watched, change


def month(checked: int = 0, right: int = 0, **values: object) -> Month:
    return Month(**{"checked": asdict(Watched.counted(right, checked)), "read": 500} | values)


def test_a_fall_beyond_chance_is_told():
    assert drift.notices(month(80, 50), [month(60, 54), month(60, 54)]) == [drift.FALLEN]


def test_a_fall_within_chance_is_not():
    assert drift.notices(month(40, 33), [month(60, 53), month(60, 52)]) == []


def test_too_few_reviews_say_nothing_however_bad():
    assert drift.notices(month(20, 2), [month(60, 58)]) == []
    assert drift.notices(month(80, 10), [month(20, 20)]) == []


def test_many_replies_unlike_the_training_are_told():
    assert drift.notices(month(sample=400, unlike=60), [month(sample=400, unlike=8)] * 3) == [drift.UNLIKE]
    assert drift.notices(month(sample=400, unlike=12), [month(sample=400, unlike=2)] * 3) == []  # risen, and still rare


def test_more_doubt_is_told_when_it_is_noticeable():
    assert drift.notices(month(unsure=150), [month(unsure=75)] * 3) == [drift.UNSURE_MORE]
    assert drift.notices(month(unsure=80), [month(unsure=75)] * 3) == []


def test_groups_that_moved_beyond_chance_are_named_the_furthest_first():
    before = [month(groups={"other": 400, "no_effect": 100})] * 3
    moved = drift.groups_moved(month(groups={"other": 250, "no_effect": 250}), before)
    assert {one["group"] for one in moved} == {"other", "no_effect"}
    assert drift.groups_moved(month(groups={"other": 395, "no_effect": 105}), before) == []


def test_months_are_those_of_japan():
    assert drift.months_back(date(2026, 2, 10), 3) == ["2025-11", "2025-12", "2026-01"]
    assert drift.bounds("2026-12") == (datetime(2026, 11, 30, 15, tzinfo=UTC), datetime(2026, 12, 31, 15, tzinfo=UTC))


def test_weights_make_the_interval_wider():
    plain = Watched.counted(40, 50)
    uneven = sum((Watched(1, w, w if i % 5 else 0, w * w) for i, w in enumerate([1, 9] * 25)), Watched())
    assert uneven.effective < plain.effective
    low, high = uneven.interval()
    assert high - low > plain.interval()[1] - plain.interval()[0]
    assert Watched().interval() == (0.0, 1.0)
    assert change(Watched(), plain)[1] < 0 < change(Watched(), plain)[2] + 1
