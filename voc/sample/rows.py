"""Many rows at once: collected with numbers of their own, numbered anew when they are written."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from voc.bulk import insert_rows, reserve_ids
from voc.schema import metadata

#: Columns that name a row of the same batch → the table it stands in. Other references are to rows written before.
_WITHIN = {
    "customer_id": "customers",
    "order_id": "orders",
    "subscription_id": "subscriptions",
    "invitation_id": "invitations",
    "answer_id": "answers",
}


class Batch:
    """Rows of several tables that refer to one another."""

    def __init__(self) -> None:
        self._rows: dict[str, list[dict[str, Any]]] = defaultdict(list)

    def add(self, table: str, **values: Any) -> int:
        """Put a row in; its number within this batch, from 1, which other rows of the batch may refer to."""
        rows = self._rows[table]
        rows.append(values)
        return len(rows)

    def write(self, session: Session) -> None:
        """Write all in the caller's transaction."""
        ids = {name: reserve_ids(session, metadata.tables[name], len(rows)) for name, rows in self._rows.items()}
        for table in metadata.sorted_tables:
            rows = self._rows.get(table.name)
            if rows:
                columns = list(rows[0])
                within = {place: ids[_WITHIN[name]] for place, name in enumerate(columns) if _WITHIN.get(name) in ids}
                numbered = (_numbered(row, number, within) for row, number in zip(rows, ids[table.name], strict=True))
                insert_rows(session, table, ["id", *columns], numbered)
        self._rows.clear()


def _numbered(row: dict[str, Any], number: int, within: dict[int, Sequence[int]]) -> list[Any]:
    values = list(row.values())
    for place, numbers in within.items():
        if values[place] is not None:
            values[place] = numbers[values[place] - 1]
    return [number, *values]
