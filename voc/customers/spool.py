"""Records put aside between reading a file and writing to the database, on disk, so that a file of any size fits in memory.

The whole file is read before anything is written: what is wrong with it is known while nothing has happened yet, and
the database is held only for as long as writing takes.
"""

import marshal
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Self

BATCH = 1_000


class Spool:
    """Batches of plain tuples in a temporary file that nobody else can see and that vanishes when closed."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by __exit__)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def fill(self, records: Iterable[Any]) -> Iterator[None]:
        """Put all records aside; pauses after each batch, for telling how far it is."""
        source = iter(records)
        while batch := list(islice(source, BATCH)):
            data = marshal.dumps(batch)
            self._file.write(len(data).to_bytes(8, "little") + data)
            yield

    def batches(self) -> Iterator[list[Any]]:
        """The records again, batch by batch."""
        self._file.seek(0)
        while size := self._file.read(8):
            # Our own file, never seen by anybody else: marshal is ten times faster than JSON here.
            yield marshal.loads(self._file.read(int.from_bytes(size, "little")))  # noqa: S302
