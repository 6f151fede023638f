"""The first rows of a file as they will be understood, for the person who confirms the columns. No database."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from voc.clock import JST
from voc.customers import values
from voc.customers.buyer_rows import Buyer
from voc.customers.fields import FIELDS
from voc.customers.order_rows import OrderReader, OrderRecord
from voc.customers.people_rows import CustomerReader, CustomerRecord, SubscriptionReader, SubscriptionRecord
from voc.customers.source import Skipped, Source
from voc.reasons.codebook import PURCHASE_TYPE_LABELS

SHOWN = 8

STATUS_LABELS = {"purchased": "購入", "cancelled": "取り消し", "pending": "未確定", "active": "継続中", "paused": "休止中"}


@dataclass
class Preview:
    """A small table of what was understood, and the rows that were not."""

    head: list[str]
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    """(row number in the file, cells)."""
    skipped: list[Skipped] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def preview(source: Source) -> Preview:
    """Read the sample of ``source`` as the import will."""
    return _KINDS[source.kind](source)


def _orders(source: Source) -> Preview:
    reader = OrderReader(source)
    shown = Preview(["注文番号", "日時", "お客様", "状態", "買い方", "商品", "合計"])
    buyers: dict[int, Buyer] = {}
    for plain in reader.records():
        record = OrderRecord.restored(plain)
        goods = "、".join(f"{name}×{quantity}" for _, name, quantity, _ in record.lines) or "—"
        if record.head is None:
            cells = [record.number, "", "", "", "", goods, ""]
        else:
            head = record.head
            if head.buyer is not None:
                buyers[head.buyer_number] = Buyer._make(head.buyer)
            kind = PURCHASE_TYPE_LABELS[head.purchase_type]
            person = _person(buyers[head.buyer_number])
            cells = [record.number, _moment(head.ordered_at), person, STATUS_LABELS[head.status], kind, goods, f"{head.total:,}円"]
        if len(shown.rows) < SHOWN:
            shown.rows.append((record.row, cells))
    shown.skipped = reader.tally.skipped
    if not {"product_code", "product_name"} & source.columns.keys():
        shown.warnings.append("商品の列がありません。注文の日付と金額だけを取り込みます。")
    if not {"status", "payment", "cancelled_at"} & source.columns.keys() and "ordered_at" in source.columns:
        shown.warnings.append(
            "注文の状態の列がありません。すべての行を購入として取り込みます。取り消した注文が含まれていないか確かめてください。"
        )
    return _with_addresses(shown, list(buyers.values()))


def _customers(source: Source) -> Preview:
    reader = CustomerReader(source)
    shown = Preview(["会員番号", "お客様", "電話番号", "初回購入", "メール"])
    buyers = []
    for plain in reader.records():
        record = CustomerRecord._make((*plain[:-1], Buyer._make(plain[-1])))  # type: ignore[arg-type]
        buyer = record.buyer
        buyers.append(buyer)
        wish = "退会" if record.left else {True: "希望する", False: "希望しない", None: "—"}[record.wish]
        if len(shown.rows) < SHOWN:
            shown.rows.append(
                (record.row, [buyer.external_id or "—", _person(buyer), buyer.phone or "—", _moment(record.first_order_at), wish])
            )
    shown.skipped = reader.tally.skipped
    return _with_addresses(shown, buyers)


def _subscriptions(source: Source) -> Preview:
    reader = SubscriptionReader(source)
    shown = Preview(["定期の番号", "お客様", "状態", "始めた日", "解約した日", "商品", "回数"])
    buyers = []
    for plain in reader.records():
        record = SubscriptionRecord._make((*plain[:-1], Buyer._make(plain[-1])))  # type: ignore[arg-type]
        buyers.append(record.buyer)
        state = STATUS_LABELS[record.status] if record.status in ("active", "paused") else "解約"
        cells = [
            record.external_id,
            _person(record.buyer),
            state,
            _moment(record.started_at),
            _moment(record.cancelled_at),
            record.product_name or "—",
        ]
        if len(shown.rows) < SHOWN:
            shown.rows.append((record.row, [*cells, str(record.deliveries)]))
    shown.skipped = reader.tally.skipped
    dates = "cancelled_at" in source.columns
    if not dates:
        shown.warnings.append("解約した日の列がありません。解約した方に「いつ」うかがうかを決められないため、依頼の対象になりません。")
    return _with_addresses(shown, buyers)


def _replies(source: Source) -> Preview:
    order = ("text", "stated", "answered_at", "purchase_type", "product_name", "product_code", "customer_id")
    names = {wanted.code: wanted.label for wanted in FIELDS["replies"]}
    codes = [code for code in order if code in source.columns]
    shown = Preview([names[code] for code in codes])
    places = [source.place(code) for code in codes]
    for row in islice(source.rows, SHOWN):
        cells = [row.cells[place] if place < len(row.cells) else "" for place in places]
        for number, code in enumerate(codes):
            if code == "answered_at" and cells[number].strip():
                moment = values.moment(cells[number])
                cells[number] = _moment(int(moment.timestamp())) if moment else f"読めません({cells[number][:20]})"
        shown.rows.append((row.number, cells))
    if "answered_at" not in source.columns:
        shown.warnings.append("日付の列がありません。取り込んだ日を、答えた日とします。")
    return shown


_KINDS: dict[str, Callable[[Source], Preview]] = {
    "orders": _orders,
    "customers": _customers,
    "subscriptions": _subscriptions,
    "replies": _replies,
}


def _with_addresses(shown: Preview, buyers: list[Buyer]) -> Preview:
    told = [buyer for buyer in buyers if buyer.email is not None]
    if buyers and not told:
        shown.warnings.append("メールアドレスがありません。この方々にはメールで依頼できません(はがきや電話は使えます)。")
    elif any(buyer.email_problem == "masked" for buyer in told):
        shown.warnings.append("モールが隠したアドレスがあります。モールの規約により、この方々にはメールを送りません。")
    return shown


def _person(buyer: Buyer) -> str:
    problem = f"(送れません: {values.EMAIL_PROBLEMS[buyer.email_problem]})" if buyer.email_problem else ""
    return " ".join(part for part in (buyer.name or "", f"{buyer.email or ''}{problem}") if part) or f"会員 {buyer.external_id}"


def _moment(second: int | None) -> str:
    if second is None:
        return "—"
    local = datetime.fromtimestamp(second, UTC).astimezone(JST)
    return local.strftime("%Y-%m-%d" if (local.hour, local.minute, local.second) == (0, 0, 0) else "%Y-%m-%d %H:%M")
