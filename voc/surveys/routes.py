"""Pages of this area: those of customers (public.py), and here those of the people who enter and look for answers."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from voc.clock import start_of_day
from voc.errors import NotFound, VocError
from voc.reasons.codebook import SUBSCRIPTION
from voc.surveys import queries, search, service
from voc.surveys.forms import EnterForm
from voc.surveys.public import blueprint
from voc.surveys.questions import EXPECTATION, FOLLOW_UPS, STATED, stated_label
from voc.surveys.search import Wish
from voc.web import Access, access, session, wants_fragment

__all__ = ["blueprint"]


@blueprint.get("/answers")
@access(Access.STAFF)
def answers() -> str:
    wish = Wish.from_arguments(request.args)
    page = search.find(session(), wish, page=request.args.get("page", 1, type=int))
    template = "surveys/_found.html" if wants_fragment() else "surveys/answers.html"
    return render_template(
        template, wish=wish, page=page, products=search.products(session()), sources=source_labels(), stated=STATED, stated_label=stated_label,
        expectation=EXPECTATION, follow_ups=FOLLOW_UPS, pieces=search.pieces, not_ticked=search.NOT_TICKED,
    )  # fmt: skip


@blueprint.route("/answers/new", methods=["GET", "POST"])
@access(Access.STAFF)
def enter() -> str | Response:
    chosen = request.values.get("invitation", "")
    invited = queries.invited_by_id(session().connection(), int(chosen)) if chosen.isascii() and chosen.isdecimal() else None
    if chosen and invited is None:
        raise NotFound(_("その方への依頼が見つかりません。「だれからのお答えですか」から探し直してください。"))
    form = EnterForm(purchase_type=invited.purchase_type if invited else SUBSCRIPTION, products=list(search.products(session())))
    if form.validate_on_submit():
        try:
            answer_id = service.enter(
                session(), form.given(), source=form.source.data, user_id=current_user.id, answered_at=start_of_day(form.answered_on.data),
                invited=invited, **({} if invited else form.facts()),
            )  # fmt: skip
        except VocError as error:
            session().rollback()
            form.form_errors = [error.message]
        else:
            flash(_("お答えを受け付けました。番号は %(number)s です。", number=answer_id), "done")
            return redirect(url_for("surveys.enter"))
    who = request.args.get("who", "")
    person = search.person(session(), invited.id) if invited else None
    return render_template("surveys/enter.html", form=form, person=person, who=who, people=search.people(session(), who))


def source_labels() -> dict[str, str]:
    return {"web": _("アンケート"), "paper": _("はがき・手紙"), "phone": _("電話"), "line": _("LINE"), "import": _("取り込み")}
