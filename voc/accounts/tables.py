"""People of the company, their roles, and what the company tells about itself."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext
from flask_security.core import RoleMixin, UserMixin
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voc.clock import now
from voc.db import Base

MAX_FAILED_LOGINS = 8
LOCK_TIME = timedelta(minutes=15)

user_roles = sa.Table(
    "user_roles",
    Base.metadata,
    sa.Column("user_id", sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("role_id", sa.ForeignKey("roles.id"), primary_key=True),
)


class Role(Base, RoleMixin):
    __tablename__ = "roles"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20), unique=True)
    permissions: Mapped[list[str] | None]


class User(Base, UserMixin):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(100), default="")
    password: Mapped[str] = mapped_column(sa.String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(sa.String(64), unique=True)
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_login_at: Mapped[datetime | None]

    roles: Mapped[list[Role]] = relationship(secondary=user_roles, lazy="joined")

    def track_failed_authn(self, auth_type: str, tfa: bool = False) -> None:
        """Count a wrong password; after ``MAX_FAILED_LOGINS`` the account is closed for ``LOCK_TIME``."""
        self.failed_logins += 1
        if self.failed_logins >= MAX_FAILED_LOGINS:
            self.failed_logins, self.locked_until = 0, now() + LOCK_TIME

    def is_locked(self, form_error: list[str] | None = None) -> bool:
        locked = self.locked_until is not None and self.locked_until > now()
        if locked and form_error is not None:
            form_error.append(
                gettext("パスワードの間違いが続いたため、15分間ログインできません。時間をおくか、管理者に解除を依頼してください。")
            )
        return locked

    @property
    def role(self) -> str:
        """The one role that this person has: ``staff``, ``manager`` or ``admin``."""
        return self.roles[0].name if self.roles else "staff"

    @property
    def display_name(self) -> str:
        return self.name or self.email.split("@")[0]


class CompanySetting(Base):
    """One setting that an administrator changes on screen; the known keys stand in accounts/company.py."""

    __tablename__ = "company_settings"

    key: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    value: Mapped[Any] = mapped_column(sa.JSON)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
