"""Writes: campaigns and their invitations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc import audit, jobs
from voc.accounts import company
from voc.campaigns import audience
from voc.campaigns.audience import Terms
from voc.campaigns.rules import Candidate, Rule
from voc.campaigns.tables import CHANNELS, Campaign, Invitation
from voc.campaigns.wording import advertises
from voc.clock import end_of_day, now, today
from voc.errors import Conflict, NotFound, Refused
from voc.links import new_token
from voc.reasons.codebook import PURCHASE_TYPES

#: On PostgreSQL, transactions that make invitations take their turn: nobody is asked twice by two that do not see each other.
_ADVISORY_LOCK = 0x766F6302


@dataclass(frozen=True, kw_only=True)
class Invited:
    """An invitation that was just made, and where it goes."""

    invitation_id: int
    customer_id: int
    address: str
    held_out: bool


def create(session: Session, *, name: str, by: int | None = None, **values: Any) -> Campaign:
    """A new campaign, as a draft. ``values``: see ``change``.

    Raises
    ------
    Conflict
        Another campaign has that name.
    Refused
        A value that cannot be used.
    """
    campaign = Campaign(name="", status="draft", created_by=by)
    _fill(session, campaign, name=name, **values)
    session.add(campaign)
    session.flush()
    audit.record(session, "campaign.created", user_id=by, campaign_id=campaign.id, **_told(campaign))
    return campaign


def change(session: Session, campaign: Campaign, *, by: int | None = None, **values: Any) -> None:
    """Change a campaign; once it ran, the way and the kind of customers stay, so that its figures mean one thing."""
    _refuse_closed(campaign)
    if campaign.activated_at is not None:
        for fixed in ("purchase_type", "channel", "holdout_percent"):
            if values.get(fixed, getattr(campaign, fixed)) != getattr(campaign, fixed):
                raise Refused("始めた配信では、対象・届け方・比較のための割合は変えられません。新しい配信を作ってください。")
    _fill(session, campaign, **values)
    if campaign.activated_at is not None:
        _refuse_nameless_advertising(session, campaign)
    session.flush()
    audit.record(session, "campaign.changed", user_id=by, campaign_id=campaign.id, **_told(campaign))


def activate(session: Session, campaign: Campaign, *, by: int | None = None) -> None:
    """Start or go on; the first invitations are made at once."""
    _refuse_closed(campaign)
    _refuse_nameless_advertising(session, campaign)
    campaign.status = "active"
    campaign.activated_at = campaign.activated_at or now()
    session.flush()
    audit.record(session, "campaign.activated", user_id=by, campaign_id=campaign.id)
    jobs.enqueue(session, "campaigns.invite", unique_key="campaigns.invite:now", at_once=True)


def pause(session: Session, campaign: Campaign, *, by: int | None = None) -> None:
    """No new invitations and no mails until it goes on. Links that were sent still take answers."""
    if campaign.status != "active":
        raise Conflict("この配信は動いていません。画面を読み込み直してください。")
    campaign.status = "paused"
    session.flush()
    audit.record(session, "campaign.paused", user_id=by, campaign_id=campaign.id)


def close(session: Session, campaign: Campaign, *, by: int | None = None) -> None:
    """End for good: its links close too, and what was not sent yet is not sent."""
    _refuse_closed(campaign)
    campaign.status, campaign.closed_at = "closed", now()
    session.flush()
    audit.record(session, "campaign.closed", user_id=by, campaign_id=campaign.id)
    jobs.enqueue(session, "delivery.send")


def discard(session: Session, campaign: Campaign, *, by: int | None = None) -> None:
    """Throw a draft away."""
    if campaign.activated_at is not None:
        raise Refused("一度始めた配信は消せません。記録を残すため、終了にしてください。")
    audit.record(session, "campaign.discarded", user_id=by, campaign_id=campaign.id, name=campaign.name)
    session.delete(campaign)
    session.flush()


def by_name(session: Session, name: str) -> Campaign:
    found = session.scalar(sa.select(Campaign).where(Campaign.name == name))
    if found is None:
        raise NotFound(f"配信「{name}」はありません。")
    return found


def take_turn(session: Session) -> None:
    """Wait until no other transaction is making invitations (SQLite has one writer anyway)."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))


def invite(session: Session, campaign: Campaign, customer_ids: Sequence[int]) -> list[Invited]:
    """Make the invitations of those of these customers who are eligible at this moment. Running it twice makes nothing twice."""
    take_turn(session)
    session.refresh(campaign)
    if campaign.status != "active":
        return []
    terms = Terms.of(campaign, ask_again_days=company.read(session).ask_again_days)
    found = audience.eligible(session, terms, customer_ids, now())
    if not found:
        return []
    rows = [_invitation(campaign, candidate, held_out=decision.held_out) for candidate, decision in found]
    made = session.execute(sa.insert(Invitation).returning(Invitation.id, Invitation.customer_id), rows)
    address = {candidate.customer_id: candidate.address or "" for candidate, _ in found}
    held = {candidate.customer_id: decision.held_out for candidate, decision in found}
    return [
        Invited(invitation_id=invitation_id, customer_id=customer_id, address=address[customer_id], held_out=held[customer_id])
        for invitation_id, customer_id in made
    ]


