"""Reads: how campaigns stand, and their invitations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc.campaigns.tables import TAKES_ANSWERS, Campaign, Invitation
from voc.clock import end_of_day, now, start_of_day
from voc.customers.tables import Customer, Product, Shop
from voc.errors import Refused
from voc.paging import Page, nearest


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A campaign's figures. ``shown`` and ``answered`` count only who was asked."""

    made: int = 0
    held_out: int = 0
    asked: int = 0
    shown: int = 0
    answered: int = 0

    @property
    def waiting(self) -> int:
        return self.made - self.held_out - self.asked


NOBODY = Standing()


def standings(session: Session, campaign_ids: Sequence[int] | None = None) -> dict[int, Standing]:
    statement = sa.select(
        Invitation.campaign_id,
        sa.func.count(),
        sa.func.sum(sa.case((Invitation.held_out, 1), else_=0)),
        sa.func.count(Invitation.asked_at),
        sa.func.count(Invitation.shown_at),
        sa.func.count(Invitation.answered_at),
    ).group_by(Invitation.campaign_id)
    if campaign_ids is not None:
        statement = statement.where(Invitation.campaign_id.in_(campaign_ids))
    return {
        campaign_id: Standing(made=made, held_out=held, asked=asked, shown=shown, answered=answered)
        for campaign_id, made, held, asked, shown, answered in session.execute(statement)
    }


def campaigns(session: Session) -> list[Campaign]:
    """Running ones first, then drafts and paused ones, then what is over; the newest first."""
    order = sa.case({"active": 0, "draft": 1, "paused": 2}, value=Campaign.status, else_=3)
    return list(session.scalars(sa.select(Campaign).order_by(order, Campaign.id.desc())))


def active(session: Session) -> list[Campaign]:
    return list(session.scalars(sa.select(Campaign).where(Campaign.status == "active").order_by(Campaign.id)))


def made_on(session: Session, campaign_id: int, day: date) -> int:
    """How many invitations (without those held out) a campaign made on a day."""
    return session.scalar(
        sa.select(sa.func.count()).where(
            Invitation.campaign_id == campaign_id, Invitation.held_out.is_(False),
            Invitation.created_at >= start_of_day(day), Invitation.created_at < end_of_day(day),
        )
    ) or 0  # fmt: skip


def can_be_answered() -> sa.ColumnElement[bool]:
    """Of invitations joined with their campaigns: those whose link takes an answer now."""
    return sa.and_(
        Invitation.held_out.is_(False), Invitation.answered_at.is_(None), Invitation.expires_at > now(), Campaign.status.in_(TAKES_ANSWERS)
    )


def open_tokens(session: Session, *, limit: int | None = None) -> sa.ScalarResult[str]:
    """Tokens of invitations that can be answered now, the newest first; read some at a time, however many there are."""
    wanted = sa.select(Invitation.token).join(Campaign).where(can_be_answered()).order_by(Invitation.id.desc()).limit(limit)
    return session.scalars(wanted.execution_options(yield_per=1_000))


PER_PAGE = 25

STATES = ("waiting", "asked", "shown", "answered", "expired", "held_out")


def state_of(invitation: Invitation) -> str:
    """How far one invitation is, in one word of ``STATES``."""
    if invitation.held_out:
        return "held_out"
    if invitation.answered_at is not None:
        return "answered"
    if invitation.expires_at <= now():
        return "expired"
    if invitation.shown_at is not None:
        return "shown"
    return "waiting" if invitation.asked_at is None else "asked"


def _in_state(state: str) -> sa.SQLColumnExpression[bool]:
    held, answered, over = Invitation.held_out, Invitation.answered_at.is_not(None), Invitation.expires_at <= now()
    still_open = ~held & ~answered & ~over
    asked, shown = Invitation.asked_at.is_not(None), Invitation.shown_at.is_not(None)
    states = {
        "held_out": held,
        "answered": answered,
        "expired": ~held & ~answered & over,
        "shown": still_open & shown,
        "asked": still_open & ~shown & asked,
        "waiting": still_open & ~shown & ~asked,
    }
    return states.get(state, sa.true())


def invitations(
    session: Session, campaign_id: int, *, state: str = "", search: str = "", page: int = 1
) -> Page[sa.Row[Invitation, Customer]]:
    """The newest first, some at a time; ``search`` looks at name, e-mail and customer number."""
    wanted = [Invitation.campaign_id == campaign_id, _in_state(state)]
    if search:
        wanted.append(
            sa.or_(
                Customer.name.contains(search, autoescape=True),
                Customer.email.contains(search.lower(), autoescape=True),
                Customer.external_id == search,
            )
        )
    joined = sa.select(Invitation, Customer).join(Customer, Customer.id == Invitation.customer_id).where(*wanted)
    total = session.scalar(sa.select(sa.func.count()).select_from(joined.subquery())) or 0
    number = nearest(page, total, PER_PAGE)
    rows = session.execute(joined.order_by(Invitation.id.desc()).limit(PER_PAGE).offset((number - 1) * PER_PAGE)).all()
    return Page(rows=rows, number=number, total=total, size=PER_PAGE)


def products(session: Session) -> list[tuple[int, str, str]]:
    """Products to choose from: id, name, shop."""
    rows = session.execute(
        sa.select(Product.id, Product.name, Shop.name).join(Shop, Shop.id == Product.shop_id).order_by(Shop.id, Product.name)
    )
    return [(product_id, name, shop) for product_id, name, shop in rows]


def product_ids(session: Session, codes: Sequence[str]) -> tuple[int, ...]:
    """The products with these codes, in all shops."""
    found = {code: product_id for product_id, code in session.execute(sa.select(Product.id, Product.code).where(Product.code.in_(codes)))}
    missing = [code for code in codes if code not in found]
    if missing:
        raise Refused(f"商品コード {', '.join(missing)} はありません。取り込んだ注文のコードを確かめてください。")
    return tuple(session.scalars(sa.select(Product.id).where(Product.code.in_(codes)).order_by(Product.id)))
