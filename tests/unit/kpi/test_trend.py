"""Where dots and lines stand."""

import pytest

from voc.kpi.trend import trend
from voc.plot import axis


@pytest.mark.parametrize(("most", "top"), [(0.0, 0.1), (0.1, 0.1), (0.12, 0.2), (0.29, 0.3), (0.45, 0.5), (0.7, 0.8), (1.0, 1.0)])
def test_the_axis_holds_the_largest_share(most: float, top: float) -> None:
    scale = axis([most, most / 2])
    assert scale.top == top
    assert 3 <= len(scale.ticks) <= 6
    assert scale.at(top) == 100


def test_no_point_leaves_the_axis() -> None:
    scale = axis([0.1])
    assert scale.at(0.5) == 100
    assert scale.at(-1) == 0


def test_a_trend_is_broken_where_nothing_is_known() -> None:
    found = trend([("2026-01", 0.4), ("2026-02", None), ("2026-03", 0.5)], 0.4)
    assert found.path.count("M") == 2
    assert found.path.count("L") == 0
    assert found.marks[1].y is None
    assert found.reference == found.marks[0].y
    assert trend([]).marks == ()
