"""Orders of a file → rows of the database. The same file again changes nothing; a newer export brings old orders up to date."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc.bulk import among, insert_columns, reserve_ids
from voc.clock import now
from voc.customers.buyer_rows import Buyer
from voc.customers.order_rows import NEVER, BuyerFacts, OrderHead, OrderRecord, Plain
from voc.customers.people import CUSTOMERS, MailConsents, NewConsent, People
from voc.customers.products import Products
from voc.customers.source import Tally
from voc.customers.tables import Order, OrderLine
from voc.db import table

ORDERS = table(Order)
LINES = table(OrderLine)
_HEAD = ("customer_id", "ordered_at", "status", "purchase_type", "total")
_LINE = ("order_id", "product_id", "quantity", "unit_price")
_AT_ONCE = 2_000


class OrderStore:
    """Takes batches of order records."""

    def __init__(self, session: Session, shop_id: int, tally: Tally, facts: BuyerFacts, *, consent_source: str, has_lines: bool) -> None:
        self.imported = self.updated = self.merged = 0
        self._session = session
        self._shop_id = shop_id
        self._tally = tally
        self._facts = facts
        self._people = People(session, shop_id)
        self._products = Products(session, shop_id)
        self._consents = MailConsents(session, source=consent_source)
        self._has_lines = has_lines
        self._shop_was_empty = session.scalar(sa.select(ORDERS.c.id).where(ORDERS.c.shop_id == shop_id).limit(1)) is None
        self._customer_ids = array("q")
        """By the buyer's number in this file."""
        self._known: dict[int, list[int]] = {}
        """Customers who were there before: the numbers they have in this file."""
        self._unsettled: set[int] = set()
        """Customers whose first order may be another one now."""

    def take(self, batch: Sequence[Plain]) -> None:
        records = _joined(OrderRecord.restored(plain) for plain in batch)
        self._meet([record.head for record in records if record.head is not None and record.head.buyer is not None])
        present = self._present(records)
        self._products.ensure((line[0], line[1]) for record in records for line in record.lines)
        self._add([record for record in records if record.number not in present])
        self._bring_up_to_date([record for record in records if record.number in present], present)

    def finish(self) -> None:
        """What the file says about customers who were there before: bases, refusals, first orders."""
        for ids in _slices(sorted(self._known.keys() | self._unsettled)):
            told = [(customer_id, number) for customer_id in ids for number in self._known.get(customer_id, ())]
            bought: dict[int, datetime] = {}
            for customer_id, number in told:
                if (second := self._facts.bought_at(number)) < NEVER:
                    bought[customer_id] = min(_moment(second), bought.get(customer_id, _moment(second)))
            self._consents.give(bought, basis="business_relation")
            unwilling = {customer_id for customer_id, number in told if self._facts.unwilling(number)}
            self._consents.withdraw(unwilling, basis="business_relation")
            self._note_entries(told)
            self._note_first_orders(ids)

    # -- one batch ------------------------------------------------------------------------------------------------------

    def _meet(self, heads: Sequence[OrderHead]) -> None:
        """Find or make the customers that this file names for the first time."""
        numbers = [head.buyer_number for head in heads]
        firsts = [self._first(number) for number in numbers]
        beginnings = [(first, self._facts.entry(number)) for number, first in zip(numbers, firsts, strict=True)]
        found = self._people.resolve([Buyer._make(head.buyer) for head in heads if head.buyer is not None], beginnings)
        fresh: dict[int, NewConsent | None] = {}
        moment = now()
        for number, first, customer in zip(numbers, firsts, found, strict=True):
            self._customer_ids.extend([0] * (number + 1 - len(self._customer_ids)))
            self._customer_ids[number] = customer.id
            if not customer.made or customer.id in fresh:
                self._known.setdefault(customer.id, []).append(number)
            elif self._facts.unwilling(number):
                fresh[customer.id] = NewConsent(customer.id, first or moment, moment)
            else:
                fresh[customer.id] = NewConsent(customer.id, first, None) if first and customer.may_be_written_to else None
        self._consents.begin([consent for consent in fresh.values() if consent is not None], basis="business_relation")

    def _first(self, number: int) -> datetime | None:
        second = self._facts.bought_at(number)
        return None if second == NEVER else _moment(second)

    def _present(self, records: Sequence[OrderRecord]) -> dict[str, Any]:
        """The orders that are there already. Into an empty shop only this file itself can have brought them."""
        wanted = [record.number for record in records if not (record.first and self._shop_was_empty)]
        if not wanted:
            return {}
        columns = (ORDERS.c.id, ORDERS.c.number, *(ORDERS.c[name] for name in _HEAD))
        select = sa.select(*columns).where(ORDERS.c.shop_id == self._shop_id, among(self._session, ORDERS.c.number, wanted))
        return {row.number: row for row in self._session.execute(select)}

    def _add(self, records: Sequence[OrderRecord]) -> None:
        whole = [record for record in records if record.head is not None]
        ids = reserve_ids(self._session, ORDERS, len(whole))
        heads = [record.head for record in whole if record.head is not None]
        columns: dict[str, Sequence[object]] = {
            "id": ids,
            "shop_id": [self._shop_id] * len(whole),
            "number": [record.number for record in whole],
            "customer_id": [self._customer_ids[head.buyer_number] for head in heads],
            "ordered_at": [_moment(head.ordered_at) for head in heads],
            "status": [head.status for head in heads],
            "purchase_type": [head.purchase_type for head in heads],
            "total": [head.total for head in heads],
        }
        insert_columns(self._session, ORDERS, columns)
        self._insert_lines(zip(ids, whole, strict=True))
        self.imported += len(whole)
        self.merged += sum(record.used - 1 for record in whole)
        for record in records:
            if record.head is None:
                for row in range(record.row, record.row + record.used):
                    self._tally.skip(row, "この番号の注文がまだありません。先に注文のファイルを取り込んでください。", understood=True)

    def _bring_up_to_date(self, records: Sequence[OrderRecord], present: Mapping[str, Any]) -> None:
        first = [(present[record.number].id, record) for record in records if record.first]
        self._insert_lines((present[record.number].id, record) for record in records if not record.first)
        changed = self._replace_lines(first) if self._has_lines else set()
        changed |= self._replace_heads([record for _, record in first], present)
        self.updated += len(changed)
        self.merged += sum(record.used for record in records) - len(changed)

    def _replace_heads(self, records: Sequence[OrderRecord], present: Mapping[str, Any]) -> set[int]:
        """Make the heads of orders what the file says; the orders for which that changed something."""
        changed = []
        for record in records:
            before = present[record.number]
            if record.head is None or (told := self._values(record.head)) == tuple(getattr(before, name) for name in _HEAD):
                continue
            changed.append(dict(zip(_HEAD, told, strict=True)) | {"row_id": before.id})
            self._unsettled.update((before.customer_id, told[0]))
        if changed:
            statement = sa.update(ORDERS).where(ORDERS.c.id == sa.bindparam("row_id"))
            self._session.connection().execute(statement.values({name: sa.bindparam(name) for name in _HEAD}), changed)
        return {row["row_id"] for row in changed}

    def _replace_lines(self, orders: Sequence[tuple[int, OrderRecord]]) -> set[int]:
        """Make the lines of orders what the file says; the orders for which that changed something."""
        stored: dict[int, list[tuple[int, ...]]] = {}
        select = sa.select(*(LINES.c[name] for name in _LINE)).where(
            among(self._session, LINES.c.order_id, [order_id for order_id, _ in orders])
        )
        for order_id, *line in self._session.execute(select):
            stored.setdefault(order_id, []).append(tuple(line))
        changed = [(order_id, record) for order_id, record in orders if sorted(self._lines(record)) != sorted(stored.get(order_id, []))]
        if changed:
            self._session.execute(sa.delete(LINES).where(among(self._session, LINES.c.order_id, [order_id for order_id, _ in changed])))
            self._insert_lines(changed)
        return {order_id for order_id, _ in changed}

    def _insert_lines(self, orders: Iterable[tuple[int, OrderRecord]]) -> None:
        lines = [(order_id, line) for order_id, record in orders for line in record.lines]
        columns: dict[str, Sequence[object]] = {
            "order_id": [order_id for order_id, _ in lines],
            "product_id": [self._products.id_of(line[0]) for _, line in lines],
            "quantity": [line[2] for _, line in lines],
            "unit_price": [line[3] for _, line in lines],
        }
        insert_columns(self._session, LINES, columns)

    def _lines(self, record: OrderRecord) -> list[tuple[int, ...]]:
        return [(self._products.id_of(code), quantity, price) for code, _, quantity, price in record.lines]

    def _values(self, head: OrderHead) -> tuple[Any, ...]:
        return self._customer_ids[head.buyer_number], _moment(head.ordered_at), head.status, head.purchase_type, head.total

    # -- the whole file -------------------------------------------------------------------------------------------------

    def _note_entries(self, told: Sequence[tuple[int, int]]) -> None:
        """The advertisement of the first order, unless an earlier order is known."""
        rows = [
            {"row_id": customer_id, "entry": self._facts.entries[number][1], "moment": _moment(self._facts.entries[number][0])}
            for customer_id, number in told
            if number in self._facts.entries
        ]
        if rows:
            first = CUSTOMERS.c.first_order_at
            told_first = sa.or_(CUSTOMERS.c.entry.is_(None), first.is_(None), first >= sa.bindparam("moment", type_=first.type))
            changed = CUSTOMERS.c.entry.is_distinct_from(sa.bindparam("entry"))
            statement = sa.update(CUSTOMERS).where(CUSTOMERS.c.id == sa.bindparam("row_id"), told_first, changed)
            self._session.connection().execute(statement.values(entry=sa.bindparam("entry")), rows)

    def _note_first_orders(self, customer_ids: Sequence[int]) -> None:
        if unsettled := self._unsettled.intersection(customer_ids):
            self._session.execute(sa.update(CUSTOMERS).where(among(self._session, CUSTOMERS.c.id, unsettled)).values(first_order_at=None))
        first = (
            sa.select(ORDERS.c.customer_id, sa.func.min(ORDERS.c.ordered_at).label("moment"))
            .where(among(self._session, ORDERS.c.customer_id, customer_ids), ORDERS.c.status == "purchased")
            .group_by(ORDERS.c.customer_id)
            .subquery()
        )
        known = CUSTOMERS.c.first_order_at
        earlier = sa.or_(known.is_(None), known > first.c.moment)
        self._session.execute(
            sa.update(CUSTOMERS).where(CUSTOMERS.c.id == first.c.customer_id, earlier).values(first_order_at=first.c.moment)
        )


def _joined(records: Iterable[OrderRecord]) -> list[OrderRecord]:
    """Pieces of one order in one batch made one record."""
    whole: dict[str, OrderRecord] = {}
    for record in records:
        before = whole.get(record.number)
        whole[record.number] = (
            before._replace(used=before.used + record.used, lines=[*before.lines, *record.lines]) if before is not None else record
        )
    return list(whole.values())


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def _slices(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
