"""Reads of the people at the desk: looking for answers, and for whom an answer on paper is from."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc.campaigns.tables import Campaign, Invitation
from voc.clock import end_of_day, start_of_day
from voc.customers.queries import product_names
from voc.customers.tables import Customer, Product
from voc.paging import Page, nearest
from voc.reasons.codebook import PURCHASE_TYPES
from voc.surveys.questions import STATED
from voc.surveys.tables import SOURCES, Answer, FollowUp

PER_PAGE = 50
MAX_WORDS = 8
MATCHES = 12
#: So many finds are sorted here and not in the database.
FEW = 2_000
#: In the address of a page: those who ticked nothing.
NOT_TICKED = "none"
_ADDRESS = re.compile(r"(?:^|/s/)([A-Za-z0-9_-]{22})(?:[/?#]|$)")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is looked for. What cannot be understood is left out."""

    words: tuple[str, ...] = ()
    source: str = ""
    product_id: int | None = None
    purchase_type: str = ""
    stated: str = ""
    first: date | None = None
    last: date | None = None

    @classmethod
    def from_arguments(cls, given: Mapping[str, str]) -> "Wish":
        def known(name: str, values: Sequence[str]) -> str:
            return given.get(name, "") if given.get(name, "") in values else ""

        product = given.get("product", "")
        return cls(
            words=tuple(given.get("q", "").split()[:MAX_WORDS]),
            source=known("source", SOURCES),
            product_id=int(product) if product.isascii() and product.isdecimal() and len(product) < 10 else None,
            purchase_type=known("type", PURCHASE_TYPES),
            stated=known("stated", (*STATED, NOT_TICKED)),
            first=_day(given.get("from", "")),
            last=_day(given.get("to", "")),
        )

    def arguments(self) -> dict[str, Any]:
        """The same wish as part of an address."""
        every = {
            "q": " ".join(self.words),
            "source": self.source,
            "product": self.product_id,
            "type": self.purchase_type,
            "stated": self.stated,
            "from": self.first and self.first.isoformat(),
            "to": self.last and self.last.isoformat(),
        }
        return {name: value for name, value in every.items() if value}


@dataclass(frozen=True, kw_only=True)
class Found:
    """One answer in the list."""

    id: int
    text: str
    stated: str | None
    expectation: int | None
    purchase_type: str
    source: str
    answered_at: datetime
    product: str | None
    question: str | None
    more: str | None


def find(session: Session, wish: Wish, *, page: int = 1) -> Page[Found]:
    """The answers that fit, the newest first."""
    total, number, ids = _place(session, wish, page)
    columns = sa.select(
        Answer.id, Answer.text, Answer.stated, Answer.expectation, Answer.purchase_type, Answer.source, Answer.answered_at,
        Product.name.label("product"), FollowUp.question, FollowUp.text.label("more"),
    )  # fmt: skip
    wanted = (
        columns.select_from(Answer)
        .outerjoin(Product, Product.id == Answer.product_id)
        .outerjoin(FollowUp, FollowUp.answer_id == Answer.id)
        .where(Answer.id.in_(ids))
        .order_by(Answer.answered_at.desc(), Answer.id.desc())
    )
    return Page(rows=[Found(**row._mapping) for row in session.execute(wanted)], number=number, total=total, size=PER_PAGE)


def _place(session: Session, wish: Wish, page: int) -> tuple[int, int, Sequence[int]]:
    """How many fit, which page it becomes, and the ids on it. The ids alone: whole texts would cost the more the longer they are.

    Words are looked for in all texts (docs/benchmarks.md says how long that takes). What few have is found by one look and
    sorted here: walking along the time, a database would fetch a million rows one by one. What many have stands close together.
    """
    if wish.words:
        few = session.execute(_chosen(sa.select(Answer.answered_at, Answer.id), wish).limit(FEW + 1)).all()
        if len(few) <= FEW:
            number = nearest(page, len(few), PER_PAGE)
            newest = sorted(((row.answered_at, row.id) for row in few), reverse=True)
            return len(few), number, [answer_id for _at, answer_id in newest[(number - 1) * PER_PAGE : number * PER_PAGE]]
    total = session.scalar(_chosen(sa.select(sa.func.count()).select_from(Answer), wish)) or 0
    number = nearest(page, total, PER_PAGE)
    ids = _chosen(sa.select(Answer.id), wish).order_by(Answer.answered_at.desc(), Answer.id.desc())
    return total, number, session.scalars(ids.limit(PER_PAGE).offset((number - 1) * PER_PAGE)).all()


