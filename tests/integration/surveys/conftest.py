"""One customer who was asked, with an open link."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from tests import factories
from voc.accounts.company import Company, change
from voc.db import Database
from voc.surveys.tables import Answer, FollowUp

Ask = Callable[..., str]


@pytest.fixture
def ask(db: Database) -> Ask:
    """A new customer, asked about a product; the token of the link. Keywords: of the campaign (``status``…) or the invitation."""

    def new(*, campaign: dict[str, Any] | None = None, **values: Any) -> str:
        with db.transaction() as session:
            shop = factories.shop(session)
            product = factories.product(session, shop=shop, name="すこやか青汁 <30包>")
            asked = factories.campaign(session, **campaign or {})
            customer = factories.customer(session, shop=shop)
            return factories.invitation(session, customer=customer, campaign=asked, product_id=product.id, **values).token

    return new


@pytest.fixture
def token(ask: Ask) -> str:
    return ask()


@pytest.fixture
def company(db: Database) -> Company:
    told = Company(name="すこやか堂", contact="0120-000-000", privacy_url="https://example.co.jp/privacy")
    with db.transaction() as session:
        change(session, told)
    return told


@pytest.fixture
def answers(db: Database) -> Callable[[], list[Answer]]:
    def read() -> list[Answer]:
        with db.reading() as session:
            return list(session.scalars(sa.select(Answer).order_by(Answer.id)))

    return read


@pytest.fixture
def follow_ups(db: Database) -> Callable[[], list[FollowUp]]:
    def read() -> list[FollowUp]:
        with db.reading() as session:
            return list(session.scalars(sa.select(FollowUp).order_by(FollowUp.id)))

    return read
