"""Pages of delivery: outbox, preview, letters and lists for the company; unsubscribing for customers."""

from email.message import EmailMessage
from io import BytesIO

import segno
from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from werkzeug.wrappers import Response as BaseResponse

from voc import audit, links
from voc.accounts import company
from voc.campaigns import service as campaigns
from voc.campaigns import wording
from voc.campaigns.rules import REMIND_DAYS, Rule
from voc.campaigns.tables import Campaign, Invitation
from voc.clock import now, today
from voc.customers.tables import Customer
from voc.delivery import labels, message, queries, reminding, service, trial
from voc.delivery.message import Letter
from voc.delivery.tables import Message
from voc.errors import Refused, TemporaryFailure
from voc.spreadsheet.writing import csv_chunks
from voc.surveys import render as survey_pages
from voc.surveys.given import Given
from voc.web import Access, access, session, settings

blueprint = Blueprint("delivery", __name__)


@blueprint.context_processor
def _names() -> dict[str, object]:
    return {"labels": labels, "qr": qr, "last_day": message.last_day}


def qr(url: str) -> str:
    """The address as a square to photograph: an SVG that needs no style."""
    svg = BytesIO()
    segno.make(url, error="m").save(svg, kind="svg", xmldecl=False, svgns=False, svgclass=None, lineclass=None, border=2, omitsize=True)
    return svg.getvalue().decode().replace("<svg", '<svg role="img" aria-label="アンケートのQRコード"', 1)


# -- the outbox -------------------------------------------------------------------------------------------------------------


@blueprint.get("/outbox")
@access(Access.MANAGER)
def outbox() -> str:
    status, campaign_id = request.args.get("status", ""), request.args.get("campaign", type=int)
    campaign = None if campaign_id is None else session().get_one(Campaign, campaign_id)
    page = queries.outbox(session(), status=status, campaign_id=campaign_id, page=request.args.get("page", 1, type=int))
    return render_template(
        "delivery/outbox.html", page=page, status=status, campaign=campaign, counts=queries.counts(session(), campaign_id=campaign_id),
        trouble=queries.trouble(session()), smtp=settings().smtp_url.split(":", 1)[0], now=now(),
    )  # fmt: skip


@blueprint.post("/outbox/<int:message_id>/retry")
@access(Access.MANAGER)
def retry(message_id: int) -> BaseResponse:
    service.retry(session(), session().get_one(Message, message_id), by=current_user.id)
    flash(_("もう一度送ります。結果は1分ほどで表示されます。"), "done")
    return redirect(url_for("delivery.outbox", status=request.form.get("status") or None))


@blueprint.post("/outbox/retry")
@access(Access.MANAGER)
def retry_all() -> BaseResponse:
    count = service.retry_all(session(), by=current_user.id)
    flash(
        ngettext(
            "%(n)s 通をもう一度送ります。結果は1分ほどで表示されます。",
            "%(n)s 通をもう一度送ります。結果は1分ほどで表示されます。",
            count,
            n=count,
        ),
        "done",
    )
    return redirect(url_for("delivery.outbox"))


# -- what customers get -----------------------------------------------------------------------------------------------------


@blueprint.get("/campaigns/<int:campaign_id>/preview")
@access(Access.MANAGER)
def preview(campaign_id: int) -> Response:
    """The mail and the survey, as a customer will see them."""
    campaign = session().get_one(Campaign, campaign_id)
    reminder = "reminder" in request.args
    page = render_template(
        "delivery/preview.html", campaign=campaign, mail=_sample_mail(campaign, reminder=reminder), settings=settings(), reminder=reminder,
        reminds=Rule.from_json(campaign.rule).remind_days is not None,
    )  # fmt: skip
    return _framing(make_response(page))


@blueprint.get("/campaigns/<int:campaign_id>/preview/mail")
@access(Access.MANAGER)
def preview_mail(campaign_id: int) -> Response:
    """The mail's HTML by itself, for the frame on the preview page. Mails carry their style in the tags."""
    html = _sample_mail(session().get_one(Campaign, campaign_id), reminder="reminder" in request.args).get_body(("html",))
    response = make_response(html.get_content() if html is not None else "")
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
    )
    return response


