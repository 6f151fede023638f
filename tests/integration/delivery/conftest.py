"""What the tests of the outbox share: queued mails, and a worker that sends them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests import factories as make
from voc import jobs
from voc.campaigns.rules import Rule
from voc.campaigns.tables import Campaign
from voc.clock import now
from voc.config import Settings
from voc.db import Database
from voc.delivery import inviting
from voc.worker import Worker


@pytest.fixture
def queue_mails(db: Database, settings: Settings) -> Callable[..., int]:
    """So many people cancelled, were invited, and have their mail in the outbox; the campaign's id."""

    def queue(count: int, **values: object) -> int:
        with db.transaction() as session:
            shop = make.shop(session)
            product = make.product(session, shop=shop, name="濃い青汁")
            for _ in range(count):
                customer = make.customer(session, shop=shop)
                make.subscription(session, customer=customer, product=product, cancelled_at=now() - timedelta(days=5))
            campaign: Campaign = make.campaign(session, rule=Rule(wait_days=3).to_json(), **values)
        inviting.invite_due(db, settings)
        return campaign.id

    return queue


@pytest.fixture
def send(db: Database, settings: Settings) -> Callable[[str], None]:
    """Let a worker send what is due."""

    def run(smtp_url: str) -> None:
        with db.transaction() as session:
            jobs.enqueue(session, "delivery.send")
        Worker(db, replace(settings, smtp_url=smtp_url)).run(until_idle=True)

    return run
