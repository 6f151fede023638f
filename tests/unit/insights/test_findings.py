"""Sentences never say more than the intervals allow."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from voc.extensions import babel
from voc.insights import findings
from voc.insights.breakdown import Breakdown, Line
from voc.insights.queries import Asked
from voc.insights.report import Section
from voc.reasons.codebook import GROUPS
from voc.stats.results import Difference


@pytest.fixture(autouse=True)
def japanese() -> Iterator[None]:
    app = Flask("words")
    babel.init_app(app, default_locale="ja")
    with app.test_request_context():
        yield


def line(code: str, share: float | None, low: float = 0.0, high: float = 0.0, **values: object) -> Line:
    shown = share is not None
    made = Line(
        code=code, is_leaf=False, group=code, label=GROUPS[code].label, raw_count=10, raw_share=0.1, machine_count=10, machine_share=share or 0.05,
        corrected_share=share, low=low if shown else None, high=high if shown else None, reviewed=200, effective_n=200.0, claimable=shown,
        missing=0, needs="" if shown else "reviews", method="corrected",
    )  # fmt: skip
    return replace(made, **values)  # type: ignore[arg-type]


def told(*lines: Line) -> str:
    return "".join(findings.reasons(Breakdown(replies=500, unread=0, reviewed=200, drawn=200, lines=lines, method="")))


def test_one_reason_above_all_others_is_named() -> None:
    assert "いちばん多いのは「余っている」40%(34〜46%)です。" in told(
        line("unused_stock", 0.4, 0.34, 0.46), line("no_effect", 0.2, 0.15, 0.25)
    )


def test_reasons_that_overlap_are_not_ranked() -> None:
    sentence = told(line("unused_stock", 0.27, 0.24, 0.30), line("no_effect", 0.24, 0.20, 0.28), line("competitor", 0.09, 0.07, 0.12))
    assert "「余っている」27%(24〜30%)、「効果を実感できない」24%(20〜28%)" in sentence
    assert "順位は、まだ決められません" in sentence
    assert "他社" not in sentence


def test_a_large_reason_of_which_nothing_is_known_keeps_it_from_saying_most() -> None:
    sentence = told(line("unused_stock", 0.4, 0.34, 0.46), line("no_effect", None, machine_share=0.5))
    assert "示せる理由のなかで、いちばん多いのは" in sentence


def test_nothing_known_is_said_with_what_is_missing() -> None:
    assert "あと23件確認" in told(line("unused_stock", None, missing=23), line("no_effect", None, missing=80))
    assert "回答がまだ500件と少ない" in told(line("unused_stock", None, needs="replies"))


def test_a_machine_outside_the_interval_is_put_right() -> None:
    sentence = told(line("no_effect", 0.24, 0.2, 0.28, machine_share=0.31), line("unused_stock", 0.5, 0.44, 0.56))
    assert "機械の集計では「効果を実感できない」は31%ですが、人の確認で補正すると24%(20〜28%)です。" in sentence
    assert "機械" not in told(line("no_effect", 0.24, 0.2, 0.28, machine_share=0.27))


def test_only_clear_changes_are_told() -> None:
    clear = Difference("unused_stock", 0.04, 0.01, 0.07, True, True, 0)
    fall = Difference("no_effect", -0.05, -0.09, -0.01, True, True, 0)
    open_ = Difference("other", 0.03, -0.01, 0.07, False, True, 0)
    sentence = told(
        line("unused_stock", 0.27, 0.24, 0.30, change=clear), line("no_effect", 0.1, 0.08, 0.12, change=fall), line("other", 0.2, 0.18, 0.22, change=open_)
    )  # fmt: skip
    assert "「余っている」が4pt(1〜7pt)増えています、「効果を実感できない」が5pt(1〜9pt)減っています。" in sentence
    assert "その他」が" not in sentence
    assert "はっきりした変化はありません" in told(line("other", 0.2, 0.18, 0.22, change=open_))


def test_decimals_only_where_they_mean_something() -> None:
    assert findings.percent(0.1374, 400) == "14%"
    assert findings.percent(0.1374, 4000) == "13.7%"
    assert findings.points(-0.04) == "−4pt"
    assert findings.points(0.001) == "±0pt"
    assert findings.point_span(-0.03, 0.06) == "−3〜+6"


def test_it_tells_where_those_who_answered_are_unlike_those_who_were_asked() -> None:
    nothing = Breakdown(replies=0, unread=0, reviewed=0, drawn=0, lines=(), method="")

    def section(label: str, asked: int, answered: int) -> Section:
        return Section(key=label, label=label, asked=Asked(asked, answered), breakdown=nothing)

    uneven = findings.unlike([section("青汁", 380, 24), section("美容液", 310, 40), section("サプリ", 310, 36)])
    assert uneven == "回答した方には「青汁」の方が少なめです(依頼の38%、回答の24%)。割合に、この偏りの補正は入っていません。"
    assert findings.unlike([section("青汁", 500, 52), section("美容液", 500, 48)]) == ""
    assert findings.unlike([section("青汁", 500, 1), section("美容液", 500, 20)]) == ""
    assert findings.unlike([]) == ""


def test_two_segments() -> None:
    lines = [line("other", 0.3, 0.2, 0.4), line("competitor", 0.3, 0.2, 0.4)]
    clear, open_ = Difference("other", -0.08, -0.14, -0.02, True, True, 0), Difference("competitor", 0.01, -0.05, 0.07, False, True, 0)
    assert findings.apart(("青汁", "美容液"), lines, [clear, open_]) == ["「その他」は「美容液」のほうが8pt(2〜14pt)多くなっています。"]
    assert "はっきりした違いはありません" in findings.apart(("青汁", "美容液"), lines, [open_])[0]
    nothing = Difference("other", None, None, None, False, False, 90)
    assert "示せません" in findings.apart(("青汁", "美容液"), lines, [nothing])[0]
