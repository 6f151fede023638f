"""The rows that all made-up customers share: the company, its people, shop, products and campaigns."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from voc.accounts import company
from voc.accounts.company import Company
from voc.accounts.service import role_row
from voc.accounts.tables import User
from voc.campaigns.rules import Rule
from voc.campaigns.tables import Campaign
from voc.clock import JST
from voc.customers.tables import Product, Shop
from voc.sample.buying import Calendar
from voc.sample.company import CAMPAIGNS, NAME, PRODUCTS, STAFF, Plan

#: 256 random bits need no slow hash.
_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass(frozen=True, kw_only=True)
class House:
    """Row numbers that customers' rows refer to."""

    shop_id: int
    products: Mapping[str, int]
    campaigns: tuple[int, ...]
    """In the order of company.CAMPAIGNS."""
    staff: tuple[int, ...]
    """In the order of company.STAFF."""


def furnish(session: Session, calendar: Calendar, *, times_before: int) -> House:
    """Write them. ``times_before``: how often sample data was put into this database before."""
    branch = f" {times_before + 1}" if times_before else ""
    _introduce(session)
    staff = tuple(_person(session, number, calendar) for number in range(len(STAFF)))
    shop = Shop(name=f"{NAME} オンライン店{branch}", platform="eccube4", created_at=_morning(calendar, 401))
    session.add(shop)
    session.flush()
    products = [Product(shop_id=shop.id, code=one.code, name=one.name, days_supply=one.days_supply) for one in PRODUCTS]
    session.add_all(products)
    session.flush()
    ids = {product.code: product.id for product in products}
    campaigns = [_campaign(plan, calendar, ids, branch, staff[-1]) for plan in CAMPAIGNS]
    session.add_all(campaigns)
    session.flush()
    return House(shop_id=shop.id, products=ids, campaigns=tuple(campaign.id for campaign in campaigns), staff=staff)


def _introduce(session: Session) -> None:
    """The company's settings, unless somebody has filled them in."""
    before = company.read(session)
    if before.name == Company().name:
        company.change(
            session,
            company.edited(
                before,
                {
                    "name": NAME,
                    "desk": "お客様係",
                    "postal_address": "〒000-0000 東京都中央区見本町1-2-3 すこやかビル(架空の会社です)",
                    "contact": "0120-000-000(平日9〜18時)",
                    "privacy_url": "https://sukoyakado.example.jp/privacy",
                },
            ),
        )


def _person(session: Session, number: int, calendar: Calendar) -> int:
    """Somebody of the company, with a random password that nobody knows: an administrator can set another."""
    person = STAFF[number]
    user = session.scalar(sa.select(User).where(User.email == person.email))
    if user is None:
        user = User(
            email=person.email, name=person.name, password=_QUICK.hash(secrets.token_urlsafe(32)),
            fs_uniquifier=secrets.token_hex(16), roles=[role_row(session, person.role)], created_at=_morning(calendar, 405),
        )  # fmt: skip
        session.add(user)
        session.flush()
    return user.id


def _campaign(plan: Plan, calendar: Calendar, products: Mapping[str, int], branch: str, by: int) -> Campaign:
    rule = Rule(wait_days=plan.wait_days, window_days=plan.window_days, product_ids=tuple(sorted(products[code] for code in plan.products)))
    begun, over = _morning(calendar, plan.begins), _morning(calendar, plan.ends) + timedelta(days=plan.open_days)
    draft = plan.status == "draft"
    return Campaign(
        name=plan.name + branch, status=plan.status, purchase_type=plan.purchase_type, channel=plan.channel, rule=rule.to_json(),
        open_days=plan.open_days, holdout_percent=plan.holdout_percent, created_by=by, created_at=begun - timedelta(days=0 if draft else 2),
        activated_at=None if draft else begun, closed_at=over if plan.status == "closed" else None,
    )  # fmt: skip


def _morning(calendar: Calendar, days_ago: int) -> datetime:
    return min(datetime.combine(calendar.today - timedelta(days=days_ago), time(9, 30), JST), calendar.now)
