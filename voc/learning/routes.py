"""The page about models: which one reads, how good each is, learning from own decisions, and whether the readings change."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from voc.config import Settings
from voc.learning import drift, queries, service, verdict
from voc.learning.forms import PlainForm, VersionForm
from voc.readings import models
from voc.readings import queries as readings
from voc.web import Access, access, session, wants_fragment

blueprint = Blueprint("learning", __name__)


@blueprint.get("/models", endpoint="models")
@access(Access.MANAGER)
def show_models() -> str | Response:
    if wants_fragment():
        return _fragment(request.args.get("part", ""))
    return render_template(
        "learning/models.html",
        versions=queries.versions(session(), _settings()),
        progress=_reading(),
        training=queries.training(session()),
        proposal=readings.proposal(session()),
        verdict=verdict,
        **_months(),
    )


def _fragment(part: str) -> str | Response:
    """What changes while one looks: how far training and reading are. Once a training has ended the whole page is new."""
    if part != "training":
        return render_template("learning/_reading.html", progress=_reading())
    training = queries.training(session())
    return render_template("learning/_training.html", training=training) if training.running else Response(headers={"HX-Refresh": "true"})


@blueprint.post("/models")
@access(Access.MANAGER)
def use_model() -> Response:
    form = VersionForm()
    if form.validate_on_submit():
        model = models.switch(session(), _settings(), form.version.data or "", by=current_user.id)
        flash(_("%(version)s で読み直します。下に進み具合が出ます。いつでも前のモデルに戻せます。", version=model.version), "done")
    return redirect(url_for("learning.models"), 303)


@blueprint.post("/models/train")
@access(Access.MANAGER)
def train() -> Response:
    if PlainForm().validate_on_submit():
        service.ask(session(), by=current_user.id)
        flash(_("学習を始めます。終わると、今のモデルと比べた結果がここに出ます。使うモデルは変わりません。"), "done")
    return redirect(url_for("learning.models"), 303)


@blueprint.post("/models/decline")
@access(Access.MANAGER)
def decline() -> Response:
    form = VersionForm()
    if form.validate_on_submit():
        model = service.decline(session(), form.version.data or "", by=current_user.id)
        flash(_("%(version)s を見送りました。一覧には残ります。", version=model.version), "done")
    return redirect(url_for("learning.models"), 303)


@blueprint.post("/models/seen")
@access(Access.MANAGER)
def take_note() -> Response:
    if PlainForm().validate_on_submit():
        drift.take_note(session())
    return redirect(url_for("learning.models", _anchor="drift"), 303)


def _settings() -> Settings:
    found: Settings = current_app.extensions["voc_settings"]
    return found


def _reading() -> readings.Progress:
    in_use = readings.in_use(session())
    return readings.progress(session(), in_use.version if in_use else None)


def _months() -> dict[str, Any]:
    shown = drift.shown(session())
    same = [month for check, month in shown[1 : 1 + drift.BEFORE] if check.model_version == shown[0][0].model_version]
    return {
        "months": shown,
        "unseen": readings.unseen_notices(session()),
        "drift_finding": verdict.months(shown[0][1], same) if shown else "",
        "moved": drift.groups_moved(shown[0][1], same) if shown else [],
    }
