"""Mails from the outbox to a real server: what becomes of each row."""

import email
import email.policy
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.smtp import mail_server
from voc import clock
from voc.audit import Event
from voc.campaigns.tables import Campaign, Invitation
from voc.clock import now
from voc.customers.tables import Customer, Suppression
from voc.db import Database
from voc.delivery import outbox, service
from voc.delivery.tables import Message
from voc.jobs import Job

Queue = Callable[..., int]
Send = Callable[[str], None]
UNUSED = "smtp://127.0.0.1:9?per_second=0"  # the discard port: nobody listens


def statuses(db: Database) -> Counter[str]:
    with db.reading() as session:
        return Counter(session.scalars(sa.select(Message.status)))


def only(db: Database) -> Message:
    with db.reading() as session:
        return session.scalars(sa.select(Message)).one()


def asked(db: Database) -> int:
    with db.reading() as session:
        return session.query(Invitation).filter(Invitation.asked_at.is_not(None)).count()


def test_it_sends_every_mail_once_and_marks_who_was_asked(db: Database, queue_mails: Queue, send: Send) -> None:
    queue_mails(25)
    with mail_server() as server:
        send(server.url)
        send(server.url)
        assert len(server.mails) == 25
        assert len(set(server.message_ids)) == 25
    assert statuses(db) == {"sent": 25}
    assert asked(db) == 25
    with db.reading() as session:
        assert session.query(Event).filter_by(kind="invitation.asked").count() == 25


def test_the_links_in_the_mail_are_the_invitations_own(db: Database, queue_mails: Queue, send: Send) -> None:
    queue_mails(1)
    with mail_server() as server:
        send(server.url)
    mail = email.message_from_bytes(server.mails[0].body, policy=email.policy.default)
    with db.reading() as session:
        invitation, customer = session.query(Invitation).one(), session.query(Customer).one()
    body = mail.get_body(("plain",))  # type: ignore[attr-defined]
    assert f"http://localhost/s/{invitation.token}" in body.get_content()
    assert mail["List-Unsubscribe"] == f"<http://localhost/u/{customer.opt_out_token}>"
    assert "「濃い青汁」の定期購入" in body.get_content()
    assert server.mails[0].receiver == customer.email


def test_mails_can_be_written_to_a_folder(db: Database, queue_mails: Queue, send: Send, tmp_path: Path) -> None:
    queue_mails(3)
    send(f"file:{tmp_path / 'outbox'}")
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 3
    assert statuses(db) == {"sent": 3}


def test_a_server_that_is_down_leaves_all_waiting_with_the_reason(db: Database, queue_mails: Queue, send: Send) -> None:
    queue_mails(30)
    send(UNUSED)
    assert statuses(db) == {"queued": 30}
    assert asked(db) == 0
    with db.reading() as session:
        told = session.scalars(sa.select(Message.error).where(Message.error.is_not(None))).all()
        assert session.query(Job).filter_by(status="failed").count() == 0
    assert len(told) == outbox.BATCH, "it stops at the first failure, and does not knock thirty times"
    assert "接続を受け付けません" in (told[0] or "")
    with mail_server() as server, clock.frozen(now() + timedelta(minutes=2)):
        send(server.url)
        assert len(server.mails) == 30
    assert statuses(db) == {"sent": 30}
    with db.reading() as session:
        assert set(session.scalars(sa.select(Message.error))) == {None}


def test_a_server_that_is_down_for_a_week_loses_no_mail(db: Database, queue_mails: Queue, send: Send) -> None:
    queue_mails(1)
    for day in range(7):
        with clock.frozen(now() + timedelta(days=day)):
            send(UNUSED)
    assert statuses(db) == {"queued": 1}


def test_greylisting_waits_longer_each_time_and_ends_after_three_days(db: Database, queue_mails: Queue, send: Send) -> None:
    queue_mails(1)
    start, waits = now(), []
    with mail_server(receiver=lambda address: "450 4.2.0 later") as server:
        for _ in range(4):
            moment = max(start, only(db).next_attempt_at)
            with clock.frozen(moment):
                send(server.url)
            waits.append(only(db).next_attempt_at - moment)
        assert waits == sorted(waits)
        assert waits[0] == timedelta(minutes=1)
        assert only(db).status == "queued"
        with clock.frozen(start + timedelta(days=3, hours=1)):
            send(server.url)
    assert only(db).status == "failed"
    assert "3日のあいだ送れなかった" in (only(db).error or "")


