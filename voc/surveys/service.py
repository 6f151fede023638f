"""Writes of the survey: answers, that a page was seen, half-filled forms, the follow-up.

What a customer's page writes comes in lists (see ``Database.write_together``): when a mailing goes out, many answers
share one transaction. Lists are in the order of the invitations, so that two processes cannot wait for each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from voc import audit, jobs
from voc.campaigns.tables import Invitation
from voc.clock import now
from voc.customers.tables import Product
from voc.db import table, without_waiting
from voc.errors import Conflict, Refused
from voc.surveys import queries
from voc.surveys.given import Given
from voc.surveys.queries import Answered, Invited
from voc.surveys.questions import EXPECTATION, QUESTIONS, VERSION, order_for
from voc.surveys.tables import Answer, Draft, FollowUp, QuestionShown

READ = "readings.read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One answer on its way in."""

    invited: Invited
    given: Given
    question: str | None = None
    """The follow-up that is asked next."""
    source: str = "web"
    data: dict[str, Any]
    """For the event: who entered it, what was promised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of an answer that was sent."""

    answer_id: int
    same: bool
    """Taken now, or the very same as the one that was there. Otherwise the first one stays and this one is not kept."""
    more: bool
    """The follow-up question waits."""


def arrived(invited: Invited, given: Given, *, purpose_version: str) -> Arrival:
    """An answer from the survey page. All that can be worked out before the database is locked is worked out here."""
    return Arrival(
        invited=invited, given=given, question=given.question(), data={"source": "web", "questions": VERSION, "purpose": purpose_version}
    )


def receive(session: Session, arrivals: list[Arrival]) -> list[Received]:
    """Take answers. The first of an invitation counts; whoever sends it again is told the same."""
    moment = now()
    taken = _take(session, arrivals, moment)
    first = {arrival.invited.id: arrival for arrival in reversed(arrivals) if arrival.invited.id in taken}
    if first:
        unseen = [a.invited for a in first.values() if a.source == "web" and a.invited.shown_at is None]
        with without_waiting(session):
            _ask(session, first, taken, moment)
            shown = _record_questions(session, unseen, moment)
            _close(session, first, taken, moment, events=shown)
    return [
        Received(answer_id=taken[arrival.invited.id], same=True, more=arrival.question is not None)
        if first.get(arrival.invited.id) is arrival
        else received_before(session.connection(), arrival.invited, arrival.given)
        for arrival in arrivals
    ]


def received_before(connection: Connection, invited: Invited, given: Given) -> Received:
    """Hold an answer against the one that the invitation has."""
    there = queries.answered(connection, invited.id)
    if there is None:  # taken away in this very moment: an erasure
        raise Conflict("お答えを受け取れませんでした。お手数ですが、もう一度お送りください。")
    same = (there.stated, there.text, there.expectation) == (given.stated, given.text, given.expectation)
    return Received(answer_id=there.answer_id, same=same, more=there.pending)


def enter(
    session: Session, given: Given, *, source: str, user_id: int, answered_at: datetime, invited: Invited | None = None, **facts: Any
) -> int:
    """Take an answer that came on paper or by phone.

    ``facts`` tell what an invitation would tell: purchase_type, product_id.

    Raises
    ------
    Conflict
        The invitation has its answer already.
    Refused
        Too long, or with nothing in it.
    """
    given.check()
    if given.empty:
        raise Refused("お答えがまだ空です。選ばれた理由か、お書きになった言葉を入れてください。")
    if invited is None:
        shop_id = session.scalar(sa.select(Product.shop_id).where(Product.id == facts.get("product_id")))
        row = _row(given, source=source, moment=answered_at) | facts | {"shop_id": shop_id}
        answer_id = int(session.execute(sa.insert(_answers).returning(_answers.c.id), row).scalar_one())
        audit.record(session, "answer.received", answer_id=answer_id, user_id=user_id, source=source)
        jobs.enqueue(session, READ)
    else:
        arrival = Arrival(invited=invited, given=given, source=source, data={"source": source, "user_id": user_id})
        taken = _take(session, [arrival], answered_at)
        if not taken:
            raise Conflict("この方からのお答えは、すでに入っています。「お客様の声」で探して確かめてください。")
        _close(session, {invited.id: arrival}, taken, answered_at)
        answer_id = taken[invited.id]
    return answer_id


