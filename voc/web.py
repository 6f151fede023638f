"""What every view uses: the request's session, the declared access level, the edge where a request commits."""

import re
from collections.abc import Callable
from enum import IntEnum
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Request, Response, abort, current_app, flash, g, request, url_for
from flask.sessions import SecureCookieSessionInterface
from flask.sessions import SessionMixin as CookieSession
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from voc.config import Settings
from voc.db import Database

View = TypeVar("View", bound=Callable[..., Any])


class Access(IntEnum):
    """Who may call a view; each level includes the ones above it."""

    PUBLIC = 0
    STAFF = 1
    MANAGER = 2
    ADMIN = 3


ROLE_LEVELS = {"staff": Access.STAFF, "manager": Access.MANAGER, "admin": Access.ADMIN}

#: Views that libraries bring: they cannot carry the decorator.
LIBRARY_VIEWS = {
    "static": Access.PUBLIC,
    "security.static": Access.PUBLIC,
    "security.login": Access.PUBLIC,
    "security.logout": Access.PUBLIC,
    "security.verify": Access.STAFF,
    "security.change_password": Access.STAFF,
}

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

#: Pages of customers: the token in the address is the whole capability.
CUSTOMER_PATHS = ("/s/", "/u/")
#: Bytes that a customer may send at once: ten times what the longest answer needs.
CUSTOMER_BODY = 2_000_000


#: The interface for other programs.
DATA_PATH = "/api/"


def for_customers(path: str) -> bool:
    return path.startswith(CUSTOMER_PATHS)


def for_everybody(path: str) -> bool:
    """Pages of customers and files that pages are made of: nobody is asked who they are."""
    return path.startswith((*CUSTOMER_PATHS, "/static/"))


class Page(Response):
    """A response that a stray half of an emoji in somebody's words cannot break: it is shown as the replacement character."""

    _lone_surrogates = re.compile("[\ud800-\udfff]")

    def set_data(self, value: str | bytes) -> None:
        if isinstance(value, str):
            try:
                value = value.encode()
            except UnicodeEncodeError:
                value = self._lone_surrogates.sub("\ufffd", str(value)).encode()
        super().set_data(value)


class StaffSessions(SecureCookieSessionInterface):
    """Cookies for people with log-in only. What is for everybody reads none, sends none, and varies by none."""

    def open_session(self, app: Flask, request: Request) -> CookieSession | None:  # type: ignore[override]
        return self.make_null_session(app) if for_everybody(request.path) else super().open_session(app, request)


class Site(Flask):
    """Flask, with a short way for customers' pages: past log-in, CSRF and cookies, which they have no use for."""

    response_class = Page
    session_interface = StaffSessions()

    def preprocess_request(self) -> Any:
        if for_customers(request.path):
            g.language_fixed = True
            request.max_content_length = CUSTOMER_BODY
        if for_everybody(request.path):
            return None
        return super().preprocess_request()

    def process_response(self, response: Response) -> Response:
        if for_customers(request.path):
            response.headers.extend(CUSTOMER_HEADERS)
            return _commit(response)
        if for_everybody(request.path):
            return _headers(response)
        return super().process_response(response)


def access(level: Access) -> Callable[[View], View]:
    """Declare who may call a view. A view without a level stops the start of the application."""

    def mark(view: View) -> View:
        view.access_level = level  # type: ignore[attr-defined]
        return view

    return mark


def level_of(app: Flask, endpoint: str) -> Access | None:
    if endpoint in LIBRARY_VIEWS:
        return LIBRARY_VIEWS[endpoint]
    return getattr(app.view_functions[endpoint], "access_level", None)


def database() -> Database:
    return cast(Database, current_app.extensions["voc_db"])


def settings() -> Settings:
    return cast(Settings, current_app.extensions["voc_settings"])


