"""Agreement between reviewers as rows: what the page of agreement shows, for a paper or a file of records."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from voc.exports.layout import PERCENT, Column, Table
from voc.reasons import codebook
from voc.reviews import agreement
from voc.reviews.agreement import Agreement
from voc.spreadsheet import Cell

if TYPE_CHECKING:
    from voc.stats.agreement import Agreement as Coefficient

AGREEMENT = (
    Column("区分", 16), Column("コード", 18), Column("対象", 34), Column("二人で確認", 10, "#,##0"), Column("一致", 9, PERCENT),
    Column("κ", 8, "0.00"), Column("κの下限(95%)", 10, "0.00"), Column("κの上限(95%)", 10, "0.00"), Column("α", 8, "0.00"),
    Column("αの下限(95%)", 10, "0.00"), Column("αの上限(95%)", 10, "0.00"), Column("例の回答番号", 20),
)  # fmt: skip


def table(session: Session) -> Table:
    """All double codings of all times: coefficients rest on all of them or on none."""
    return Table("一致度", AGREEMENT, _rows(agreement.look(session)))


def _rows(found: Agreement) -> Iterator[Sequence[Cell]]:
    if not found.pairs:
        return
    observed = found.kappa.observed if found.kappa else found.agreeing / len(found.pairs)
    yield ("全体", "", "", len(found.pairs), observed, *_told(found.kappa), *_told(found.alpha), "")
    for code, of in found.by_reason.items():
        yield ("理由", code, codebook.LEAVES[code].label, of.times, None, *_told(of.kappa), *_told(of.alpha), "")
    for (one, two), kappa in found.by_reviewers.items():
        who = "・".join(found.names.get(person, "退職した方") for person in (one, two))
        yield ("二人", "", who, kappa.units, kappa.observed, *_told(kappa), *_told(None), "")
    for kind in found.confused:
        both = f"{codebook.LEAVES[kind.one].label} ↔ {codebook.LEAVES[kind.other].label}"
        examples = "|".join(str(example.answer_id) for example in kind.examples)
        yield ("取り違え", f"{kind.one}|{kind.other}", both, kind.times, None, *_told(None), *_told(None), examples)


def _told(coefficient: "Coefficient | None") -> tuple[Cell, Cell, Cell]:
    if coefficient is None:
        return None, None, None
    return round(coefficient.value, 4), round(coefficient.low, 4), round(coefficient.high, 4)
