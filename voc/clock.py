"""The one source of the present moment. Stored in UTC, shown in Japan time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

JST = ZoneInfo("Asia/Tokyo")

_frozen: datetime | None = None


def now() -> datetime:
    """The present moment, timezone-aware, in UTC."""
    return _frozen or datetime.now(UTC)


def today() -> date:
    """Today's date in Japan, where the companies that use voc count their days."""
    return day_of(now())


def day_of(moment: datetime) -> date:
    """The day in Japan on which a moment falls."""
    return moment.astimezone(JST).date()


def start_of_day(day: date) -> datetime:
    """The UTC moment at which ``day`` begins in Japan."""
    return datetime.combine(day, time.min, JST).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The UTC moment at which ``day`` is over in Japan (exclusive)."""
    return start_of_day(day + timedelta(days=1))


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Hold the clock still: for tests and for sample data of a fixed day."""
    global _frozen
    before, _frozen = _frozen, moment
    try:
        yield
    finally:
        _frozen = before
