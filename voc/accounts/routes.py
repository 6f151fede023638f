"""Users and company settings: pages of the administrator."""

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from voc import jobs
from voc.accounts import company, service
from voc.accounts.forms import CompanyForm, NewUserForm, UserForm
from voc.accounts.tables import User
from voc.errors import VocError
from voc.web import Access, access, session

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/users")
@access(Access.ADMIN)
def users() -> str:
    people = session().scalars(sa.select(User).order_by(User.active.desc(), User.email)).unique().all()
    return render_template("accounts/users.html", people=people)


@blueprint.route("/users/new", methods=["GET", "POST"])
@access(Access.ADMIN)
def new_user() -> str | Response:
    form = NewUserForm()
    if form.validate_on_submit():
        try:
            user = service.add_user(
                session(), form.email.data or "", role=form.role.data, password=form.password.data or "",
                name=form.name.data or "", by=current_user.id,
            )  # fmt: skip
        except VocError as error:
            form.form_errors = [error.message]
        else:
            flash(_("%(name)s さんを登録しました。", name=user.display_name), "done")
            return redirect(url_for("accounts.users"))
    return render_template("accounts/user_form.html", form=form, user=None)


@blueprint.route("/users/<int:user_id>", methods=["GET", "POST"])
@access(Access.ADMIN)
def edit_user(user_id: int) -> str | Response:
    user = session().get_one(User, user_id)
    form = UserForm(obj=user)
    if form.validate_on_submit():
        try:
            service.change_user(
                session(), user, name=form.name.data or "", role=form.role.data, active=form.active.data, by=current_user.id
            )
            if form.password.data:
                service.set_password(session(), user, form.password.data, by=current_user.id)
        except VocError as error:
            session().rollback()
            form.form_errors = [error.message]
        else:
            flash(_("保存しました。"), "done")
            return redirect(url_for("accounts.users"))
    return render_template("accounts/user_form.html", form=form, user=user)


@blueprint.route("/settings", methods=["GET", "POST"])
@access(Access.ADMIN)
def settings() -> str | Response:
    before = company.read(session())
    form = CompanyForm(obj=before)
    if form.validate_on_submit():
        after = company.edited(before, {field: form[field].data for field in company.EDITABLE})
        company.change(session(), after)
        if after.acceptance_percent != before.acceptance_percent:
            jobs.enqueue(session(), "insights.check_automatic")
        flash(_("保存しました。次に表示するアンケートとメールから使われます。"), "done")
        return redirect(url_for("accounts.settings"))
    return render_template("accounts/settings.html", form=form)
