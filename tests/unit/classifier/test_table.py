"""voc classify: a company's own file in, the same with ten columns more out."""

import csv

import pytest
from click.testing import CliRunner

from voc.classifier.table import APPENDED, find_columns, purchase_type
from voc.cli import main
from voc.reasons.codebook import GROUPS, PREDICTED_LEAVES
from voc.spreadsheet import SpreadsheetError, read_table, write_table

ROWS = [
    ["1", "定期購入", "味に不満はないですが値段が高い", "2026-01-02"],
    ["2", "通常購入", "肌がかゆくなりました🍣", ""],
    ["3", "", "", ""],
]
HEADER = ["番号", "購入区分", "解約理由", "日付"]


def classify(*arguments):
    return CliRunner().invoke(main, ["classify", *map(str, arguments)])


@pytest.mark.parametrize(("source", "target"), [("in.csv", "out.csv"), ("in.xlsx", "out.xlsx"), ("in.csv", "out.tsv")])
def test_every_column_is_kept_and_ten_are_appended(tmp_path, source, target):
    write_table(tmp_path / source, HEADER, ROWS)
    done = classify(tmp_path / source, "-o", tmp_path / target)
    assert done.exit_code == 0, done.output
    table = read_table(tmp_path / target)
    assert table.header == [*HEADER, *APPENDED]
    rows = [dict(zip(table.header, row.cells, strict=True)) for row in table.rows]
    assert [[row[name] for name in HEADER] for row in rows] == ROWS
    assert [row["primary"] for row in rows] == ["price", "side_effect", "unclear"]
    assert [row["group"] for row in rows] == ["other", "dissatisfaction", "unclear"]
    assert rows[1]["alerts"] == "health_harm"
    assert rows[0]["auto"] == "0"
    for row in rows:
        assert 0 <= float(row["confidence"]) <= 1
        assert row["group_label"] == GROUPS[row["group"]].label
        assert row["suggestions"].split("|")[0] == row["primary"]
        assert set(row["suggestions"].split("|")) <= set(PREDICTED_LEAVES)
        assert all(part in row["解約理由"] for part in row["evidence"].split("|"))


def test_cp932_is_written_on_wish_and_what_it_lacks_is_told(tmp_path):
    (tmp_path / "in.csv").write_bytes("理由\n高い🍣\n".encode())
    done = classify(tmp_path / "in.csv", "-o", tmp_path / "out.csv", "--encoding", "cp932")
    assert done.exit_code == 0
    assert "〓" in (tmp_path / "out.csv").read_bytes().decode("cp932")
    assert "🍣" in done.output


def test_utf_8_has_a_byte_order_mark(tmp_path):
    (tmp_path / "in.csv").write_bytes("理由\n高い\n".encode("cp932"))
    assert classify(tmp_path / "in.csv", "-o", tmp_path / "out.csv").exit_code == 0
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_rows_that_are_too_wide_keep_every_cell(tmp_path):
    (tmp_path / "in.csv").write_text("理由,a\n高い,1,余分\n余っている\n")
    classify(tmp_path / "in.csv", "-o", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    assert rows[0][:4] == ["理由", "a", "列3", "primary"]
    assert [row[:3] for row in rows[1:]] == [["高い", "1", "余分"], ["余っている", "", ""]]


def test_two_processes_read_the_same_in_the_same_order(tmp_path):
    texts = [f"{n}個も余っているので" if n % 3 else f"{n}円は高い" for n in range(2500)]
    write_table(tmp_path / "in.csv", ["text"], [[text] for text in texts])
    for processes in (1, 2):
        assert classify(tmp_path / "in.csv", "-o", tmp_path / f"{processes}.csv", "--processes", processes).exit_code == 0
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


@pytest.mark.parametrize(
    ("content", "arguments", "sentence"),
    [
        (None, [], "見つかりません"), (b"", [], "空です"), ("理由\n".encode(), [], "データの行がありません"), ("理由\n高い".encode(), ["--text", "感想"], "列「感想」がありません"),
        (b"a,b\n1,2\n", [], "--text"), ('理由\n"高い'.encode(), [], "引用符"), ("理由\n高い".encode(), ["--encoding", "x"], "文字コード"), (b"%PDF", [], "PDF"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_sentence_and_exit_2(tmp_path, content, arguments, sentence):
    if content is not None:
        (tmp_path / "in.csv").write_bytes(content)
    done = classify(tmp_path / "in.csv", "-o", tmp_path / "out.csv", *arguments)
    assert done.exit_code == 2
    assert sentence in done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "out.csv").exists()


def test_the_source_is_never_overwritten(tmp_path):
    (tmp_path / "in.csv").write_text("理由\n高い\n")
    assert classify(tmp_path / "in.csv", "-o", tmp_path / "in.csv").exit_code == 2
    assert (tmp_path / "in.csv").read_text() == "理由\n高い\n"


@pytest.mark.parametrize(
    ("header", "sample", "text", "kind"),
    [
        (["id", "コメント", "区分"], [["1", "とても高い", "定期"]], 1, 2), (["日付", "解約理由", "解約理由(自由記述)"], [["1/1", "価格", "毎月の支払いが高いので"]], 2, None),
        (["理由コード", "理由"], [["01", "味が苦手で続けられませんでした"]], 1, None), (["x", "y"], [["1", "効果が感じられず残念でした"]], 1, None),
        (["text", "purchase_type"], [["高い", "one_off"]], 0, 1), (["回答", "備考"], [["値段が高くて続きません", ""]], 0, None),
    ],
)  # fmt: skip
def test_it_finds_the_columns(header, sample, text, kind):
    found = find_columns(header, sample)
    assert (found.text, found.type) == (text, kind)


def test_columns_that_nobody_could_guess_are_asked_for():
    with pytest.raises(SpreadsheetError, match="--text"):
        find_columns(["a", "b"], [["1", "2"]])


@pytest.mark.parametrize(
    ("cell", "kind"),
    [("定期", "subscription"), ("定期購入", "subscription"), ("通常", "one_off"), ("単品購入", "one_off"), ("one_off", "one_off"), ("定期ではない", "one_off"), ("", "subscription"), ("s", "subscription")],
)  # fmt: skip
def test_it_knows_how_shops_name_the_ways_of_buying(cell, kind):
    assert purchase_type(cell) == kind