@blueprint.get("/campaigns/<int:campaign_id>/preview/survey")
@access(Access.MANAGER)
def preview_survey(campaign_id: int) -> Response:
    campaign = session().get_one(Campaign, campaign_id)
    _name, product = queries.example(session(), campaign_id)
    response = make_response(survey_pages.preview(company.read(session()), campaign.purchase_type, product=product or None))
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'self'; sandbox"
    return response


def _framing(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
        "frame-src 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    return response


def _sample_mail(campaign: Campaign, *, reminder: bool = False) -> EmailMessage:
    name, product = queries.example(session(), campaign.id)
    base = settings().base_url
    letter = Letter(
        to="hanako@example.jp", message_id="<preview@localhost>", name=name, product=product, purchase_type=campaign.purchase_type,
        expires_at=campaigns.open_until(campaign), subject=campaign.mail_subject, opening=campaign.mail_text, reminder=reminder,
        **message.letter_urls(base, token=_("(お客様ごとの文字)"), opt_out_token=_("(お客様ごとの文字)")),
    )  # fmt: skip
    return message.build(letter, company=company.read(session()), mail_from=settings().mail_from, at=now())


@blueprint.post("/campaigns/<int:campaign_id>/trial")
@access(Access.MANAGER)
def send_trial(campaign_id: int) -> BaseResponse:
    """The real mail, to whoever presses the button. Nobody is asked by it, nothing is counted."""
    campaign, told = session().get_one(Campaign, campaign_id), company.read(session())
    if not told.names_itself and wording.advertises(campaign.mail_subject, campaign.mail_text):
        flash(campaigns.NAMELESS, "bad")
        return redirect(url_for("campaigns.show", campaign_id=campaign_id))
    to, base = current_user.email, settings().base_url
    letter = trial.letter(
        campaign, to=to, name=current_user.name, product=queries.example(session(), campaign.id)[1],
        survey_url=base + url_for("delivery.trial_survey", token=trial.token(settings().secret_key, campaign)),
        opt_out_url=base + url_for("delivery.trial_unsubscribe"), mail_from=settings().mail_from,
    )  # fmt: skip
    audit.record(session(), "campaign.tried", user_id=current_user.id, campaign_id=campaign_id)
    session().commit()  # nobody waits for the database while a mail server takes its time
    try:
        trial.deliver(letter, company=told, mail_from=settings().mail_from, smtp_url=settings().smtp_url)
    except TemporaryFailure as failure:
        flash(failure.message, "bad")
    else:
        flash(_("%(address)s に送りました。アンケートを開いて答えても、何も記録されません。", address=to), "done")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id))


@blueprint.route("/s/trial/<token>", methods=["GET", "POST"])
@access(Access.PUBLIC)
def trial_survey(token: str) -> str:
    """The survey of a mail to oneself: all its pages, and nothing is kept of what is filled in."""
    campaign = session().get_one(Campaign, trial.campaign_id(settings().secret_key, token))
    told, given = company.read(session()), Given.from_form(request.form)
    if request.method == "GET":
        _name, product = queries.example(session(), campaign.id)
        return survey_pages.trial(told, campaign.purchase_type, product=product or None)
    question = None if "skip" in request.form or given.extra else given.question()
    return survey_pages.trial_more(told, question) if question else survey_pages.trial_thanks(told)


@blueprint.route("/u/trial", methods=["GET", "POST"])
@access(Access.PUBLIC)
def trial_unsubscribe() -> str:
    return _customer_page(done=request.method == "POST", trial=True)


# -- reminders ---------------------------------------------------------------------------------------------------------------


@blueprint.get("/campaigns/<int:campaign_id>/reminders")
@access(Access.MANAGER)
def reminders(campaign_id: int) -> str:
    """How a campaign's reminders stand: a part of its page."""
    campaign = session().get_one(Campaign, campaign_id)
    days = Rule.from_json(campaign.rule).remind_days
    due = reminding.count_due(session(), campaign_id, days=days) if days and campaign.status == "active" else 0
    return render_template("delivery/reminders.html", days=days, due=due, standing=reminding.standing(session(), campaign_id))


