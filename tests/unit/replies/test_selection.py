"""Periods as people mean them."""

from datetime import date, timedelta

import pytest

from voc.replies.selection import Selection, months_before, preset, whole_months

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(("name", "start"), [("3m", date(2026, 8, 23)), ("6m", date(2026, 5, 23)), ("12m", date(2025, 11, 23))])
def test_the_last_months_end_today(name: str, start: date) -> None:
    assert preset(name, TODAY) == (start, TODAY)


@pytest.mark.parametrize(
    ("today", "start", "end"),
    [
        (TODAY, date(2026, 7, 1), date(2026, 9, 30)),
        (date(2026, 10, 1), date(2026, 7, 1), date(2026, 9, 30)),
        (date(2026, 3, 31), date(2025, 10, 1), date(2025, 12, 31)),
    ],
)
def test_the_last_quarter_is_whole_and_compared_with_the_one_before(today: date, start: date, end: date) -> None:
    assert preset("quarter", today) == (start, end)
    before = Selection(start=start, end=end).before()
    assert before is not None
    assert (before.start, before.end) == (months_before(start, 3), start - timedelta(days=1))


def test_an_unknown_period_is_everything() -> None:
    assert preset("all", TODAY) == (None, None)
    assert Selection().before() is None


def test_whole_months_are_compared_with_whole_months() -> None:
    before = Selection(start=date(2026, 8, 1), end=date(2026, 10, 31), product_id=3).before()
    assert before == Selection(start=date(2026, 5, 1), end=date(2026, 7, 31), product_id=3)


def test_three_months_to_the_day_are_compared_with_the_three_before() -> None:
    start, end = preset("3m", TODAY)
    assert Selection(start=start, end=end).before() == Selection(start=date(2026, 5, 23), end=date(2026, 8, 22))


def test_any_other_period_is_compared_with_as_many_days() -> None:
    before = Selection(start=date(2026, 11, 8), end=date(2026, 11, 21)).before()
    assert before == Selection(start=date(2026, 10, 25), end=date(2026, 11, 7))
    assert before is not None
    assert before.days == 14


def test_days_in_the_wrong_order_are_put_right() -> None:
    assert Selection(start=date(2026, 3, 1), end=date(2026, 1, 1)) == Selection(start=date(2026, 1, 1), end=date(2026, 3, 1))


def test_what_does_not_exist_limits_nothing() -> None:
    assert Selection(purchase_type="rent", way="pigeon") == Selection()


def test_months_end_where_the_month_does() -> None:
    assert months_before(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert months_before(date(2026, 1, 15), 13) == date(2024, 12, 15)
    assert whole_months(date(2026, 1, 1), date(2026, 3, 31)) == 3
    assert whole_months(date(2026, 1, 1), date(2026, 3, 30)) == 0


def test_an_address_holds_the_selection() -> None:
    selection = Selection(start=date(2026, 1, 1), purchase_type="one_off", way="paper")
    assert selection.query() == {"from": "2026-01-01", "type": "one_off", "channel": "paper"}
    assert selection.narrowed
    assert not Selection(start=date(2026, 1, 1)).narrowed