def _has(text: sa.SQLColumnExpression[str], word: str) -> sa.ColumnElement[bool]:
    """Whether the word stands in a text. Japanese has no capitals, and to look past them costs the most."""
    return text.contains(word, autoescape=True) if word.lower() == word.upper() else text.icontains(word, autoescape=True)


def _chosen(select: sa.Select[*tuple[Any, ...]], wish: Wish) -> sa.Select[*tuple[Any, ...]]:
    for word in wish.words:
        more = sa.select(FollowUp.answer_id).where(_has(FollowUp.text, word))
        select = select.where(sa.or_(_has(Answer.text, word), Answer.id.in_(more)))
    if wish.source:
        select = select.where(Answer.source == wish.source)
    if wish.product_id:
        select = select.where(Answer.product_id == wish.product_id)
    if wish.purchase_type:
        select = select.where(Answer.purchase_type == wish.purchase_type)
    if wish.stated:
        select = select.where(Answer.stated.is_(None) if wish.stated == NOT_TICKED else Answer.stated == wish.stated)
    if wish.first:
        select = select.where(Answer.answered_at >= start_of_day(wish.first))
    if wish.last:
        select = select.where(Answer.answered_at < end_of_day(wish.last))
    return select


def pieces(text: str, words: Sequence[str]) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it is one of the words looked for."""
    if not words:
        return [(text, False)]
    parts = re.split("(" + "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) + ")", text, flags=re.IGNORECASE)
    return [(part, bool(place % 2)) for place, part in enumerate(parts) if part]


def products(session: Session) -> Sequence[tuple[int, str]]:
    """Products to choose from."""
    return list(product_names(session).items())[:500]


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who was asked and may be the one whose answer came by post or phone."""

    invitation_id: int
    name: str
    campaign: str
    product: str | None
    asked_at: datetime | None
    answered_at: datetime | None


def people(session: Session, who: str) -> list[Person]:
    """Who was asked, by what is at hand: the address printed on the card, or name, customer number, mail, phone."""
    who = who.strip()
    if not who:
        return []
    token = _ADDRESS.search(who)
    by_person = sa.or_(
        Customer.external_id == who, Customer.email == who.lower(), Customer.phone == who, Customer.name.contains(who, autoescape=True)
    )
    return _people(session, Invitation.token == token[1] if token else by_person)


def person(session: Session, invitation_id: int) -> Person | None:
    found = _people(session, Invitation.id == invitation_id)
    return found[0] if found else None


def _people(session: Session, condition: sa.ColumnElement[bool]) -> list[Person]:
    wanted = (
        sa.select(
            Invitation.id.label("invitation_id"), Customer.name, Customer.external_id, Customer.email, Campaign.name.label("campaign"),
            Product.name.label("product"), Invitation.asked_at, Invitation.answered_at,
        )
        .join(Customer, Customer.id == Invitation.customer_id)
        .join(Campaign, Campaign.id == Invitation.campaign_id)
        .outerjoin(Product, Product.id == Invitation.product_id)
        .where(condition, Invitation.held_out.is_(False))
        .order_by(Invitation.created_at.desc(), Invitation.id.desc())
        .limit(MATCHES)
    )  # fmt: skip
    return [
        Person(
            invitation_id=row.invitation_id, name=row.name or row.external_id or row.email or "", campaign=row.campaign, product=row.product,
            asked_at=row.asked_at, answered_at=row.answered_at,
        )
        for row in session.execute(wanted)
    ]  # fmt: skip


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