def mark_asked(session: Session, campaign: Campaign, invitation_ids: Sequence[int], *, by: int | None = None) -> int:
    """Letters were printed, links handed over, calls made: from now on they count as asked. How many were new."""
    marked = session.execute(
        sa.update(Invitation)
        .where(
            Invitation.campaign_id == campaign.id, Invitation.id.in_(invitation_ids),
            Invitation.asked_at.is_(None), Invitation.held_out.is_(False),
        )
        .values(asked_at=now())
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    count = int(marked.rowcount)  # type: ignore[attr-defined]
    if count:
        audit.record(session, "invitation.asked", user_id=by, campaign_id=campaign.id, channel=campaign.channel, count=count)
    return count


def open_until(campaign: Campaign) -> datetime:
    """When a survey that is asked for today closes (exclusive)."""
    return end_of_day(today() + timedelta(days=campaign.open_days))


def _invitation(campaign: Campaign, candidate: Candidate, *, held_out: bool) -> dict[str, Any]:
    return {
        "campaign_id": campaign.id,
        "customer_id": candidate.customer_id,
        "token": new_token(),
        "channel": campaign.channel,
        "purchase_type": campaign.purchase_type,
        "product_id": _product(campaign, candidate),
        "order_id": candidate.order_id,
        "subscription_id": candidate.subscription_id,
        "held_out": held_out,
        "created_at": now(),
        "expires_at": open_until(campaign),
    }


def _product(campaign: Campaign, candidate: Candidate) -> int | None:
    """The product that the survey speaks of: one that the campaign is about, else the dearest."""
    wanted = set(Rule.from_json(campaign.rule).product_ids)
    about = [product for product in candidate.product_ids if not wanted or product in wanted]
    return about[0] if about else None


def _fill(session: Session, campaign: Campaign, **values: Any) -> None:
    if "name" in values:
        campaign.name = _free_name(session, campaign, values.pop("name"))
    rule = values.pop("rule", None)
    if rule is not None:
        campaign.rule = rule.to_json()
    for key, value in values.items():
        if key not in _FIELDS:
            raise TypeError(f"a campaign has no {key}")
        setattr(campaign, key, _clean(value) if isinstance(value, str) else value)
    _check(campaign)


_FIELDS = ("purchase_type", "channel", "open_days", "holdout_percent", "mail_subject", "mail_text")


def _check(campaign: Campaign) -> None:
    if campaign.purchase_type not in PURCHASE_TYPES or (campaign.channel or "mail") not in CHANNELS:
        raise Refused("対象と届け方を選んでください。")
    if not 1 <= (30 if campaign.open_days is None else campaign.open_days) <= 365:
        raise Refused("回答の受付日数は 1〜365 にしてください。")
    remind_days = Rule.from_json(campaign.rule or {}).remind_days
    if remind_days is not None and remind_days >= (campaign.open_days or 30):
        raise Refused("もう一度お願いするまでの日数は、回答を受け付ける日数より短くしてください。")
    if not 0 <= (campaign.holdout_percent or 0) <= 50:
        raise Refused("比較のために送らない割合は 0〜50 にしてください。")
    if "\n" in (campaign.mail_subject or "") or "\r" in (campaign.mail_subject or ""):
        raise Refused("件名は1行で書いてください。")


def _free_name(session: Session, campaign: Campaign, name: str) -> str:
    name = " ".join(_clean(name).split())
    if not name:
        raise Refused("配信に名前を付けてください。")
    if len(name) > 100:
        raise Refused("名前は100文字までにしてください。")
    with session.no_autoflush:
        taken = session.scalar(sa.select(Campaign.id).where(Campaign.name == name, Campaign.id != (campaign.id or 0)))
    if taken is not None:
        raise Conflict(f"「{name}」という配信はすでにあります。別の名前にしてください。")
    return name


def _clean(text: str) -> str:
    """Without outer blanks, and without U+0000, which PostgreSQL refuses."""
    return text.replace("\0", "").strip()


def _refuse_closed(campaign: Campaign) -> None:
    if campaign.status == "closed":
        raise Conflict("この配信は終了しています。新しい配信を作ってください。")


#: What advertising mail needs and where it is entered; told when a campaign starts, and when a mail is held back.
NAMELESS = (
    "文面に割引や購入の誘い、お店へのリンクがあり、広告のメールにあたります。広告のメールには送信者の名前・住所・問い合わせ先が必要です"
    "(特定電子メール法)。管理者が「設定」に入れるか、文面から誘いを除いてください。"
)


def _refuse_nameless_advertising(session: Session, campaign: Campaign) -> None:
    if campaign.channel == "mail" and advertises(campaign.mail_subject, campaign.mail_text) and not company.read(session).names_itself:
        raise Refused(NAMELESS)


def _told(campaign: Campaign) -> dict[str, Any]:
    return {
        "name": campaign.name, "purchase_type": campaign.purchase_type, "channel": campaign.channel, "rule": campaign.rule,
        "open_days": campaign.open_days, "holdout_percent": campaign.holdout_percent,
    }  # fmt: skip
