"""What leaves the house: opened again, it holds what is there, and no more than may be seen."""

import csv
import hashlib
import io
import json
from datetime import date, datetime
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from tests import factories as make
from voc import clock
from voc.clock import JST
from voc.db import Database
from voc.errors import Refused
from voc.exports import service
from voc.exports.service import Manifest, Order
from voc.replies.selection import Selection

WORDS = '値段が高い、\n"効果"も… 😊 090-1234-5678 〜'


@pytest.fixture
def filled(db: Database) -> None:
    with db.transaction() as session:
        shop, person = make.shop(session, name="本店"), make.user(session, name="田中")
        product = make.product(session, shop=shop, name="青汁", code="A-1")
        customer = make.customer(session, shop=shop, external_id="00012")
        first = make.answer(
            session, WORDS, product_id=product.id, shop_id=shop.id, customer_id=customer.id, stated="price", expectation=2,
            extra={"氏名": "山田 花子"}, answered_at=datetime(2026, 11, 1, 9, 30, tzinfo=JST),
        )  # fmt: skip
        make.prediction(session, answer=first, primary_leaf="price", confidence=0.61, secondary=["no_effect"])
        make.draw(session, answer=first, probability=0.25)
        make.decision(
            session,
            answer=first,
            by=person,
            stream="audit",
            probability=0.25,
            primary_leaf="no_effect",
            secondary=["price"],
            note="03-1111-2222 に折り返し",
        )
        make.alert(session, answer=first, code="personal_data")
        make.alert(session, answer=first, code="legal", status="dismissed")
        second = make.answer(session, "=1+1", answered_at=datetime(2026, 11, 2, 9, 30, tzinfo=JST))
        make.prediction(session, answer=second, primary_leaf="unclear", confidence=0.3)


def written(db: Database, tmp_path: Path, kind: str, suffix: str = "csv", **values: object) -> tuple[Path, Manifest]:
    path = tmp_path / f"out.{suffix}"
    with db.reading() as session:
        return path, service.to_path(session, Order(kind=kind, format=suffix, by="田中", **values), path)  # type: ignore[arg-type]


def records(path: Path, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(encoding), newline="")))


def test_a_csv_opens_in_excel_and_holds_the_words(db: Database, filled: None, tmp_path: Path) -> None:
    path, _ = written(db, tmp_path, "replies", unmasked=True)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    first, second = records(path)
    assert first["お客様のことば"] == WORDS
    assert second["お客様のことば"] == "'=1+1"
    assert (first["本当の理由コード"], first["決め方"], first["機械の理由コード"]) == ("no_effect", "人の確認", "price")
    assert (first["選んだ理由コード"], first["選んだ理由"]) == ("price", "値段が高い")
    assert (first["副次の理由コード"], first["知らせコード"], first["抽出確率"]) == ("price", "personal_data", "0.25")
    assert (first["回答日時"], first["顧客ID"], first["商品コード"], first["確認者"]) == ("2026-11-01 09:30:00", "00012", "A-1", "田中")
    assert json.loads(first["元の列"]) == {"氏名": "山田 花子"}
    assert (second["決め方"], second["理由グループ"]) == ("機械の読み取り", "判定不能")


def test_personal_data_is_covered_unless_it_is_asked_for(db: Database, filled: None, tmp_path: Path) -> None:
    path, manifest = written(db, tmp_path, "replies")
    first = records(path)[0]
    assert first["お客様のことば"] == WORDS.replace("090-1234-5678", "〔電話番号〕")
    assert first["元の列"] == ""
    assert manifest.as_data()["personal_data"] == "masked"
    path, _ = written(db, tmp_path, "decisions")
    assert records(path)[0]["メモ"] == "〔電話番号〕 に折り返し"
    assert "山田" not in path.read_text("utf-8-sig")


def test_what_cp932_lacks_is_told_not_lost(db: Database, filled: None, tmp_path: Path) -> None:
    path, manifest = written(db, tmp_path, "replies", encoding="cp932", unmasked=True)
    assert records(path, "cp932")[0]["お客様のことば"] == WORDS.replace("😊", "〓").replace("〜", "～")
    assert manifest.as_data()["replaced_characters"] == "😊"
    assert "😊" in next(iter(manifest.losses()))


def test_a_csv_has_its_manifest_beside_it(db: Database, filled: None, tmp_path: Path) -> None:
    path, _ = written(
        db, tmp_path, "replies", selection=Selection(start=date(2026, 11, 1), end=date(2026, 11, 1), purchase_type="subscription")
    )
    told = json.loads((tmp_path / "out.csv.manifest.json").read_text())
    assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (told["rows"], told["from"], told["to"], told["by"]) == (1, "2026-11-01", "2026-11-01", "田中")
    assert told["filters"] == {"買い方": "定期購入"}
    assert told["model_version"] == "test"
    assert told["columns"][0] == "回答番号"


