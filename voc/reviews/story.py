"""What is known of the customer behind an answer: a few facts, and what happened when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from voc.campaigns.tables import Campaign, Invitation
from voc.customers.tables import Customer, Order, Product, Subscription
from voc.i18n import day
from voc.reasons import codebook
from voc.reviews import queries
from voc.reviews.tables import Decision
from voc.surveys.questions import FOLLOW_UPS
from voc.surveys.tables import Answer

LATEST = 8
"""So many of each kind of happening are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line of the timeline."""

    at: datetime
    text: str
    here: bool = False
    """It is the answer on the screen."""
    answer_id: int | None = None
    """Another answer, to be opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    customer: Customer | None
    facts: list[tuple[str, str]]
    timeline: list[Happening]
    """The newest first."""


def story_of(session: Session, answer: Answer, *, blind: bool) -> Story:
    """The customer's facts and timeline. ``blind`` leaves out what was decided or read about this answer."""
    customer = session.get(Customer, answer.customer_id) if answer.customer_id else None
    own = [Happening(at=answer.answered_at, text=_("アンケートに回答") if answer.source == "web" else _("お声をいただく"), here=True)]
    if not blind:
        own += _decisions(session, answer.id)
    if customer is None:
        return Story(customer=None, facts=_imported(answer), timeline=sorted(own, key=_moment, reverse=True))
    subscriptions = session.scalars(
        sa.select(Subscription).where(Subscription.customer_id == customer.id).order_by(Subscription.started_at.desc()).limit(LATEST)
    ).all()
    orders = _order_totals(session, customer.id)
    happened = [*own, *_orders(session, customer.id, orders), *_asked(session, customer.id), *_other_answers(session, answer)]
    for subscription in subscriptions:
        happened += _subscription(session, subscription)
    return Story(
        customer=customer,
        facts=_facts(customer, orders, subscriptions[0] if subscriptions else None) + _imported(answer),
        timeline=sorted(happened, key=_moment, reverse=True),
    )


def _moment(happening: Happening) -> datetime:
    return happening.at


@dataclass(frozen=True, slots=True)
class _Orders:
    number: int
    total: int
    first: datetime | None


def _order_totals(session: Session, customer_id: int) -> _Orders:
    number, total, first = session.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(Order.total), 0), sa.func.min(Order.ordered_at)).where(
            Order.customer_id == customer_id, Order.status == "purchased"
        )
    ).one()
    return _Orders(number, int(total), first)


def _facts(customer: Customer, orders: _Orders, subscription: Subscription | None) -> list[tuple[str, str]]:
    facts: list[tuple[str, str | None]] = [
        (_("ご購入"), _("%(n)s回", n=f"{orders.number:,}") if orders.number else None),
        (_("はじめて"), _date(orders.first or customer.first_order_at)),
        (_("累計"), _("%(n)s円", n=f"{orders.total:,}") if orders.total else None),
        (_("お届け"), _("%(n)s回", n=subscription.deliveries) if subscription and subscription.deliveries else None),
        (_("配送周期"), _("%(n)s日", n=subscription.cycle_days) if subscription and subscription.cycle_days else None),
        (_("入口"), customer.entry),
    ]
    return [(name, value) for name, value in facts if value]


def _imported(answer: Answer) -> list[tuple[str, str]]:
    """Further columns of an imported file: short ones, as they came."""
    return [(str(name), str(value)) for name, value in answer.extra.items() if name not in FOLLOW_UPS and 0 < len(str(value)) <= 60][:8]


def _date(moment: datetime | None) -> str | None:
    return day(moment) or None


def _orders(session: Session, customer_id: int, totals: _Orders) -> list[Happening]:
    rows = session.scalars(sa.select(Order).where(Order.customer_id == customer_id).order_by(Order.ordered_at.desc()).limit(LATEST)).all()
    number, found = totals.number, []
    for order in rows:
        if order.status == "purchased":
            text = _("%(n)s回目のご注文 %(total)s円", n=number, total=f"{order.total:,}")
            number -= 1
        else:
            text = _("ご注文の取り消し") if order.status == "cancelled" else _("ご注文(手続き中)")
        found.append(Happening(at=order.ordered_at, text=text))
    return found


def _subscription(session: Session, row: Subscription) -> list[Happening]:
    product = session.get(Product, row.product_id) if row.product_id else None
    name = product.name if product else ""
    found = [Happening(at=row.started_at, text=_("定期を開始 %(product)s", product=name).strip())]
    if row.cancelled_at:
        found.append(Happening(at=row.cancelled_at, text=_("定期を解約 %(product)s", product=name).strip()))
    return found


def _asked(session: Session, customer_id: int) -> list[Happening]:
    rows = session.execute(
        sa.select(Invitation.asked_at, Campaign.name)
        .join(Campaign, Campaign.id == Invitation.campaign_id)
        .where(Invitation.customer_id == customer_id, Invitation.asked_at.is_not(None))
        .order_by(Invitation.asked_at.desc())
        .limit(LATEST)
    )
    return [Happening(at=asked_at, text=_("アンケートのお願い「%(name)s」", name=name)) for asked_at, name in rows if asked_at]


def _other_answers(session: Session, answer: Answer) -> list[Happening]:
    rows = session.scalars(
        sa.select(Answer)
        .where(Answer.customer_id == answer.customer_id, Answer.id != answer.id)
        .order_by(Answer.answered_at.desc())
        .limit(LATEST)
    )
    return [
        Happening(at=row.answered_at, text=_("別の回答「%(start)s」", start=queries.beginning(row.text)), answer_id=row.id) for row in rows
    ]


def _decisions(session: Session, answer_id: int) -> list[Happening]:
    rows = session.scalars(sa.select(Decision).where(Decision.answer_id == answer_id)).all()
    called = queries.names(session, [row.reviewer_id for row in rows])
    found: list[Happening] = []
    for row in rows:
        words: dict[str, Any] = {
            "who": called.get(row.reviewer_id or 0, _("退職した方")),
            "leaf": _(codebook.LEAVES[row.primary_leaf].label),
        }
        text = {"first": _("%(who)sさんが「%(leaf)s」と確認", **words), "second": _("%(who)sさんが二人目として「%(leaf)s」と確認", **words),
                "adjudication": _("%(who)sさんが「%(leaf)s」と最終判断", **words)}[row.round]  # fmt: skip
        found.append(Happening(at=row.decided_at, text=text + (_("(取り消し)") if row.undone_at else "")))
    return found
