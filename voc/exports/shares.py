"""The breakdown as rows: one line a reason and part, with all that the screen tells and what it rests on."""

from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session

from voc.exports.layout import PERCENT, Column, Table
from voc.insights import report
from voc.insights.breakdown import METHODS, Breakdown, Line, rate
from voc.insights.queries import Asked
from voc.insights.report import Report
from voc.reasons import codebook
from voc.replies import queries as replies
from voc.replies.queries import Replies
from voc.replies.selected import chosen
from voc.replies.selection import Selection
from voc.spreadsheet import Cell

CUTS = {"month": "月", "product": "商品", "purchase_type": "買い方", "channel": "聞き方", "cohort": "初回購入月"}
WHOLE = "全体"

BREAKDOWN = (
    Column("分け方", 11), Column("区分コード", 13), Column("区分", 20), Column("段", 9), Column("理由グループコード", 16), Column("理由グループ", 20),
    Column("理由コード", 18), Column("理由", 26), Column("件数", 9, "#,##0"), Column("割合", 9, PERCENT), Column("機械の件数", 9, "#,##0"),
    Column("機械の割合", 9, PERCENT), Column("補正した割合", 9, PERCENT), Column("下限(95%)", 9, PERCENT), Column("上限(95%)", 9, PERCENT),
    Column("示せるか", 8), Column("あと何件の確認", 9, "#,##0"), Column("無作為の確認", 9, "#,##0"), Column("人の確認", 9, "#,##0"),
    Column("有効数", 9, "#,##0"), Column("回答", 9, "#,##0"), Column("依頼", 9, "#,##0"), Column("依頼への回答", 9, "#,##0"),
    Column("回答率", 9, PERCENT), Column("期間のはじめ", 12), Column("期間のおわり", 12), Column("方法", 30), Column("モデル", 14), Column("理由の定義", 10),
)  # fmt: skip


def breakdown(session: Session, selection: Selection) -> tuple[Report, Table]:
    """The whole selection, then month by month, product by product and so on."""
    everything = replies.read(session)
    found = report.make(session, selection, everything=everything)
    return found, Table("理由", BREAKDOWN, _rows(session, found, everything))


def _rows(session: Session, found: Report, everything: Replies) -> Iterator[Sequence[Cell]]:
    yield from _part(found, (WHOLE, "", WHOLE), found.breakdown, found.asked)
    everything = found.replies
    mask = chosen(session, everything.columns, found.selection)
    for cut, name in CUTS.items():
        for section in report.sections(session, everything, mask, found.selection, cut):
            yield from _part(found, (name, section.key, section.label), section.breakdown, section.asked)


def _part(found: Report, part: tuple[str, str, str], inside: Breakdown, asked: Asked | None) -> Iterator[Sequence[Cell]]:
    for line in inside.lines:
        yield _line(found, part, inside, line, asked)
        for leaf in line.leaves:
            yield _line(found, part, inside, leaf, asked)


def _line(found: Report, part: tuple[str, str, str], inside: Breakdown, line: Line, asked: Asked | None) -> Sequence[Cell]:
    answered = rate(asked.answered, asked.asked) if asked else None
    return (
        *part, "内訳" if line.is_leaf else "グループ", line.group, codebook.GROUPS[line.group].label, line.code, line.label,
        line.raw_count, round(line.raw_share, 6), line.machine_count, round(line.machine_share, 6), _share(line.corrected_share),
        _share(line.low), _share(line.high), int(line.claimable), line.missing or None, line.reviewed, inside.reviewed,
        round(line.effective_n) if line.claimable else None, inside.replies, asked.asked if asked else None, asked.answered if asked else None,
        round(answered.share, 6) if answered else None, found.selection.start, found.selection.end, METHODS[line.method] + found.method,
        "|".join(found.models), found.codebook_version,
    )  # fmt: skip


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
