"""Pages of this room: home, the review queue, one answer, agreement between reviewers."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from voc.accounts import company
from voc.clock import now
from voc.customers.queries import product_names
from voc.errors import Conflict, VocError
from voc.readings.queries import products_with_answers
from voc.reasons import codebook
from voc.reviews import agreement as agreements
from voc.reviews import home as homes
from voc.reviews import item as items
from voc.reviews import queries, sampling, service
from voc.reviews import queue as queues
from voc.reviews.forms import DecisionForm, DrawForm, SecondLookForm
from voc.reviews.item import Item
from voc.reviews.queue import Wish
from voc.reviews.service import Choice
from voc.reviews.tables import Decision
from voc.web import Access, access, may, session, settings

blueprint = Blueprint("reviews", __name__)


@blueprint.get("/")
@access(Access.STAFF)
def home() -> str:
    return render_template("reviews/home.html", home=homes.look(session(), current_user.id, manager=may("manager")))


@blueprint.get("/review")
@access(Access.STAFF)
def queue() -> str:
    wish, me, names = Wish.from_arguments(request.args), current_user.id, product_names(session())
    return render_template(
        "reviews/queue.html",
        wish=wish,
        waiting=queues.waiting(session(), me, wish),
        up_to=queues.COUNTED_UP_TO,
        today=queries.today_of(session(), me),
        audit=queries.audit_progress(session()),
        recent=queries.recent_of(session(), me),
        passed_on=queries.passed_on_by(session(), me),
        products=[(product_id, names[product_id]) for product_id, _name in products_with_answers(session())],
        draw_form=DrawForm() if may("manager") else None,
        waves=queries.waves(session()),
    )


@blueprint.post("/review/next")
@access(Access.STAFF)
def start() -> Response:
    """Begin anew: what this person held before is free again."""
    queues.release(session(), current_user.id)
    return _go_on(Wish.from_arguments(request.form))


@blueprint.post("/review/stop")
@access(Access.STAFF)
def stop() -> Response:
    queues.release(session(), current_user.id)
    return redirect(url_for("reviews.queue", **Wish.from_arguments(request.form).arguments()), 303)


@blueprint.get("/review/<int:answer_id>")
@access(Access.STAFF)
def show(answer_id: int) -> str:
    item = items.load(session(), answer_id, current_user.id, settings())
    again = session().get(Decision, request.args.get("again", 0, type=int))
    mine = again if again and again.answer_id == answer_id and again.reviewer_id == current_user.id else None
    return _page(item, Wish.from_arguments(request.args), _picked(item, mine))


@blueprint.post("/review/<int:answer_id>")
@access(Access.STAFF)
def decide(answer_id: int) -> str | tuple[str, int] | Response:
    form, wish, action = DecisionForm(), Wish.from_arguments(request.form), request.form.get("action", "decide")
    try:
        if not form.validate_on_submit():
            raise VocError(_first_error(form))
        if action == "pass_on":
            service.pass_on(session(), answer_id, by=current_user.id, note=form.pass_note.data or "")
        elif action == "decide":
            # What somebody picked from the random draws is no longer in their order: it waits for its turn (stats.waves).
            came_from = request.form.get("from", "")
            _decide(answer_id, form, stream="search" if came_from == "audit" and wish.filtered else came_from)
    except VocError as error:
        if error.status == 404:
            raise
        session().rollback()
        item = items.load(session(), answer_id, current_user.id, settings())
        return _page(item, wish, _entered(form), error=error.message, taken=isinstance(error, Conflict)), error.status
    return _go_on(wish)


def _decide(answer_id: int, form: DecisionForm, *, stream: str) -> None:
    service.decide(
        session(),
        answer_id,
        form.choice(),
        by=current_user.id,
        round="second" if form.round.data == "second" else "first",
        stream=stream,
        prediction_id=form.prediction_id.data,
        alerts_seen=form.alerts_seen.data or [],
        opened_at=form.opened_at(),
    )


@blueprint.post("/review/undo")
@access(Access.STAFF)
def undo() -> Response:
    wish = Wish.from_arguments(request.form)
    decision_id = request.form.get("decision", type=int)
    try:
        if decision_id is None:
            decision = service.undo_last(session(), current_user.id)
        else:
            decision = service.undo(session(), decision_id, by=current_user.id, as_manager=may("manager"))
    except VocError as error:
        session().rollback()
        flash(error.message, "warn")
        here = request.form.get("here", type=int)
        place = url_for("reviews.show", answer_id=here, **wish.arguments()) if here else url_for("reviews.queue", **wish.arguments())
        return redirect(place, 303)
    flash(_("決定を取り消しました。選び直して決定してください。"), "done")
    return redirect(
        url_for("reviews.show", answer_id=decision.answer_id, again=decision.id, **wish.arguments() | {"from": decision.stream}), 303
    )


@blueprint.post("/review/draw")
@access(Access.MANAGER)
def draw() -> Response:
    form = DrawForm()
    if not form.validate_on_submit():
        flash(_first_error(form), "warn")
        return redirect(url_for("reviews.queue"), 303)
    try:
        drawn = sampling.draw_audit(session(), form.number.data, by=current_user.id)
    except VocError as error:
        flash(error.message, "warn")
    else:
        flash(_("無作為に選んだ%(n)s件を、確認に回しました。", n=f"{drawn:,}"), "done")
    return redirect(url_for("reviews.queue"), 303)


@blueprint.post("/review/draws/<int:wave_id>")
@access(Access.MANAGER)
def change_draw(wave_id: int) -> Response:
    """End a random draw before all of it is reviewed, or take it up again."""
    try:
        if request.form.get("action") == "reopen":
            sampling.reopen(session(), wave_id, by=current_user.id)
            flash(_("抜き取りを再開しました。残りの回答がまた確認に出ます。"), "done")
        else:
            sampling.close(session(), wave_id, by=current_user.id)
            flash(_("抜き取りを終えました。順番どおりに確認した分は、そのまま割合に使われます。"), "done")
    except Conflict as error:
        flash(error.message, "warn")
    return redirect(url_for("reviews.queue", _anchor="draws"), 303)


@blueprint.post("/review/second-look")
@access(Access.MANAGER)
def set_second_look() -> Response:
    form = SecondLookForm()
    if form.validate_on_submit():
        sampling.set_second_look(session(), share=(form.share.data or 0) / 100, differing=bool(form.differing.data), by=current_user.id)
        flash(_("保存しました。次に選ぶ回答から、この割合で二人が確認します。"), "done")
    else:
        flash(_first_error(form), "warn")
    return redirect(url_for("reviews.agreement"), 303)


@blueprint.get("/review/agreement")
@access(Access.MANAGER)
def agreement() -> str:
    rules = company.read(session())
    form = SecondLookForm(share=round(rules.double_share * 100), differing=rules.second_look)
    return render_template("reviews/agreement.html", agreement=agreements.look(session()), form=form)


@blueprint.get("/review/<int:answer_id>/adjudicate")
@access(Access.MANAGER)
def adjudicate(answer_id: int) -> str:
    item = items.load(session(), answer_id, current_user.id, settings(), round_="adjudication")
    return _page(item, Wish(), _picked(item, item.decisions.get("adjudication")))


@blueprint.post("/review/<int:answer_id>/adjudicate")
@access(Access.MANAGER)
def judge(answer_id: int) -> str | tuple[str, int] | Response:
    form = DecisionForm()
    try:
        if not form.validate_on_submit():
            raise VocError(_first_error(form))
        service.decide(session(), answer_id, form.choice(), by=current_user.id, round="adjudication", stream="audit",
                       prediction_id=form.prediction_id.data, opened_at=form.opened_at())  # fmt: skip
    except VocError as error:
        if error.status == 404:
            raise
        session().rollback()
        item = items.load(session(), answer_id, current_user.id, settings(), round_="adjudication")
        return _page(item, Wish(), _entered(form), error=error.message, taken=isinstance(error, Conflict)), error.status
    flash(_("最終の判断を記録しました。集計にはこの理由が使われます。"), "done")
    return redirect(url_for("reviews.agreement"), 303)


def _go_on(wish: Wish) -> Response:
    """To the next answer, or back to the queue when nothing waits."""
    found = queues.take_next(session(), current_user.id, wish)
    if found is None:
        flash(_("確認を待っているものはなくなりました。おつかれさまでした。"), "done")
        return redirect(url_for("reviews.queue", **wish.arguments()), 303)
    answer_id, stream = found
    return redirect(url_for("reviews.show", answer_id=answer_id, **wish.arguments() | {"from": stream}), 303)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """What is chosen when the page opens."""

    primary: str = ""
    secondary: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    note: str = ""


def _picked(item: Item, before: Decision | None) -> Picked:
    """What was decided before it was taken back, else what the machine suggests; open alerts are always ticked."""
    if before is not None:
        return Picked(primary=before.primary_leaf, secondary=tuple(before.secondary), alerts=tuple(before.alerts), note=before.note)
    if item.prediction is not None and item.suggests:
        return Picked(primary=item.prediction.primary_leaf, secondary=tuple(item.prediction.secondary), alerts=tuple(item.open_alerts))
    return Picked(alerts=tuple(item.open_alerts))


def _entered(form: DecisionForm) -> Picked:
    """What stood in the form that could not be taken: nothing is lost."""
    choice: Choice = form.choice()
    known = choice.primary if choice.primary in codebook.LEAVES else ""
    return Picked(primary=known, secondary=tuple(choice.secondary), alerts=tuple(choice.alerts), note=choice.note)


def _page(item: Item, wish: Wish, picked: Picked, *, error: str = "", taken: bool = False) -> str:
    template = "reviews/decided.html" if item.round is None or taken else "reviews/show.html"
    context: dict[str, Any] = {"item": item, "wish": wish, "picked": picked, "error": error, "taken": taken}
    return render_template(
        template,
        **context,
        stream=request.values.get("from", ""),
        opened=now().isoformat(),
        alert_keys=items.ALERT_KEYS,
        today=queries.today_of(session(), current_user.id),
        audit=queries.audit_progress(session()),
    )


def _first_error(form: DecisionForm | DrawForm | SecondLookForm) -> str:
    return next((str(error) for errors in form.errors.values() for error in errors), _("もう一度お試しください。"))
