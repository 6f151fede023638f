"""Exports on screen: files, roles, the record of who took what."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from tests import factories as make
from voc.cli import main
from voc.db import Database
from voc.exports import rows


@pytest.fixture
def replies(db: Database) -> None:
    with db.transaction() as session:
        person = make.user(session)
        for n in range(130):
            answer = make.answer(session, f"{n} 電話は090-1234-5678", stated="price")
            make.prediction(session, answer=answer, primary_leaf="price" if n % 2 else "unused_stock", confidence=0.6)
            if n < 100:
                make.draw(session, answer=answer, probability=100 / 130)
                make.decision(session, answer=answer, by=person, stream="audit", primary_leaf="price" if n % 4 else "no_effect")


def test_the_page_tells_what_there_is(as_manager: FlaskClient, replies: None) -> None:
    text = as_manager.get("/exports").text
    assert "いまの範囲で130行" in text
    assert "いまの範囲で100行" in text
    assert "書かれたままの書き出しは、管理者だけができます" in text


def test_a_csv_is_streamed_and_recorded(as_manager: FlaskClient, replies: None) -> None:
    answer = as_manager.post("/exports/replies", data={"format": "csv"})
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="voc-replies-')
    found = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert len(found) == 130
    assert "〔電話番号〕" in found[0]["お客様のことば"]
    page = as_manager.get("/exports").text
    assert "manager 田中" in page
    manifest = re.search(r'href="(/exports/\d+/manifest.json)"', page)
    assert manifest is not None
    told = as_manager.get(manifest[1]).json
    assert told is not None
    assert (told["rows"], told["bytes"], told["by"]) == (130, len(answer.data), "manager 田中")


def test_a_workbook_is_sent_and_recorded(as_manager: FlaskClient, replies: None) -> None:
    answer = as_manager.post("/exports/decisions", data={"format": "xlsx", "period": "3m"})
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    assert len(book.get_sheet_by_name("判断").to_python()) == 101
    assert "XLSX" in as_manager.get("/exports").text


def test_words_as_written_only_for_the_administrator(as_manager: FlaskClient, as_admin: FlaskClient, replies: None) -> None:
    refused = as_manager.post("/exports/replies", data={"format": "csv", "unmasked": "1"})
    assert refused.status_code == 422
    assert "管理者だけです" in refused.text
    answer = as_admin.post("/exports/replies", data={"format": "csv", "unmasked": "1"})
    assert "090-1234-5678" in answer.data.decode("utf-8-sig")
    assert "書かれたまま" in as_admin.get("/exports").text


def test_staff_take_nothing_out(as_staff: FlaskClient) -> None:
    assert as_staff.get("/exports").status_code == 403
    assert as_staff.post("/exports/replies").status_code == 403


def test_a_wrong_wish_is_a_sentence(as_manager: FlaskClient) -> None:
    assert as_manager.post("/exports/everything").status_code == 422
    assert as_manager.get("/exports/999/manifest.json").status_code == 404


def test_an_excel_file_too_long_to_wait_for_is_refused_with_a_way_out(
    as_manager: FlaskClient, replies: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voc.exports.routes.MOST_IN_EXCEL", 100)
    assert "Excel は100行まで" in as_manager.get("/exports").text
    refused = as_manager.post("/exports/replies", data={"format": "xlsx"})
    assert refused.status_code == 422
    assert "CSV" in refused.text


def test_cp932_on_wish(as_manager: FlaskClient, replies: None) -> None:
    answer = as_manager.post("/exports/breakdown", data={"format": "csv", "encoding": "cp932"})
    assert answer.content_type == "text/csv; charset=Shift_JIS"
    assert "余っている" in answer.data.decode("cp932")


def test_screen_command_and_file_tell_the_same_numbers(
    as_manager: FlaskClient, replies: None, db: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOC_DATABASE_URL", database_url.replace("+psycopg", ""))
    monkeypatch.setenv("VOC_INSTANCE_DIR", str(tmp_path))
    run = CliRunner().invoke(main, ["report", "breakdown", "--by", "purchase_type", "--json"])
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    out = tmp_path / "b.csv"
    assert CliRunner().invoke(main, ["export", "breakdown", "-o", str(out)]).exit_code == 0
    lines = [row for row in csv.DictReader(io.StringIO(out.read_text("utf-8-sig"), newline="")) if row["段"] == "グループ"]
    whole = {row["理由コード"]: row for row in lines if row["分け方"] == "全体"}
    page = as_manager.get("/reasons?period=all").text
    for group in told["groups"]:
        row = whole[group["group"]]
        assert int(row["件数"]) == group["raw_count"]
        for column, key in (
            ("割合", "raw_share"),
            ("機械の割合", "machine_share"),
            ("補正した割合", "corrected_share"),
            ("下限(95%)", "low"),
            ("上限(95%)", "high"),
        ):
            assert (float(row[column]) if row[column] else None) == group[key]
        if group["claimable"]:
            shown = f'<b>{group["corrected_share"] * 100:.0f}%</b> <span class="faint">{group["low"] * 100:.0f}〜{group["high"] * 100:.0f}</span>'
            assert shown in page, shown
    assert any(group["claimable"] for group in told["groups"])
    assert told["segments"][0]["groups"] == told["groups"]
    assert (told["reviewed"], told["reviewed_at_random"], told["replies"]) == (100, 100, 130)


def test_commands_write_files_and_say_so(
    db: Database, replies: None, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOC_DATABASE_URL", database_url.replace("+psycopg", ""))
    monkeypatch.setenv("VOC_INSTANCE_DIR", str(tmp_path))
    for name in ("r.csv", "r.xlsx"):
        run = CliRunner().invoke(main, ["export", "replies", "-o", str(tmp_path / name), "--from", "2020-01-01"])
        assert run.exit_code == 0, run.output
        assert "130 行を書き出しました" in run.output
    refused = CliRunner().invoke(main, ["export", "replies", "-o", str(tmp_path / "r.pdf")])
    assert refused.exit_code == 2
    plain = CliRunner().invoke(main, ["report", "breakdown"])
    assert "余っている" in plain.output
    with db.reading() as session:
        from voc.audit import Event

        assert session.query(Event).filter_by(kind="export.written").count() == 2
        assert rows.count(session, "replies", rows.Selection()) == 130
