"""Who of the made-up customers was asked, saw the survey, answered: pure, by the same rules as the real campaigns."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from random import Random

from voc.clock import JST, day_of
from voc.reasons.codebook import ONE_OFF, SUBSCRIPTION
from voc.sample.buying import Calendar, Life
from voc.sample.company import CAMPAIGNS, PRODUCTS, Plan

ASK_AGAIN = timedelta(days=180)
_SUPPLY = {goods.code: goods.days_supply for goods in PRODUCTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One invitation, as it went."""

    plan: int
    product: str
    order: int | None
    """Index into the customer's orders."""
    membership: int | None
    created_at: datetime
    expires_at: datetime
    held_out: bool = False
    bounced: bool = False
    opted_out_at: datetime | None = None
    asked_at: datetime | None = None
    shown_at: datetime | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether a customer may be asked, and since when not any more."""

    basis: str | None
    withdrawn_at: datetime | None = None


def standing(rng: Random, life: Life, now: datetime) -> Standing:
    """Most stand in a business relation, some ticked the box, a few none of both; some left the list before any survey."""
    lot = rng.random()
    basis = None if lot < 0.03 else "consent" if lot < 0.55 else "business_relation"
    withdrawn = life.began_at + timedelta(days=rng.uniform(5, 200))
    return Standing(basis=basis, withdrawn_at=withdrawn if basis and rng.random() < 0.025 and withdrawn < now else None)


def ask(rng: Random, calendar: Calendar, life: Life, stands: Standing, *, share: float) -> list[Asked]:
    """All invitations of one customer; ``share`` of those who could be asked are."""
    found: list[Asked] = []
    for number, plan in enumerate(CAMPAIGNS):
        if plan.status == "draft" or not _reachable(life, stands, plan) or any(one.opted_out_at or one.bounced for one in found):
            continue
        occasion = _occasion(calendar, life, plan)
        if occasion is None:
            continue
        made = datetime.combine(occasion.day, time(10, rng.randrange(4), rng.randrange(60)), JST)
        left = stands.withdrawn_at is not None and stands.withdrawn_at < made
        if made > calendar.now or left or any(made < one.created_at + ASK_AGAIN for one in found) or rng.random() >= share:
            continue
        found.append(_go(rng, life, plan=number, occasion=occasion, made=made, now=calendar.now))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Occasion:
    """What a campaign would ask about, and the day on which it does."""

    order: int | None = None
    membership: int | None = None
    product: str
    day: date


def _reachable(life: Life, stands: Standing, plan: Plan) -> bool:
    if plan.channel == "paper":
        return True
    return stands.basis is not None and life.person.email is not None and life.person.email_problem is None


def _occasion(calendar: Calendar, life: Life, plan: Plan) -> _Occasion | None:
    begins, ends = calendar.today - timedelta(days=plan.begins), calendar.today - timedelta(days=plan.ends)
    for index, happened_at, product, supply in _occasions(life, plan):
        due = day_of(happened_at) + timedelta(days=supply + plan.wait_days)
        day = max(due, begins)
        if day > ends or day >= due + timedelta(days=plan.window_days) or (plan.products and product not in plan.products):
            continue
        if not _came_back(life, plan, happened_at, day):
            of = {"order": index} if plan.purchase_type == ONE_OFF else {"membership": index}
            return _Occasion(**of, product=product, day=day)
    return None


def _occasions(life: Life, plan: Plan) -> list[tuple[int, datetime, str, int]]:
    if plan.purchase_type == SUBSCRIPTION:
        return [(n, one.cancelled_at, one.product, 0) for n, one in enumerate(life.memberships) if one.cancelled_at is not None]
    return [
        (n, order.at, order.lines[0].product, sum(_SUPPLY[line.product] * line.quantity for line in order.lines))
        for n, order in enumerate(life.orders)
        if order.status == "purchased" and order.purchase_type == ONE_OFF
    ]


def _came_back(life: Life, plan: Plan, happened_at: datetime, day: date) -> bool:
    until = datetime.combine(day, time(10), JST)
    again = any(happened_at < order.at < until and order.status != "cancelled" for order in life.orders)
    if plan.purchase_type == SUBSCRIPTION:
        return again
    running = any(one.started_at < until and (one.cancelled_at is None or one.cancelled_at > until) for one in life.memberships)
    return again or running


def _go(rng: Random, life: Life, *, plan: int, occasion: _Occasion, made: datetime, now: datetime) -> Asked:
    """From the making of an invitation to its answer, as far as there was time for it."""
    terms = CAMPAIGNS[plan]
    fresh = Asked(
        plan=plan, order=occasion.order, membership=occasion.membership, product=occasion.product,
        created_at=made, expires_at=made + timedelta(days=terms.open_days),
    )  # fmt: skip
    if rng.random() * 100 < terms.holdout_percent:
        return replace(fresh, held_out=True)
    asked = _posted(made) if terms.channel == "paper" else made + timedelta(seconds=rng.uniform(20, 300))
    if asked > now:
        return fresh
    if terms.channel == "mail" and rng.random() < 0.012:
        return replace(fresh, bounced=True)
    opted_out = asked + timedelta(hours=rng.expovariate(1 / 12))
    if terms.channel == "mail" and rng.random() < 0.015 and opted_out < now:
        return replace(fresh, asked_at=asked, opted_out_at=opted_out)
    return _reply(rng, replace(fresh, asked_at=asked), chance=min(0.6, terms.answering * _willing(life, occasion.membership)), now=now)


def _posted(made: datetime) -> datetime:
    """Letters are printed and posted together, each Tuesday."""
    day = made.date() + timedelta(days=(1 - made.weekday()) % 7 or 7)
    return datetime.combine(day, time(14, 5), JST)


def _reply(rng: Random, asked: Asked, *, chance: float, now: datetime) -> Asked:
    """Some see the page, some of these answer; both some hours after the mail, or days after the letter."""
    assert asked.asked_at is not None
    paper = CAMPAIGNS[asked.plan].channel == "paper"
    until = min(now, asked.expires_at)
    shown = asked.asked_at + timedelta(hours=rng.lognormvariate(1.6, 1.3) + (60 if paper else 0))
    answered = shown + timedelta(minutes=rng.lognormvariate(0.9, 0.7))
    lot = rng.random()
    sees, answers = lot < chance * (1.25 if paper else 2.15), lot < chance
    return replace(
        asked, shown_at=shown if sees and shown < until else None, answered_at=answered if answers and answered < until else None
    )


def _willing(life: Life, membership: int | None) -> float:
    """Who stayed long, and women, answer more often: so those who answer are not quite those who were asked."""
    boxes = life.memberships[membership].deliveries if membership is not None else len(life.orders)
    return (1.04 if life.person.woman else 0.78) * (0.8 if boxes <= 1 else 1.0 if boxes <= 3 else 1.35)


def noted_by_phone(life: Life, asked: list[Asked]) -> list[tuple[int, datetime]]:
    """Subscriptions ended by a call, whose reason an operator wrote down, and when; not those who answered the survey."""
    answered = {one.membership for one in asked if one.answered_at is not None}
    called = [(n, one.cancelled_at) for n, one in enumerate(life.memberships) if one.by_phone and n not in answered]
    return [(n, at) for n, at in called if at is not None]
