"""Pages of one file's way in: list and upload, columns and preview, progress and result."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response as BaseResponse

from voc.clock import now
from voc.customers import fields, forms, platforms, queries, runs, uploads
from voc.customers.pages import blueprint
from voc.customers.preview import Preview, preview
from voc.customers.source import FileRefused, Source, another_kind, apply, guessed, header_hash, missing_columns
from voc.customers.tables import ImportRun
from voc.errors import NotFound, VocError
from voc.spreadsheet import csv_chunks
from voc.web import Access, access, session, settings

#: So long may a confirmed file wait before the page says that perhaps nobody works.
PATIENCE = timedelta(seconds=20)


@dataclass(frozen=True)
class Look:
    """A file as the page of its columns shows it."""

    run: ImportRun
    kind: str
    source: Source
    shop: str
    preview: Preview | None
    complaint: str
    remembered: bool

    @property
    def missing(self) -> list[str]:
        return missing_columns(self.source)


@blueprint.get("/imports")
@access(Access.MANAGER)
def imports() -> str:
    return _list(forms.UploadForm(formdata=None))


@blueprint.post("/imports")
@access(Access.MANAGER)
def upload() -> str | BaseResponse:
    form = forms.UploadForm()
    if not form.validate_on_submit():
        return _list(form)
    file = form.file.data
    try:  # all the slow work comes before the first look at the database: on SQLite that look waits for nobody else
        arrived = uploads.receive(settings().uploads_dir, file.stream)
        kind = form.kind.data if form.kind.data in fields.KINDS else platforms.likeliest_kind(arrived.sketch.header)
    except VocError as error:
        form.file.errors = [error.message]
        return _list(form)
    run = runs.offer(session(), arrived, kind=kind, filename=_plain_name(file.filename), folder=settings().uploads_dir, by=current_user.id)
    return redirect(url_for("customers.show_import", run_id=run.id))


@blueprint.get("/imports/<int:run_id>")
@access(Access.MANAGER)
def show_import(run_id: int) -> str | BaseResponse:
    run = session().get_one(ImportRun, run_id)
    waiting = run.status in ("uploaded", "refused") and uploads.path_of(settings().uploads_dir, run.id).exists()
    if waiting and (run.status == "uploaded" or "columns" in request.args):
        return _columns(run)
    return render_template("customers/import.html", run=run, fields=fields, waiting=waiting, **_standing(run))


@blueprint.get("/imports/<int:run_id>/preview")
@access(Access.MANAGER)
def preview_import(run_id: int) -> str:
    look = _look(session().get_one(ImportRun, run_id))
    return render_template("customers/_preview.html", look=look)


@blueprint.get("/imports/<int:run_id>/progress")
@access(Access.MANAGER)
def progress(run_id: int) -> Response | str:
    run = session().get_one(ImportRun, run_id)
    if run.status in runs.CLOSED:
        return Response(headers={"HX-Refresh": "true"})
    return render_template("customers/_progress.html", run=run, **_standing(run))


@blueprint.post("/imports/<int:run_id>/confirm")
@access(Access.MANAGER)
def confirm(run_id: int) -> str | BaseResponse:
    run = session().get_one(ImportRun, run_id)
    look = _look(run)
    shop = forms.chosen_shop(request.form)
    problem = look.complaint or (_("ショップを選ぶか、新しい名前を入れてください。") if not shop else "")
    if look.missing or problem:
        return _columns(run, problem=problem, shop=shop)
    try:
        runs.confirm(
            session(), run, kind=look.kind, shop=shop, mapping=look.source.mapping, header_hash=header_hash(look.source.header),
            encoding=look.source.encoding, by=current_user.id,
        )  # fmt: skip
    except VocError as error:
        session().rollback()
        return _columns(run, problem=error.message, shop=shop)
    return redirect(url_for("customers.show_import", run_id=run.id))


@blueprint.post("/imports/<int:run_id>/again")
@access(Access.MANAGER)
def again(run_id: int) -> BaseResponse:
    run = session().get_one(ImportRun, run_id)
    job = queries.job_of(session(), run)
    if run.status in ("queued", "running") and job is not None and job.status == "failed":
        runs.ask_for_job(session(), run)
    return redirect(url_for("customers.show_import", run_id=run.id))


@blueprint.post("/imports/<int:run_id>/discard")
@access(Access.MANAGER)
def discard(run_id: int) -> BaseResponse:
    run = session().get_one(ImportRun, run_id)
    runs.discard(session(), run, folder=settings().uploads_dir, by=current_user.id)
    flash(_("ファイルを消しました。何も取り込んでいません。"), "done")
    return redirect(url_for("customers.imports"))


@blueprint.get("/imports/<int:run_id>/skipped.csv")
@access(Access.MANAGER)
def skipped(run_id: int) -> Response:
    run = session().get_one(ImportRun, run_id)
    rows = [[row, reason] for row, reason in run.skipped]
    name = f"skipped-{run.id}.csv"
    chunks: Iterator[bytes] = csv_chunks([_("行番号"), _("取り込まなかった理由")], rows)
    return Response(chunks, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _list(form: forms.UploadForm) -> str:
    page = queries.runs(session(), page=max(1, request.args.get("page", 1, int)))
    return render_template(
        "customers/imports.html", form=form, page=page, fields=fields, link=lambda n: url_for("customers.imports", page=n)
    )


def _columns(run: ImportRun, *, problem: str = "", shop: str = "") -> str:
    look = _look(run)
    return render_template(
        "customers/columns.html", look=look, run=run, problem=problem, shop=shop or look.shop, shops=queries.shops(session()),
        fields=fields, platforms=platforms.PLATFORMS, encodings=forms.ENCODINGS,
    )  # fmt: skip


def _look(run: ImportRun) -> Look:
    """The file as it is to be read by what was chosen on the page, else as remembered, else as guessed."""
    path = uploads.path_of(settings().uploads_dir, run.id)
    if not path.exists():
        raise NotFound(_("このファイルは消されています。もう一度アップロードしてください。"))
    sent = request.values
    kind = forms.chosen_kind(sent, run.kind)
    sketch = uploads.sketch_of(path, encoding=forms.chosen_encoding(sent, run.encoding))
    platform = forms.chosen_platform(sent)
    source = guessed(sketch.table(), path, kind, filename=run.filename, platform=platform)
    shop, known, complaint = forms.chosen_shop(sent), False, ""
    if "mapped" in sent and sent.get("mapped") == kind:
        complaint = _apply(source, forms.chosen_mapping(sent, kind, platform or source.platform.code, source.labels))
    elif platform is None and (found := queries.remembered(session(), kind=kind, header_hash=header_hash(source.header))):
        shop, known, complaint = shop or found[0], True, _apply(source, found[1])
    elif other := platforms.other_kind(source.header, kind):
        complaint = another_kind(kind, other)
    shown = None if missing_columns(source) else preview(source)
    return Look(run, kind, source, shop, shown, complaint, known)


def _apply(source: Source, mapping: dict[str, object]) -> str:
    try:
        apply(source, mapping)
    except FileRefused as error:
        return error.message
    return ""


def _standing(run: ImportRun) -> dict[str, object]:
    """How far the job of a file is, in the words of the templates."""
    job = queries.job_of(session(), run) if run.status in ("queued", "running") else None
    told = (job.progress if job else None) or {}
    return {
        "done": int(told.get("done", 0)),
        "total": int(told.get("total", 0)),
        "lost": bool(job and job.status == "failed"),
        "nobody": bool(job and job.status == "queued" and job.created_at < now() - PATIENCE),
    }


def _plain_name(name: str | None) -> str:
    """A file's name without folders and signs that cannot be shown."""
    last = (name or "").replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(sign for sign in last if sign.isprintable()).strip()[:255] or "file"
