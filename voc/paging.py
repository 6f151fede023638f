"""One page of a list, as components/paging.html wants it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Row]):
    rows: Sequence[Row]
    number: int
    """From 1."""
    total: int
    """Rows on all pages."""
    size: int

    @property
    def pages(self) -> int:
        return last(self.total, self.size)


def last(total: int, size: int) -> int:
    """Number of the last page; an empty list has one."""
    return max(1, -(-total // size))


def nearest(wished: int, total: int, size: int) -> int:
    """The page that there is nearest to the one wished for."""
    return min(max(1, wished), last(total, size))
