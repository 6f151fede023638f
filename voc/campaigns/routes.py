"""Pages of campaigns: who is asked, and how far it is."""

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from voc.accounts import company
from voc.campaigns import audience, labels, queries, rules, service, wording
from voc.campaigns.audience import Terms
from voc.campaigns.forms import CampaignForm, form_of
from voc.campaigns.rules import Rule
from voc.campaigns.tables import Campaign
from voc.clock import now, today
from voc.errors import Refused, VocError
from voc.web import Access, access, session

blueprint = Blueprint("campaigns", __name__)


@blueprint.context_processor
def _names() -> dict[str, object]:
    return {"labels": labels, "timedelta": timedelta, "occasion_word": rules.occasion_word, "state_of": queries.state_of}


@blueprint.get("/campaigns")
@access(Access.MANAGER)
def index() -> str:
    campaigns = queries.campaigns(session())
    return render_template("campaigns/index.html", campaigns=campaigns, standings=queries.standings(session()), nobody=queries.NOBODY)


@blueprint.route("/campaigns/new", methods=["GET", "POST"])
@access(Access.MANAGER)
def new() -> str | Response:
    form = CampaignForm()
    form.choose_from(queries.products(session()))
    if form.validate_on_submit():
        try:
            campaign = service.create(session(), by=current_user.id, **form.values())
        except VocError as error:
            form.form_errors = [error.message]
        else:
            flash(_("保存しました。まだ誰にも送っていません。内容を確かめてから始めてください。"), "done")
            return redirect(url_for("campaigns.show", campaign_id=campaign.id))
    return render_template("campaigns/form.html", form=form, campaign=None)


@blueprint.route("/campaigns/<int:campaign_id>/edit", methods=["GET", "POST"])
@access(Access.MANAGER)
def edit(campaign_id: int) -> str | Response:
    campaign = session().get_one(Campaign, campaign_id)
    form = form_of(campaign)
    form.choose_from(queries.products(session()))
    if form.validate_on_submit():
        try:
            service.change(session(), campaign, by=current_user.id, **form.values())
        except VocError as error:
            session().rollback()
            form.form_errors = [error.message]
        else:
            flash(_("保存しました。これから作る依頼に使われます。"), "done")
            return redirect(url_for("campaigns.show", campaign_id=campaign.id))
    return render_template("campaigns/form.html", form=form, campaign=campaign)


@blueprint.get("/campaigns/audience")
@access(Access.MANAGER)
def preview_audience() -> str:
    """Who would be asked by a form that is still being filled in: a part of the page, fetched at each change."""
    form = CampaignForm(request.args, meta={"csrf": False})
    form.choose_from(queries.products(session()))
    form.validate()
    wrong = [
        message for name in ("wait_days", "window_days", "daily_limit", "remind_days", "holdout_percent") for message in form[name].errors
    ]
    if wrong:
        return render_template("campaigns/audience.html", wrong=wrong)
    terms = Terms(
        purchase_type=form.purchase_type.data or "subscription", channel=form.channel.data or "mail", rule=form.rule,
        ask_again_days=company.read(session()).ask_again_days, campaign_id=request.args.get("campaign", 0, type=int),
        holdout_percent=form.holdout_percent.data or 0,
    )  # fmt: skip
    return _audience(terms, in_form=True)


@blueprint.post("/campaigns/wording")
@access(Access.MANAGER)
def check_wording() -> str:
    """Doubtful words in the mail's own text, told while it is written. Changes nothing; a text is too long for an address."""
    doubts = wording.doubts(request.form.get("mail_subject", ""), request.form.get("mail_text", ""))
    return render_template("campaigns/doubts.html", doubts=doubts)


@blueprint.get("/campaigns/<int:campaign_id>/audience")
@access(Access.MANAGER)
def campaign_audience(campaign_id: int) -> str:
    """Who would be asked now by a campaign as it stands: a part of its page."""
    campaign = session().get_one(Campaign, campaign_id)
    terms = Terms.of(campaign, ask_again_days=company.read(session()).ask_again_days)
    return _audience(terms)


def _audience(terms: Terms, *, in_form: bool = False) -> str:
    counted = audience.audience(session(), terms, now())
    limit = terms.rule.daily_limit
    return render_template(
        "campaigns/audience.html", counted=counted, in_form=in_form, today=today(), days=audience.FORECAST_DAYS,
        at_first=counted.asked if limit is None else min(limit, counted.asked), limit=limit,
    )  # fmt: skip


@blueprint.get("/campaigns/<int:campaign_id>")
@access(Access.MANAGER)
def show(campaign_id: int) -> str:
    campaign = session().get_one(Campaign, campaign_id)
    state, search = request.args.get("state", ""), request.args.get("q", "").replace("\0", "").strip()
    page = queries.invitations(session(), campaign_id, state=state, search=search, page=request.args.get("page", 1, type=int))
    standing = queries.standings(session(), [campaign_id]).get(campaign_id, queries.NOBODY)
    template = "campaigns/invitations.html" if request.headers.get("HX-Target") == "invitations" else "campaigns/show.html"
    return render_template(
        template, campaign=campaign, rule=Rule.from_json(campaign.rule), standing=standing, page=page, state=state, search=search,
        products={product_id: name for product_id, name, _shop in queries.products(session())},
        doubts=wording.doubts(campaign.mail_subject, campaign.mail_text), advertises=wording.advertises(campaign.mail_subject, campaign.mail_text),
        company=company.read(session()),
    )  # fmt: skip


@blueprint.post("/campaigns/<int:campaign_id>/activate")
@access(Access.MANAGER)
def activate(campaign_id: int) -> Response:
    campaign = session().get_one(Campaign, campaign_id)
    try:
        service.activate(session(), campaign, by=current_user.id)
    except Refused as refused:  # it stays on the campaign's page, beside what is to be mended
        flash(refused.message, "bad")
        return redirect(url_for("campaigns.show", campaign_id=campaign_id))
    flash(_("始めました。いま対象の方への依頼は、1分ほどで作られます。"), "done")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id))


@blueprint.post("/campaigns/<int:campaign_id>/pause")
@access(Access.MANAGER)
def pause(campaign_id: int) -> Response:
    service.pause(session(), session().get_one(Campaign, campaign_id), by=current_user.id)
    flash(_("休止しました。再開するまで、新しい依頼も送信もしません。すでに届いたアンケートには、ひきつづき回答できます。"), "done")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id))


@blueprint.post("/campaigns/<int:campaign_id>/close")
@access(Access.MANAGER)
def close(campaign_id: int) -> Response:
    service.close(session(), session().get_one(Campaign, campaign_id), by=current_user.id)
    flash(_("終了しました。届いたアンケートにも、もう回答できません。"), "done")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id))


@blueprint.post("/campaigns/<int:campaign_id>/discard")
@access(Access.MANAGER)
def discard(campaign_id: int) -> Response:
    service.discard(session(), session().get_one(Campaign, campaign_id), by=current_user.id)
    flash(_("準備中の配信を消しました。"), "done")
    return redirect(url_for("campaigns.index"))