@blueprint.get("/campaigns/<int:campaign_id>/reminders/due")
@access(Access.MANAGER)
def due_reminders(campaign_id: int) -> str:
    """How many would be reminded by a number of days that is still being filled in."""
    given = request.args.get("remind_days", "").strip()
    days = int(given) if given.isascii() and given.isdecimal() and len(given) < 4 else 0
    if not REMIND_DAYS[0] <= days <= REMIND_DAYS[1]:
        return ""
    session().get_one(Campaign, campaign_id)
    return render_template("delivery/due_reminders.html", due=reminding.count_due(session(), campaign_id, days=days))


# -- by hand: letters, links, calls -----------------------------------------------------------------------------------------


@blueprint.get("/campaigns/<int:campaign_id>/letters")
@access(Access.MANAGER)
def letters(campaign_id: int) -> str:
    """What is to be printed or handed over; ``form=labels`` gives cards instead of letters."""
    campaign = session().get_one(Campaign, campaign_id)
    waiting = queries.to_hand_over(session(), campaign_id, limit=queries.PRINT_BATCH) if campaign.channel == "paper" else []
    return render_template(
        "delivery/letters.html", campaign=campaign, waiting=waiting, total=queries.count_to_hand_over(session(), campaign_id),
        form="labels" if request.args.get("form") == "labels" else "letters", company=company.read(session()),
        earlier=queries.last_handed_over(session(), campaign_id), address_of=lambda row: links.survey_url(settings().base_url, row.token),
    )  # fmt: skip


@blueprint.post("/campaigns/<int:campaign_id>/letters")
@access(Access.MANAGER)
def letters_printed(campaign_id: int) -> BaseResponse:
    """The page that was shown has been printed: these people count as asked."""
    campaign = session().get_one(Campaign, campaign_id)
    count = campaigns.mark_asked(session(), campaign, request.form.getlist("invitation", type=int), by=current_user.id)
    flash(ngettext("%(n)s 通を「依頼した」に記録しました。", "%(n)s 通を「依頼した」に記録しました。", count, n=count), "done")
    return redirect(url_for("delivery.letters", campaign_id=campaign_id, form=request.form.get("form")))


@blueprint.post("/campaigns/<int:campaign_id>/links.csv")
@access(Access.MANAGER)
def links_csv(campaign_id: int) -> Response:
    """Everybody's own address as CSV, for LINE, SMS or calls; whoever stands in it counts as asked."""
    campaign = session().get_one(Campaign, campaign_id)
    waiting = queries.to_hand_over(session(), campaign_id)
    if not waiting:
        raise Refused(_("書き出す方がいません。新しい依頼ができるまでお待ちください。"))
    header = [_("お客様番号"), _("お名前"), _("電話番号"), _("メールアドレス"), _("商品"), _("アンケートのアドレス"), _("受付の期限")]
    rows = [_link_row(invitation, customer, product) for invitation, customer, product in waiting]
    encoding = "cp932" if request.form.get("encoding") == "cp932" else "utf-8-sig"
    body = b"".join(csv_chunks(header, rows, encoding=encoding))
    campaigns.mark_asked(session(), campaign, [invitation.id for invitation, *_rest in waiting], by=current_user.id)
    name = f"voc-links-{campaign.id}-{today().isoformat()}.csv"
    return Response(body, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _link_row(invitation: Invitation, customer: Customer, product: str | None) -> list[str]:
    until = message.last_day(invitation.expires_at)
    return [
        customer.external_id or "", customer.name or "", customer.phone or "", customer.email or "", product or "",
        links.survey_url(settings().base_url, invitation.token), until.isoformat(),
    ]  # fmt: skip


# -- for customers: no cookie, no script, nothing changes on GET --------------------------------------------------------------


@blueprint.get("/u/<token>")
@access(Access.PUBLIC)
def unsubscribe(token: str) -> str:
    customer = service.customer_of(session(), token)
    return _customer_page(done=service.has_opted_out(session(), customer))


@blueprint.post("/u/<token>")
@access(Access.PUBLIC)
def unsubscribed(token: str) -> str:
    """The button, or a mail program by itself (RFC 8058): the token is the capability."""
    service.opt_out(session(), service.customer_of(session(), token))
    return _customer_page(done=True)


def _customer_page(*, done: bool, trial: bool = False) -> str:
    """Past flask's template context, which would look for a log-in and a cookie; always Japanese."""
    template = current_app.jinja_env.get_template("delivery/unsubscribe.html")
    return template.render(company=company.read(session()), done=done, trial=trial)