def seen(session: Session, many: list[Invited]) -> list[None]:
    """Pages stood on customers' screens: told by their script, written once."""
    moment = now()
    first = [invited for invited in _in_order(many) if session.execute(_SHOWN_NOW, {"invitation": invited.id, "moment": moment}).rowcount]  # type: ignore[attr-defined]
    if first:
        audit.record_all(session, _record_questions(session, first, moment))
    return [None] * len(many)


def keep_drafts(session: Session, drafts: list[tuple[Invited, Given]]) -> list[None]:
    """Keep half-filled forms, except where the answer has come in the meantime."""
    for invited, given in sorted(drafts, key=lambda draft: draft[0].id):
        if session.execute(_LOCK_OPEN, {"invitation": invited.id}).one_or_none() is not None:
            session.execute(_for(session, _DRAFT), {"invitation_id": invited.id, "fields": given.draft, "saved_at": now()})
    return [None] * len(drafts)


def answer_more(session: Session, many: list[tuple[Answered, str]]) -> list[None]:
    """The follow-up's answers; without words it is skipped. Skipping can be taken back, an answer stays."""
    for before, text in sorted(many, key=lambda one: one[0].answer_id):
        if not text.strip():
            session.execute(_SKIP, {"answer": before.answer_id})
        elif session.execute(_ANSWER_MORE, {"answer": before.answer_id, "words": text, "moment": now()}).rowcount:  # type: ignore[attr-defined]
            ids = {"customer_id": before.customer_id, "invitation_id": before.invitation_id, "answer_id": before.answer_id}
            audit.record(session, "follow_up.answered", **ids)
            jobs.enqueue(session, READ)
    return [None] * len(many)


def _in_order(many: list[Invited]) -> list[Invited]:
    return sorted(many, key=lambda invited: invited.id)


def _row(given: Given, *, source: str, moment: datetime) -> dict[str, Any]:
    return {
        "source": source,
        "stated": given.stated,
        "text": given.text,
        "expectation": given.expectation,
        "extra": given.extra,
        "answered_at": moment,
        "created_at": now(),
    }


def _take(session: Session, arrivals: list[Arrival], moment: datetime) -> dict[int, int]:
    """Insert the answers; of two for one invitation the database takes one. Invitation → answer, for those taken."""
    rows = []
    for arrival in sorted(arrivals, key=lambda arrival: arrival.invited.id):
        invited = arrival.invited
        rows.append(
            _row(arrival.given, source=arrival.source, moment=moment)
            | {
                "invitation_id": invited.id,
                "customer_id": invited.customer_id,
                "shop_id": invited.shop_id,
                "product_id": invited.product_id,
                "purchase_type": invited.purchase_type,
            }
        )
    return {row.invitation_id: row.id for row in session.execute(_for(session, _TAKE), rows)}


def _ask(session: Session, first: dict[int, Arrival], taken: dict[int, int], moment: datetime) -> None:
    asked = [
        {"answer_id": taken[number], "question": arrival.question, "asked_at": moment, "skipped": False, "text": ""}
        for number, arrival in first.items()
        if arrival.question is not None
    ]
    if asked:
        session.execute(_ASK, asked)


