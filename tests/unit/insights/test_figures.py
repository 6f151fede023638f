"""What stands in a figure."""

import pytest

from voc.insights.figures import beside


@pytest.mark.parametrize(
    ("first", "second", "short"),
    [
        ("まいにち総合サプリ 90粒", "まいにち総合サプリ 30粒", ("… 90粒", "… 30粒")),
        ("青汁 30包(本店)", "青汁 30包(楽天市場店)", ("…(本店)", "…(楽天市場店)")),
        ("うるおい美容液 しずく", "めぐみの青汁 30包", ("うるおい美容液 しずく", "めぐみの青汁 30包")),
        ("定期購入", "通常購入", ("定期購入", "通常購入")),
    ],
)
def test_labels_that_begin_alike_are_told_apart_in_a_narrow_place(first: str, second: str, short: tuple[str, str]) -> None:
    assert beside(first, second) == short
