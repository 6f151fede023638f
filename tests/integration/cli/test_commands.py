"""Commands as they are typed: what they print, and how they end."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from voc.cli import main


@pytest.fixture
def voc(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("VOC_DATABASE_URL", database_url)
    monkeypatch.setenv("VOC_INSTANCE_DIR", str(tmp_path))
    monkeypatch.setenv("VOC_BASE_URL", "https://voc.example.co.jp")

    def run(*words: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(main, list(words), input=stdin)

    return run


def test_from_nothing_to_a_copy_and_back(voc, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert voc("migrate").exit_code == 0
    made = voc("sample", "--customers", "60", "--replies", "20", "--open-links", "12", "--seed", "5")
    assert made.exit_code == 0, made.output
    assert "お客様 60 人、お客様の声 20 件" in made.output
    links = voc("links").output.splitlines()
    assert len(links) >= 12
    assert all(link.startswith("https://voc.example.co.jp/s/") for link in links)
    assert len(voc("links", "--limit", "3").output.splitlines()) == 3
    kept = voc("backup", str(tmp_path / "kept.voc"))
    assert kept.exit_code == 0, kept.output
    back = voc("restore", str(tmp_path / "kept.voc"))
    assert back.exit_code == 0, back.output
    assert "before-restore" in back.output
    assert voc("links").output.splitlines() == links


def test_check_ends_with_one_while_something_is_wrong(voc) -> None:  # type: ignore[no-untyped-def]
    told = voc("check", "--json")
    assert told.exit_code == 1
    found = json.loads(told.output)
    assert found["ok"] is False
    assert any("管理者がいません" in finding["sentence"] for finding in found["findings"])
    voc("user", "add", "a@example.co.jp", "--role", "admin", "--password-stdin", stdin="a good long password\n")
    assert voc("check").exit_code == 0


@pytest.mark.parametrize("words", [("restore", "nowhere.voc"), ("sample", "--replies", "-1"), ("backup", "/nowhere/x.voc")])
def test_a_failure_is_a_sentence_and_never_ends_with_zero(voc, words: tuple[str, ...]) -> None:  # type: ignore[no-untyped-def]
    told = voc(*words)
    assert told.exit_code == 2
    assert told.output.strip()
    assert "Traceback" not in told.output


@pytest.mark.parametrize("option", ["--product", "--campaign"])
@pytest.mark.parametrize("command", [("report", "breakdown"), ("export", "breakdown", "-o", "x.csv")])
def test_a_report_about_what_is_not_there_is_refused(  # type: ignore[no-untyped-def]
    voc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], option: str
) -> None:
    monkeypatch.chdir(tmp_path)
    voc("migrate")
    told = voc(*command, option, "777")
    assert told.exit_code == 2
    assert "777 はありません" in told.output
    assert list(tmp_path.glob("x.csv*")) == []


def test_a_new_database_can_be_read_by_its_owner_only(voc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "there"  # made by hand, as people do: open to everybody
    folder.mkdir(mode=0o755)
    monkeypatch.setenv("VOC_DATABASE_URL", f"sqlite:///{folder / 'voc.sqlite3'}")
    assert voc("migrate").exit_code == 0
    assert [path.name for path in folder.iterdir() if path.stat().st_mode & 0o077] == []
    assert (folder / "voc.sqlite3").stat().st_size > 0
