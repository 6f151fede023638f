"""Tables in whatever state they come."""

import contextlib
import datetime as dt
import io

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.spreadsheet import SpreadsheetError, read_table

TEXT = '番号,理由,送料,送料\r\n1,"味が\r\n苦手, です",3,4\r\n\r\n2,短い\r\n3,ｶﾀｶﾅと髙橋,1,2,余分\r\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16", "utf-16-le", "utf-16-be"])
def test_it_finds_the_encoding(encoding):
    table = read_table(TEXT.encode(encoding))
    assert table.header == ["番号", "理由", "送料", "送料"]
    assert [(row.number, row.cells) for row in table.rows] == [
        (2, ["1", "味が\r\n苦手, です", "3", "4"]),
        (4, ["2", "短い", "", ""]),
        (5, ["3", "ｶﾀｶﾅと髙橋", "1", "2", "余分"]),
    ]


def test_it_reads_euc_jp():
    assert read_table("理由\nとても高いので\n".encode("euc_jp")).header == ["理由"]


def test_it_notices_cp932_after_pages_of_ascii():
    data = b"id,reason\r\n" + b"1,x\r\n" * 100_000 + "2,高い\r\n".encode("cp932")
    assert [row.cells[1] for row in read_table(data).rows][-1] == "高い"


@pytest.mark.parametrize(
    ("data", "header"), [(b"a\tb\n1\t2", ["a", "b"]), (b"a;b\n1;2", ["a", "b"]), (b"sep=;\na;b\n1;2", ["a", "b"]), (b"a\n1,5", ["a"])]
)
def test_it_finds_the_delimiter(data, header):
    assert read_table(data).header == header


def test_it_leaves_out_nul_bytes():
    assert [row.cells for row in read_table(b"a,b\n1,\x002\n").rows] == [["1", "2"]]


def test_half_a_file_is_refused_with_the_line():
    with pytest.raises(SpreadsheetError, match="3 行目"):
        list(read_table(b'a,b\n1,2\n3,"half').rows)


def test_it_reads_excel_as_a_csv_export_would_show_it():
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        page = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        page.write_row(0, 0, ["番号", "日", "金額", "理由"])
        page.write_number(1, 0, 12)
        page.write_datetime(1, 1, dt.datetime(2026, 11, 18), day)
        page.write_number(1, 2, 1.5)
        page.write_string(1, 3, "=高い")
    table = read_table(stream.getvalue())
    assert (table.encoding, [row.cells for row in table.rows]) == ("xlsx", [["12", "2026-11-18", "1.5", "=高い"]])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"%PDF-1.4",
        b"PK\x03\x04broken",
        b"\xd0\xcf\x11\xe0broken",
        b"<html><table>",
        b"\x89PNG\r\n",
        bytes(range(256)) * 40,
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(data):
    with pytest.raises(SpreadsheetError, match="。"):
        list(read_table(data).rows)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(SpreadsheetError, match="見つかりません"):
        read_table(tmp_path / "none.csv")


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_rows_or_a_sentence(data):
    with contextlib.suppress(SpreadsheetError):
        table = read_table(data)
        assert all(len(row.cells) >= len(table.header) for row in table.rows)
