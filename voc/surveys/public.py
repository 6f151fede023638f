"""What a customer opens: the survey, the one follow-up question, the thanks. The token in the address is the whole capability.

A GET changes nothing. That the page was seen is told by its script, or by the answer itself. There is no cookie, so
there is no CSRF either: web.Site takes customers past all that.
"""

from flask import Blueprint, Response, request, url_for
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from voc.accounts.company import Company
from voc.errors import Refused
from voc.surveys import queries, render, service
from voc.surveys.given import Given
from voc.surveys.queries import Answered, Invited
from voc.web import Access, access, database

blueprint = Blueprint("surveys", __name__)

Page = str | tuple[str, int] | Response


@blueprint.get("/s/<token>")
@access(Access.PUBLIC)
def survey(token: str) -> Page:
    with database().glance() as connection:
        invited = queries.invited(connection, token)
        if invited.state != "open":
            return _over(connection, invited)
    return render.survey(_company(), token, invited.purchase_type, product=invited.product, given=Given.from_draft(invited.draft))


@blueprint.post("/s/<token>")
@access(Access.PUBLIC)
def answer(token: str) -> Page:
    company, given = _company(), Given.from_form(request.form)
    with database().glance() as connection:  # all that can be known without the lock of the writers is read without it
        invited = queries.invited(connection, token)
        if invited.state == "closed":
            return _over(connection, invited)
        received = service.received_before(connection, invited, given) if invited.state == "answered" else None
    try:
        given.check()
    except Refused as error:
        return render.survey(company, token, invited.purchase_type, product=invited.product, given=given, error=error.message), 422
    if received is None:
        arrival = service.arrived(invited, given, purpose_version=company.purpose_version)
        received = database().write_together(service.receive, arrival)
    if not received.same:
        return _answered(company, invited.token, more=received.more)
    return _to("more" if received.more else "thanks", token)


@blueprint.post("/s/<token>/seen")
@access(Access.PUBLIC)
def seen(token: str) -> tuple[str, int]:
    with database().glance() as connection:
        invited = queries.invited(connection, token)
    if invited.shown_at is None and invited.state == "open":
        database().write_together(service.seen, invited)
    return "", 204


@blueprint.post("/s/<token>/draft")
@access(Access.PUBLIC)
def draft(token: str) -> tuple[str, int]:
    given = Given.from_form(request.form)
    given.check()
    with database().glance() as connection:
        invited = queries.invited(connection, token)
    if invited.state != "open":
        return "", 410
    database().write_together(service.keep_drafts, (invited, given))
    return "", 204


@blueprint.get("/s/<token>/more")
@access(Access.PUBLIC)
def more(token: str) -> Page:
    with database().glance() as connection:
        before = queries.answered_by_token(connection, token)
        if before is None:
            return _not_yet(connection, token)
    return render.more(_company(), before.question) if before.question and before.pending else _to("thanks", token)


@blueprint.post("/s/<token>/more")
@access(Access.PUBLIC)
def answer_more(token: str) -> Page:
    with database().glance() as connection:
        before = queries.answered_by_token(connection, token)
        if before is None:
            return _not_yet(connection, token)
    text = "" if "skip" in request.form else _words(before)
    try:
        Given(text=text).check()
    except Refused as error:
        return render.more_again(_company(), before.question or "", text=text, error=error.message), 422
    database().write_together(service.answer_more, (before, text))
    return _to("thanks", token)


@blueprint.get("/s/<token>/thanks")
@access(Access.PUBLIC)
def thanks(token: str) -> Page:
    with database().glance() as connection:
        before = queries.answered_by_token(connection, token)
        return _not_yet(connection, token) if before is None else render.thanks(_company(), before.text)


def _company() -> Company:
    return queries.company(database())


def _to(page: str, token: str) -> Response:
    return Response(status=303, headers={"Location": url_for(f"surveys.{page}", token=token)})


def _words(before: Answered) -> str:
    return request.form.get(before.question or "", "") or request.form.get("text", "")


def _not_yet(connection: Connection, token: str) -> Page:
    """The pages after the answer, asked for before it."""
    queries.invited(connection, token)
    return _to("survey", token)


def _over(connection: Connection, invited: Invited) -> Page:
    """The page of an invitation that takes no answer (any more): why, and what the customer can do."""
    company = _company()
    if invited.state == "answered":
        there = queries.answered(connection, invited.id)
        return _answered(company, invited.token, more=there is not None and there.pending)
    message = "このアンケートの受け付け期間は終わりました。お気持ちをお寄せくださり、ありがとうございます。"
    return render.problem(company, "受け付けを終了しました", message, form=request.form), 410


def _answered(company: Company, token: str, *, more: bool) -> Page:
    """Answered before; another text that is sent now is shown to its writer, not kept."""
    written = bool(request.form.get("text", "").strip())
    message = ["このアンケートへのお答えは、すでに受け取りました。ご協力ありがとうございました。"]
    if written:
        message.append(
            "今回お書きいただいた内容は、先にいただいたお答えに加えることができませんでした。恐れ入りますが、お客様係までお知らせください。"
        )
    link = url_for("surveys.more", token=token) if more else None
    return render.problem(company, "お答えをいただいています", message, form=request.form if written else None, more=link), 410


#: What a customer is told when something goes wrong: heading and what to do. Never what an administrator would do.
PROBLEMS = {
    404: (
        "ページが見つかりません",
        "アドレスが途中で切れているかもしれません。お送りしたメールやはがきのアドレスを、もう一度お確かめください。",
    ),
    405: ("ページを開けませんでした", "お送りしたメールやはがきのアドレスから、もう一度お開きください。"),
    413: (
        "文章が長すぎました",
        "一度にお受けできる長さを超えていました。前の画面に戻ると、お書きいただいたものが残っています。短くしてからお送りください。",
    ),
    503: ("いま、混み合っています", "お受けできませんでした。お手数ですが、少し待ってから、もう一度お試しください。"),
}
SORRY = ("お受けできませんでした", "申し訳ありません。こちらの不具合です。お手数ですが、少し待ってから、もう一度お試しください。")


def problem(status: int, message: str | None = None) -> str:
    """The page of any error below /s/ and /u/. What was sent stays on it, with a button to send it again."""
    title, usual = PROBLEMS.get(status, SORRY)
    try:
        company = _company()
    except SQLAlchemyError:
        company = None
    posted = request.method == "POST" and status != 413
    return render.problem(company, title, message or usual, form=request.form if posted else None, again=posted and status >= 500)
