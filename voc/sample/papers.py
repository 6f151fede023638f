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
from voc.sample.histories import Tallies


def file_away(session: Session, calendar: Calendar, house: House, tallies: Tallies, *, old_replies: int) -> None:
    """One run for each month's files, the old replies once, and one file that was refused."""
    runs = []
    for month in sorted(tallies.lines):
        taken = _third(month)
        if taken <= calendar.now:
            orders = tallies.lines[month]
            merged = orders // 9  # fees, postage and discounts stand in rows of their own
            runs.append(
                _run("orders", f"order_{month:%Y%m}.csv", taken, rows=orders + merged, imported=orders, merged=merged, platform="eccube4")
            )
        if taken <= calendar.now and tallies.notes[month]:
            notes = tallies.notes[month]
            runs.append(_run("replies", f"電話解約メモ_{month:%Y-%m}.xlsx", taken + timedelta(minutes=12), rows=notes, imported=notes))
    customers = sum(tallies.customers.values())
    begun = datetime.combine(calendar.today - timedelta(days=400), time(10, 40), JST)
    runs.append(_run("customers", "customer_all.csv", begun, rows=customers, imported=customers, platform="eccube4"))
    if old_replies:
        runs.append(
            _run("replies", "過去のはがき・解約理由一覧.xlsx", begun + timedelta(minutes=32), rows=old_replies, imported=old_replies)
        )
    runs.append(
        _run("subscriptions", "teiki_old.csv", begun + timedelta(minutes=20), rows=0, imported=0)
        | {"status": "refused", "error": "「解約日」「定期番号」にあたる列がありません。書き出す項目に加えて、もう一度お試しください。"}
    )
    for run in sorted(runs, key=lambda run: run["created_at"]):
        session.execute(sa.insert(ImportRun), run | {"shop_id": house.shop_id, "user_id": house.staff[-1]})


def _third(month: date) -> datetime:
    return datetime.combine(months_before(month, -1) + timedelta(days=2), time(10, 8), JST)


def _run(kind: str, filename: str, at: datetime, *, rows: int, imported: int, merged: int = 0, platform: str = "generic") -> dict[str, Any]:
    return {
        "kind": kind, "status": "taken", "filename": filename, "sha256": sha256(filename.encode()).hexdigest(),
        "encoding": None if filename.endswith(".xlsx") else "cp932", "platform": platform, "mapping": {}, "rows": rows, "imported": imported,
        "updated": 0, "merged": merged, "skipped": [], "error": None, "created_at": at, "finished_at": at + timedelta(seconds=3),
    }  # fmt: skip
