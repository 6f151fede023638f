"""Days and months as numbers, as columns hold them: days of Japan since 1970-01-01, months since January 1970. Pure."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
EPOCH = date(1970, 1, 1)
_JST, _DAY = 9 * 3600, 86_400


def days(seconds: Ints) -> Ints:
    """The days on which moments fall that are told in seconds."""
    return (seconds + _JST) // _DAY


def day_number(day: date) -> int:
    return (day - EPOCH).days


def months(days: Ints) -> Ints:
    """The months in which days lie."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def month_name(month: int) -> str:
    return f"{1970 + month // 12:04d}-{month % 12 + 1:02d}"


def month_label(month: int) -> str:
    return f"{1970 + month // 12}年{month % 12 + 1}月"


def first_day(month: int) -> int:
    return int(np.datetime64(month, "M").astype("datetime64[D]").astype(np.int64))


def month_days(name: str) -> tuple[date, date]:
    """First and last day of ``2026-11``.

    Raises
    ------
    ValueError
        When it is no month.
    """
    first = np.datetime64(name, "M")
    if np.isnat(first):
        raise ValueError(name)
    start = first.astype("datetime64[D]").astype(date)
    return start, (first + 1).astype("datetime64[D]").astype(date) - (date(1970, 1, 2) - date(1970, 1, 1))
