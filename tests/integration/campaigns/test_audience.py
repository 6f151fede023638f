"""Who comes into question, found in a real database."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from tests import factories as make
from voc.campaigns import audience
from voc.campaigns.audience import Terms
from voc.campaigns.rules import Audience, Rule
from voc.clock import now, today
from voc.customers.tables import Consent, Customer, OrderLine, Product, Suppression
from voc.db import Database


def days_ago(days: float) -> datetime:
    return now() - timedelta(days=days)


def terms(purchase_type: str = "subscription", channel: str = "mail", rule: Rule | None = None, **values: int) -> Terms:
    return Terms(purchase_type=purchase_type, channel=channel, rule=rule or Rule(wait_days=3), **{"ask_again_days": 180} | values)


def count(db: Database, wanted: Terms) -> Audience:
    with db.reading() as session:
        return audience.audience(session, wanted, now())


def cancelled(session: Session, *, days: float = 5, product: Product | None = None, **values: object) -> Customer:
    customer = make.customer(session, shop=values.pop("shop", None) or make.shop(session), **values)
    make.subscription(session, customer=customer, product=product, cancelled_at=days_ago(days))
    return customer


def bought(session: Session, *, days: float, quantity: int = 1, **values: object) -> Customer:
    shop = make.shop(session)
    customer = make.customer(session, shop=shop)
    order = make.order(session, customer=customer, product=make.product(session, shop=shop, days_supply=30), at=days_ago(days), **values)
    order.lines[0].quantity = quantity
    session.flush()
    return customer


def test_it_counts_who_is_asked_and_why_others_are_not(db: Database) -> None:
    with db.transaction() as session:
        cancelled(session)
        cancelled(session, days=1)
        cancelled(session, days=40)
        cancelled(session, may_mail=False)
        cancelled(session, email=None)
        cancelled(session, email_problem="masked")
        cancelled(session, email_problem="invalid")
        session.add(Suppression(channel="mail", address=cancelled(session).email, reason="hard_bounce"))
        make.order(session, customer=(buyer := cancelled(session)), product=make.product(session, shop=buyer.shop), at=days_ago(2))
        waiting = cancelled(session)
        make.order(session, customer=waiting, product=make.product(session, shop=waiting.shop), status="pending", at=days_ago(1))
    counted = count(db, terms())
    assert counted.asked == 1
    assert dict(counted.skipped) == {
        "not_yet": 1, "too_old": 1, "no_basis": 1, "no_address": 1, "masked_address": 1, "bad_address": 1, "opted_out": 1, "returned": 1,
        "pending_order": 1,
    }  # fmt: skip
    assert counted.total == 10


def test_it_foretells_who_becomes_due(db: Database) -> None:
    with db.transaction() as session:
        cancelled(session, days=1)
        cancelled(session, days=1, may_mail=False)
        cancelled(session, days=0)
    assert count(db, terms()).forecast == {today() + timedelta(days=2): 1, today() + timedelta(days=3): 1}


def test_a_withdrawn_consent_counts_as_refused(db: Database) -> None:
    with db.transaction() as session:
        customer = cancelled(session, may_mail=False)
        session.add(Consent(customer_id=customer.id, channel="mail", basis="consent", source="test", withdrawn_at=now()))
    assert dict(count(db, terms()).skipped) == {"opted_out": 1}


def test_who_subscribed_again_is_not_asked_but_who_keeps_another_subscription_is(db: Database) -> None:
    with db.transaction() as session:
        back, keeps = cancelled(session), cancelled(session)
        make.subscription(session, customer=back, status="active", started_at=days_ago(1), cancelled_at=None)
        make.subscription(session, customer=keeps, status="active", started_at=days_ago(300), cancelled_at=None)
        make.order(session, customer=keeps, product=make.product(session, shop=keeps.shop), at=days_ago(1), purchase_type="subscription")
    counted = count(db, terms())
    assert (counted.asked, dict(counted.skipped)) == (1, {"returned": 1})


def test_one_off_buyers_are_due_when_their_supply_has_run_out(db: Database) -> None:
    with db.transaction() as session:
        bought(session, days=45)
        bought(session, days=45, quantity=2)
        bought(session, days=10)
        bought(session, days=75, quantity=2)
    counted = count(db, terms("one_off", rule=Rule(wait_days=10)))
    assert (counted.asked, dict(counted.skipped)) == (2, {"not_yet": 2})


def test_the_supply_is_the_sum_of_all_lines(db: Database) -> None:
    with db.transaction() as session:
        customer = bought(session, days=45)
        order = customer_order(session, customer)
        session.add(OrderLine(order_id=order, product_id=make.product(session, shop=customer.shop, days_supply=60).id, quantity=1))
    assert dict(count(db, terms("one_off", rule=Rule(wait_days=10))).skipped) == {"not_yet": 1}


def customer_order(session: Session, customer: Customer) -> int:
    from voc.customers.tables import Order

    return session.query(Order.id).filter_by(customer_id=customer.id).scalar()  # type: ignore[no-any-return]


def test_only_the_last_purchase_counts(db: Database) -> None:
    with db.transaction() as session:
        again = bought(session, days=45)
        make.order(session, customer=again, product=make.product(session, shop=again.shop), at=days_ago(3))
        changed_mind = bought(session, days=45)
        make.order(
            session, customer=changed_mind, product=make.product(session, shop=changed_mind.shop), at=days_ago(3), status="cancelled"
        )
        subscriber = bought(session, days=45)
        make.order(
            session, customer=subscriber, product=make.product(session, shop=subscriber.shop), at=days_ago(42), purchase_type="subscription"
        )
        running = bought(session, days=45)
        make.subscription(session, customer=running, status="active", cancelled_at=None)
    counted = count(db, terms("one_off", rule=Rule(wait_days=10)))
    assert (counted.asked, dict(counted.skipped)) == (1, {"not_yet": 1, "returned": 1})


def test_only_the_chosen_product(db: Database) -> None:
    with db.transaction() as session:
        shop = make.shop(session)
        tea, cream = make.product(session, shop=shop), make.product(session, shop=shop)
        cancelled(session, shop=shop, product=tea)
        cancelled(session, shop=shop, product=cream)
        for product in (tea, cream):
            make.order(session, customer=make.customer(session, shop=shop), product=product, at=days_ago(45))
        ids = (tea.id,)
    assert count(db, terms(rule=Rule(wait_days=3, product_ids=ids))).asked == 1
    assert count(db, terms("one_off", rule=Rule(wait_days=10, product_ids=ids))).asked == 1


def test_nobody_is_asked_twice_within_the_companys_days_over_all_campaigns(db: Database) -> None:
    with db.transaction() as session:
        campaign = make.campaign(session)
        lately, long_ago, held, lapsed = (cancelled(session) for _ in range(4))
        make.invitation(session, customer=lately, campaign=campaign, asked_at=days_ago(100))
        make.invitation(session, customer=long_ago, campaign=campaign, asked_at=days_ago(200), created_at=days_ago(200))
        make.invitation(session, customer=held, campaign=campaign, asked_at=None, held_out=True)
        make.invitation(session, customer=lapsed, campaign=campaign, asked_at=None, expires_at=days_ago(1), created_at=days_ago(31))
        wanted = campaign.id
    assert (count(db, terms()).asked, dict(count(db, terms()).skipped)) == (2, {"asked_recently": 2})
    assert dict(count(db, terms(campaign_id=wanted)).skipped) == {"already_asked": 4}


def test_the_same_person_in_two_shops_is_asked_once(db: Database) -> None:
    with db.transaction() as session:
        cancelled(session, email="hanako@example.jp")
        cancelled(session, email="hanako@example.jp")
        make.invitation(session, customer=cancelled(session, email="taro@example.jp"))
        cancelled(session, email="taro@example.jp")
    counted = count(db, terms())
    assert (counted.asked, dict(counted.skipped)) == (1, {"same_address": 1, "asked_recently": 2})


@pytest.mark.parametrize(("channel", "field"), [("paper", "postal_address"), ("phone", "phone"), ("sms", "phone")])
def test_each_way_has_its_own_address(db: Database, channel: str, field: str) -> None:
    with db.transaction() as session:
        reachable = cancelled(session, **{field: "090-0000-0000"})
        session.add(Consent(customer_id=reachable.id, channel="sms", basis="consent", source="test"))
        cancelled(session)
    counted = count(db, terms(channel=channel))
    assert (counted.asked, dict(counted.skipped)) == (1, {"no_address": 1})


def test_who_waits_longest_comes_first(db: Database) -> None:
    with db.transaction() as session:
        ids = [cancelled(session, days=days).id for days in (5, 9, 7)]
    with db.reading() as session:
        assert audience.due_customers(session, terms(), now()) == [ids[1], ids[2], ids[0]]
