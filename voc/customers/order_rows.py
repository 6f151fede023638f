"""Rows of a file of orders → orders with their lines. Pure: no database.

The rows of one order stand one below the other in every known file. Where they do not, a later piece of an order comes
as a record of its own without a head (``OrderRecord.head`` is ``None``), and so do files of lines only.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple

from voc.customers import meanings, values
from voc.customers.buyer_rows import Buyer, BuyerReader
from voc.customers.platforms import PURCHASED
from voc.customers.source import TOO_WIDE, TOTAL_ROW, Source, Tally
from voc.spreadsheet import Row

_COLUMNS = (
    "number", "ordered_at", "ordered_time", "status", "payment", "cancelled_at", "total", "subscription", "subscription2", "entry", "mail_wish",
    "product_code", "product_name", "variant", "variant2", "quantity", "unit_price", "line_kind", "line_id",
)  # fmt: skip
_KEPT_PRODUCTS = 20_000
NEVER = 1 << 62


#: A record as plain tuples, lists, strings and numbers: what can be put aside in a file and taken up again quickly.
Plain = tuple[int, int, str, bool, tuple[Any, ...] | None, list[tuple[str, str, int, int]]]
Told = tuple[int, str, str, int | None, str | None, bool | None, int, Buyer | None]


class OrderHead(NamedTuple):
    """What is told once for an order."""

    ordered_at: int
    """Seconds since 1970, UTC."""
    status: str
    purchase_type: str
    total: int
    entry: str | None
    wish: bool | None
    buyer_number: int
    """The same number in one file is the same person."""
    buyer: tuple[str | None, ...] | None
    """Who that is (a ``Buyer`` as a plain tuple), told with the first order of each."""


class OrderRecord(NamedTuple):
    """One order, or a further piece of one (``head`` is ``None``)."""

    row: int
    used: int
    """Rows of the file that went into it."""
    number: str
    first: bool
    """Whether the file speaks of this order for the first time."""
    head: OrderHead | None
    lines: list[tuple[str, str, int, int]]
    """(product code, product name, quantity, unit price) each."""

    @classmethod
    def restored(cls, plain: Plain) -> "OrderRecord":
        row, used, number, first, head, lines = plain
        return cls(row, used, number, first, None if head is None else OrderHead._make(head), lines)


@dataclass(slots=True)
class _Open:
    """An order whose rows are still being read."""

    row: int
    number: str
    first: bool
    told: Told | None
    """The head as far as its first row tells it; the kind of purchase and the total may follow from the lines."""
    used: int = 0
    lines: list[tuple[str, str, int, int]] = field(default_factory=list)
    line_ids: set[str] = field(default_factory=set)

    def closed(self) -> Plain:
        if self.told is None:
            return self.row, self.used, self.number, self.first, None, self.lines
        ordered_at, status, kind, total, entry, wish, number, buyer = self.told
        if total is None:
            total = sum(quantity * price for _, _, quantity, price in self.lines)
        if not kind:
            named = any(meanings.named_subscription(name) for _, name, _, _ in self.lines)
            kind = "subscription" if named else "one_off"
        head = (ordered_at, status, kind, min(total, values.MAX_INT), entry, wish, number, None if buyer is None else tuple(buyer))
        return self.row, self.used, self.number, self.first, head, self.lines


class BuyerFacts:
    """What a whole file tells about each buyer, by the number: the first purchase, the newest wish, how they came."""

    def __init__(self) -> None:
        self._bought_at = array("q")
        self.wishes: dict[int, tuple[int, bool]] = {}
        self.entries: dict[int, tuple[int, str]] = {}

    def note(self, ordered_at: int, status: str, wish: bool | None, entry: str | None, number: int) -> None:
        while len(self._bought_at) <= number:
            self._bought_at.append(NEVER)
        if status == PURCHASED and ordered_at < self._bought_at[number]:
            self._bought_at[number] = ordered_at
        if wish is not None and ordered_at >= self.wishes.get(number, (0, True))[0]:
            self.wishes[number] = ordered_at, wish
        if entry is not None and ordered_at < self.entries.get(number, (NEVER, ""))[0]:
            self.entries[number] = ordered_at, entry

    def bought_at(self, number: int) -> int:
        """Seconds since 1970, or ``NEVER``."""
        return self._bought_at[number]

    def unwilling(self, number: int) -> bool:
        return not self.wishes.get(number, (0, True))[1]

    def entry(self, number: int) -> str | None:
        return self.entries[number][1] if number in self.entries else None


class OrderReader:
    """Reads a file of orders row by row, and counts."""

    def __init__(self, source: Source) -> None:
        self.tally = Tally()
        self.facts = BuyerFacts()
        self._source = source
        self._width = len(source.header)
        self._cells = itemgetter(*source.places(*_COLUMNS))
        self._buyers = BuyerReader(source)
        self._platform = source.platform
        self._has_kind = "line_kind" in source.columns
        self._has_lines = bool({"product_code", "product_name"} & source.columns.keys())
        self._joined = source.platform.joined_codes or ("product_code" in source.columns and "quantity" not in source.columns)
        self._lines_only = "ordered_at" not in source.columns
        self._subscription_columns = [source.columns.get(code, "") for code in ("subscription", "subscription2")]
        self._tells_subscriptions = any(self._subscription_columns)
        self._numbers: set[str] = set()
        self._refused = ("", False)
        self._statuses: dict[tuple[str, ...], str] = {}
        self._products: dict[tuple[str, str, str, str, str], tuple[str, str] | None] = {}

    def records(self) -> Iterator[Plain]:
        current: _Open | None = None
        raw_number, number = "", None
        for row in self._source.rows:
            self.tally.rows += 1
            cells = row.cells
            if len(cells) != self._width:
                self.tally.skip(row.number, TOO_WIDE)
                continue
            cells.append("")
            told = self._cells(cells)
            if told[0] != raw_number or number is None:
                raw_number, number = told[0], self._number(row, told[0])
                if number is None:
                    continue
            if current is None or number != current.number:
                if current is not None:
                    yield from self._closed(current)
                current = self._begun(row, number, told)
                if current is None:
                    continue
            if self._line(row, told, current):
                current.used += 1
                if current.used == 1:
                    self._numbers.add(number)
        if current is not None:
            yield from self._closed(current)

    def _closed(self, order: _Open) -> Iterator[Plain]:
        if order.used:
            if order.told is not None:
                ordered_at, status, _, _, entry, wish, number, _ = order.told
                self.facts.note(ordered_at, status, wish, entry, number)
            yield order.closed()
        elif order.told is not None and order.told[-1] is not None:
            self._buyers.forget_last()

    def _number(self, row: Row, text: str) -> str | None:
        number = values.identifier(text)
        if number is not None and not TOTAL_ROW.fullmatch(number):
            return number
        if any(TOTAL_ROW.fullmatch(cell) for cell in row.cells if cell):
            self.tally.skip(row.number, "合計の行です。", understood=True)
        elif values.broken_number(values.plain(text)):
            self.tally.skip(
                row.number, f"注文番号が Excel で {text} に変わり、元の番号が失われています。ショップから書き出し直してください。"
            )
        else:
            self.tally.skip(row.number, "注文番号が長すぎるか、使えない文字があります。" if text.strip() else "注文番号がありません。")
        return None

    def _begun(self, row: Row, number: str, told: tuple[str, ...]) -> _Open | None:
        if self._lines_only or number in self._numbers:
            return _Open(row.number, number, number not in self._numbers, None)
        if number == self._refused[0]:
            self.tally.skip(row.number, "この注文の最初の行を取り込めなかったため、続きも取り込みません。", understood=self._refused[1])
            return None
        before = self.tally.unreadable
        head = self._head(row, told)
        if head is None:
            self._refused = (number, self.tally.unreadable == before)
            return None
        return _Open(row.number, number, True, head)

    def _head(self, row: Row, told: tuple[str, ...]) -> Told | None:
        _, day, time, status, payment, cancelled_at, total, subscription, subscription2, entry, wish, *_ = told
        moment = values.moment(day, time)
        if moment is None:
            self.tally.skip(row.number, f"注文日時を読み取れません({day[:30]})。" if day.strip() else "注文日時がありません。")
            return None
        money = values.yen(total) if total else None
        if total and money is None:
            self.tally.skip(row.number, f"合計金額を読み取れません({total[:30]})。")
            return None
        buyer_number, buyer = self._buyers.number(row.cells)
        if buyer_number < 0:
            self.tally.skip(row.number, "会員番号もメールアドレスもないため、どなたの注文か分かりません。", understood=True)
            return None
        state = self._status(status, payment, cancelled_at)
        kind = self._purchase_type(subscription, subscription2) if self._tells_subscriptions else ""
        advertisement = values.line(entry) if entry else None
        return int(moment.timestamp()), state, kind, money, advertisement, values.wish(wish) if wish else None, buyer_number, buyer

    def _status(self, *told: str) -> str:
        if told not in self._statuses and len(self._statuses) < _KEPT_PRODUCTS:
            self._statuses[told] = meanings.order_status(self._platform, *told)
        return self._statuses.get(told) or meanings.order_status(self._platform, *told)

    def _purchase_type(self, *told: str) -> str:
        kinds = {meanings.purchase_type(column, value) for column, value in zip(self._subscription_columns, told, strict=True) if value}
        return "subscription" if "subscription" in kinds else "one_off" if "one_off" in kinds else ""

    def _line(self, row: Row, told: tuple[str, ...], order: _Open) -> bool:
        """Add the line of this row to its order; whether the row was understood."""
        code, name, variant, variant2, count, price, kind, line_id = told[-8:]
        product = self._product((code, name, variant, variant2, kind)) if self._has_lines else None
        if product is None or (line_id and line_id in order.line_ids):  # no product, or the same row twice in one file
            return True
        if line_id:
            order.line_ids.add(line_id)
        money = values.yen(price) if price else 0
        quantity = values.quantity(count) if count else 1
        if money is None or quantity is None:
            what, value = ("単価", price) if money is None else ("数量", count)
            self.tally.skip(row.number, f"{what}を読み取れません({value[:30]})。")
            return False
        if quantity < 1:
            self.tally.skip(row.number, "数量が0以下の行です(返品など)。", understood=True)
            return False
        if self._joined:
            order.lines.extend(_joined(code, product, quantity, money))
        else:
            order.lines.append((*product, quantity, money))
        return True

    def _product(self, told: tuple[str, str, str, str, str]) -> tuple[str, str] | None:
        """Code and name, or ``None`` for what is no product; each is read once."""
        if told in self._products:
            return self._products[told]
        code, name, variant, variant2, kind = told
        product = None
        if meanings.is_product(kind if self._has_kind else None, name, code):
            words = values.line(name, variant, variant2, longest=300)
            short = values.line(values.plain(code).removeprefix("'"), longest=120)
            if words or short:
                product = (short or (words or "")[:120], words or short or "")
        if len(self._products) < _KEPT_PRODUCTS:
            self._products[told] = product
        return product


def _joined(code: str, product: tuple[str, str], quantity: int, money: int) -> Iterator[tuple[str, str, int, int]]:
    """The lines behind product codes that stand in one cell. What each one cost is not told when there are several."""
    codes = meanings.joined_codes(code)
    for one, times in codes:
        name = product[1] if len(codes) == 1 else one
        yield one, name, times * quantity, money // times if len(codes) == 1 else 0
