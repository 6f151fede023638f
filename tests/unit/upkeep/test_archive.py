"""The form of a backup."""

import json
import stat
import zipfile
from pathlib import Path

import pytest

from voc.errors import Refused
from voc.upkeep.archive import MANIFEST, Reader, Writer

ROWS = [[1, "青汁", None], [2, "half of an emoji \ud83d, a zero \x00", {"a": [1, 2.5]}]]


def write(path: Path, rows: list[list[object]] = ROWS) -> None:
    with Writer(path, schema="0001") as writer:
        writer.table("answers", ["id", "text", "extra"], rows)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write(tmp_path / "a.voc")
    with Reader(tmp_path / "a.voc") as archive:
        assert list(archive.verify())[-1] == 2
        assert list(archive.rows("answers")) == ROWS
        assert archive.manifest.tables["answers"].columns == ["id", "text", "extra"]


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    write(tmp_path / "a.voc")
    assert stat.S_IMODE((tmp_path / "a.voc").stat().st_mode) == 0o600


def test_a_failure_leaves_the_old_one_and_no_rubbish(tmp_path: Path) -> None:
    write(tmp_path / "a.voc")
    before = (tmp_path / "a.voc").read_bytes()
    with pytest.raises(ZeroDivisionError), Writer(tmp_path / "a.voc", schema="0001") as writer:
        writer.table("answers", ["id"], ([1 / (2 - number)] for number in range(3)))
    assert (tmp_path / "a.voc").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.voc"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="書けません"):
        write(tmp_path / "nowhere" / "a.voc")


@pytest.mark.parametrize("cut", [10, 100, 300])
def test_a_cut_file_is_refused(tmp_path: Path, cut: int) -> None:
    write(tmp_path / "a.voc")
    (tmp_path / "a.voc").write_bytes((tmp_path / "a.voc").read_bytes()[:-cut])
    with pytest.raises(Refused, match="壊れているか、途中で切れています"):
        Reader(tmp_path / "a.voc")


def test_changed_rows_are_found(tmp_path: Path) -> None:
    write(tmp_path / "a.voc")
    with zipfile.ZipFile(tmp_path / "a.voc") as source, zipfile.ZipFile(tmp_path / "b.voc", "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, data.replace(b"[1,", b"[9,") if name.startswith("tables/") else data)
    with Reader(tmp_path / "b.voc") as archive, pytest.raises(Refused, match="answers の中身が記録と違います"):
        list(archive.verify())


@pytest.mark.parametrize("name", ["../secret_key", "/etc/passwd", "models/../../x", "secret_key"])
def test_no_file_leaves_its_folder(tmp_path: Path, name: str) -> None:
    manifest = {"format": "voc-backup", "version": 1, "schema": "0001", "created_at": "", "tables": {}, "files": {name: "0"}}
    with zipfile.ZipFile(tmp_path / "a.voc", "w") as target:
        target.writestr(MANIFEST, json.dumps(manifest))
        target.writestr(f"files/{name}", "x")
    with Reader(tmp_path / "a.voc") as archive, pytest.raises(Refused, match="入るはずのない場所"):
        list(archive.verify())


def test_another_programs_zip_is_no_backup(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as target:
        target.writestr(MANIFEST, "{}")
    with pytest.raises(Refused, match="voc の控えではありません"):
        Reader(tmp_path / "a.zip")


def test_a_newer_form_asks_for_a_newer_program(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as target:
        target.writestr(MANIFEST, json.dumps({"format": "voc-backup", "version": 99, "schema": "x", "tables": {}}))
    with pytest.raises(Refused, match="voc を新しくして"):
        Reader(tmp_path / "a.zip")
