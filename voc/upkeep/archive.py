"""The form of a backup: one zip with a table a member, a row a line of JSON, and a manifest with every checksum.

The same for SQLite and PostgreSQL, so that a backup of the one restores into the other. Pure but for the files it reads
and writes: no Flask, no database.
"""

import hashlib
import json
import os
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Self

from voc.errors import Refused

FORMAT = "voc-backup"
VERSION = 1
MANIFEST = "manifest.json"
_LEVEL = 5
_BLOCK = 1 << 20

DAMAGED = "控え {name} は壊れているか、途中で切れています({why})。別の控えを使ってください。いまのデータは変えていません。"


@dataclass(kw_only=True)
class TableEntry:
    """One table as it stands in the archive."""

    columns: list[str]
    rows: int
    sha256: str


@dataclass(kw_only=True)
class Manifest:
    """What an archive holds."""

    schema: str
    created_at: str
    tables: dict[str, TableEntry] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """Path below the instance folder → SHA-256."""
    format: str = FORMAT
    version: int = VERSION

    @property
    def rows(self) -> int:
        return sum(entry.rows for entry in self.tables.values())


class Writer:
    """Writes an archive under a name of its own, and gives it the wanted name only when it is whole."""

    def __init__(self, path: Path, *, schema: str) -> None:
        self.path = path
        self.manifest = Manifest(schema=schema, created_at=datetime.now(UTC).isoformat(timespec="seconds"))
        self._part = path.with_name(f".{path.name}.{os.getpid()}.part")

    def __enter__(self) -> Self:
        try:
            descriptor = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise Refused(f"{self.path.parent} に書けません({error.strerror})。書き込める場所を指定してください。") from None
        self._file = os.fdopen(descriptor, "wb")
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self._zip.writestr(MANIFEST, json.dumps(asdict(self.manifest), indent=1))
            self._zip.close()
            if kind is None:
                self._file.flush()
                os.fsync(self._file.fileno())
                self._part.replace(self.path)
        except OSError as failure:
            raise Refused(f"控えを書けません({failure.strerror})。空き容量のある場所を指定してください。") from None
        finally:
            self._file.close()
            self._part.unlink(missing_ok=True)

    def table(
        self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], progress: Callable[[int], None] | None = None
    ) -> None:
        """Write a table's rows; ``progress`` is told now and then how many."""
        digest, count = hashlib.sha256(), 0
        with self._zip.open(_member(name), "w", force_zip64=True) as out:
            for count, row in enumerate(rows, start=1):
                line = (json.dumps(row, separators=(",", ":")) + "\n").encode()
                digest.update(line)
                out.write(line)
                if progress and count % 10_000 == 0:
                    progress(count)
        self.manifest.tables[name] = TableEntry(columns=list(columns), rows=count, sha256=digest.hexdigest())

    def file(self, name: str, path: Path) -> None:
        digest = hashlib.sha256()
        with path.open("rb") as source, self._zip.open(f"files/{name}", "w", force_zip64=True) as out:
            while block := source.read(_BLOCK):
                digest.update(block)
                out.write(block)
        self.manifest.files[name] = digest.hexdigest()


class Reader:
    """Reads an archive. Nothing is given out before ``verify`` has found every byte as it was written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except OSError as error:
            raise Refused(f"{path} を開けません({error.strerror})。ファイルの名前と場所を確かめてください。") from None
        except (zipfile.BadZipFile, UnicodeDecodeError) as error:  # the latter: a name in its table of contents
            raise self.damaged(str(error)) from None
        try:
            self.manifest = self._understood(json.loads(self._zip.read(MANIFEST)))
        except BaseException as error:
            self._zip.close()
            if isinstance(error, (zipfile.BadZipFile, KeyError, ValueError)):
                raise self.damaged(str(error)) from None
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._zip.close()

    def damaged(self, why: str) -> Refused:
        return Refused(DAMAGED.format(name=self.path.name, why=why))

    def _understood(self, raw: dict[str, Any]) -> Manifest:
        if raw.get("format") != FORMAT:
            raise Refused(f"{self.path.name} は voc の控えではありません。voc backup で作ったファイルを指定してください。")
        if int(raw["version"]) > VERSION:
            raise Refused(f"{self.path.name} は新しい版の voc で作られています。voc を新しくしてから、もう一度お試しください。")
        tables = {name: TableEntry(**entry) for name, entry in raw.pop("tables").items()}
        return Manifest(tables=tables, **raw)

    def verify(self) -> Iterator[int]:
        """Read everything once and hold it against the checksums; the number of rows read is told now and then."""
        read = 0
        for name, entry in self.manifest.tables.items():
            rows, digest = 0, hashlib.sha256()
            for line in self._lines(name):
                digest.update(line)
                rows += 1
                if rows % 10_000 == 0:
                    yield read + rows
            if rows != entry.rows or digest.hexdigest() != entry.sha256:
                raise self.damaged(f"{name} の中身が記録と違います")
            read += rows
        for name, wanted in self.manifest.files.items():
            digest = hashlib.sha256()
            for block in self._blocks(_safe(name, self)):
                digest.update(block)
            if digest.hexdigest() != wanted:
                raise self.damaged(f"{name} の中身が記録と違います")
        yield read

    def rows(self, name: str) -> Iterator[list[Any]]:
        for line in self._lines(name):
            yield json.loads(line)

    def extract(self, name: str, target: Path) -> None:
        """Write a file of the archive, whole or not at all."""
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = target.with_name(f".{target.name}.part")
        with self._zip.open(f"files/{_safe(name, self)}") as source, part.open("wb") as out:
            shutil.copyfileobj(source, out, _BLOCK)
        part.replace(target)

    def _lines(self, name: str) -> Iterator[bytes]:
        try:
            with self._zip.open(_member(name)) as lines:
                yield from lines
        except (zipfile.BadZipFile, zlib.error, RuntimeError, KeyError, EOFError, OSError, zipfile.LargeZipFile) as error:
            raise self.damaged(f"{name}: {error}") from None

    def _blocks(self, name: str) -> Iterator[bytes]:
        try:
            with self._zip.open(f"files/{name}") as source:
                while block := source.read(_BLOCK):
                    yield block
        except (zipfile.BadZipFile, zlib.error, RuntimeError, KeyError, EOFError, OSError) as error:
            raise self.damaged(f"{name}: {error}") from None


def _member(table: str) -> str:
    return f"tables/{table}.jsonl"


def _safe(name: str, reader: Reader) -> str:
    """A path that stays below the folder it is meant for."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts or path.parts[0] not in FOLDERS:
        raise reader.damaged(f"{name} は控えに入るはずのない場所です")
    return name


#: What of the instance folder belongs into a backup: own models, and files that wait to be taken in.
FOLDERS = ("models", "uploads")
