"""The outbox as a queue: rows in, claimed in batches, marked as what became of them.

What a crash does (docs/delivery.md): a row claimed by a worker that died is claimed again when its lease is over. If the
mail had left and only the mark was missing, it leaves once more, with the same Message-ID.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc import audit, jobs
from voc.campaigns.service import Invited
from voc.campaigns.tables import Campaign, Invitation
from voc.clock import now
from voc.customers.tables import Consent, Customer, Product, Suppression
from voc.delivery.message import Letter, letter_urls, new_message_id
from voc.delivery.tables import Message

BATCH = 20

#: What has happened to an invitation when a mail of this kind has left.
DONE = {"invitation": "asked", "reminder": "reminded"}

#: How long a claimed batch is ours. Sending stops a minute before, so that no second worker has begun with it by then.
LEASE = timedelta(minutes=5)
LEASE_MARGIN = timedelta(minutes=1)

#: A mail that its receiver's server puts off waits longer each time, and is given up after some days.
WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=20), timedelta(hours=1), timedelta(hours=4))
GIVE_UP_AFTER = timedelta(days=3)

#: Until the next try when the mail server itself is away or refuses us: no mail's fault, so none is ever given up for it.
SERVER_WAIT = timedelta(minutes=1)
AT_ONCE = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A claimed mail, and what marks the claim as ours."""

    id: int
    attempts: int
    lease_until: datetime
    created_at: datetime
    invitation_id: int
    customer_id: int
    kind: str
    letter: Letter

    @property
    def lease_is_short(self) -> bool:
        return now() > self.lease_until - LEASE_MARGIN


def queue(session: Session, invited: Iterable[Invited], *, mail_from: str) -> int:
    """Write the mails of new invitations, in the transaction that made the invitations. How many."""
    rows = [
        {"invitation_id": new.invitation_id, "channel": "mail", "address": new.address, "message_id": new_message_id(mail_from)}
        for new in invited
        if not new.held_out
    ]
    if rows:
        session.execute(sa.insert(Message), rows)
        jobs.enqueue(session, "delivery.send")
    return len(rows)


def waiting(session: Session) -> int:
    """How many mails could go out now."""
    statement = sa.select(sa.func.count()).select_from(Message).join(Invitation).join(Campaign).where(_due(now()))
    return session.scalar(statement) or 0


def claim(session: Session, *, base_url: str, limit: int = BATCH) -> list[Outgoing]:
    """Take the next due mails; those that must not go out any more are put away instead.

    Returns nothing only when nothing is due. ``attempts``, counted up by each claim, tells whose claim it is: whoever
    claims after the lease is over counts on, and what the first one marks afterwards touches nothing.
    """
    while True:
        ids = _take(session, limit)
        if not ids:
            return []
        found = list(_load(session, ids, base_url=base_url))
        for outgoing, obstacle in found:
            if obstacle is not None:
                _mark(session, outgoing, status="suppressed", error=obstacle)
        clear = [outgoing for outgoing, obstacle in found if obstacle is None]
        if clear:
            return clear


def sent(session: Session, outgoing: Outgoing) -> bool:
    """It left the house: the customer counts as asked from now on. ``False``: another worker has claimed it meanwhile."""
    moment = now()
    session.execute(
        sa.update(Invitation)
        .where(Invitation.id == outgoing.invitation_id, Invitation.asked_at.is_(None))
        .values(asked_at=moment)
        .execution_options(synchronize_session=False)
    )
    audit.record(
        session, f"invitation.{DONE[outgoing.kind]}", customer_id=outgoing.customer_id, invitation_id=outgoing.invitation_id,
        channel="mail", message_id=outgoing.letter.message_id,
    )  # fmt: skip
    return _mark(session, outgoing, status="sent", sent_at=moment, error=None)


def put_off(session: Session, outgoing: Outgoing, words: str) -> None:
    """The receiver's server wants it later; after some days it is given up."""
    if now() - outgoing.created_at > GIVE_UP_AFTER:
        give_up(session, outgoing, f"{GIVE_UP_AFTER.days}日のあいだ送れなかったため、取りやめました。{words}")
        return
    wait = WAITS[min(outgoing.attempts, len(WAITS)) - 1]
    _mark(session, outgoing, status="queued", next_attempt_at=now() + wait, error=words)


def give_up(session: Session, outgoing: Outgoing, words: str) -> None:
    _mark(session, outgoing, status="failed", error=words)


