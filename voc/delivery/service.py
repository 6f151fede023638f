"""Writes: opt-outs, suppressed addresses, another try for a failed mail."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from voc import audit, jobs, links
from voc.clock import now
from voc.customers.tables import Consent, Customer, Suppression
from voc.db import Base
from voc.delivery.tables import Message
from voc.errors import Conflict, NotFound

CONSENT_CHANNELS = ("mail", "line", "sms", "post", "phone")


def customer_of(session: Session, token: str) -> Customer:
    """The customer whose opt-out link this is."""
    found = session.scalar(sa.select(Customer).where(Customer.opt_out_token == token)) if links.is_token(token) else None
    if found is None:
        raise NotFound("このページのアドレスは使えません。メールにあるアドレスをもう一度お確かめください。")
    return found


def has_opted_out(session: Session, customer: Customer) -> bool:
    """Whether this customer refuses to be asked, on every way there is."""
    open_ways = sa.select(sa.func.count(Consent.id)).where(Consent.customer_id == customer.id, Consent.withdrawn_at.is_not(None))
    return (session.scalar(open_ways) or 0) >= len(CONSENT_CHANNELS)


def opt_out(session: Session, customer: Customer, *, by: int | None = None) -> None:
    """Never ask this person again, whichever customer row and whichever way. Doing it twice is doing it once.

    ``by``: the person of the company whom the customer told so; ``None`` when the customer pressed the button.
    """
    if has_opted_out(session, customer):
        return
    for row in _same_person(session, customer):
        _refuse_all_ways(session, row)
    if customer.email:
        suppress(session, "mail", customer.email, reason="opt_out")
    audit.record(session, "customer.opted_out", user_id=by, customer_id=customer.id)


def suppress(session: Session, channel: str, address: str, *, reason: str) -> None:
    """Put an address on the list of those never written to again; the first reason stays."""
    _insert_missing(
        session,
        Suppression,
        [{"channel": channel, "address": address[:254], "reason": reason, "created_at": now()}],
        ("channel", "address"),
    )
    if channel == "mail":
        words = {"opt_out": "お客様が今後のおうかがいを希望されていないため、送りませんでした。"}
        session.execute(
            sa.update(Message)
            .where(Message.address == address, Message.status == "queued")
            .values(status="suppressed", error=words.get(reason, "宛先が配信停止の一覧にあるため、送りませんでした。"))
            .execution_options(synchronize_session=False)
        )


def retry(session: Session, message: Message, *, by: int | None = None) -> None:
    """Try a failed mail again now."""
    if message.status not in ("failed", "queued"):
        raise Conflict("このメールはすでに送ったか、いま送っているところです。画面を読み込み直してください。")
    message.status, message.next_attempt_at, message.created_at = "queued", now(), now()
    session.flush()
    audit.record(session, "message.retried", user_id=by, invitation_id=message.invitation_id)
    jobs.enqueue(session, "delivery.send")


def retry_all(session: Session, *, by: int | None = None) -> int:
    """Try all failed and waiting mails again now. How many."""
    again = session.execute(
        sa.update(Message)
        .where(Message.status.in_(("failed", "queued")))
        .values(status="queued", next_attempt_at=now(), created_at=now())
        .execution_options(synchronize_session=False)
    )
    count = int(again.rowcount)  # type: ignore[attr-defined]
    audit.record(session, "message.retried", user_id=by, count=count)
    jobs.enqueue(session, "delivery.send")
    return count


def _same_person(session: Session, customer: Customer) -> list[Customer]:
    """All customer rows with this address: the same person may stand in several shops."""
    if not customer.email:
        return [customer]
    return list(session.scalars(sa.select(Customer).where(Customer.email == customer.email)))


def _refuse_all_ways(session: Session, customer: Customer) -> None:
    moment = now()
    session.execute(
        sa.update(Consent)
        .where(Consent.customer_id == customer.id, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=moment)
        .execution_options(synchronize_session=False)
    )
    refusals = [
        {
            "customer_id": customer.id, "channel": channel, "basis": "consent", "source": "配信停止のページ",
            "given_at": moment, "withdrawn_at": moment,
        }
        for channel in CONSENT_CHANNELS
    ]  # fmt: skip
    _insert_missing(session, Consent, refusals, ("customer_id", "channel"))


def _insert_missing(session: Session, table: type[Base], rows: list[dict[str, Any]], unique: tuple[str, ...]) -> None:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(table).on_conflict_do_nothing(index_elements=list(unique)), rows)
