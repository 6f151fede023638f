"""People of the company: who may log in, and as what."""

import secrets

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email
from flask_security import hash_password
from sqlalchemy.orm import Session

from voc import audit
from voc.accounts.tables import Role, User
from voc.errors import Conflict, Refused
from voc.web import ROLE_LEVELS

MIN_PASSWORD = 10


def add_user(session: Session, email: str, *, role: str, password: str, name: str = "", by: int | None = None) -> User:
    """A new account.

    Raises
    ------
    Refused
        Not a mail address, unknown role, or a password under ten characters.
    Conflict
        The address has an account already.
    """
    address = normal_email(email)
    check_password(password)
    if session.scalar(sa.select(User.id).where(User.email == address)) is not None:
        raise Conflict(f"{address} は登録済みです。一覧から選んで変更してください。")
    user = User(
        email=address,
        name=name.strip(),
        password=hash_password(password),
        fs_uniquifier=secrets.token_hex(16),
        roles=[role_row(session, role)],
    )
    session.add(user)
    session.flush()
    audit.record(session, "user.added", user_id=by, email=address, role=role)
    return user


def change_user(session: Session, user: User, *, name: str, role: str, active: bool, by: int | None = None) -> None:
    """Change what a person may do; the last active administrator stays one."""
    losing_admin = user.role == "admin" and (role != "admin" or not active)
    if losing_admin and not _other_admins(session, user):
        raise Refused("管理者が一人もいなくなります。先に別の方を管理者にしてください。")
    user.name, user.active, user.roles = name.strip(), active, [role_row(session, role)]
    if not active:
        user.fs_uniquifier = secrets.token_hex(16)  # ends this person's sessions at once
    session.flush()
    audit.record(session, "user.changed", user_id=by, email=user.email, role=role, active=active)


def set_password(session: Session, user: User, password: str, *, by: int | None = None) -> None:
    check_password(password)
    user.password, user.fs_uniquifier = hash_password(password), secrets.token_hex(16)
    user.failed_logins, user.locked_until = 0, None
    session.flush()
    audit.record(session, "user.password_set", user_id=by, email=user.email)


def role_row(session: Session, role: str) -> Role:
    if role not in ROLE_LEVELS:
        raise Refused(f"役割は {', '.join(ROLE_LEVELS)} のいずれかです。")
    row = session.scalar(sa.select(Role).where(Role.name == role))
    if row is None:
        row = Role(name=role)
        session.add(row)
        session.flush()
    return row


def normal_email(email: str) -> str:
    try:
        return validate_email(email.strip(), check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError:
        raise Refused(f"{email.strip()!r} はメールアドレスとして使えません。例: tanaka@example.co.jp") from None


def check_password(password: str) -> None:
    if len(password) < MIN_PASSWORD:
        raise Refused(f"パスワードは{MIN_PASSWORD}文字以上にしてください。")


def _other_admins(session: Session, user: User) -> bool:
    others = sa.select(User.id).join(User.roles).where(Role.name == "admin", User.active, User.id != user.id).limit(1)
    return session.scalar(others) is not None
