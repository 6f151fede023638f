"""Log-in, roles and lock-out."""

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import PASSWORD
from voc import clock
from voc.accounts import service
from voc.accounts.tables import MAX_FAILED_LOGINS, User
from voc.db import Database


def add(app: Flask, db: Database, role: str = "staff") -> None:
    with app.app_context(), db.transaction() as session:
        service.add_user(session, "a@example.co.jp", role=role, password=PASSWORD)


def log_in(client: FlaskClient, password: str) -> int:
    return client.post("/login", data={"email": "a@example.co.jp", "password": password}).status_code


def test_it_says_the_same_for_a_wrong_password_and_an_unknown_address(app: Flask, db: Database, client: FlaskClient) -> None:
    add(app, db)
    wrong = client.post("/login", data={"email": "a@example.co.jp", "password": "not this one"}).text
    unknown = client.post("/login", data={"email": "b@example.co.jp", "password": "not this one"}).text
    assert "メールアドレスまたはパスワードが違います。" in wrong
    assert "メールアドレスまたはパスワードが違います。" in unknown


def test_it_locks_the_account_after_too_many_wrong_passwords_and_opens_it_later(app: Flask, db: Database, client: FlaskClient) -> None:
    add(app, db)
    for _ in range(MAX_FAILED_LOGINS):
        assert log_in(client, "wrong password") == 200
    assert log_in(client, PASSWORD) == 200
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        assert log_in(client, PASSWORD) == 302


def test_a_right_password_clears_the_count(app: Flask, db: Database, client: FlaskClient) -> None:
    add(app, db)
    for _ in range(MAX_FAILED_LOGINS - 1):
        log_in(client, "wrong password")
    assert log_in(client, PASSWORD) == 302
    with db.reading() as session:
        assert session.query(User).one().failed_logins == 0


def test_staff_may_not_open_pages_of_the_manager(as_staff: FlaskClient) -> None:
    assert as_staff.get("/campaigns").status_code == 403
    assert as_staff.get("/users").status_code == 403
    assert as_staff.get("/").status_code == 200


def test_the_last_administrator_stays_one(as_admin: FlaskClient, db: Database) -> None:
    with db.reading() as session:
        user_id = session.query(User.id).scalar()
    answer = as_admin.post(f"/users/{user_id}", data={"name": "x", "role": "staff", "active": "y", "password": ""})
    assert "管理者が一人もいなくなります" in answer.text
    with db.reading() as session:
        assert session.query(User).one().role == "admin"


def test_a_stopped_account_is_logged_out_at_once(app: Flask, db: Database, log_in: Callable[[str], FlaskClient]) -> None:
    staff, admin = log_in("staff"), log_in("admin")
    with db.reading() as session:
        user_id = session.query(User.id).filter_by(email="staff@example.co.jp").scalar()
    assert staff.get("/").status_code == 200
    admin.post(f"/users/{user_id}", data={"name": "x", "role": "staff", "password": ""})
    assert staff.get("/").status_code == 302


def test_a_new_purpose_of_use_is_a_new_version(as_admin: FlaskClient, db: Database) -> None:
    from voc.accounts import company

    form = {"name": "すこやか堂", "desk": "お客様係", "purpose": "新しい使い道です。", "ask_again_days": "180"}
    assert as_admin.post("/settings", data=form).status_code == 302
    with db.reading() as session:
        assert company.read(session).purpose_version == "2"
        assert company.read(session).name == "すこやか堂"


def test_what_was_sent_after_the_log_in_ran_out_is_not_lost_without_a_word(client: FlaskClient) -> None:
    sent = client.post("/review/7", data={"primary": "price"}, headers={"Referer": "http://localhost/review/7?from=audit"})
    assert sent.status_code == 302
    assert "next=/review/7?from%3Daudit" in sent.headers["Location"].replace("%2F", "/").replace("%3F", "?")
    assert "いまの操作は記録されていません" in client.get(sent.headers["Location"]).text


def test_the_way_back_after_the_log_in_stays_in_the_house(client: FlaskClient) -> None:
    for referrer in ("https://elsewhere.example/review/7", "", "http://localhost.elsewhere.example/"):
        sent = client.post("/review/7", headers={"Referer": referrer})
        assert sent.headers["Location"] == "/login"
