"""Log-in by Flask-Security: argon2, session protection, lock-out, and nothing by mail."""

from datetime import timedelta
from typing import Any

from flask import Flask
from flask_security import user_authenticated
from flask_security.forms import LoginForm

from voc import audit
from voc.accounts.tables import User
from voc.clock import now
from voc.extensions import security, users
from voc.web import session


class Login(LoginForm):
    """Says the same for an unknown address and for a wrong password."""

    def validate(self, **kwargs: Any) -> bool:
        if super().validate(**kwargs):
            return True
        if self.user is None or not self.user_authenticated:
            for field in (self.email, self.password):
                field.errors = []
            self.form_errors = [WRONG]
        return False


WRONG = "メールアドレスまたはパスワードが違います。"


def init_app(app: Flask) -> None:
    app.config.update(
        SECURITY_PASSWORD_HASH="argon2",
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_SINGLE_HASH={"argon2"},
        SECURITY_DEPRECATED_PASSWORD_SCHEMES=[],
        SECURITY_PASSWORD_SALT=None,
        # Tests log in hundreds of times; what a hash costs is not what they are about.
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS={"argon2__rounds": 1, "argon2__memory_cost": 8, "argon2__parallelism": 1}
        if app.testing
        else {},
        SECURITY_PASSWORD_LENGTH_MIN=10,
        SECURITY_PASSWORD_NORMALIZE_FORM="NFKC",
        SECURITY_LOGIN_USER_TEMPLATE="accounts/login.html",
        SECURITY_CHANGEABLE=True,
        SECURITY_CHANGE_PASSWORD_TEMPLATE="accounts/change_password.html",
        SECURITY_CHANGE_URL="/account/password",
        SECURITY_SEND_PASSWORD_CHANGE_EMAIL=False,
        SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_POST_LOGIN_VIEW="/",
        SECURITY_POST_LOGOUT_VIEW="/login",
        SECURITY_POST_CHANGE_VIEW="/",
        SECURITY_REMEMBER_ME_DEFAULT=False,
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False, "test_environment": True},
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
    )
    security.init_app(app, users, login_form=Login)
    user_authenticated.connect(_logged_in, app)


def _logged_in(sender: Flask, user: User, **extra: Any) -> None:
    """A right password clears the count of wrong ones."""
    user.failed_logins, user.locked_until, user.last_login_at = 0, None, now()
    audit.record(session(), "user.logged_in", user_id=user.id)
