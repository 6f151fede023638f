"""Cells as shops and Excel leave them behind."""

from datetime import datetime

import pytest

from voc.clock import JST
from voc.customers import values


@pytest.mark.parametrize(
    ("text", "yen"),
    [
        ("3980", 3980), ("¥1,234", 1234), ("￥１，２３４", 1234), ("1,234円", 1234), ("1234.00", 1234), ("1234.5", 1235), ("△500", -500), ("-500", -500),
        ("(500)", -500), ("¥-500", -500), ("10,500", 10500), ("無料", 0), ("'3980", 3980),
        ("", None), ("abc", None), ("12 34", None), ("99999999999", None), ("9" * 5000, None),
    ],
)  # fmt: skip
def test_it_reads_money_in_any_spelling(text: str, yen: int | None) -> None:
    assert values.yen(text) == yen


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-01", "2024-05-01 00:00:00"), ("2024-05-01 09:58:12", "2024-05-01 09:58:12"), ("2024-05-01 09:58:12 +0000", "2024-05-01 18:58:12"),
        ("2024-05-01T09:58:12Z", "2024-05-01 18:58:12"), ("2024-05-01T09:58:12+09:00", "2024-05-01 09:58:12"), ("2022/8/10", "2022-08-10 00:00:00"),
        ("2025/08/09 23:15", "2025-08-09 23:15:00"), ("2024年5月1日 10時05分", "2024-05-01 10:05:00"), ("２０２４／５／１", "2024-05-01 00:00:00"),
        ("2024/05/01(水) 10:00", "2024-05-01 10:00:00"), ("2024/5/1 午後 3:05:00", "2024-05-01 15:05:00"), ("2024/5/1 3:05 PM", "2024-05-01 15:05:00"),
        ("令和6年5月1日", "2024-05-01 00:00:00"), ("R6.5.1", "2024-05-01 00:00:00"), ("令和元年5月1日", "2019-05-01 00:00:00"),
        ("H31/4/30 9:05", "2019-04-30 09:05:00"), ("45413", "2024-05-01 00:00:00"), ("45413.5", "2024-05-01 12:00:00"),
        ("20240501", "2024-05-01 00:00:00"), ("20240501103309", "2024-05-01 10:33:09"),
    ],
)  # fmt: skip
def test_it_reads_dates_in_any_spelling_as_japan_time(text: str, moment: str) -> None:
    found = values.moment(text)
    assert found is not None
    assert found.astimezone(JST).strftime("%Y-%m-%d %H:%M:%S") == moment


@pytest.mark.parametrize(
    "text",
    ["", "きのう", "2024/13/01", "2024-02-30", "5/1/2024", "202405", "123456789012", "1e9", "0000-00-00 00:00:00", "2024-05-01 99:99"],
)
def test_it_does_not_guess_at_what_is_no_date(text: str) -> None:
    assert values.moment(text) is None


@pytest.mark.parametrize(("time", "clock"), [("103309", (10, 33, 9)), ("93309", (9, 33, 9)), ("12:34:56", (12, 34, 56))])
def test_it_puts_a_date_and_a_time_of_two_columns_together(time: str, clock: tuple[int, int, int]) -> None:
    for day in ("2022/8/10", "2022-08-10", "2022-08-10 00:00:00"):
        assert values.moment(day, time) == datetime(2022, 8, 10, *clock, tzinfo=JST)


@pytest.mark.parametrize(
    ("text", "count"), [("2", 2), ("２個", 2), ("1.0", 1), ("x3", 3), ("-1", -1), ("1.5", None), ("たくさん", None), ("9999999", None)]
)
def test_it_reads_quantities(text: str, count: int | None) -> None:
    assert values.quantity(text) == count


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("'+819012345678", "09012345678"), ("090-1234-5678", "09012345678"), ("9012345678", "09012345678"), ("312345678", "0312345678"),
        ("(03) 1234-5678", "0312345678"), ("０３－１２３４－５６７８", "0312345678"), ("", None), ("なし", None),
    ],
)  # fmt: skip
def test_it_mends_telephone_numbers(text: str, digits: str | None) -> None:
    assert values.phone(text) == digits


def test_it_joins_a_telephone_number_of_three_columns() -> None:
    assert values.phone("090", "1234", "5678") == "09012345678"


@pytest.mark.parametrize(("text", "code"), [("1500001", "150-0001"), ("'150-0001", "150-0001"), ("600001", "060-0001"), ("abc", None)])
def test_it_gives_back_the_zero_that_excel_took_from_a_postal_code(text: str, code: str | None) -> None:
    assert values.postal_code(text) == code


@pytest.mark.parametrize(
    ("text", "address", "problem"),
    [
        ("Tanaka@Example.JP", "tanaka@example.jp", None), ("ｔａｎａｋａ＠example.jp", "tanaka@example.jp", None), ('"a..b"@docomo.ne.jp', '"a..b"@docomo.ne.jp', None),
        ("a..b@docomo", "a..b@docomo", "dots"), ("a..b@docomo.ne.jp", "a..b@docomo.ne.jp", "dots"), ("tanaka.@ezweb.ne.jp", "tanaka.@ezweb.ne.jp", "dots"),
        ("x@y", "x@y", "syntax"), ("a@b@c.jp", "a@b@c.jp", "syntax"), ("a b@c.jp", "a b@c.jp", "syntax"), ("田中@example.jp", "田中@example.jp", "not_ascii"),
        ("abc@pc.fw.rakuten.ne.jp", "abc@pc.fw.rakuten.ne.jp", "masked"), ("ab***@gmail.com", "ab***@gmail.com", "masked"), ("", None, None),
        ("x" * 65 + "@c.jp", "x" * 65 + "@c.jp", "too_long"), ("x" * 300 + "@c.jp", "x" * 254, "too_long"),
    ],
)  # fmt: skip
def test_it_keeps_addresses_and_says_what_is_wrong_with_them(text: str, address: str | None, problem: str | None) -> None:
    assert values.email(text) == (address, problem)


@pytest.mark.parametrize(
    ("text", "number"),
    [("'0012", "0012"), ("123.0", "123"), ("Ａ－１", "A-1"), ("1.23457E+11", None), ("x" * 81, None), ("a\x00b", None), (" ", None)],
)
def test_it_reads_numbers_that_name_something(text: str, number: str | None) -> None:
    assert values.identifier(text) == number


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("30日", 30),
        ("30", 30),
        ("1ヶ月ごと", 30),
        ("2か月", 60),
        ("隔月", 60),
        ("2週間", 14),
        ("every 30 days", 30),
        ("毎月", 30),
        ("随時", None),
    ],
)
def test_it_reads_intervals(text: str, days: int | None) -> None:
    assert values.cycle_days(text) == days


@pytest.mark.parametrize(("name", "days"), [("青汁 30日分", 30), ("青汁 ２ヶ月分", 60), ("サプリ(4週間分)", 28), ("化粧水 120ml", None)])
def test_it_knows_how_long_a_product_lasts_when_its_name_says_so(name: str, days: int | None) -> None:
    assert values.days_of(name) == days


@pytest.mark.parametrize(
    ("text", "wish"),
    [("yes", True), ("希望する", True), ("１", True), ("no", False), ("希望しない", False), ("0", False), ("?", None), ("", None)],
)
def test_it_reads_whether_mail_is_wanted(text: str, wish: bool | None) -> None:
    assert values.wish(text) is wish
