"""Data for other programs, and the page where an administrator makes their tokens."""

from flask import Blueprint, Flask, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from voc import web
from voc.api import asked, openapi, tokens
from voc.api import replies as pages
from voc.api.forms import TokenForm
from voc.errors import VocError
from voc.insights import report
from voc.web import Access, access, session

blueprint = Blueprint("api", __name__)


def init_app(app: Flask) -> None:
    app.extensions["voc_tokens"] = tokens.holds


@blueprint.get("/api/v1/openapi.json")
@access(Access.PUBLIC)
def description() -> Response:
    return jsonify(openapi.document(web.settings().base_url))


@blueprint.get("/api/v1/breakdown")
@access(Access.MANAGER)
def breakdown() -> Response:
    asked.only(request.args, "by")
    return jsonify(report.as_json(report.make(session(), asked.selection(request.args), by=asked.cut(request.args))))


@blueprint.get("/api/v1/replies")
@access(Access.MANAGER)
def replies() -> Response:
    asked.only(request.args, "leaf", "group", "after", "limit")
    return jsonify(
        pages.page(
            session(), asked.selection(request.args), after=asked.after(request.args), limit=asked.limit(request.args),
            leaf=asked.leaf(request.args), group=asked.group(request.args),
        )
    )  # fmt: skip


@blueprint.get("/settings/api")
@access(Access.ADMIN)
def programs() -> str:
    return render_template("api/tokens.html", form=TokenForm(), tokens=tokens.tokens(session()), secret=None)


@blueprint.post("/settings/api")
@access(Access.ADMIN)
def make_token() -> str:
    """The answer shows the token itself, once: no redirect, it is kept nowhere."""
    form, secret = TokenForm(), None
    if form.validate_on_submit():
        try:
            secret = tokens.make(session(), form.name.data or "", by=current_user.id, by_name=current_user.display_name)
        except VocError as error:
            form.form_errors = [error.message]
    return render_template(
        "api/tokens.html", form=TokenForm(formdata=None) if secret else form, tokens=tokens.tokens(session()), secret=secret
    )


@blueprint.post("/settings/api/<token_id>/revoke")
@access(Access.ADMIN)
def revoke_token(token_id: str) -> Response:
    gone = tokens.revoke(session(), token_id, by=current_user.id)
    flash(_("「%(name)s」を取り消しました。このトークンではもう読めません。", name=gone.name), "done")
    return redirect(url_for("api.programs"))
