"""Invitations and their mails: together or not at all, and never twice."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests import factories as make
from voc import clock
from voc.campaigns import service as campaigns
from voc.campaigns.rules import Rule
from voc.campaigns.tables import Campaign, Invitation
from voc.clock import now
from voc.config import Settings
from voc.customers.tables import Customer
from voc.db import Database
from voc.delivery import inviting, outbox, service
from voc.delivery.tables import Message
from voc.errors import Conflict, Refused
from voc.jobs import Job


def cancelled(session: Session, count: int = 1) -> list[Customer]:
    shop = make.shop(session)
    customers = [make.customer(session, shop=shop) for _ in range(count)]
    for customer in customers:
        make.subscription(session, customer=customer, cancelled_at=now() - timedelta(days=5))
    return customers


def running(session: Session, **values: object) -> Campaign:
    rule = Rule(wait_days=3, daily_limit=values.pop("daily_limit", None))  # type: ignore[arg-type]
    return make.campaign(session, rule=rule.to_json(), **values)


def totals(db: Database) -> tuple[int, int, int]:
    """Invitations, those held out, mails."""
    with db.reading() as session:
        held = session.query(Invitation).filter(Invitation.held_out).count()
        return session.query(Invitation).count(), held, session.query(Message).count()


def test_it_makes_invitation_and_mail_once(db: Database, settings: Settings) -> None:
    with db.transaction() as session:
        cancelled(session, 3)
        running(session)
    made = inviting.invite_due(db, settings)
    assert [(one.invitations, one.mails) for one in made] == [(3, 3)]
    assert [(one.invitations, one.mails) for one in inviting.invite_due(db, settings)] == [(0, 0)]
    assert totals(db) == (3, 0, 3)
    with db.reading() as session:
        assert [job.name for job in session.query(Job)] == ["delivery.send"]
        message, invitation = session.query(Message).first(), session.query(Invitation).first()
        assert message is not None
        assert invitation is not None
        assert message.message_id.endswith("@example.co.jp>")
        assert invitation.token not in message.message_id
        assert invitation.asked_at is None, "asked is when it has left the house"
        assert invitation.expires_at == clock.end_of_day(clock.today() + timedelta(days=30))


def test_drafts_paused_and_closed_campaigns_make_none(db: Database, settings: Settings) -> None:
    with db.transaction() as session:
        cancelled(session)
        for status in ("draft", "paused", "closed"):
            running(session, status=status)
    assert inviting.invite_due(db, settings) == []


def test_a_paper_campaign_makes_invitations_without_mails(db: Database, settings: Settings) -> None:
    with db.transaction() as session:
        for customer in cancelled(session, 2):
            customer.postal_address = "東京都港区1-1"
        running(session, channel="paper")
    inviting.invite_due(db, settings)
    assert totals(db) == (2, 0, 0)


def test_the_comparison_group_gets_no_mail(db: Database, settings: Settings) -> None:
    with db.transaction() as session:
        cancelled(session, 60)
        running(session, holdout_percent=50)
    made = inviting.invite_due(db, settings)[0]
    invitations, held, mails = totals(db)
    assert (invitations, held) == (60, made.held_out)
    assert 15 < held < 45
    assert mails == 60 - held


def test_the_daily_limit_holds_over_several_runs(db: Database, settings: Settings) -> None:
    with db.transaction() as session:
        cancelled(session, 7)
        running(session, daily_limit=3)
    for _ in range(3):
        inviting.invite_due(db, settings)
    assert totals(db)[0] == 3
    with clock.frozen(now() + timedelta(days=1)):
        inviting.invite_due(db, settings)
    assert totals(db)[0] == 6


def test_a_crash_between_two_batches_leaves_whole_batches_and_the_next_run_goes_on(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inviting, "BATCH", 4)
    with db.transaction() as session:
        cancelled(session, 10)
        running(session)
    queue = outbox.queue

    def break_at_the_second(session: Session, invited: list[campaigns.Invited], *, mail_from: str) -> int:
        if session.query(Message).count() >= 4:
            raise RuntimeError("power cut")
        return queue(session, invited, mail_from=mail_from)

    monkeypatch.setattr(outbox, "queue", break_at_the_second)
    with pytest.raises(RuntimeError):
        inviting.invite_due(db, settings)
    monkeypatch.setattr(outbox, "queue", queue)
    assert totals(db) == (4, 0, 4)
    inviting.invite_due(db, settings)
    assert totals(db) == (10, 0, 10)


def test_who_opts_out_between_looking_and_asking_is_not_asked(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.transaction() as session:
        first, second = cancelled(session, 2)
        running(session)
    due = inviting._due

    def then_somebody_opts_out(session: Session, campaign: Campaign) -> list[int]:
        found = due(session, campaign)
        with db.transaction() as other:
            service.opt_out(other, other.get_one(Customer, first.id))
        return found

    monkeypatch.setattr(inviting, "_due", then_somebody_opts_out)
    inviting.invite_due(db, settings)
    with db.reading() as session:
        assert session.scalars(sa.select(Invitation.customer_id)).all() == [second.id]


def test_two_that_invite_at_once_ask_nobody_twice(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inviting, "BATCH", 5)
    with db.transaction() as session:
        cancelled(session, 40)
        running(session)
        running(session)
    workers = [threading.Thread(target=inviting.invite_due, args=(db, settings)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert totals(db) == (40, 0, 40)
    with db.reading() as session:
        assert session.scalar(sa.select(sa.func.count(sa.distinct(Invitation.customer_id)))) == 40


def test_it_stops_between_batches_when_the_worker_ends(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inviting, "BATCH", 2)
    with db.transaction() as session:
        cancelled(session, 6)
        running(session)
    stopping = threading.Event()
    inviting.invite_due(db, settings, stopping=stopping, progress=lambda done, total: stopping.set())
    assert totals(db) == (2, 0, 2)


def test_a_started_campaign_keeps_its_kind(db: Database) -> None:
    with db.transaction() as session:
        campaign = campaigns.create(session, name="解約した方へ", purchase_type="subscription", channel="mail", rule=Rule())
        campaigns.change(session, campaign, channel="paper")
        campaigns.activate(session, campaign)
        with pytest.raises(Refused):
            campaigns.change(session, campaign, channel="mail")
        campaigns.change(session, campaign, name="解約した方へ(秋)", rule=Rule(wait_days=5))
        with pytest.raises(Refused):
            campaigns.discard(session, campaign)
        campaigns.pause(session, campaign)
        campaigns.close(session, campaign)
        with pytest.raises(Conflict):
            campaigns.activate(session, campaign)


def test_two_campaigns_cannot_have_one_name(db: Database) -> None:
    with db.transaction() as session:
        campaigns.create(session, name="解約した方へ", purchase_type="subscription", channel="mail", rule=Rule())
        with pytest.raises(Conflict):
            campaigns.create(session, name=" 解約した方へ ", purchase_type="one_off", channel="mail", rule=Rule())
