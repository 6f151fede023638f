"""Files that Excel opens as they are, and nothing in them is calculated."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.errors import Refused
from voc.spreadsheet import Sheet, Written, csv_chunks, read_table, write_table, write_xlsx

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40)


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|x", "-2+3a", "@SUM(A1)", "=HYPERLINK(1)"])
def test_a_text_that_looks_like_a_formula_stays_text(cell):
    assert b"".join(csv_chunks(["a"], [[cell]])).decode("utf-8-sig") == f"a\r\n'{cell}\r\n"


@pytest.mark.parametrize("cell", ["-5", "+81", "-", "--", "-1,200.5", "－高い", "高い"])
def test_numbers_and_dashes_are_left_alone(cell):
    written = b"".join(csv_chunks(["a"], [[cell]])).decode("utf-8-sig")
    assert cell in written
    assert "'" not in written


def test_what_cp932_lacks_is_replaced_and_told():
    written = Written()
    data = b"".join(csv_chunks(["a"], [["〜🍣−é"]], encoding="cp932", written=written))
    assert data.decode("cp932") == "a\r\n～〓－〓\r\n"
    assert written.replaced == {"🍣", "é"}


@given(st.lists(st.lists(WORDS, min_size=2, max_size=2), min_size=1, max_size=8))
@settings(max_examples=80, deadline=None)
def test_excel_gives_back_what_was_written(rows):
    rows = [[f"x{cell}" for cell in row] for row in rows]
    stream = io.BytesIO()
    write_xlsx(stream, [Sheet("表", ["a", "b"], rows)])
    assert [row.cells for row in read_table(stream.getvalue()).rows] == rows


def test_a_cell_too_long_for_excel_is_cut_and_told(tmp_path):
    written = write_table(tmp_path / "a.xlsx", ["a"], [["あ" * 40_000]])
    assert written.cut == 1


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    def rows():
        yield ["1"]
        raise Refused("途中")

    with pytest.raises(Refused):
        write_table(tmp_path / "a.csv", ["a"], rows())
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_encoding_is_refused(tmp_path):
    with pytest.raises(Refused, match="文字コード"):
        write_table(tmp_path / "a.csv", ["a"], [["1"]], encoding="klingon")