def _record_questions(session: Session, many: list[Invited], moment: datetime) -> list[dict[str, Any]]:
    """Which questions customers saw, and the first one's options in their order. The events, for the caller to record."""
    scale = [str(value) for value in EXPECTATION]
    rows = [
        {"invitation_id": invited.id, "question": code, "version": VERSION, "options": options, "shown_at": moment}
        for invited in _in_order(many)
        for code, options in zip(QUESTIONS, ([*order_for(invited.token)], [], scale), strict=True)
    ]
    if rows:
        session.execute(_for(session, _SHOW), rows)
    return [audit.event("invitation.shown", customer_id=invited.customer_id, invitation_id=invited.id) for invited in many]


def _close(
    session: Session, first: dict[int, Arrival], taken: dict[int, int], moment: datetime, *, events: Sequence[dict[str, Any]] = ()
) -> None:
    """What follows from answers, in their transaction. ``events`` happened before and are recorded with theirs."""
    session.execute(_ANSWERED_NOW, {"invitations": sorted(first), "moment": moment})
    session.execute(_FORGET_DRAFTS, {"invitations": sorted(first)})
    received = [
        audit.event("answer.received", customer_id=a.invited.customer_id, invitation_id=number, answer_id=taken[number], **a.data)
        for number, a in first.items()
    ]
    audit.record_all(session, [*events, *received])
    jobs.enqueue(session, READ)


_answers, _follow_ups, _shown, _drafts, _invitations = (table(row) for row in (Answer, FollowUp, QuestionShown, Draft, Invitation))
_DIALECTS: dict[str, Any] = {"sqlite": sqlite, "postgresql": postgresql}


def _for(session: Session, statements: dict[str, Any]) -> Any:
    return statements[session.get_bind().dialect.name]


def _replace_draft(dialect: Any) -> Any:
    insert = dialect.insert(_drafts)
    newer = {"fields": insert.excluded.fields, "saved_at": insert.excluded.saved_at}
    return insert.on_conflict_do_update(index_elements=["invitation_id"], set_=newer)


# Built once: the time that a statement takes to be put together is time for which the others wait.
_TAKE = {
    name: dialect.insert(_answers)
    .on_conflict_do_nothing(index_elements=["invitation_id"])
    .returning(_answers.c.invitation_id, _answers.c.id)
    for name, dialect in _DIALECTS.items()
}
_SHOW = {
    name: dialect.insert(_shown).inline().on_conflict_do_nothing(index_elements=["invitation_id", "question"])
    for name, dialect in _DIALECTS.items()
}
_DRAFT = {name: _replace_draft(dialect) for name, dialect in _DIALECTS.items()}
_ASK = sa.insert(_follow_ups).inline()
_THESE: sa.BindParameter[int] = sa.bindparam("invitations", expanding=True)
_FORGET_DRAFTS = sa.delete(_drafts).where(_drafts.c.invitation_id.in_(_THESE))
_SHOWN_NOW = (
    sa.update(_invitations)
    .where(_invitations.c.id == sa.bindparam("invitation"), _invitations.c.shown_at.is_(None))
    .values(shown_at=sa.bindparam("moment"))
)
_ANSWERED_NOW = (
    sa.update(_invitations)
    .where(_invitations.c.id.in_(_THESE))
    .values(answered_at=sa.bindparam("moment"), shown_at=sa.func.coalesce(_invitations.c.shown_at, sa.bindparam("moment")))
)
_LOCK_OPEN = (
    sa.select(_invitations.c.id)
    .where(_invitations.c.id == sa.bindparam("invitation"), _invitations.c.answered_at.is_(None))
    .with_for_update(key_share=True)
)
_SKIP = (
    sa.update(_follow_ups)
    .where(_follow_ups.c.answer_id == sa.bindparam("answer"), _follow_ups.c.answered_at.is_(None))
    .values(skipped=True)
)
_ANSWER_MORE = (
    sa.update(_follow_ups)
    .where(_follow_ups.c.answer_id == sa.bindparam("answer"), _follow_ups.c.answered_at.is_(None))
    .values(text=sa.bindparam("words"), answered_at=sa.bindparam("moment"), skipped=False)
)
