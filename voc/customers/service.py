"""Writes about single customers and products. Files come in by ``runs`` and ``imports``."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc import audit
from voc.clock import now
from voc.customers.tables import Consent, Customer, Product, Suppression
from voc.errors import Refused

DAYS = range(1, 1001)


def set_days_supply(session: Session, days: Mapping[int, int], *, by: int | None) -> int:
    """Say after how many days one unit of a product has run out; how many products that changed."""
    changed = 0
    for product in session.scalars(sa.select(Product).where(Product.id.in_(days))):
        wanted = days[product.id]
        if wanted not in DAYS:
            raise Refused(f"「{product.name}」の日数は1〜1000で入れてください。")
        if product.days_supply != wanted:
            audit.record(session, "product.days_changed", user_id=by, product=product.id, before=product.days_supply, after=wanted)
            product.days_supply = wanted
            changed += 1
    session.flush()
    return changed


def stop_mail(session: Session, customer: Customer, *, by: int | None) -> None:
    """This customer asked us not to write: recorded, and the address closed for everybody who shares it."""
    consent = _mail_consent(session, customer)
    if consent is not None and consent.withdrawn_at is None:
        consent.withdrawn_at = now()
    if customer.email and _suppression(session, customer) is None:
        session.add(Suppression(channel="mail", address=customer.email, reason="manual"))
    session.flush()
    audit.record(session, "customer.mail_stopped", user_id=by, customer_id=customer.id)


def allow_mail(session: Session, customer: Customer, *, source: str, by: int | None) -> None:
    """The customer said that we may write (again); ``source`` tells how that is known.

    Raises
    ------
    Refused
        There is no address, or the customer has used the way out in one of our mails: then only they can come back.
    """
    if not customer.email or customer.email_problem:
        raise Refused("このお客様には、メールを送れるアドレスがありません。")
    if not source.strip():
        raise Refused("いつ、どのように同意をいただいたかを書いてください。記録として残ります。")
    suppression = _suppression(session, customer)
    if suppression is not None and suppression.reason != "manual":
        raise Refused("お客様ご自身が配信停止の手続きをなさったか、メールが届かないアドレスです。こちらからは再開できません。")
    if suppression is not None:
        session.delete(suppression)
    consent = _mail_consent(session, customer)
    if consent is None:
        consent = Consent(customer_id=customer.id, channel="mail", basis="consent", source="")
        session.add(consent)
    consent.basis, consent.source, consent.given_at, consent.withdrawn_at = "consent", source.strip()[:200], now(), None
    session.flush()
    audit.record(session, "customer.mail_allowed", user_id=by, customer_id=customer.id, source=source.strip()[:200])


def _mail_consent(session: Session, customer: Customer) -> Consent | None:
    return session.scalar(sa.select(Consent).where(Consent.customer_id == customer.id, Consent.channel == "mail"))


def _suppression(session: Session, customer: Customer) -> Suppression | None:
    return session.scalar(sa.select(Suppression).where(Suppression.channel == "mail", Suppression.address == customer.email))
