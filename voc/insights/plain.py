"""A report as lines of text, for a terminal."""

from collections.abc import Iterator
from unicodedata import east_asian_width

from voc.insights import findings
from voc.insights.breakdown import Breakdown, Line, rate
from voc.insights.queries import Asked
from voc.insights.report import Report

_WIDTHS = (30, 10, 8, 10, 20, 24)


def lines(found: Report) -> Iterator[str]:
    """The whole report."""
    start, end = found.selection.start, found.selection.end
    yield f"期間 {start or '最初'} 〜 {end or '最新'}   モデル {'|'.join(found.models) or '—'}   理由の定義 {found.codebook_version}"
    yield from findings.weighted(found)
    yield from _part(found.breakdown, found.asked)
    for section in found.sections:
        yield ""
        yield f"■ {section.label}"
        yield from _part(section.breakdown, section.asked)


def _part(found: Breakdown, asked: Asked | None) -> Iterator[str]:
    answered = rate(asked.answered, asked.asked) if asked else None
    told = f"依頼 {asked.asked:,}、うち回答 {asked.answered:,}" if asked else ""
    if answered:
        told += f"({answered.share:.1%}、{answered.low:.1%}〜{answered.high:.1%})"
    yield f"回答 {found.replies:,} 件   {told}   人の確認 {found.reviewed:,}(無作為 {found.drawn:,})"
    yield _row("理由", "件数", "割合", "機械の集計", "補正した割合(95%)", "")
    for line in found.lines:
        yield _line(line, "")
        for leaf in line.leaves if len(line.leaves) > 1 else ():
            yield _line(leaf, "  ")


def _line(line: Line, indent: str) -> str:
    corrected, why = "—", ""
    if line.corrected_share is not None and line.low is not None and line.high is not None:
        corrected = f"{line.corrected_share:.1%}({line.low:.1%}〜{line.high:.1%})"
    elif line.needs:
        why = f"あと {line.missing:,} 件の確認" if line.needs == "reviews" else "回答が少ない"
    return _row(indent + line.label, f"{line.raw_count:,}", f"{line.raw_share:.1%}", f"{line.machine_share:.1%}", corrected, why)


def _row(*cells: str) -> str:
    return " ".join(
        _padded(cell, width, left=place in (0, 5)) for place, (cell, width) in enumerate(zip(cells, _WIDTHS, strict=True))
    ).rstrip()


def _padded(text: str, width: int, *, left: bool) -> str:
    """Wide characters take two places on a terminal."""
    space = " " * max(0, width - sum(2 if east_asian_width(char) in "WF" else 1 for char in text))
    return text + space if left else space + text
