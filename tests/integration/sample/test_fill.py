"""The made-up company in a real database."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests import factories
from voc.accounts import company
from voc.campaigns import queries as campaigns
from voc.campaigns.tables import Invitation
from voc.config import Settings
from voc.customers.tables import Customer, ImportRun, Order, Subscription
from voc.db import Database
from voc.delivery.tables import Message
from voc.errors import Refused
from voc.sample.build import Size, fill
from voc.surveys.tables import Answer

SMALL = Size(customers=120, replies=60, open_links=10, seed=7)


def count(session: Session, table: type) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_it_makes_as_many_as_were_wanted(db: Database, settings: Settings) -> None:
    told: list[str] = []
    made = fill(db, settings, SMALL, lambda what, done, total: told.append(what))
    with db.reading() as session:
        assert count(session, Customer) == made.customers == 120
        assert count(session, Answer) == made.replies == 60
        assert len(campaigns.open_tokens(session, limit=100).all()) >= 10
        assert company.read(session).name == "すこやか堂"
        assert count(session, ImportRun) > 12
    assert "お客様" in told


def test_denominators_are_facts(db: Database, settings: Settings) -> None:
    fill(db, settings, Size(customers=300, replies=90, open_links=0, seed=3))
    with db.reading() as session:
        asked, answered = session.execute(sa.select(sa.func.count(Invitation.asked_at), sa.func.count(Invitation.answered_at))).one()
        answers = session.scalar(sa.select(sa.func.count()).where(Answer.invitation_id.is_not(None)))
        mails = session.scalar(sa.select(sa.func.count()).where(Message.status == "sent"))
        by_mail = session.scalar(sa.select(sa.func.count()).where(Invitation.channel == "mail", Invitation.asked_at.is_not(None)))
        assert 0 < answered < asked
        assert answers == answered
        assert mails == by_mail


def test_two_databases_of_one_seed_say_the_same(db: Database, settings: Settings, sqlite_template: object, tmp_path: object) -> None:
    from pathlib import Path

    other = Path(str(tmp_path)) / "other.sqlite3"
    other.write_bytes(Path(str(sqlite_template)).read_bytes())
    twin = Database(f"sqlite:///{other}")
    from voc import clock

    with clock.frozen(clock.now()):
        fill(db, settings, SMALL)
        fill(twin, settings, SMALL)
    wanted = sa.select(Customer.name, Customer.email, Answer.text, Answer.stated).outerjoin(Answer, Answer.customer_id == Customer.id)
    wanted = wanted.order_by(Customer.id, Answer.id)
    with db.reading() as one, twin.reading() as two:
        assert one.execute(wanted).all() == two.execute(wanted).all()
    twin.dispose()


def test_rows_made_afterwards_get_numbers_of_their_own(db: Database, settings: Settings) -> None:
    fill(db, settings, SMALL)
    with db.transaction() as session:
        shop = factories.shop(session)
        factories.customer(session, shop=shop)
        factories.answer(session)


def test_a_second_time_makes_a_second_branch(db: Database, settings: Settings) -> None:
    fill(db, settings, SMALL)
    fill(db, settings, SMALL)
    with db.reading() as session:
        assert count(session, Customer) == 240
        assert count(session, Answer) == 120


def test_it_does_not_mix_with_real_customers(db: Database, settings: Settings) -> None:
    with db.transaction() as session:
        factories.shop(session)
    with pytest.raises(Refused, match="実際のショップ"):
        fill(db, settings, SMALL)
    with db.reading() as session:
        assert count(session, Customer) == 0


def test_more_links_than_customers_make_more_customers(db: Database, settings: Settings) -> None:
    made = fill(db, settings, Size(customers=50, replies=5, open_links=200, seed=1))
    assert made.open_links >= 200
    with db.reading() as session:
        assert len(set(campaigns.open_tokens(session, limit=1_000))) >= 200


def test_orders_and_subscriptions_hang_together(db: Database, settings: Settings) -> None:
    fill(db, settings, SMALL)
    with db.reading() as session:
        boxes = sa.select(sa.func.count()).where(
            Order.customer_id == Subscription.customer_id, Order.purchase_type == "subscription"
        ).scalar_subquery()  # fmt: skip
        wrong = session.scalar(sa.select(sa.func.count()).select_from(Subscription).where(boxes < Subscription.deliveries))
        assert wrong == 0
        numbers = session.scalars(sa.select(Order.number).order_by(Order.id)).all()
        assert list(numbers) == sorted(numbers)