def test_an_unknown_user_is_suppressed_everywhere_and_the_others_are_sent(db: Database, queue_mails: Queue, send: Send) -> None:
    queue_mails(3)
    with db.reading() as session:
        gone = session.scalars(sa.select(Message.address).order_by(Message.id)).first()
    with mail_server(receiver=lambda address: "550 5.1.1 User unknown" if address == gone else "250 ok") as server:
        send(server.url)
    assert statuses(db) == {"failed": 1, "sent": 2}
    assert asked(db) == 2
    with db.reading() as session:
        assert [(row.address, row.reason) for row in session.query(Suppression)] == [(gone, "hard_bounce")]


def test_a_refused_content_is_given_up_without_suppressing_the_address(db: Database, queue_mails: Queue, send: Send) -> None:
    queue_mails(1)
    with mail_server(data=lambda number: "554 5.6.0 spam") as server:
        send(server.url)
    assert statuses(db) == {"failed": 1}
    with db.reading() as session:
        assert session.query(Suppression).count() == 0


def test_an_address_that_is_none_is_given_up(db: Database, queue_mails: Queue, send: Send) -> None:
    queue_mails(1)
    with db.transaction() as session:
        session.execute(sa.update(Message).values(address="a b@example.jp"))
    with mail_server() as server:
        send(server.url)
        assert server.mails == []
    assert only(db).status == "failed"
    assert "使えない形" in (only(db).error or "")


def test_who_opted_out_while_the_mail_waited_gets_none(db: Database, queue_mails: Queue, send: Send) -> None:
    queue_mails(2)
    with db.transaction() as session:
        service.opt_out(session, session.query(Customer).order_by(Customer.id).first())  # type: ignore[arg-type]
    with mail_server() as server:
        send(server.url)
        assert len(server.mails) == 1
    assert statuses(db) == {"sent": 1, "suppressed": 1}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (sa.update(Campaign).values(status="closed"), "配信が終了した"),
        (sa.update(Invitation).values(answered_at=sa.func.current_timestamp()), "すでにご回答"),
        (sa.update(Invitation).values(expires_at=sa.func.current_timestamp()), "期限が過ぎた"),
    ],
)
def test_a_mail_that_has_lost_its_sense_is_put_away(db: Database, queue_mails: Queue, send: Send, change: sa.Update, words: str) -> None:
    queue_mails(1)
    with db.transaction() as session:
        session.execute(change)
    with mail_server() as server:
        send(server.url)
        assert server.mails == []
    assert only(db).status == "suppressed"
    assert words in (only(db).error or "")


def test_a_paused_campaign_keeps_its_mails_until_it_goes_on(db: Database, queue_mails: Queue, send: Send) -> None:
    queue_mails(2)
    with mail_server() as server:
        with db.transaction() as session:
            session.execute(sa.update(Campaign).values(status="paused"))
        send(server.url)
        assert (server.mails, statuses(db)) == ([], {"queued": 2})
        with db.transaction() as session:
            session.execute(sa.update(Campaign).values(status="active"))
        send(server.url)
        assert len(server.mails) == 2


def test_a_line_cut_after_the_mail_was_taken_repeats_the_same_mail(db: Database, queue_mails: Queue, send: Send) -> None:
    """Nobody can know whether it was taken: it goes out again, with the same Message-ID."""
    queue_mails(1)
    with mail_server(data=lambda number: "drop" if number == 1 else "250 ok") as server:
        send(server.url)
        assert only(db).status == "queued"
        with clock.frozen(now() + timedelta(minutes=2)):
            send(server.url)
        assert len(server.mails) == 2
        assert len(set(server.message_ids)) == 1
    assert only(db).status == "sent"


def test_a_claim_whose_lease_is_over_marks_nothing(db: Database, queue_mails: Queue) -> None:
    queue_mails(1)
    with db.transaction() as session:
        [slow] = outbox.claim(session, base_url="http://localhost")
    with db.transaction() as session:
        assert outbox.claim(session, base_url="http://localhost") == []
    with clock.frozen(now() + outbox.LEASE + timedelta(seconds=1)), db.transaction() as session:
        [quick] = outbox.claim(session, base_url="http://localhost")
    assert quick.letter.message_id == slow.letter.message_id
    with db.transaction() as session:
        assert not outbox.sent(session, slow)
        outbox.give_up(session, slow, "late")
    assert only(db).status == "sending"
    with db.transaction() as session:
        assert outbox.sent(session, quick)
    assert only(db).status == "sent"


def test_a_failed_mail_can_be_tried_again_by_hand(db: Database, queue_mails: Queue, send: Send) -> None:
    queue_mails(1)
    with mail_server(data=lambda number: "554 no" if number == 1 else "250 ok") as server:
        send(server.url)
        with db.transaction() as session:
            service.retry(session, session.query(Message).one())
        send(server.url)
        assert len(server.mails) == 1
    assert statuses(db) == {"sent": 1}
