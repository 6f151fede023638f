"""Rows of files of customers and of subscriptions → plain records. Pure: no database."""

from collections.abc import Iterator
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from voc.clock import now
from voc.customers import meanings, values
from voc.customers.buyer_rows import Buyer, BuyerReader
from voc.customers.source import TOO_WIDE, TOTAL_ROW, Source, Tally
from voc.spreadsheet import Row

_NOBODY = "会員番号もメールアドレスもないため、どなたか分かりません。"


class CustomerRecord(NamedTuple):
    """One customer. Moments are seconds since 1970."""

    row: int
    wish: bool | None
    """Whether mail is wanted, where the file tells."""
    left: bool
    bought: bool
    """Whether the file tells of a purchase."""
    first_order_at: int | None
    entry: str | None
    buyer: Buyer


class SubscriptionRecord(NamedTuple):
    """One subscription. Moments are seconds since 1970."""

    row: int
    external_id: str
    status: str
    started_at: int
    cancelled_at: int | None
    cycle_days: int | None
    deliveries: int
    product_code: str | None
    product_name: str | None
    entry: str | None
    buyer: Buyer


class _Rows:
    """What both readers do alike: rows that fit the header, one empty cell more for the columns that the file lacks."""

    def __init__(self, source: Source) -> None:
        self.tally = Tally()
        self._source = source
        self._buyers = BuyerReader(source)

    def _fitting(self) -> Iterator[Row]:
        width = len(self._source.header)
        for row in self._source.rows:
            self.tally.rows += 1
            if len(row.cells) != width:
                self.tally.skip(row.number, TOO_WIDE)
            elif any(TOTAL_ROW.fullmatch(cell) for cell in row.cells[:3] if cell):
                self.tally.skip(row.number, "合計の行です。", understood=True)
            else:
                row.cells.append("")
                yield row

    def _moment(self, row: Row, text: str, what: str) -> tuple[datetime | None, bool]:
        """A date that may be missing, and whether it could be read; complained of when not."""
        if not text.strip():
            return None, True
        moment = values.moment(text)
        if moment is None:
            self.tally.skip(row.number, f"{what}を読み取れません({text[:30]})。")
        return moment, moment is not None


class CustomerReader(_Rows):
    """Reads a file of customers."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._cells = itemgetter(*source.places("mail_wish", "member_status", "first_order_at", "order_count", "entry"))
        self._status_column = source.columns.get("member_status", "")

    def records(self) -> Iterator[tuple[object, ...]]:
        for row in self._fitting():
            wish, status, first_order, count, entry = self._cells(row.cells)
            first, readable = self._moment(row, first_order, "初回購入日")
            if not readable:
                continue
            buyer = self._buyers.read(row.cells)
            if not buyer.known:
                self.tally.skip(row.number, _NOBODY, understood=True)
                continue
            yield (
                row.number, values.wish(wish) if wish else None, bool(status) and meanings.has_left(self._status_column, status),
                first is not None or (values.quantity(count) or 0) > 0, None if first is None else int(first.timestamp()),
                values.line(entry) if entry else None, tuple(buyer),
            )  # fmt: skip


class SubscriptionReader(_Rows):
    """Reads a file of subscriptions. The rows of one (each of its orders in some systems) are put together when stored."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._cells = itemgetter(
            *source.places(
                "external_id", "status", "started_at", "cancelled_at", "cycle_days", "deliveries", "product_code", "product_name", "variant",
                "variant2", "entry",
            )
        )  # fmt: skip
        self._joined = source.platform.joined_codes

    def records(self) -> Iterator[tuple[object, ...]]:
        for row in self._fitting():
            number, status, started, cancelled, cycle, deliveries, code, name, *variants, entry = self._cells(row.cells)
            external_id = values.identifier(number)
            if external_id is None:
                self.tally.skip(row.number, "定期購入の番号がありません。", understood=not number.strip())
                continue
            begun, readable = self._moment(row, started, "始めた日")
            ended, also_readable = self._moment(row, cancelled, "解約した日") if readable else (None, False)
            if not readable or not also_readable:
                continue
            state = meanings.subscription_status(status, cancelled=ended is not None and ended <= now())
            if begun is None and (ended is None or state != "cancelled"):
                self.tally.skip(row.number, "始めた日がありません。", understood=True)
                continue
            buyer = self._buyers.read(row.cells)
            if not buyer.known:
                self.tally.skip(row.number, _NOBODY, understood=True)
                continue
            product_code, product_name = self._product(code, name, variants)
            yield (
                row.number, external_id, state, _second(begun or ended), _second(ended), values.cycle_days(cycle) if cycle else None,
                max(0, values.quantity(deliveries) or 0), product_code, product_name, values.line(entry) if entry else None, tuple(buyer),
            )  # fmt: skip

    def _product(self, code: str, name: str, variants: list[str]) -> tuple[str | None, str | None]:
        if self._joined and code:
            codes = meanings.joined_codes(code)
            return (codes[0][0], codes[0][0]) if codes else (None, None)
        words = values.line(name, *variants, longest=300)
        short = values.line(values.plain(code).removeprefix("'"), longest=120)
        return short or (words or "")[:120] or None, words or short


def _second(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())
