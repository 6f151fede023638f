"""Files on their way in: kept in the uploads folder until they are taken or thrown away, with a sketch of what stands in them."""

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from hashlib import file_digest, sha256
from itertools import islice
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from voc.errors import TemporaryFailure
from voc.spreadsheet import Row, Table, read_table

CHUNK = 1 << 20
SKETCHED_ROWS = 60
MAX_SKETCHED_CELL = 2_000


@dataclass(frozen=True)
class Sketch:
    """The header and the first rows, so that the screens need not open a large file again and again."""

    header: list[str]
    rows: list[tuple[int, list[str]]]
    encoding: str

    def table(self) -> Table:
        return Table(header=list(self.header), rows=(Row(number, list(cells)) for number, cells in self.rows), encoding=self.encoding)


@dataclass(frozen=True)
class Upload:
    """A file that has arrived."""

    path: Path
    sha256: str
    size: int
    sketch: Sketch


def path_of(folder: Path, run_id: int) -> Path:
    return folder / f"import-{run_id}"


def sketch_path(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def receive(folder: Path, stream: BinaryIO) -> Upload:
    """Keep a file under a name of its own and look into it.

    Raises
    ------
    SpreadsheetError
        It is no table; nothing is kept.
    TemporaryFailure
        The disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"arriving-{token_hex(8)}"
    digest = sha256()
    try:
        with _room_on_disk(), path.open("wb") as file:
            path.chmod(0o600)
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
                file.write(chunk)
        return Upload(path=path, sha256=digest.hexdigest(), size=path.stat().st_size, sketch=make_sketch(path))
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def make_sketch(path: Path, *, encoding: str | None = None) -> Sketch:
    table = read_table(path, encoding=encoding)
    try:
        rows = [(row.number, [cell[:MAX_SKETCHED_CELL] for cell in row.cells]) for row in islice(table.rows, SKETCHED_ROWS)]
    finally:
        table.close()
    return Sketch(header=table.header, rows=rows, encoding=table.encoding)


def settle(upload: Upload, folder: Path, run_id: int) -> None:
    """Give an arrived file the name of its import."""
    path = path_of(folder, run_id)
    with _room_on_disk():
        keep_sketch(path, upload.sketch)
        upload.path.rename(path)


def keep_sketch(path: Path, sketch: Sketch) -> None:
    kept = sketch_path(path)
    kept.touch(mode=0o600)
    kept.write_text(json.dumps(asdict(sketch), ensure_ascii=False), encoding="utf-8", errors="replace")


def sketch_of(path: Path, *, encoding: str | None = None) -> Sketch:
    """The sketch that was kept, or a new one where the file is to be read in another encoding."""
    with suppress(OSError, ValueError, KeyError):
        kept = Sketch(**json.loads(sketch_path(path).read_text(encoding="utf-8")))
        if encoding in (None, kept.encoding):
            return kept
    return make_sketch(path, encoding=encoding)


def throw_away(folder: Path, run_id: int) -> None:
    path = path_of(folder, run_id)
    path.unlink(missing_ok=True)
    sketch_path(path).unlink(missing_ok=True)


@contextmanager
def _room_on_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise TemporaryFailure(
                "サーバーのディスクがいっぱいで、ファイルを保存できません。管理者に連絡し、空き容量を作ってから、もう一度お試しください。"
            ) from None
        raise