def test_a_workbook_has_real_dates_numbers_and_a_second_sheet(db: Database, filled: None, tmp_path: Path) -> None:
    path, manifest = written(db, tmp_path, "replies", "xlsx")
    book = CalamineWorkbook.from_path(str(path))
    assert book.sheet_names == ["回答", "この書き出しについて"]
    header, first, second = book.get_sheet_by_name("回答").to_python()
    row = dict(zip(header, first, strict=True))
    assert row["回答日時"] == datetime(2026, 11, 1, 9, 30)
    assert row["読み取りの確信度"] == 0.61
    assert row["顧客ID"] == "00012"
    assert second[header.index("お客様のことば")] == "=1+1"
    about = dict(book.get_sheet_by_name("この書き出しについて").to_python()[1:])
    assert (about["行数"], about["内容"], about["読み取りのモデル"]) == (2, "回答", "test")
    assert manifest.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_reasons_keep_their_colours_in_the_workbook(db: Database, filled: None, tmp_path: Path) -> None:
    import zipfile

    path, _ = written(db, tmp_path, "breakdown", "xlsx")
    with zipfile.ZipFile(path) as archive:
        styles, sheet = archive.read("xl/styles.xml").decode(), archive.read("xl/worksheets/sheet1.xml").decode()
    assert "FFC98B00" in styles
    assert 'state="frozen"' in sheet
    assert "<f>" not in sheet


def test_decisions_with_their_probability(db: Database, filled: None, tmp_path: Path) -> None:
    with db.transaction() as session:
        undone = make.answer(session)
        make.decision(session, answer=undone, by=make.user(session), undone_at=clock.now())
    path, manifest = written(db, tmp_path, "decisions")
    first, second = records(path)
    assert (first["抽出確率"], first["順番の決め方"], first["理由コード"], first["回"]) == ("0.25", "無作為", "no_effect", "1回目")
    assert second["取り消し日時"]
    assert manifest.rows == 2


def test_long_exports_are_read_in_batches(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voc.exports.rows.BATCH", 3)
    with db.transaction() as session:
        for n in range(10):
            make.answer(session, f"声{n}")
    path, manifest = written(db, tmp_path, "replies")
    assert [row["お客様のことば"] for row in records(path)] == [f"声{n}" for n in range(10)]
    assert manifest.rows == 10


def test_too_long_for_a_sheet_is_said_before(db: Database, filled: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voc.exports.service.MAX_XLSX_ROWS", 2)
    with pytest.raises(Refused, match="CSV で書き出して"):
        written(db, tmp_path, "replies", "xlsx")
    assert list(tmp_path.glob("*.part")) == []


def test_an_empty_house_gives_a_header(db: Database, tmp_path: Path) -> None:
    for kind in service.KINDS:
        for suffix in service.FORMATS:
            path, manifest = written(db, tmp_path, kind, suffix)
            assert path.stat().st_size > 100
            assert manifest.rows == (7 if kind == "breakdown" else 0)


def test_a_wrong_wish_is_a_sentence(db: Database, tmp_path: Path) -> None:
    for values in ({"kind": "everything"}, {"kind": "replies", "format": "pdf"}, {"kind": "replies", "encoding": "utf-7"}):
        with pytest.raises(Refused):
            Order(**values)
    with pytest.raises(Refused, match="書き込めません"), db.reading() as session:
        service.to_path(session, Order(kind="replies"), tmp_path / "nowhere" / "a.csv")


def test_agreement_of_two_people(db: Database, tmp_path: Path) -> None:
    with db.transaction() as session:
        one, two = make.user(session, name="佐藤"), make.user(session, name="高橋")
        for first, second in [("price", "price")] * 30 + [("price", "quality")] * 6 + [("quality", "quality")] * 14:
            answer = make.answer(session)
            make.draw(session, answer=answer, double=True)
            make.decision(session, answer=answer, by=one, primary_leaf=first)
            make.decision(session, answer=answer, by=two, primary_leaf=second, round="second")
    path, manifest = written(db, tmp_path, "agreement")
    rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    assert [row["区分"] for row in rows] == ["全体", "理由", "理由", "二人", "取り違え"]
    assert (rows[0]["二人で確認"], float(rows[0]["一致"])) == ("50", 0.88)
    assert float(rows[0]["κの下限(95%)"]) < float(rows[0]["κ"]) < float(rows[0]["κの上限(95%)"])
    assert rows[3]["対象"] == "佐藤・高橋"
    assert (rows[4]["コード"], rows[4]["二人で確認"], len(rows[4]["例の回答番号"].split("|"))) == ("quality|price", "6", 3)
    assert "kappa" in manifest.method
