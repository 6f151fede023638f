"""The opt-out page: a button on GET, done on POST, by people and by mail programs."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests import factories as make
from voc.audit import Event
from voc.campaigns.tables import Campaign
from voc.config import Settings
from voc.customers.tables import Consent, Customer, Suppression
from voc.db import Database
from voc.delivery import inviting
from voc.delivery.tables import Message


@pytest.fixture
def token(db: Database) -> str:
    with db.transaction() as session:
        return make.customer(session, shop=make.shop(session), email="hanako@example.jp").opt_out_token


def rows(db: Database) -> tuple[int, int]:
    with db.reading() as session:
        return session.query(Suppression).count(), session.query(Consent).filter(Consent.withdrawn_at.is_not(None)).count()


def test_looking_at_the_page_changes_nothing(client: FlaskClient, db: Database, token: str) -> None:
    for _ in range(3):
        answer = client.get(f"/u/{token}")
        assert answer.status_code == 200
        assert "今後は受け取らない" in answer.text
        assert "Set-Cookie" not in answer.headers
    assert client.head(f"/u/{token}").status_code == 200
    assert rows(db) == (0, 0)


def test_the_button_ends_all_asking_by_every_way(client: FlaskClient, db: Database, token: str) -> None:
    answer = client.post(f"/u/{token}")
    assert answer.status_code == 200
    assert "承りました" in answer.text
    assert "Set-Cookie" not in answer.headers
    assert rows(db) == (1, 5)
    with db.reading() as session:
        assert [(row.channel, row.address, row.reason) for row in session.query(Suppression)] == [("mail", "hanako@example.jp", "opt_out")]


def test_a_mail_program_may_press_it_without_cookie_and_token_of_ours(app: Flask, db: Database, token: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    answer = app.test_client().post(f"/u/{token}", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert rows(db) == (1, 5)


def test_twice_is_once(client: FlaskClient, db: Database, token: str) -> None:
    for _ in range(3):
        assert client.post(f"/u/{token}").status_code == 200
    assert rows(db) == (1, 5)
    assert "承りました" in client.get(f"/u/{token}").text
    with db.reading() as session:
        assert session.query(Event).filter_by(kind="customer.opted_out").count() == 1


def test_all_rows_of_the_same_address_are_meant(client: FlaskClient, db: Database, token: str) -> None:
    with db.transaction() as session:
        twin = make.customer(session, shop=make.shop(session), email="hanako@example.jp").id
        other = make.customer(session, shop=make.shop(session)).id
    client.post(f"/u/{token}")
    with db.reading() as session:
        refused = set(session.scalars(sa.select(Consent.customer_id).where(Consent.withdrawn_at.is_not(None))))
    assert twin in refused
    assert other not in refused


def test_mails_that_wait_are_not_sent(client: FlaskClient, db: Database, settings: Settings, queue_mails: Callable[..., int]) -> None:
    queue_mails(2)
    with db.reading() as session:
        token = session.scalars(sa.select(Customer.opt_out_token).order_by(Customer.id)).first()
    client.post(f"/u/{token}")
    with db.reading() as session:
        assert sorted(session.scalars(sa.select(Message.status))) == ["queued", "suppressed"]
    with db.transaction() as session:
        session.add(Campaign(name="もう一度", purchase_type="subscription", status="active", rule={"wait_days": 3}))
    assert [one.invitations for one in inviting.invite_due(db, settings)] == [0, 0]


@pytest.mark.parametrize("path", ["/u/unknown", "/u/" + "x" * 300, "/u/%00"])
def test_an_unknown_token_is_a_kind_page(client: FlaskClient, path: str) -> None:
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 404
        assert "アドレス" in answer.text


def test_somebody_without_mail_can_opt_out_too(client: FlaskClient, db: Database) -> None:
    with db.transaction() as session:
        token = make.customer(session, shop=make.shop(session), email=None, may_mail=False).opt_out_token
    assert client.post(f"/u/{token}").status_code == 200
    assert rows(db) == (0, 5)
