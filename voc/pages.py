"""Pages of the house itself: health, errors, language, what templates share."""

import hashlib
import re
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Flask, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, NoResultFound, OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from voc import jobs as queue
from voc import migrate, web
from voc.accounts import company
from voc.clock import now
from voc.config import ROOT
from voc.errors import VocError
from voc.i18n import COOKIE, LANGUAGES
from voc.reasons import codebook
from voc.surveys import public as customers
from voc.web import Access, access

blueprint = Blueprint("pages", __name__)


@blueprint.get("/healthz")
@access(Access.PUBLIC)
def healthz() -> tuple[Response, int]:
    db = web.database()
    try:
        with db.reading() as session:
            session.execute(sa.text("SELECT 1"))
        current = migrate.is_current(db)
    except sa.exc.SQLAlchemyError as error:
        return jsonify(status="database", detail=type(error).__name__), 503
    if not current:
        return jsonify(status="migrations", detail="run: python -m voc migrate"), 503
    return jsonify(status="ok", schema=migrate.newest()), 200


@blueprint.get("/settings/jobs")
@access(Access.ADMIN)
def jobs() -> str:
    """What the workers do, what waits, what failed."""
    session = web.session()
    lists = {status: queue.listed(session, status) for status in ("failed", "running", "queued", "done")}
    return render_template("pages/jobs.html", overview=queue.overview(session), lists=lists, names=_job_names(), now=now())


@blueprint.post("/settings/jobs/<int:job_id>/retry")
@access(Access.ADMIN)
def retry_job(job_id: int) -> Response:
    queue.retry(web.session(), web.session().get_one(queue.Job, job_id))
    flash(_("もう一度行います。"), "done")
    return redirect(url_for("pages.jobs"))


def _job_names() -> dict[str, str]:
    return {
        "customers.import": _("ファイルの取り込み"),
        "surveys.import_replies": _("過去の声の取り込み"),
        "campaigns.invite": _("依頼を作る"),
        "delivery.send": _("メールの送信"),
        "readings.read": _("回答の読み取り"),
        "learning.train": _("読み取りのモデルの学習"),
        "learning.watch": _("読み取りの変化の確認"),
        "insights.check_automatic": _("自動で確定の確かめ直し"),
    }


@blueprint.post("/language")
@access(Access.PUBLIC)
def set_language() -> Response:
    chosen = request.form.get("language", "ja")
    response = redirect(web_back())
    if chosen in LANGUAGES:
        response.set_cookie(COOKIE, chosen, max_age=365 * 86400, samesite="Lax", httponly=True)
    return response


def web_back() -> str:
    """The page the person came from, if it is one of ours."""
    back = request.form.get("back", "")
    return back if back.startswith("/") and not back.startswith("//") and "\\" not in back else url_for("reviews.home")


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(may=web.may, codebook=codebook, asset=asset, company_name=company_name, navigation=navigation)
    app.register_error_handler(VocError, _expected)
    app.register_error_handler(NoResultFound, _missing)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(DataError, _beyond)
    app.register_error_handler(OverflowError, _beyond)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(500, _http)


def navigation() -> list[tuple[str, str, str, str]]:
    """The main pages: (area, endpoint, label, least role)."""
    return [
        ("home", "reviews.home", _("ホーム"), "staff"),
        ("imports", "customers.imports", _("取り込み"), "manager"),
        ("campaigns", "campaigns.index", _("配信"), "manager"),
        ("reviews", "reviews.queue", _("確認"), "staff"),
        ("alerts", "readings.alerts", _("至急"), "staff"),
        ("answers", "surveys.answers", _("お客様の声"), "staff"),
        ("insights", "insights.breakdown", _("理由"), "manager"),
        ("exports", "exports.index", _("書き出し"), "manager"),
        ("users", "accounts.users", _("利用者"), "admin"),
        ("settings", "accounts.settings", _("設定"), "admin"),
    ]


def company_name() -> str:
    return str(company.read(web.session()).name)


