"""Who comes into question: reads customers and their orders, and asks the rules.

Who is due is found in two steps, so that 100,000 customers take no longer than a look: one grouped statement gives each
customer's occasion and its day; only those whose time has come are looked at closely, some hundred at a time.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from voc.campaigns import rules
from voc.campaigns.rules import Audience, Candidate, Decision, Eligible, Rule, Skipped
from voc.campaigns.tables import Campaign, Invitation
from voc.clock import day_of, now, start_of_day
from voc.customers.tables import Consent, Customer, Order, OrderLine, Product, Shop, Subscription, Suppression
from voc.reasons.codebook import ONE_OFF

CHUNK = 1_000
FORECAST_DAYS = 14

#: How far back a preview counts those who have been due too long.
LOOK_BACK_DAYS = 3 * 365

#: An order that has been pending for longer than this was forgotten in the shop's system.
PENDING_DAYS = 60


@dataclass(frozen=True, kw_only=True)
class Terms:
    """All that decides who is asked: a campaign's, or those of a form that is still being filled in."""

    purchase_type: str
    channel: str
    rule: Rule
    ask_again_days: int
    campaign_id: int = 0
    holdout_percent: int = 0

    @classmethod
    def of(cls, campaign: Campaign, *, ask_again_days: int) -> "Terms":
        return cls(
            purchase_type=campaign.purchase_type, channel=campaign.channel, rule=Rule.from_json(campaign.rule),
            ask_again_days=ask_again_days, campaign_id=campaign.id, holdout_percent=campaign.holdout_percent,
        )  # fmt: skip

    def decide(self, candidate: Candidate, moment: datetime) -> Decision:
        return rules.decide(
            candidate, self.rule, moment, channel=self.channel, ask_again_days=self.ask_again_days,
            campaign_id=self.campaign_id, holdout_percent=self.holdout_percent,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Occasion:
    """A customer's last order, or cancelled subscription."""

    customer_id: int
    row_id: int
    happened_at: datetime
    supply_days: int


def audience(session: Session, terms: Terms, moment: datetime) -> Audience:
    """How many are asked now, why the others are not, and who becomes due in the next days."""
    counted = Audience()
    today = day_of(moment)
    near: list[Occasion] = []
    soon: dict[int, date] = {}
    for occasion in occasions(session, terms, until=moment, whole=True):
        due = rules.due_on(occasion.happened_at, occasion.supply_days, terms.rule)
        late = rules.timing(due, today, terms.rule)
        if late is not None:
            counted.skipped[late] += 1
        if late is None or (late == "not_yet" and (due - today).days <= FORECAST_DAYS):
            near.append(occasion)
            soon[occasion.customer_id] = due
    for candidate, decision in decisions(session, terms, near, moment):
        match decision:
            case Eligible(held_out=True):
                counted.held_out += 1
            case Eligible():
                counted.asked += 1
            case Skipped("not_yet"):
                due = soon[candidate.customer_id]
                if isinstance(terms.decide(candidate, start_of_day(due) + timedelta(hours=12)), Eligible):
                    counted.forecast[due] += 1
            case Skipped(reason):
                counted.skipped[reason] += 1
    return counted


def due_customers(session: Session, terms: Terms, moment: datetime) -> list[int]:
    """Who is eligible now, who has waited longest first."""
    today = day_of(moment)
    ripe = [
        occasion
        for occasion in occasions(session, terms, until=moment)
        if rules.timing(rules.due_on(occasion.happened_at, occasion.supply_days, terms.rule), today, terms.rule) is None
    ]
    ripe.sort(key=lambda occasion: rules.due_on(occasion.happened_at, occasion.supply_days, terms.rule))
    return [candidate.customer_id for candidate, decision in decisions(session, terms, ripe, moment) if isinstance(decision, Eligible)]


def eligible(session: Session, terms: Terms, customer_ids: Sequence[int], moment: datetime) -> list[tuple[Candidate, Eligible]]:
    """Of these customers, those who are eligible now: looked at afresh, in the transaction that asks them."""
    found = list(occasions(session, terms, until=moment, customer_ids=customer_ids))
    return [(candidate, decision) for candidate, decision in decisions(session, terms, found, moment) if isinstance(decision, Eligible)]


def decisions(session: Session, terms: Terms, found: Iterable[Occasion], moment: datetime) -> Iterator[tuple[Candidate, Decision]]:
    decided = ((candidate, terms.decide(candidate, moment)) for candidate in candidates(session, terms, found, moment))
    return iter(rules.one_per_address(decided) if terms.channel == "mail" else decided)


def occasions(
    session: Session, terms: Terms, *, until: datetime, customer_ids: Sequence[int] | None = None, whole: bool = False
) -> Iterator[Occasion]:
    """Each customer's occasion within the days that can still matter; ``whole``: also before, to tell how many are too old."""
    rule = terms.rule
    reach = rule.wait_days + rule.window_days + (rules.MAX_SUPPLY_DAYS if terms.purchase_type == ONE_OFF else 0)
    since = until - timedelta(days=max(reach + 1, LOOK_BACK_DAYS if whole else 0))
    find = _last_orders if terms.purchase_type == ONE_OFF else _cancellations
    statement = find(rule, since, until, customer_ids).execution_options(yield_per=5_000)
    for customer_id, row_id, happened_at, supply_days in session.execute(statement):
        yield Occasion(customer_id, row_id, happened_at, supply_days)


def _last_orders(rule: Rule, since: datetime, until: datetime, customer_ids: Sequence[int] | None) -> sa.Select[int, int, datetime, int]:
    """The last purchase of each customer, when it was a one-off one, with the days that it lasts."""
    last = (
        sa.select(Order.customer_id, sa.func.max(Order.ordered_at).label("at"))
        .where(Order.status == "purchased")
        .group_by(Order.customer_id)
        .having(sa.func.max(Order.ordered_at).between(since, until))
    )
    if customer_ids is not None:
        last = last.where(Order.customer_id.in_(customer_ids))
    newest = last.subquery()
    lasts = OrderLine.quantity * Product.days_supply
    statement = (
        sa.select(
            Order.customer_id,
            sa.func.max(Order.id),
            newest.c.at,
            sa.func.coalesce(sa.func.sum(lasts), 0),
        )
        .join(newest, sa.and_(newest.c.customer_id == Order.customer_id, newest.c.at == Order.ordered_at))
        .outerjoin(OrderLine, OrderLine.order_id == Order.id)
        .outerjoin(Product, Product.id == OrderLine.product_id)
        .where(Order.status == "purchased")
        .group_by(Order.customer_id, newest.c.at)
        .having(sa.func.max(Order.purchase_type) == ONE_OFF)  # 'subscription' sorts behind 'one_off'
    )
    if rule.product_ids:
        statement = statement.where(OrderLine.product_id.in_(rule.product_ids))
    return statement


def _cancellations(rule: Rule, since: datetime, until: datetime, customer_ids: Sequence[int] | None) -> sa.Select[int, int, datetime, int]:
    """The last cancelled subscription of each customer."""
    wanted = [Subscription.status == "cancelled"]
    if rule.product_ids:
        wanted.append(Subscription.product_id.in_(rule.product_ids))
    if customer_ids is not None:
        wanted.append(Subscription.customer_id.in_(customer_ids))
    newest = (
        sa.select(Subscription.customer_id, sa.func.max(Subscription.cancelled_at).label("at"))
        .where(*wanted)
        .group_by(Subscription.customer_id)
        .having(sa.func.max(Subscription.cancelled_at).between(since, until))
        .subquery()
    )
    return (
        sa.select(Subscription.customer_id, sa.func.max(Subscription.id), newest.c.at, sa.literal(0))
        .join(newest, sa.and_(newest.c.customer_id == Subscription.customer_id, newest.c.at == Subscription.cancelled_at))
        .where(*wanted)
        .group_by(Subscription.customer_id, newest.c.at)
    )


# -- what is known of them --------------------------------------------------------------------------------------------------


def candidates(session: Session, terms: Terms, found: Iterable[Occasion], moment: datetime) -> Iterator[Candidate]:
    shops = list(session.scalars(sa.select(Shop.id)))
    waiting = iter(found)
    while chunk := list(islice(waiting, CHUNK)):
        yield from _look_closely(session, terms, chunk, moment, shops)


def _look_closely(session: Session, terms: Terms, chunk: list[Occasion], moment: datetime, shops: list[int]) -> Iterator[Candidate]:
    ids = [occasion.customer_id for occasion in chunk]
    people = {row.id: row for row in session.execute(_people(terms, ids))}
    asked = _asked(session, terms, ids)
    by_address = _asked_by_address(session, [row.email for row in people.values() if row.email], shops)
    pending = _pending(session, ids, moment)
    back = _returned(session, terms, [occasion.row_id for occasion in chunk], ids)
    bought = _products(session, terms, [occasion.row_id for occasion in chunk])
    for occasion in chunk:
        person = people[occasion.customer_id]
        here, last_asked = asked.get(person.id, (False, None))
        elsewhere = by_address.get(person.email)
        yield Candidate(
            customer_id=person.id,
            happened_at=occasion.happened_at,
            supply_days=occasion.supply_days,
            product_ids=bought.get(occasion.row_id, ()),
            order_id=occasion.row_id if terms.purchase_type == ONE_OFF else None,
            subscription_id=None if terms.purchase_type == ONE_OFF else occasion.row_id,
            address=_address(terms.channel, person),
            address_problem=person.email_problem if terms.channel == "mail" else None,
            basis=person.basis,
            refused=person.withdrawn_at is not None or person.suppressed is not None,
            in_campaign=here,
            last_asked_at=max(filter(None, (last_asked, elsewhere)), default=None),
            returned=person.id in back,
            pending_order=person.id in pending,
        )


def _address(channel: str, person: sa.Row[*tuple[Any, ...]]) -> str | None:
    """Where the question goes. LINE has no address here: the links leave as a file, by the shop's own customer number."""
    places = {"mail": person.email, "paper": person.postal_address, "line": person.external_id or person.email}
    place: str | None = places.get(channel, person.phone)
    return place


def _people(terms: Terms, ids: list[int]) -> sa.Select[*tuple[Any, ...]]:
    address = Customer.email if terms.channel == "mail" else Customer.phone
    return (
        sa.select(
            Customer.id, Customer.email, Customer.email_problem, Customer.phone, Customer.postal_address, Customer.external_id,
            Consent.basis, Consent.withdrawn_at, Suppression.id.label("suppressed"),
        )
        .outerjoin(Consent, sa.and_(Consent.customer_id == Customer.id, Consent.channel == rules.CONSENT_CHANNELS[terms.channel]))
        .outerjoin(Suppression, sa.and_(Suppression.channel == terms.channel, Suppression.address == address))
        .where(Customer.id.in_(ids))
    )  # fmt: skip


def _asked_at() -> sa.ColumnElement[datetime]:
    """When an invitation counts as asked: when it was; one held out or still on its way counts from the day it was made."""
    waiting = sa.or_(Invitation.held_out, Invitation.expires_at > now())
    return sa.func.coalesce(Invitation.asked_at, sa.case((waiting, Invitation.created_at)))


def _asked(session: Session, terms: Terms, ids: list[int]) -> dict[int, tuple[bool, datetime | None]]:
    here = sa.func.max(sa.case((Invitation.campaign_id == terms.campaign_id, 1), else_=0))
    rows = session.execute(
        sa.select(Invitation.customer_id, here, sa.func.max(_asked_at(), type_=Invitation.created_at.type))
        .where(Invitation.customer_id.in_(ids))
        .group_by(Invitation.customer_id)
    )
    return {customer_id: (bool(asked_here), last) for customer_id, asked_here, last in rows}


def _asked_by_address(session: Session, emails: list[str], shops: list[int]) -> dict[str, datetime]:
    """The same person may stand in several shops: the address tells."""
    rows = session.execute(
        sa.select(Customer.email, sa.func.max(_asked_at(), type_=Invitation.created_at.type))
        .join(Invitation, Invitation.customer_id == Customer.id)
        .where(Customer.shop_id.in_(shops), Customer.email.in_(emails))
        .group_by(Customer.email)
    )
    return {email: last for email, last in rows if email is not None and last is not None}


def _pending(session: Session, ids: list[int], moment: datetime) -> set[int]:
    since = moment - timedelta(days=PENDING_DAYS)
    return set(
        session.scalars(
            sa.select(Order.customer_id).where(Order.customer_id.in_(ids), Order.status == "pending", Order.ordered_at >= since)
        )
    )


def _returned(session: Session, terms: Terms, row_ids: list[int], ids: list[int]) -> set[int]:
    """One-off buyers with a running subscription; cancelled ones who subscribed again or bought once since."""
    if terms.purchase_type == ONE_OFF:
        running = sa.select(Subscription.customer_id).where(Subscription.customer_id.in_(ids), Subscription.status != "cancelled")
        return set(session.scalars(running))
    again, ended = aliased(Subscription), aliased(Subscription)
    subscribed = (
        sa.select(ended.customer_id)
        .join(again, sa.and_(again.customer_id == ended.customer_id, again.id != ended.id))
        .where(ended.id.in_(row_ids), again.status != "cancelled", again.started_at >= ended.cancelled_at)
    )
    bought = (
        sa.select(ended.customer_id)
        .join(Order, Order.customer_id == ended.customer_id)
        .where(ended.id.in_(row_ids), Order.status == "purchased", Order.purchase_type == ONE_OFF, Order.ordered_at > ended.cancelled_at)
    )
    return set(session.scalars(sa.union(subscribed, bought)))


def _products(session: Session, terms: Terms, row_ids: list[int]) -> dict[int, tuple[int, ...]]:
    """What was bought, the dearest first: the survey speaks of that one."""
    if terms.purchase_type != ONE_OFF:
        rows = session.execute(sa.select(Subscription.id, Subscription.product_id).where(Subscription.id.in_(row_ids)))
        return {row_id: (product_id,) for row_id, product_id in rows if product_id is not None}
    found: dict[int, tuple[int, ...]] = {}
    lines = (
        sa.select(OrderLine.order_id, OrderLine.product_id)
        .where(OrderLine.order_id.in_(row_ids))
        .order_by(OrderLine.order_id, (OrderLine.unit_price * OrderLine.quantity).desc(), OrderLine.id)
    )
    for order_id, product_id in session.execute(lines):
        found[order_id] = (*found.get(order_id, ()), product_id)
    return found
