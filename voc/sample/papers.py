"""The history of files taken in, as it would stand after a year and a half."""

from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc.clock import JST
from voc.customers.tables import ImportRun
from voc.sample.buying import Calendar, months_before
from voc.sample.company_rows import House
from voc.sample.histories import Tallies, taken_in


def file_away(session: Session, calendar: Calendar, house: House, tallies: Tallies) -> None:
    """A run for each month's orders, one a week for notes and postcards, all customers once, and one file that was refused."""
    runs = [_customers(calendar, tallies), _refused(calendar)]
    for month, orders in tallies.lines.items():
        fees = orders // 9  # postage and discounts stand in rows of their own
        name = f"order_{month:%Y%m}.csv"
        runs.append(_run("orders", name, _third(month), rows=orders + fees, imported=orders, merged=fees, platform="eccube4"))
    for monday, notes in tallies.notes.items():
        runs.append(_run("replies", f"電話解約メモ_{monday:%m%d}.xlsx", taken_in(monday), rows=notes, imported=notes))
    for monday, cards in tallies.postcards.items():
        at = taken_in(monday) + timedelta(minutes=6)
        runs.append(_run("replies", f"はがき集計_{monday:%m%d}.xlsx", at, rows=cards, imported=cards))
    for run in sorted(runs, key=lambda run: run["created_at"]):
        if run["created_at"] <= calendar.now:
            session.execute(sa.insert(ImportRun), run | {"shop_id": house.shop_id, "user_id": house.staff[-1]})


def _customers(calendar: Calendar, tallies: Tallies) -> dict[str, Any]:
    customers = sum(tallies.customers.values())
    return _run("customers", "customer_all.csv", _begun(calendar), rows=customers, imported=customers, platform="eccube4")


def _refused(calendar: Calendar) -> dict[str, Any]:
    return _run("subscriptions", "teiki_old.csv", _begun(calendar) + timedelta(minutes=20), rows=0, imported=0) | {
        "status": "refused",
        "error": "「解約日」「定期番号」にあたる列がありません。書き出す項目に加えて、もう一度お試しください。",
    }


def _begun(calendar: Calendar) -> datetime:
    return datetime.combine(calendar.today - timedelta(days=400), time(10, 40), JST)


def _third(month: date) -> datetime:
    return datetime.combine(months_before(month, -1) + timedelta(days=2), time(10, 8), JST)


def _run(kind: str, filename: str, at: datetime, *, rows: int, imported: int, merged: int = 0, platform: str = "generic") -> dict[str, Any]:
    return {
        "kind": kind, "status": "taken", "filename": filename, "sha256": sha256(filename.encode()).hexdigest(),
        "encoding": None if filename.endswith(".xlsx") else "cp932", "platform": platform, "mapping": {}, "rows": rows, "imported": imported,
        "updated": 0, "merged": merged, "skipped": [], "error": None, "created_at": at, "finished_at": at + timedelta(seconds=3),
    }  # fmt: skip