@cache
def _version(filename: str) -> str:
    return hashlib.sha256((ROOT / "voc" / "static" / filename).read_bytes()).hexdigest()[:10]


def asset(filename: str) -> str:
    """The address of a static file, changed whenever the file changes, so that browsers may keep it for a year."""
    return url_for("static", filename=filename, v=_version(filename))


def _page(status: int, title: str, message: str) -> tuple[str | Response, int]:
    if request.path.startswith("/api/"):
        return jsonify(error=title, message=message), status
    if web.wants_fragment():
        return render_template("components/problem.html", title=title, message=message), status
    if web.for_customers(request.path):
        return customers.problem(status), status
    return render_template("error.html", title=title, message=message, status=status), status


def _expected(error: VocError) -> tuple[str | Response, int]:
    if web.for_customers(request.path):
        return customers.problem(error.status, error.message), error.status
    return _page(error.status, _("できませんでした"), error.message)


def _missing(error: NoResultFound) -> tuple[str | Response, int]:
    return _page(404, _("見つかりません"), _("お探しのものはありません。一覧からもう一度お選びください。"))


def _beyond(error: Exception) -> tuple[str | Response, int]:
    """A number in the address that no database can hold is the number of nothing. What breaks for another reason is ours."""
    asked = request.path + request.query_string.decode("latin-1")
    if re.search(r"\d{10}", asked) is None:
        raise error
    return _page(404, _("見つかりません"), _("お探しのものはありません。一覧からもう一度お選びください。"))


def _csrf(error: CSRFError) -> tuple[str | Response, int]:
    return _page(
        400,
        _("もう一度お試しください"),
        _("画面を開いてから時間がたったため、送信を受け付けませんでした。前の画面に戻り、再読み込みしてから送信してください。"),
    )


def _database(error: OperationalError) -> tuple[str | Response, int]:
    """Busy, full or away: told apart, because each asks something else of the administrator."""
    text = str(error.orig).lower()
    if "locked" in text or "busy" in text:
        message = _("データベースが混み合っています。数秒待ってから、もう一度お試しください。入力した内容は保存されていません。")
    elif "full" in text or "no space" in text:
        message = _("サーバーのディスクがいっぱいで保存できません。管理者に連絡し、空き容量を作ってから、もう一度お試しください。")
    else:
        message = _("データベースに接続できません。しばらく待っても直らないときは、管理者に連絡してください。")
    return _page(503, _("いま保存できません"), message)


MESSAGES: dict[int, tuple[str, str]] = {
    400: ("読み取れませんでした", "送られた内容を読み取れませんでした。前の画面に戻って、もう一度お試しください。"),
    401: ("ログインが必要です", "時間がたったためログアウトしました。もう一度ログインしてください。"),
    403: ("権限がありません", "この操作には別の権限が必要です。管理者に依頼してください。"),
    404: ("ページが見つかりません", "アドレスが違うか、ページがなくなりました。"),
    405: ("この操作はできません", "前の画面に戻って、ボタンからもう一度お試しください。"),
    413: ("ファイルが大きすぎます", "受け付けられるのは200MBまでです。期間を分けて書き出し、もう一度お試しください。"),
    500: ("こちらの不具合です", "申し訳ありません。処理できませんでした。記録は残っています。くり返すときは管理者に連絡してください。"),
}

HOW_PROGRAMS_READ = (
    "有効なトークンを付けてください: Authorization: Bearer voc_…。トークンは「設定」の「ほかのプログラムからの読み取り」で作れます。"
)


def _http(error: HTTPException) -> Any:
    cause = getattr(error, "original_exception", None)
    if isinstance(cause, OperationalError):  # at the commit, after the view
        return _database(cause)
    status = error.code or 500
    if 300 <= status < 400:
        return error
    title, message = MESSAGES.get(status, MESSAGES[500])
    if status == 401 and request.path.startswith("/api/"):
        message = HOW_PROGRAMS_READ
    return _page(status, _(title), _(message))
