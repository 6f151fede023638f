"""The page on which a manager lets the machine settle reasons alone, and sees on what that rests."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from voc.acceptance import evidence, queries, service
from voc.errors import Refused
from voc.i18n import comma, quoted
from voc.readings import automatic
from voc.reasons import codebook
from voc.stats.acceptance import fewest_audits
from voc.web import Access, access, database, session

blueprint = Blueprint("acceptance", __name__)


@blueprint.get("/automatic")
@access(Access.MANAGER)
def index() -> str:
    overview = queries.look(session())
    return render_template(
        "acceptance/index.html",
        overview=overview,
        lost=automatic.lost(session()),
        fewest=fewest_audits(overview.target, level=evidence.LEVEL) if overview else 0,
        fewest_of_all=evidence.FEWEST_AUDITS,
        days=evidence.WINDOW.days,
    )


@blueprint.post("/automatic/on")
@access(Access.MANAGER)
def allow() -> Response:
    leaves = _leaves()
    with database().reading() as reading:  # apart from the transaction that writes: it takes a moment with many replies
        known = evidence.read(reading)
    if known is None:
        raise Refused("まだ何も読み取られていません。読み取りが終わってから、もう一度お試しください。")
    begun = service.allow(session(), leaves, known, by=current_user.id)
    if begun:
        flash(_("%(reasons)s を自動で確定します。確認の一覧から外れました。", reasons=_named(begun)), "done")
    waiting = [leaf for leaf in leaves if leaf not in begun]
    if waiting and len(leaves) == 1:
        flash(_("確認がまだ足りません。目標の正しさを示せたときから、自動で確定します。それまでは人が確認します。"), "done")
    elif waiting:
        flash(_("残りの%(n)s理由は、目標の正しさを示せたときから始めます。それまでは人が確認します。", n=len(waiting)), "done")
    return redirect(url_for("acceptance.index"), 303)


@blueprint.post("/automatic/off")
@access(Access.MANAGER)
def stop() -> Response:
    leaves = _leaves()
    service.stop(session(), leaves, by=current_user.id)
    flash(
        _("%(reasons)s は、人が確認します。", reasons=_named(leaves)) if len(leaves) == 1 else _("すべての理由を、人が確認します。"), "done"
    )
    return redirect(url_for("acceptance.index"), 303)


@blueprint.post("/automatic/noted")
@access(Access.MANAGER)
def note() -> Response:
    service.take_note(session(), by=current_user.id)
    return redirect(url_for("acceptance.index"), 303)


def _leaves() -> list[str]:
    """The reason of the button, or all of them."""
    leaf = request.form.get("leaf", "")
    if leaf == "all":
        return list(codebook.PREDICTED_LEAVES)
    if leaf not in codebook.PREDICTED_LEAVES:
        raise Refused("この理由は一覧にありません。画面を開き直してください。")
    return [leaf]


def _named(leaves: list[str]) -> str:
    return comma().join(quoted(_(codebook.LEAVES[leaf].short)) for leaf in leaves)
