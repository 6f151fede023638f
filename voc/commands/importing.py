"""What the command ``import`` does: files one after the other, progress on the terminal, what became of each."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa

import voc.schema  # noqa: F401 (all tables: what one room's rows point to stands in another)
from voc.customers import queries
from voc.customers.fields import KIND_LABELS
from voc.customers.imports import ImportResult, import_file
from voc.customers.runs import lines_in, take_file
from voc.customers.source import FileRefused, guessed, header_hash
from voc.customers.tables import ColumnMapping
from voc.db import Database
from voc.errors import VocError
from voc.spreadsheet import read_table
from voc.surveys.imports import import_replies

SHOWN_SKIPPED = 20


@dataclass
class Outcome:
    """What became of all files of one call."""

    taken: list[tuple[Path, ImportResult]] = field(default_factory=list)
    refused: list[tuple[Path, VocError]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """One object: that of the file, or of several files together with each one beside it."""
        files = [result.as_json() | {"file": path.name} for path, result in self.taken]
        refused = [_refusal(path, error) for path, error in self.refused]
        if len(files) == 1 and not refused:
            return files[0]
        told = {name: sum(one[name] for one in files) for name in ("rows", "imported", "updated", "merged")}
        skipped = [row | {"file": one["file"]} for one in files for row in one["skipped"]]
        return {
            "shop": _same(files, "shop"), "encoding": _same(files, "encoding"), **told, "skipped": skipped, "files": files, "refused": refused,
        }  # fmt: skip


def take_in(db: Database, kind: str, paths: list[Path], *, shop: str | None, dry_run: bool, quiet: bool) -> Outcome:
    """Take in files, each in a transaction of its own; one that is refused does not hold up the others."""
    outcome = Outcome()
    importer = import_replies if kind == "replies" else import_file
    for path in paths:
        try:
            mapping = _remembered(db, kind, path, shop)
            with _bar(path) as progress:
                result = take_file(db, path, importer, kind=kind, shop=shop, mapping=mapping, dry_run=dry_run, progress=progress)
        except VocError as error:
            outcome.refused.append((path, error))
            click.echo(f"voc: {path.name}: {error.message}", err=True)
        else:
            outcome.taken.append((path, result))
            if not quiet:
                _tell(path, result)
    return outcome


def _remembered(db: Database, kind: str, path: Path, shop: str | None) -> dict[str, object] | None:
    """The columns that a person confirmed on screen for files with this header."""
    with db.reading() as session:
        if session.scalar(sa.select(ColumnMapping.id).where(ColumnMapping.kind == kind).limit(1)) is None:
            return None
        table = read_table(path)
        try:
            header = guessed(table, path, kind).header
        finally:
            table.close()
        found = queries.remembered(session, kind=kind, header_hash=header_hash(header), shop=shop)
    return found[1] if found else None


def _bar(path: Path) -> AbstractContextManager[Callable[[int], None] | None]:
    return _Bar(path) if sys.stderr.isatty() else nullcontext()


class _Bar:
    """A progress bar by the rows read."""

    def __init__(self, path: Path) -> None:
        self._bar: Any = click.progressbar(length=max(1, lines_in(path)), label=path.name[:30], file=sys.stderr, show_pos=True)

    def __enter__(self) -> Callable[[int], None]:
        self._bar.__enter__()
        return self._to

    def __exit__(self, *error: Any) -> None:
        self._bar.__exit__(*error)

    def _to(self, rows: int) -> None:
        self._bar.update(max(0, min(rows, self._bar.length) - self._bar.pos))


def _tell(path: Path, result: ImportResult) -> None:
    trial = "(試しただけで、何も取り込んでいません)" if result.dry_run else ""
    click.echo(
        f"{path.name}: {KIND_LABELS[result.kind]} {result.rows:,}行({result.encoding}、ショップ「{result.shop}」){trial}\n"
        f"  新しい {result.imported:,}  更新 {result.updated:,}  まとめた・同じ {result.merged:,}  取り込まなかった {len(result.skipped):,}"
    )
    for note in result.notes:
        click.echo(f"  {note}")
    for one in result.skipped[:SHOWN_SKIPPED]:
        click.echo(f"  {one.row}行目: {one.reason}")
    if len(result.skipped) > SHOWN_SKIPPED:
        click.echo(f"  ほか{len(result.skipped) - SHOWN_SKIPPED:,}行。すべては --json で見られます。")


def _refusal(path: Path, error: VocError) -> dict[str, Any]:
    told: dict[str, Any] = {"file": path.name, "message": error.message}
    if isinstance(error, FileRefused):
        told["skipped"] = [{"row": row.row, "reason": row.reason} for row in error.skipped]
    return told


def _same(files: list[dict[str, Any]], name: str) -> Any:
    """What all files have in common, else nothing."""
    told = {one[name] for one in files}
    return told.pop() if len(told) == 1 else None
