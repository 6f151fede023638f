"""The plan of further reviews: how far shares are known, how much harm was missed, and the draws that tell it better."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from voc.clock import today
from voc.errors import Conflict, Refused
from voc.insights import findings, forms
from voc.planning import missed as missing
from voc.planning import precision as precisions
from voc.planning import service
from voc.planning.precision import Precision
from voc.replies import queries
from voc.replies.selection import Selection
from voc.reviews import sampling
from voc.reviews.queries import waves
from voc.reviews.tables import AuditWave
from voc.web import Access, access, database, session, wants_fragment

blueprint = Blueprint("planning", __name__)


@blueprint.context_processor
def words() -> dict[str, Any]:
    return {"findings": findings}


@blueprint.get("/review/precision")
@access(Access.STAFF)
def precision() -> str:
    """How far each share is known, and how many reviews it takes: a page, and a part of others."""
    everything = queries.read(session())
    selection, period = forms.usual(session(), everything, today())
    found = precisions.look(session(), everything, selection, within=precisions.width(request.args.get("within")))
    template = "planning/_precision.html" if wants_fragment() else "planning/precision.html"
    return render_template(template, **_precise(found, selection, period), detail=request.args.get("detail") == "1")


@blueprint.post("/review/precision")
@access(Access.MANAGER)
def draw_for_precision() -> Response:
    """Draw exactly the replies that one reason needs."""
    sampling.one_draw_at_a_time(session())
    with database().reading() as reader:
        everything = queries.read(reader)
        selection, _period_name = forms.selection(today(), request.form)
        within = precisions.width(request.form.get("within"))
        try:
            wave = service.draw_for_precision(
                session(), everything, selection, focus=request.form.get("focus", ""), within=within, by=current_user.id
            )
        except (Conflict, Refused) as error:
            flash(error.message, "warn")
        else:
            _tell_drawn(wave)
    again = selection.address() | {"within": f"{within * 100:g}", "detail": request.form.get("detail") or None}
    return redirect(url_for("planning.precision", **again), 303)


@blueprint.get("/alerts/missed")
@access(Access.STAFF)
def missed() -> str:
    """How many reports of harm the machine may have missed: a page, and a part of that of the alerts."""
    template = "planning/_missed.html" if wants_fragment() else "planning/missed.html"
    return render_template(template, watch=missing.look(session(), queries.read(session())), at_most=missing.AT_MOST)


@blueprint.post("/alerts/missed")
@access(Access.MANAGER)
def draw_unflagged() -> Response:
    sampling.one_draw_at_a_time(session())
    with database().reading() as reader:
        try:
            wave = service.draw_unflagged(session(), queries.read(reader), by=current_user.id)
        except (Conflict, Refused) as error:
            flash(error.message, "warn")
        else:
            _tell_drawn(wave)
    return redirect(url_for("planning.missed"), 303)


def _tell_drawn(wave: AuditWave) -> None:
    drawn = next(found.drawn for found in waves(session()) if found.wave.id == wave.id)
    flash(_("無作為に選んだ%(n)s件を、確認に回しました。", n=f"{drawn:,}"), "done")


def _precise(found: Precision, selection: Selection, period: str) -> dict[str, Any]:
    """What the part about precision needs, wherever it stands."""
    return {
        "found": found, "widths": precisions.WIDTHS, "query": selection.address(), "selection": selection, "period": period,
        "period_label": forms.PRESET_LABELS.get(period),
    }  # fmt: skip
