"""Invitations that wait for their answers, beyond what the campaigns leave open: for trying and for measuring."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc import links
from voc.campaigns import queries as campaigns
from voc.campaigns.rules import Rule
from voc.campaigns.tables import Campaign, Invitation
from voc.clock import now
from voc.customers.tables import Customer, Order, OrderLine
from voc.reasons.codebook import ONE_OFF
from voc.sample.company import OPEN_CAMPAIGN
from voc.sample.company_rows import House

CHUNK = 5_000


def count(session: Session) -> int:
    """Links that can be answered now."""
    return session.scalar(sa.select(sa.func.count()).select_from(Invitation).join(Campaign).where(campaigns.can_be_answered())) or 0


def add(session: Session, house: House, wanted: int, *, after: int) -> tuple[int, int]:
    """Up to ``CHUNK`` more, for customers with a number above ``after``: how many, and the last customer's number."""
    asked = sa.select(Invitation.customer_id).join(Campaign).where(campaigns.can_be_answered())
    rows = session.execute(
        sa.select(Customer.id, sa.func.max(Order.id), sa.func.max(OrderLine.product_id))
        .join(Order, Order.customer_id == Customer.id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(Customer.id > after, Customer.shop_id == house.shop_id, Customer.id.not_in(asked))
        .group_by(Customer.id)
        .order_by(Customer.id)
        .limit(min(wanted, CHUNK))
    ).all()
    if not rows:
        return 0, after
    campaign, moment = _campaign(session, house), now()
    session.execute(
        sa.insert(Invitation),
        [
            {
                "campaign_id": campaign.id, "customer_id": customer, "token": links.new_token(), "channel": "line", "purchase_type": ONE_OFF,
                "product_id": product, "order_id": order, "held_out": False, "created_at": moment, "expires_at": moment + timedelta(days=30),
                "asked_at": moment,
            }
            for customer, order, product in rows
        ],
    )  # fmt: skip
    return len(rows), rows[-1][0]


def _campaign(session: Session, house: House) -> Campaign:
    """Its links are handed out by whoever tries them: no mail leaves for it, and nobody is asked by itself."""
    found = session.scalar(sa.select(Campaign).where(Campaign.name == OPEN_CAMPAIGN))
    if found is None:
        found = Campaign(
            name=OPEN_CAMPAIGN, status="active", purchase_type=ONE_OFF, channel="line", rule=Rule(wait_days=365, window_days=1).to_json(),
            created_by=house.staff[-1], activated_at=now(),
        )  # fmt: skip
        session.add(found)
        session.flush()
    return found
