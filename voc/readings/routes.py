"""Pages of this room: alerts to be worked."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from voc.errors import Conflict, NotFound, Refused
from voc.readings import queries, service
from voc.readings.forms import HandleForm
from voc.readings.queries import AlertCard, AlertFilter
from voc.readings.words import pieces
from voc.reasons import codebook
from voc.surveys.questions import FOLLOW_UPS
from voc.web import Access, access, session, wants_fragment

blueprint = Blueprint("readings", __name__)


@blueprint.get("/alerts")
@access(Access.STAFF)
def alerts() -> str:
    wish = _wish()
    handled = request.args.get("handled", type=int)
    return render_template(
        "readings/alerts.html",
        wish=wish,
        filters=_arguments(wish),
        page=queries.alerts(session(), wish, page=request.args.get("page", 1, type=int)),
        counts=queries.alert_counts(session()),
        products=queries.products_with_answers(session()),
        handled=queries.alert_card(session(), handled) if handled else None,
        was=_state(request.args.get("was", "")),
        marked=_marked,
    )


@blueprint.post("/alerts/<int:alert_id>")
@access(Access.STAFF)
def handle(alert_id: int) -> str | Response:
    form = HandleForm()
    if not form.validate_on_submit():
        raise Refused(_first_error(form) or _("もう一度お選びください。"))
    try:
        service.handle_alert(
            session(), alert_id, status=form.status.data or "", seen=form.seen.data or "", note=form.note.data or "", by=current_user.id
        )
    except Conflict as error:
        if not wants_fragment():
            raise
        session().rollback()
        return _fragment(alert_id, form, error=error.message)  # as it stands now, with what was typed
    if wants_fragment():
        return _fragment(alert_id, form)
    back = {"handled": alert_id, "was": form.seen.data} if form.status.data != "open" else {}
    return redirect(url_for("readings.alerts", **_arguments(_wish()), **back), 303)


def _fragment(alert_id: int, form: HandleForm, *, error: str = "") -> str:
    """One card, exchanged in its place, and the numbers above the list."""
    was, wish = "" if error else form.seen.data, _wish()
    return render_template(
        "readings/_fragment.html",
        card=_card(alert_id),
        was=was,
        marked=_marked,
        wish=wish,
        filters=_arguments(wish),
        counts=queries.alert_counts(session()),
        error=error,
        typed=form.note.data,
        fresh=True,
    )


def _wish() -> AlertFilter:
    state, code = request.args.get("state", "unfinished"), request.args.get("code", "")
    return AlertFilter(
        code=code if code in codebook.ALERTS else "",
        state=state if state in AlertFilter.STATES else "unfinished",
        product_id=request.args.get("product", type=int),
    )


def _arguments(wish: AlertFilter) -> dict[str, Any]:
    """The filter as it stands in an address."""
    values = {"code": wish.code, "state": wish.state if wish.state != "unfinished" else "", "product": wish.product_id}
    return {name: value for name, value in values.items() if value}


@blueprint.app_template_global()
def follow_up_label(code: str) -> str:
    """The follow-up question as the customer read it."""
    return FOLLOW_UPS.get(code, "")


@blueprint.app_template_filter()
def likely(probability: float) -> str:
    """A probability in per cent, never as certainty: 0.998 → 99%."""
    return f"{min(max(round(probability * 100), 1), 99)}%"


def _state(value: str) -> str:
    return value if value in queries.STATUSES else "open"


def _card(alert_id: int) -> AlertCard:
    card = queries.alert_card(session(), alert_id)
    if card is None:
        raise NotFound(_("この知らせはなくなりました。一覧を開き直してください。"))
    return card


def _marked(card: AlertCard) -> object:
    """The customer's words, with what raised the alert marked."""
    return pieces(card.words, card.alert.evidence)


def _first_error(form: HandleForm) -> str:
    return next((str(error) for errors in form.errors.values() for error in errors), "")
