"""Customers and subscriptions of a file → rows of the database. The same file again changes nothing."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc.bulk import among, insert_rows
from voc.clock import now
from voc.customers.buyer_rows import Buyer
from voc.customers.people import CUSTOMERS, MailConsents, People
from voc.customers.people_rows import CustomerRecord, SubscriptionRecord
from voc.customers.products import Products
from voc.customers.tables import Subscription
from voc.db import table

SUBSCRIPTIONS = table(Subscription)
_SUBSCRIPTION = ("customer_id", "product_id", "status", "started_at", "cancelled_at", "cycle_days", "deliveries")


class CustomerStore:
    """Takes batches of customer records. This file is about customers, so what it says replaces what was known."""

    def __init__(self, session: Session, shop_id: int, *, consent_source: str) -> None:
        self.imported = self.updated = self.merged = 0
        self._session = session
        self._people = People(session, shop_id, overwrite=True)
        self._consents = MailConsents(session, source=consent_source)

    def take(self, batch: Sequence[Any]) -> None:
        records = [CustomerRecord._make((*plain[:-1], Buyer._make(plain[-1]))) for plain in batch]
        known = self._people.resolve([record.buyer for record in records])
        made = {customer.id for customer in known if customer.made}
        changed = {customer.id for customer in known if customer.changed}
        last = {customer.id: record for customer, record in zip(known, records, strict=True)}
        changed |= self._note_beginnings(last) | self._note_consents(last)
        self.imported += len(made)
        self.updated += len(changed - made)
        self.merged += len(records) - len(made | changed)

    def finish(self) -> None:
        """Nothing waits for the end of the file."""

    def _note_beginnings(self, told: Mapping[int, CustomerRecord]) -> set[int]:
        """First orders that are earlier than those known, and by which advertisement people came."""
        stored = self._session.execute(
            sa.select(CUSTOMERS.c.id, CUSTOMERS.c.first_order_at, CUSTOMERS.c.entry).where(among(self._session, CUSTOMERS.c.id, told))
        ).all()
        rows = []
        for row_id, first, entry in stored:
            record = told[row_id]
            moment = None if record.first_order_at is None else datetime.fromtimestamp(record.first_order_at, UTC)
            earliest = min((one for one in (first, moment) if one is not None), default=None)
            if (earliest, record.entry or entry) != (first, entry):
                rows.append({"row_id": row_id, "first_order_at": earliest, "entry": record.entry or entry})
        if rows:
            statement = sa.update(CUSTOMERS).where(CUSTOMERS.c.id == sa.bindparam("row_id"))
            values: dict[str, Any] = {name: sa.bindparam(name) for name in ("first_order_at", "entry")}
            self._session.connection().execute(statement.values(values), rows)
        return {row["row_id"] for row in rows}

    def _note_consents(self, told: Mapping[int, CustomerRecord]) -> set[int]:
        moment = now()
        refused = [customer_id for customer_id, record in told.items() if record.wish is False or record.left]
        changed = self._consents.withdraw(refused, basis="consent")
        wanted = {customer_id: moment for customer_id, record in told.items() if record.wish and not record.left}
        changed |= self._consents.give(wanted, basis="consent")
        bought = {
            customer_id: moment if record.first_order_at is None else datetime.fromtimestamp(record.first_order_at, UTC)
            for customer_id, record in told.items()
            if record.bought
        }
        return changed | self._consents.give(bought, basis="business_relation")


class SubscriptionStore:
    """Takes batches of subscription records."""

    def __init__(self, session: Session, shop_id: int, *, consent_source: str) -> None:
        self.imported = self.updated = self.merged = 0
        self._session = session
        self._shop_id = shop_id
        self._people = People(session, shop_id)
        self._products = Products(session, shop_id)
        self._consents = MailConsents(session, source=consent_source)

    def take(self, batch: Sequence[Any]) -> None:
        records = [SubscriptionRecord._make((*plain[:-1], Buyer._make(plain[-1]))) for plain in batch]
        known = self._people.resolve([record.buyer for record in records])
        self._products.ensure(
            (record.product_code, record.product_name or record.product_code) for record in records if record.product_code
        )
        present = self._present(records)
        made: dict[str, dict[str, Any]] = {}
        changed: dict[str, dict[str, Any]] = {}
        for record, customer in zip(records, known, strict=True):
            before = made.get(record.external_id) or changed.get(record.external_id) or present.get(record.external_id)
            told = self._values(record, customer.id, before)
            if record.external_id not in present:
                made[record.external_id] = told
            elif any(told[name] != present[record.external_id][name] for name in _SUBSCRIPTION):
                changed[record.external_id] = told | {"row_id": present[record.external_id]["id"]}
        self._write(made, changed)
        self._consents.give(
            {customer.id: datetime.fromtimestamp(record.started_at, UTC) for record, customer in zip(records, known, strict=True)},
            basis="business_relation",
        )
        self._note_entries({customer.id: record.entry for record, customer in zip(records, known, strict=True) if record.entry})
        self.imported += len(made)
        self.updated += len(changed)
        self.merged += len(records) - len(made) - len(changed)

    def finish(self) -> None:
        """Nothing waits for the end of the file."""

    def _present(self, records: Sequence[SubscriptionRecord]) -> dict[str, dict[str, Any]]:
        columns = (SUBSCRIPTIONS.c.id, SUBSCRIPTIONS.c.external_id, *(SUBSCRIPTIONS.c[name] for name in _SUBSCRIPTION))
        ids = {record.external_id for record in records}
        select = sa.select(*columns).where(SUBSCRIPTIONS.c.shop_id == self._shop_id, among(self._session, SUBSCRIPTIONS.c.external_id, ids))
        return {row["external_id"]: dict(row) for row in self._session.execute(select).mappings()}

    def _values(self, record: SubscriptionRecord, customer_id: int, before: Mapping[str, Any] | None) -> dict[str, Any]:
        """What a row says, put together with what is known: the earliest beginning, the most deliveries, the newest state."""
        started = datetime.fromtimestamp(record.started_at, UTC)
        cancelled = None if record.cancelled_at is None else datetime.fromtimestamp(record.cancelled_at, UTC)
        if record.status != "cancelled":
            cancelled = None
        elif cancelled is None and before is not None:  # no date in the file: it happened since the last one
            cancelled = before["cancelled_at"] or (None if before["status"] == "cancelled" else now())
        known: Mapping[str, Any] = before or {}
        return {
            "customer_id": customer_id,
            "product_id": self._products.id_of(record.product_code) if record.product_code else known.get("product_id"),
            "status": record.status,
            "started_at": min(started, known.get("started_at", started)),
            "cancelled_at": cancelled,
            "cycle_days": record.cycle_days if record.cycle_days is not None else known.get("cycle_days"),
            "deliveries": max(record.deliveries, known.get("deliveries", 0)),
        }

    def _write(self, made: Mapping[str, dict[str, Any]], changed: Mapping[str, dict[str, Any]]) -> None:
        rows = ((self._shop_id, external_id, *(told[name] for name in _SUBSCRIPTION)) for external_id, told in made.items())
        insert_rows(self._session, SUBSCRIPTIONS, ("shop_id", "external_id", *_SUBSCRIPTION), rows)
        if changed:
            statement = sa.update(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id == sa.bindparam("row_id"))
            values: dict[str, Any] = {name: sa.bindparam(name) for name in _SUBSCRIPTION}
            self._session.connection().execute(statement.values(values), list(changed.values()))

    def _note_entries(self, entries: Mapping[int, str]) -> None:
        if entries:
            statement = sa.update(CUSTOMERS).where(CUSTOMERS.c.id == sa.bindparam("row_id"), CUSTOMERS.c.entry.is_(None))
            rows = [{"row_id": customer_id, "entry": entry} for customer_id, entry in entries.items()]
            self._session.connection().execute(statement.values(entry=sa.bindparam("entry")), rows)
