"""Pages of products and customers."""

from collections.abc import Callable, Mapping

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from werkzeug.wrappers import Response

from voc.customers import forms, queries, service, values
from voc.customers.pages import blueprint
from voc.customers.preview import STATUS_LABELS
from voc.customers.tables import Customer
from voc.errors import VocError
from voc.web import Access, access, session


@blueprint.get("/products")
@access(Access.MANAGER)
def products() -> str:
    return _products()


@blueprint.post("/products")
@access(Access.MANAGER)
def change_products() -> str | Response:
    sent = {int(name[5:]): value for name, value in request.form.items() if name.startswith("days-") and name[5:].isdigit()}
    days = {product_id: number for product_id, value in sent.items() if (number := values.quantity(value)) is not None}
    try:
        if len(days) < len(sent):
            raise VocError(_("日数は1〜1000の数で入れてください。"))
        changed = service.set_days_supply(session(), days, by=current_user.id)
    except VocError as error:
        session().rollback()
        return _products(problem=error.message, sent=sent)
    flash(
        ngettext(
            "%(n)s件の日数を変えました。次の依頼から使われます。", "%(n)s件の日数を変えました。次の依頼から使われます。", changed, n=changed
        )
        if changed
        else _("変わったところはありません。"),
        "done",
    )
    return redirect(url_for("customers.products", q=_words() or None, page=_page()))


@blueprint.get("/customers")
@access(Access.STAFF)
def index() -> str:
    page = queries.customers(session(), words=_words(), page=_page())
    bought = queries.purchases(session(), [customer.id for customer in page.rows])
    return render_template("customers/index.html", page=page, words=_words(), bought=bought, link=_link("customers.index"))


@blueprint.get("/customers/<int:customer_id>")
@access(Access.STAFF)
def show(customer_id: int) -> str:
    return _customer(session().get_one(Customer, customer_id), forms.AllowMailForm(formdata=None))


@blueprint.post("/customers/<int:customer_id>/stop-mail")
@access(Access.STAFF)
def stop_mail(customer_id: int) -> Response:
    customer = session().get_one(Customer, customer_id)
    service.stop_mail(session(), customer, by=current_user.id)
    flash(_("このお客様には、もうメールを送りません。"), "done")
    return redirect(url_for("customers.show", customer_id=customer.id))


@blueprint.post("/customers/<int:customer_id>/allow-mail")
@access(Access.MANAGER)
def allow_mail(customer_id: int) -> str | Response:
    customer = session().get_one(Customer, customer_id)
    form = forms.AllowMailForm()
    if not form.validate_on_submit():
        return _customer(customer, form)
    try:
        service.allow_mail(session(), customer, source=form.source.data or "", by=current_user.id)
    except VocError as error:
        session().rollback()
        form.source.errors = [error.message]
        return _customer(customer, form)
    flash(_("同意を記録しました。"), "done")
    return redirect(url_for("customers.show", customer_id=customer.id))


def _products(*, problem: str = "", sent: Mapping[int, str] | None = None) -> str:
    page = queries.products(session(), words=_words(), page=_page())
    return render_template(
        "customers/products.html", page=page, words=_words(), problem=problem, sent=sent or {}, link=_link("customers.products")
    )


def _customer(customer: Customer, form: forms.AllowMailForm) -> str:
    orders = queries.orders_of(session(), customer.id)
    return render_template(
        "customers/show.html", customer=customer, form=form, orders=orders, goods=queries.goods_of(session(), [order.id for order in orders]),
        bought=queries.purchases(session(), [customer.id]).get(customer.id), subscriptions=queries.subscriptions_of(session(), customer.id),
        consents=queries.consents_of(session(), customer.id), suppressions=queries.suppressions_of(session(), customer),
        problems=values.EMAIL_PROBLEMS, states=STATUS_LABELS, latest=queries.LATEST,
    )  # fmt: skip


def _link(endpoint: str) -> Callable[[int], str]:
    """The address of a page of the list, with the words that were looked for."""
    words = _words() or None
    return lambda number: url_for(endpoint, q=words, page=number)


def _words() -> str:
    return request.values.get("q", "").strip()[:100]


def _page() -> int:
    return max(1, min(100_000, request.args.get("page", 1, int)))