def release(session: Session, batch: Sequence[Outgoing], words: str | None = None, *, wait: timedelta = AT_ONCE) -> None:
    """Give claimed mails back unsent: the server is away (with the reason), or the worker ends (without)."""
    for outgoing in batch:
        values = {} if words is None else {"error": words}
        _mark(session, outgoing, status="queued", next_attempt_at=now() + wait, **values)


# -- behind the claim -------------------------------------------------------------------------------------------------------


def _due(moment: datetime) -> sa.ColumnElement[bool]:
    ripe = sa.or_(
        sa.and_(Message.status == "queued", Message.next_attempt_at <= moment),
        sa.and_(Message.status == "sending", Message.lease_until < moment),
    )
    return sa.and_(ripe, Message.channel == "mail", Campaign.status != "paused")


def _take(session: Session, limit: int) -> list[int]:
    moment = now()
    chosen = (
        sa.select(Message.id)
        .join(Invitation, Invitation.id == Message.invitation_id)
        .join(Campaign, Campaign.id == Invitation.campaign_id)
        .where(_due(moment))
        .order_by(Message.next_attempt_at, Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Message)
    )
    ids = list(session.scalars(chosen))
    unchanged = sa.or_(Message.status == "queued", Message.lease_until < moment)
    taken = session.execute(
        sa.update(Message)
        .where(Message.id.in_(ids), unchanged)
        .values(status="sending", attempts=Message.attempts + 1, lease_until=moment + LEASE)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return sorted(taken.scalars())


def _load(session: Session, ids: Sequence[int], *, base_url: str) -> Iterable[tuple[Outgoing, str | None]]:
    rows = session.execute(
        sa.select(Message, Invitation, Campaign, Customer, Product.name, Suppression.reason, Consent.withdrawn_at)
        .join(Invitation, Invitation.id == Message.invitation_id)
        .join(Campaign, Campaign.id == Invitation.campaign_id)
        .join(Customer, Customer.id == Invitation.customer_id)
        .outerjoin(Product, Product.id == Invitation.product_id)
        .outerjoin(Suppression, sa.and_(Suppression.channel == "mail", Suppression.address == Message.address))
        .outerjoin(Consent, sa.and_(Consent.channel == "mail", Consent.customer_id == Customer.id))
        .where(Message.id.in_(ids))
        .order_by(Message.next_attempt_at, Message.id)
        .execution_options(populate_existing=True)
    )
    for message, invitation, campaign, customer, product, suppressed, withdrawn_at in rows:
        letter = Letter(
            to=message.address, message_id=message.message_id, name=customer.name or "", product=product or "",
            purchase_type=invitation.purchase_type, expires_at=invitation.expires_at,
            subject=campaign.mail_subject, opening=campaign.mail_text, reminder=message.kind == "reminder",
            **letter_urls(base_url, token=invitation.token, opt_out_token=customer.opt_out_token),
        )  # fmt: skip
        outgoing = Outgoing(
            id=message.id, attempts=message.attempts, lease_until=message.lease_until or now(), created_at=message.created_at,
            invitation_id=invitation.id, customer_id=customer.id, kind=message.kind, letter=letter,
        )  # fmt: skip
        yield outgoing, obstacle(campaign, invitation, suppressed=suppressed, withdrawn=withdrawn_at is not None)


def obstacle(campaign: Campaign, invitation: Invitation, *, suppressed: str | None, withdrawn: bool) -> str | None:
    """Why a mail that was queued must not go out any more, as a sentence; ``None`` when it may."""
    if suppressed == "hard_bounce":
        return "この宛先は存在しないことがわかっているため、送りませんでした。"
    if suppressed is not None or withdrawn:
        return "お客様が今後のおうかがいを希望されていないため、送りませんでした。"
    if campaign.status == "closed":
        return "配信が終了したため、送りませんでした。"
    if invitation.answered_at is not None:
        return "すでにご回答をいただいたため、送りませんでした。"
    if invitation.expires_at <= now():
        return "送れないうちに受付の期限が過ぎたため、送りませんでした。"
    return None


def _mark(session: Session, outgoing: Outgoing, *, status: str, **values: object) -> bool:
    marked = session.execute(
        sa.update(Message)
        .where(Message.id == outgoing.id, Message.status == "sending", Message.attempts == outgoing.attempts)
        .values(status=status, lease_until=None, **values)
        .execution_options(synchronize_session=False)
    )
    return bool(marked.rowcount == 1)  # type: ignore[attr-defined]
