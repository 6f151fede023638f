"""Files that cannot be taken, each with its own sentence, and those that only look so."""

from pathlib import Path

import pytest

from tests import shop_files
from tests.shop_files import ec_cube_order, ec_cube_orders
from voc.customers.imports import READERS, read_all
from voc.customers.source import FileRefused, open_source
from voc.customers.spool import Spool
from voc.errors import Refused
from voc.spreadsheet import write_table

HEADER = "注文番号,注文日,メールアドレス,商品名,数量,金額\r\n"
ROW = "1,2024/5/1,a@example.jp,青汁,1,3980\r\n"


def take(folder: Path, content: bytes, *, kind: str = "orders", encoding: str | None = None) -> int:
    """Read all of a file; the number of its rows."""
    source = open_source(shop_files.write(folder, "file.csv", content), kind, encoding=encoding)
    with Spool() as spool:
        return read_all(source, READERS[kind](source), spool, None).rows


def refusal(folder: Path, content: bytes, *, kind: str = "orders", encoding: str | None = None) -> str:
    with pytest.raises(Refused) as refused:
        take(folder, content, kind=kind, encoding=encoding)
    return refused.value.message


@pytest.mark.parametrize("content", [b"", b"\r\n\r\n", b"\xef\xbb\xbf", b" , ,\r\n"])
def test_an_empty_file(tmp_path: Path, content: bytes) -> None:
    assert "ファイルが空です" in refusal(tmp_path, content)


def test_a_header_without_rows(tmp_path: Path) -> None:
    assert "データの行がありません" in refusal(tmp_path, HEADER.encode())


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7\n...", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, bytes(range(256)) * 40, b"\x7fELF" + bytes(500)]
)
def test_what_is_no_table(tmp_path: Path, content: bytes) -> None:
    message = refusal(tmp_path, content)
    assert "列" not in message or "壊れて" in message
    assert any(words in message for words in ("PDF", "表のファイルではありません", "文字コードが分かりません", "文字が壊れて"))


def test_the_wrong_encoding_said_by_a_person(tmp_path: Path) -> None:
    assert "文字コードが違う" in refusal(tmp_path, ec_cube_orders(ec_cube_order("1")), encoding="utf-8")


def test_a_file_whose_letters_were_lost_before(tmp_path: Path) -> None:
    broken = ec_cube_orders(ec_cube_order("1")).decode("utf-8", errors="replace").encode()
    assert "文字が壊れて" in refusal(tmp_path, broken)


def test_a_header_that_is_not_understood_names_what_is_needed_and_what_was_found(tmp_path: Path) -> None:
    message = refusal(tmp_path, "いろ,かたち,数\r\n赤,丸,3\r\n".encode())
    for words in ("注文番号", "注文日時", "会員番号またはメールアドレス", "いろ、かたち、数"):
        assert words in message


def test_a_file_without_a_header(tmp_path: Path) -> None:
    assert "1行目が見出しではない" in refusal(tmp_path, b"1001,2024/05/01,a@example.jp,3980\r\n1002,2024/05/02,b@example.jp,3980\r\n")


def test_one_column(tmp_path: Path) -> None:
    assert "見つかりません" in refusal(tmp_path, "注文番号\r\n1\r\n2\r\n".encode())


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    message = refusal(
        tmp_path, shop_files.table(shop_files.EC_CUBE_CUSTOMERS, [{"会員ID": "1", "メールアドレス": "a@b.jp"}], encoding="cp932")
    )
    assert message == "これは注文ではなく顧客のファイルのようです。「顧客」として取り込んでください。"


@pytest.mark.parametrize("cut", [20, 200, 333])
def test_half_a_file_cut_in_the_middle_of_a_row(tmp_path: Path, cut: int) -> None:
    content = ec_cube_orders(*(ec_cube_order(str(number)) for number in range(30)))
    assert "途中で切れて" in refusal(tmp_path, content[:-cut])


def test_half_a_file_cut_within_quotation_marks(tmp_path: Path) -> None:
    content = (HEADER + ROW + '2,2024/5/2,b@example.jp,"青汁\n30日').encode()
    assert "引用符" in refusal(tmp_path, content)


@pytest.mark.parametrize("encoding", ["utf-8", "cp932", "utf-16", "utf-8-sig"])
def test_a_last_line_without_its_end_is_whole_when_it_has_all_its_cells(tmp_path: Path, encoding: str) -> None:
    assert take(tmp_path, (HEADER + ROW + ROW.strip().replace("1,", "2,", 1)).encode(encoding)) == 2


def test_a_total_without_commas_at_the_end_is_no_half_file(tmp_path: Path) -> None:
    assert take(tmp_path, (HEADER + ROW + ROW + "合計,7960").encode()) == 3


def test_a_line_of_ten_megabytes(tmp_path: Path) -> None:
    assert refusal(tmp_path, HEADER.encode() + b"1," + b"x" * 10_000_000 + b"\r\n")
    assert "列が" in refusal(tmp_path, b",".join(b"a" for _ in range(5_000_000)) + b"\r\n1\r\n")


def test_a_file_that_is_mostly_unreadable_is_not_taken_in_part(tmp_path: Path) -> None:
    rows = "".join(f"{n},第{n}日,a@example.jp,青汁,1,3980\r\n" for n in range(6)) + ROW.replace("1,", "9,", 1)
    with pytest.raises(FileRefused) as refused:
        take(tmp_path, (HEADER + rows).encode())
    assert "7行のうち6行を読み取れない" in refused.value.message
    assert (len(refused.value.skipped), refused.value.rows) == (6, 7)


def test_lines_of_title_above_the_header_and_blank_lines_do_no_harm(tmp_path: Path) -> None:
    content = "受注一覧 2024年5月\r\n\r\n" + HEADER + ROW + "\r\n,,,,,\r\n" + ROW.replace("1,", "2,", 1)
    assert take(tmp_path, content.encode("cp932")) == 2


def test_it_reads_excel_and_tabs_as_well(tmp_path: Path) -> None:
    book = tmp_path / "orders.xlsx"
    write_table(book, ["注文番号", "注文日", "メールアドレス", "金額"], [["1", "2024-05-01", "a@example.jp", "3980"]])
    assert take(tmp_path, book.read_bytes()) == 1
    assert take(tmp_path, (HEADER + ROW).replace(",", "\t").encode()) == 1


def test_a_mapping_with_a_column_that_the_file_has_not_is_refused(tmp_path: Path) -> None:
    path = shop_files.write(tmp_path, "file.csv", (HEADER + ROW).encode())
    with pytest.raises(FileRefused, match="このファイルにありません"):
        open_source(path, "orders", mapping={"platform": "generic", "columns": {"number": "受注No"}})


def test_a_person_may_say_which_column_is_which(tmp_path: Path) -> None:
    path = shop_files.write(tmp_path, "file.csv", "い,ろ,は\r\n1,2024/5/1,a@example.jp\r\n".encode())
    mapping = {"platform": "generic", "columns": {"number": "い", "ordered_at": "ろ", "email": "は"}}
    source = open_source(path, "orders", mapping=mapping)
    with Spool() as spool:
        assert read_all(source, READERS["orders"](source), spool, None).skipped == []
