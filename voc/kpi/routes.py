"""The page of key figures."""

from flask import Blueprint, render_template, request

from voc.clock import today
from voc.days import month_label, month_name
from voc.kpi import figures, queries
from voc.kpi.trend import trend
from voc.web import Access, access, session

blueprint = Blueprint("kpi", __name__)


@blueprint.get("/kpi")
@access(Access.MANAGER)
def index() -> str:
    """Key figures of repeat purchase, each with its formula and both of its numbers."""
    window = request.args.get("window", figures.DEFAULT_WINDOW, type=int)
    window = window if window in figures.WINDOWS else figures.DEFAULT_WINDOW
    return render_template(
        "kpi/index.html",
        found=queries.figures(session(), today(), window=window),
        window=window,
        figures=figures,
        month_label=month_label,
        month_name=month_name,
        trend=trend,
    )
