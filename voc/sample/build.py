"""A database full of a made-up company: 「すこやか堂」, health foods and cosmetics, at any size.

Deterministic by seed, but for the secrets in links. Written in batches, so that a million replies need no more memory than a
thousand; beyond some thousand replies the corpus has no new texts, and they are said again by other customers.
"""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc import clock
from voc.accounts.tables import CompanySetting
from voc.config import Settings
from voc.customers.tables import Shop
from voc.db import Database
from voc.errors import Refused
from voc.sample import company_rows, links_open, papers, staff
from voc.sample.buying import Calendar
from voc.sample.company_rows import House
from voc.sample.histories import Histories
from voc.sample.rows import Batch
from voc.sample.voices import Pool, voices

CHUNK = 4_000
MARK = "sample"
#: Answers and noted reasons that a customer of the company brings, about: what decides whether all who could be asked are.
_PER_CUSTOMER = 0.13
#: Of the customers, how many can be given an open link of their own.
_WITH_ORDERS = 0.95

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is made. The defaults make a company to look at."""

    customers: int = 1_500
    replies: int = 400
    open_links: int = 30
    """At least so many surveys can be answered now; with more than the customers, there are more customers."""
    seed: int = 2026

    def __post_init__(self) -> None:
        if self.customers < 1 or not 0 <= self.replies <= 10_000_000 or self.open_links < 0:
            raise Refused("お客様は1人以上、回答は0〜10,000,000件、未回答のリンクは0以上にしてください。")

    @property
    def people(self) -> int:
        return max(self.customers, int(self.open_links / _WITH_ORDERS) + 1)


def fitting_customers(replies: int) -> int:
    """Customers for so many replies, where none are asked for: enough that not all of them are postcards."""
    return max(Size.customers, min(replies // 5, 100_000))


@dataclass(frozen=True, kw_only=True)
class Filled:
    """What was made."""

    customers: int
    replies: int
    open_links: int
    read: bool
    """Whether a model read the replies; where there is none yet, the worker does."""


def fill(db: Database, settings: Settings, size: Size, progress: Progress | None = None) -> Filled:
    """Put the company into the database. Once more into the same one makes another branch of it.

    Raises
    ------
    Refused
        There are customers of a real shop: the two must not mix.
    """
    tell = progress or (lambda what, done, total: None)
    texts = voices()
    with db.transaction() as session:
        times_before = _mark(session)
        calendar = Calendar(clock.now())
        house = company_rows.furnish(session, calendar, times_before=times_before)
        _remember(session, house)
    seed = f"{size.seed}/{times_before}"
    share = min(1.0, size.replies / (size.people * _PER_CUSTOMER))
    histories = Histories(calendar, house, Pool(texts), seed=seed, quota=size.replies, share=share)
    _people(db, histories, size.people, tell)
    _postcards(db, histories, size.replies, tell)
    with db.transaction() as session:
        papers.file_away(session, calendar, house, histories.tallies)
    open_links = _open_links(db, house, size.open_links, tell)
    read = staff.have_read(db, settings, progress=lambda done, total: tell("読み取り", done, total))
    if read:
        with db.transaction() as session:
            staff.Staff(calendar, house, texts, seed=seed).work(session)
    return Filled(customers=size.people, replies=histories.tallies.answers, open_links=open_links, read=read)


def _mark(session: Session) -> int:
    """How often sample data was put in before; refuses where real shops are."""
    row = session.get(CompanySetting, MARK)
    ours = set(row.value["shops"]) if row is not None else set()
    if session.scalar(sa.select(Shop.id).where(Shop.id.not_in(ours)).limit(1)) is not None:
        raise Refused(
            "このデータベースには実際のショップのデータがあります。見本は混ぜられません。"
            "別の場所で試してください: VOC_INSTANCE_DIR=/tmp/voc-sample python -m voc run"
        )
    return len(ours)


def _remember(session: Session, house: House) -> None:
    row = session.get(CompanySetting, MARK)
    if row is None:
        session.add(CompanySetting(key=MARK, value={"shops": [house.shop_id]}))
    else:
        row.value = {"shops": [*row.value["shops"], house.shop_id]}
    session.flush()


def _people(db: Database, histories: Histories, people: int, tell: Progress) -> None:
    for first in range(0, people, CHUNK):
        last = min(first + CHUNK, people)
        batch = Batch()
        histories.write(batch, histories.lives(first, last, people), first=first)
        with db.transaction() as session:
            batch.write(session)
        tell("お客様", last, people)


def _postcards(db: Database, histories: Histories, wanted: int, tell: Progress) -> None:
    """The replies that are still missing, as postcards that somebody typed in."""
    missing = wanted - histories.tallies.answers
    for first in range(0, missing, CHUNK):
        last = min(first + CHUNK, missing)
        batch = Batch()
        for number in range(first, last):
            histories.postcard(batch, number, of=missing)
        with db.transaction() as session:
            batch.write(session)
        tell("お客様の声", last, missing)


def _open_links(db: Database, house: House, wanted: int, tell: Progress) -> int:
    with db.reading() as session:
        there = links_open.count(session)
    after, missing = 0, wanted - there
    while there < wanted:
        with db.transaction() as session:
            made, after = links_open.add(session, house, wanted - there, after=after)
        if not made:
            break
        there += made
        tell("未回答のリンク", missing - (wanted - there), missing)
    return there
