"""Exports on screen: what may be taken out of the house, in which form, and who took what."""

import tempfile
from collections.abc import Iterator
from typing import IO, Any

import sqlalchemy as sa
from flask import Blueprint, Response, jsonify, render_template, request
from flask_security import current_user
from sqlalchemy.orm import Session

from voc.accounts.tables import User
from voc.audit import Event
from voc.clock import today
from voc.errors import NotFound, Refused
from voc.exports import rows, service
from voc.exports.service import EVENT, FORMATS, KINDS, Order
from voc.insights import forms
from voc.insights.forms import FilterForm
from voc.replies import queries
from voc.web import Access, access, database, may, session

blueprint = Blueprint("exports", __name__)

SHOWN = 20
MOST_IN_EXCEL = 100_000
"""Rows of an Excel file that is made while somebody waits: some ten seconds. Longer ones by CSV or command line."""


@blueprint.get("/exports")
@access(Access.MANAGER)
def index() -> str:
    selection, period = forms.selection(today(), default="all")
    form = FilterForm(request.args)
    form.offer(queries.products(session()), queries.campaigns(session()))
    form.start.data, form.end.data = selection.start, selection.end
    counts = {kind: rows.count(session(), kind, selection) for kind in ("replies", "decisions")}
    return render_template(
        "exports/index.html",
        filter=form,
        selection=selection,
        period=period,
        presets=forms.PRESET_LABELS,
        counts=counts,
        most_in_excel=MOST_IN_EXCEL,
        earlier=_earlier(session()),
        kinds=KINDS,
    )


@blueprint.post("/exports/<kind>")
@access(Access.MANAGER)
def download(kind: str) -> Response:
    selection, _period = forms.selection(today(), request.form, default="all")
    unmasked = request.form.get("unmasked") == "1"
    if unmasked and not may("admin"):
        raise Refused("個人情報を伏せずに書き出せるのは管理者だけです。伏せたまま書き出すか、管理者に依頼してください。")
    order = Order(
        kind=kind, format=request.form.get("format", "csv"), selection=selection, encoding=request.form.get("encoding", "utf-8-sig"),
        unmasked=unmasked, user_id=current_user.id, by=current_user.display_name,
    )  # fmt: skip
    body = _workbook(session(), order) if order.format == "xlsx" else service.stream(database(), order)
    charset = {"utf-8-sig": "; charset=utf-8", "cp932": "; charset=Shift_JIS"}.get(order.encoding, "") if order.format == "csv" else ""
    response = Response(body, content_type=FORMATS[order.format] + charset)
    response.headers["Content-Disposition"] = f'attachment; filename="{order.filename}"'
    return response


def _workbook(session: Session, order: Order) -> Iterator[bytes]:
    if order.kind in ("replies", "decisions") and rows.count(session, order.kind, order.selection) > MOST_IN_EXCEL:
        raise Refused(f"Excel で一度に書き出せるのは{MOST_IN_EXCEL:,}行までです。期間を短くするか、CSV で書き出してください。")
    file = tempfile.TemporaryFile()  # noqa: SIM115
    manifest = service.write(session, order, file)
    service.record(session, manifest)
    file.seek(0)
    return _sent(file)


def _sent(file: IO[bytes]) -> Iterator[bytes]:
    """The file, which is gone when it is sent."""
    with file:
        while chunk := file.read(1 << 18):
            yield chunk


@blueprint.get("/exports/<int:event_id>/manifest.json")
@access(Access.MANAGER)
def manifest(event_id: int) -> Response:
    data = session().scalar(sa.select(Event.data).where(Event.id == event_id, Event.kind == EVENT))
    if data is None:
        raise NotFound("この書き出しの控えはありません。一覧からもう一度お選びください。")
    return jsonify(data)


def _earlier(session: Session) -> list[dict[str, Any]]:
    """The last exports and who made them."""
    found = session.execute(
        sa.select(Event.id, Event.at, Event.data, User.name, User.email)
        .outerjoin(User, User.id == Event.user_id)
        .where(Event.kind == EVENT)
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(SHOWN)
    )
    return [
        {"id": row.id, "at": row.at, "who": row.name or (row.email or "").split("@")[0] or row.data.get("by"), **row.data} for row in found
    ]
