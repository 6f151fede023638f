"""Making invitations together with their mails: one transaction per batch, so that neither is ever there without the other.

It stands here and not in the campaigns' room, because messages are above campaigns.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from voc.accounts import company
from voc.campaigns import audience, queries
from voc.campaigns import service as campaigns
from voc.campaigns.audience import Terms
from voc.campaigns.tables import Campaign
from voc.clock import now, today
from voc.config import Settings
from voc.db import Database
from voc.delivery import outbox, reminding

BATCH = 200


@dataclass(kw_only=True)
class Made:
    """What one campaign's turn made."""

    campaign_id: int
    name: str
    invitations: int = 0
    held_out: int = 0
    mails: int = 0
    reminders: int = 0


def invite_due(
    db: Database, settings: Settings, *, stopping: threading.Event | None = None, progress: Callable[[int, int], None] | None = None
) -> list[Made]:
    """Make all invitations and reminders that are due now, of all active campaigns. Stops between two batches when asked to."""
    with db.reading() as session:
        running = [(campaign.id, campaign.name) for campaign in queries.active(session)]
    made = []
    for campaign_id, name in running:
        one = Made(campaign_id=campaign_id, name=name)
        made.append(one)
        with db.reading() as session:
            due = _due(session, session.get_one(Campaign, campaign_id))
        for done, customer_ids in _batches(due):
            if stopping is not None and stopping.is_set():
                return made
            with db.transaction() as session:
                _invite(session, settings, customer_ids, one)
            if progress is not None:
                progress(done, len(due))
        _remind(db, settings, one, stopping)
    return made


def _remind(db: Database, settings: Settings, made: Made, stopping: threading.Event | None) -> None:
    while stopping is None or not stopping.is_set():
        with db.transaction() as session:
            queued = reminding.remind(session, made.campaign_id, mail_from=settings.mail_from, limit=BATCH)
        if not queued:
            return
        made.reminders += queued


def _due(session: Session, campaign: Campaign) -> list[int]:
    """Who is due, as many as the campaign may still ask today."""
    terms = Terms.of(campaign, ask_again_days=company.read(session).ask_again_days)
    due = audience.due_customers(session, terms, now())
    limit = terms.rule.daily_limit
    return due if limit is None else due[: max(0, limit - queries.made_on(session, campaign.id, today()))]


def _invite(session: Session, settings: Settings, customer_ids: Sequence[int], made: Made) -> None:
    campaign = session.get_one(Campaign, made.campaign_id)
    invited = campaigns.invite(session, campaign, customer_ids)
    made.held_out += sum(new.held_out for new in invited)
    made.invitations += sum(not new.held_out for new in invited)
    if campaign.channel == "mail":
        made.mails += outbox.queue(session, invited, mail_from=settings.mail_from)


def _batches(ids: Sequence[int]) -> Iterator[tuple[int, Sequence[int]]]:
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        yield start + len(batch), batch
