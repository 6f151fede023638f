"""Reads: imports and how far they are, customers, products, shops."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc.customers import values
from voc.customers.runs import job_key
from voc.customers.tables import ColumnMapping, Consent, Customer, ImportRun, Order, OrderLine, Product, Shop, Subscription, Suppression
from voc.jobs import Job
from voc.paging import Page

PER_PAGE = 30
LATEST = 30


# -- imports -----------------------------------------------------------------------------------------------------------------


def runs(session: Session, *, page: int = 1, size: int = 20) -> Page[sa.Row[*tuple[Any, ...]]]:
    """Offered files, newest first, without their skipped rows, which may be many."""
    listed = sa.select(
        ImportRun.id, ImportRun.kind, ImportRun.status, ImportRun.filename, ImportRun.rows, ImportRun.imported, ImportRun.updated,
        ImportRun.merged, ImportRun.created_at, ImportRun.error, Shop.name.label("shop"), sa.func.json_array_length(ImportRun.skipped).label("skipped"),
    ).outerjoin(Shop, Shop.id == ImportRun.shop_id)  # fmt: skip
    total = session.scalar(sa.select(sa.func.count(ImportRun.id))) or 0
    rows = session.execute(listed.order_by(ImportRun.id.desc()).limit(size).offset((page - 1) * size)).all()
    return Page(rows=rows, number=page, total=total, size=size)


def job_of(session: Session, run: ImportRun) -> Job | None:
    """The newest job that takes (or took) a file in."""
    return session.scalar(sa.select(Job).where(Job.unique_key == job_key(run.id)).order_by(Job.id.desc()).limit(1))


def shops(session: Session) -> Sequence[Shop]:
    return session.scalars(sa.select(Shop).order_by(Shop.name)).all()


def remembered(session: Session, *, kind: str, header_hash: str, shop: str | None = None) -> tuple[str, dict[str, object]] | None:
    """(shop, mapping) that a person confirmed last for files with this header."""
    found = (
        sa.select(Shop.name, ColumnMapping.mapping)
        .join(Shop, Shop.id == ColumnMapping.shop_id)
        .where(ColumnMapping.kind == kind, ColumnMapping.header_hash == header_hash)
        .order_by(ColumnMapping.confirmed_at.desc())
        .limit(1)
    )
    row = session.execute(found if shop is None else found.where(Shop.name == shop)).first()
    return (row[0], dict(row[1])) if row else None


# -- products ----------------------------------------------------------------------------------------------------------------


def product_names(session: Session) -> dict[int, str]:
    """Every product's name, in their order. Shops sell the same thing: where a name stands for several, its shop, and its code, tell which."""
    wanted = sa.select(Product.id, Product.name, Shop.name, Product.code).join(Shop, Shop.id == Product.shop_id)
    rows = session.execute(wanted.order_by(Product.name, Product.id)).all()
    same_name = Counter(name for _, name, _, _ in rows)
    same_shop = Counter((name, shop) for _, name, shop, _ in rows)
    return {
        product_id: name if same_name[name] == 1 else f"{name}({shop})" if same_shop[name, shop] == 1 else f"{name}({shop} {code})"
        for product_id, name, shop, code in rows
    }


def products(session: Session, *, words: str = "", page: int = 1) -> Page[sa.Row[Product, str]]:
    wanted = sa.select(Product, Shop.name.label("shop")).join(Shop, Shop.id == Product.shop_id)
    if words:
        wanted = wanted.where(sa.or_(Product.name.icontains(words, autoescape=True), Product.code.icontains(words, autoescape=True)))
    total = session.scalar(sa.select(sa.func.count()).select_from(wanted.order_by(None).subquery())) or 0
    rows = session.execute(wanted.order_by(Product.name, Product.id).limit(PER_PAGE).offset((page - 1) * PER_PAGE)).all()
    return Page(rows=rows, number=page, total=total, size=PER_PAGE)


# -- customers ---------------------------------------------------------------------------------------------------------------


def customers(session: Session, *, words: str = "", page: int = 1) -> Page[Customer]:
    """Customers by name, mail, number or telephone, newest first."""
    wanted = sa.select(Customer)
    if words:
        wanted = wanted.where(_matches(words))
    total = session.scalar(sa.select(sa.func.count()).select_from(wanted.subquery())) or 0
    rows = session.scalars(wanted.order_by(Customer.id.desc()).limit(PER_PAGE).offset((page - 1) * PER_PAGE)).all()
    return Page(rows=rows, number=page, total=total, size=PER_PAGE)


def _matches(words: str) -> sa.ColumnElement[bool]:
    told = values.plain(words).lower()
    ways: list[sa.ColumnElement[bool]] = [
        Customer.external_id.in_({told, told.upper(), values.plain(words)}),
        Customer.email.contains(told, autoescape=True),
        # 山田花子 finds 山田 花子: names are held against each other without the space.
        sa.func.replace(Customer.name, " ", "").icontains(told.replace(" ", ""), autoescape=True),
    ]
    number = values.phone(told)
    if number is not None and not any(sign.isalpha() for sign in told):
        ways.append(Customer.phone == number)
    return sa.or_(*ways)


@dataclass(frozen=True)
class Purchases:
    """How often and when last a customer bought."""

    orders: int
    last_at: Any


def purchases(session: Session, customer_ids: Sequence[int]) -> dict[int, Purchases]:
    bought = (
        sa.select(Order.customer_id, sa.func.count(Order.id), sa.func.max(Order.ordered_at))
        .where(Order.customer_id.in_(customer_ids), Order.status == "purchased")
        .group_by(Order.customer_id)
    )
    return {row[0]: Purchases(row[1], row[2]) for row in session.execute(bought)}


def orders_of(session: Session, customer_id: int) -> Sequence[Order]:
    return session.scalars(sa.select(Order).where(Order.customer_id == customer_id).order_by(Order.ordered_at.desc()).limit(LATEST)).all()


def goods_of(session: Session, order_ids: Sequence[int]) -> dict[int, list[tuple[str, int]]]:
    """What stood in orders: order → (product name, quantity)."""
    found: dict[int, list[tuple[str, int]]] = {}
    lines = sa.select(OrderLine.order_id, Product.name, OrderLine.quantity).join(Product, Product.id == OrderLine.product_id)
    for order_id, name, quantity in session.execute(lines.where(OrderLine.order_id.in_(order_ids)).order_by(OrderLine.id)):
        found.setdefault(order_id, []).append((name, quantity))
    return found


def subscriptions_of(session: Session, customer_id: int) -> Sequence[Any]:
    """(subscription, name of its product) of a customer, newest first."""
    wanted = sa.select(Subscription, Product.name).outerjoin(Product, Product.id == Subscription.product_id)
    return session.execute(wanted.where(Subscription.customer_id == customer_id).order_by(Subscription.started_at.desc())).all()


def consents_of(session: Session, customer_id: int) -> Sequence[Consent]:
    return session.scalars(sa.select(Consent).where(Consent.customer_id == customer_id).order_by(Consent.channel)).all()


def suppressions_of(session: Session, customer: Customer) -> Sequence[Suppression]:
    """Addresses of this customer that nobody may write to, whichever customer row asked for it."""
    addresses = [address for address in (customer.email, customer.phone) if address]
    return session.scalars(sa.select(Suppression).where(Suppression.address.in_(addresses))).all() if addresses else []
