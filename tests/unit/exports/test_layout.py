"""Reasons keep their colours in Excel, moments their wall clock."""

import re
from datetime import UTC, datetime

from voc.config import ROOT
from voc.exports import layout
from voc.reasons.codebook import GROUPS


def test_the_colours_of_the_screen_are_those_of_the_sheet() -> None:
    css = (ROOT / "voc/static/css/app.css").read_text()
    assert {code: re.search(rf"--r-{code}: (#[0-9a-f]+)", css)[1] for code in GROUPS} == layout.COLOURS  # type: ignore[index]


def test_moments_are_those_of_a_clock_in_japan() -> None:
    assert layout.in_japan(datetime(2026, 11, 21, 15, 30, 5, 999, tzinfo=UTC)) == datetime(2026, 11, 22, 0, 30, 5)
    assert layout.in_japan(None) is None