def session() -> Session:
    """The request's session: it can write when the method may change something, otherwise only read."""
    if "session" not in g:
        g.session = database().open_session(write=request.method not in SAFE_METHODS)
    return cast(Session, g.session)


def role_of(user: Any) -> Access:
    return ROLE_LEVELS.get(getattr(user, "role", ""), Access.PUBLIC) if user.is_authenticated else Access.PUBLIC


def may(level: str) -> bool:
    """For templates: whether the person at the screen has at least this level ("staff", "manager", "admin")."""
    return role_of(current_user) >= ROLE_LEVELS[level]


def wants_fragment() -> bool:
    """Whether htmx asks for a part of the page."""
    return request.headers.get("HX-Request") == "true"


def init_app(app: Flask, settings: Settings, db: Database) -> None:
    app.extensions["voc_settings"] = settings
    app.extensions["voc_db"] = db
    app.before_request(_check_access)
    app.after_request(_commit)
    app.after_request(_headers)
    app.teardown_appcontext(_close)


def check_all_views_declare_access(app: Flask) -> None:
    guarded = [rule.rule for rule in app.url_map.iter_rules() if for_everybody(rule.rule) and level_of(app, rule.endpoint) != Access.PUBLIC]
    if guarded:  # nobody would check it there
        raise RuntimeError(f"views with log-in where nobody is asked for it: {', '.join(guarded)}")
    bare = [rule.endpoint for rule in app.url_map.iter_rules() if level_of(app, rule.endpoint) is None]
    if bare:
        raise RuntimeError(f"views without a declared access level: {', '.join(sorted(set(bare)))}")


def _check_access() -> BaseResponse | None:
    if request.endpoint is None:
        return None
    level = level_of(current_app, request.endpoint)
    if level == Access.PUBLIC:
        return None
    if request.path.startswith(DATA_PATH) and request.authorization is not None:
        _check_token(level)
        return None
    if not current_user.is_authenticated:
        if wants_fragment() or request.path.startswith("/api/"):
            abort(401)
        return current_app.redirect(url_for("security.login", next=_after_log_in()))
    if level is None or role_of(current_user) < level:
        abort(403)
    if request.mimetype == "multipart/form-data":
        session().commit()  # who it is, is known: the writers' lock is not held while a slow telephone sends its file
    return None


def _after_log_in() -> str | None:
    """Where a stranger goes on: to the page that was asked for. What was sent is lost, so it is said, and the way leads back to its page."""
    if request.method in SAFE_METHODS:
        return request.full_path.rstrip("?")
    if request.endpoint != "security.logout":
        flash(_("ログインの時間が切れていたため、いまの操作は記録されていません。ログインして、もう一度お願いします。"), "warn")
    came_from = urlsplit(request.referrer or "")
    return urlunsplit(("", "", came_from.path, came_from.query, "")) if came_from.netloc == request.host else None


def _check_token(level: Access | None) -> None:
    """A program with a bearer token reads what a manager may read; it writes nothing."""
    given, holds = request.authorization, current_app.extensions["voc_tokens"]
    if given is None or given.type != "bearer" or not given.token or not holds(session(), given.token):
        abort(401)
    if level is None or level > Access.MANAGER or request.method not in SAFE_METHODS:
        abort(403)


def _commit(response: Response) -> Response:
    """One commit a request, at its edge: what the view wrote counts when the answer is not an error."""
    opened = g.get("session")
    if opened is not None and opened.in_transaction():
        if response.status_code < 400 and request.method not in SAFE_METHODS:
            opened.commit()
        else:
            opened.rollback()
    return response


def _close(error: BaseException | None) -> None:
    opened = g.pop("session", None)
    if opened is not None:
        opened.close()


CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


CUSTOMER_HEADERS = HEADERS | {"Cache-Control": "no-store"}


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint == "static":
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if "v" in request.args else "public, max-age=300"
    else:
        response.headers.setdefault("Cache-Control", "no-store")
    return response
