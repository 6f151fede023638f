"""What a table of an export looks like: headers, widths, formats. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from voc.clock import JST
from voc.reasons import codebook
from voc.spreadsheet import Cell

PERCENT = "0.0%"

#: The colours that the reasons have on screen (voc/static/css/app.css; a test holds the two together).
COLOURS = {
    "dissatisfaction": "#b5482a", "competitor": "#0072b2", "no_reason": "#7a7a85", "unused_stock": "#c98b00",
    "no_effect": "#8a4fa0", "other": "#3b8f7a", "unclear": "#bdbdc6",
}  # fmt: skip
FILLS = {codebook.GROUPS[code].label: colour for code, colour in COLOURS.items()}


@dataclass(frozen=True)
class Column:
    header: str
    width: float = 14
    number_format: str = ""


@dataclass(frozen=True)
class Table:
    """One table to be written: its rows come as they are read."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]

    @property
    def header(self) -> list[str]:
        return [column.header for column in self.columns]


def in_japan(moment: datetime | None) -> datetime | None:
    """A stored moment as a spreadsheet holds it: Japan's wall clock, without a zone."""
    return None if moment is None else moment.astimezone(JST).replace(tzinfo=None, microsecond=0)


def joined(codes: Iterable[str] | None) -> str:
    return "|".join(codes or ())


def counted(rows: Iterable[Sequence[Cell]], count: list[int]) -> Iterator[Sequence[Cell]]:
    """The rows, and in ``count[0]`` how many went by."""
    for row in rows:
        count[0] += 1
        yield row
