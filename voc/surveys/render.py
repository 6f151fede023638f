"""The pages a customer sees, as text.

Rendered past flask's template context, which would look for a log-in and a cookie. Customers get Japanese always.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from flask import current_app, request

from voc.accounts.company import Company
from voc.surveys.given import Given
from voc.surveys.questions import EXPECTATION, FOLLOW_UPS, QUESTIONS, STATED, TEXT_LIMIT, TITLES, length, order_for

SCALE = tuple(EXPECTATION.items())
EMPTY = Given()
_OPTIONS = "<!--options-->"


def survey(company: Company, token: str, purchase_type: str, *, product: str | None, given: Given = EMPTY, error: str | None = None) -> str:
    """The three questions, with what has been filled in: a draft, or what is to be mended after an ``error``."""
    if given == EMPTY:
        before, options, after = _blank(request.script_root, company, purchase_type, product)
        return before + "".join([options[code] for code in order_for(token)]) + after
    filled = {"given": given, "error": error, "restored": error is None}
    page = _page("survey", company=company, title=TITLES[purchase_type], product=product, scale=SCALE, questions=QUESTIONS, **filled)
    return page.replace(_OPTIONS, "".join([_option(code, purchase_type, given.stated) for code in order_for(token)]))


def preview(company: Company, purchase_type: str, *, product: str | None = None) -> str:
    """The survey as a customer would see it, for the people who send it: nothing in it can be filled in or sent."""
    page = _page(
        "survey", company=company, title=TITLES[purchase_type], product=product, scale=SCALE, questions=QUESTIONS, given=EMPTY, preview=True
    )
    return page.replace(_OPTIONS, "".join([_option(code, purchase_type, None) for code in order_for("preview")]))


def trial(company: Company, purchase_type: str, *, product: str | None = None) -> str:
    """The survey to try out, for the people who send it: it can be filled in and sent, and nothing is kept."""
    page = _page(
        "survey", company=company, title=TITLES[purchase_type], product=product, scale=SCALE, questions=QUESTIONS, given=EMPTY, trial=True
    )
    return page.replace(_OPTIONS, "".join([_option(code, purchase_type, None) for code in order_for("trial")]))


def trial_more(company: Company, code: str) -> str:
    return _page("more", company=company, code=code, question=FOLLOW_UPS[code], trial=True)


def trial_thanks(company: Company) -> str:
    return _page("thanks", company=company, trial=True)


def more(company: Company, code: str) -> str:
    """The one follow-up question."""
    return _kept("more", request.script_root, company, code=code, question=FOLLOW_UPS.get(code, FOLLOW_UPS["last_use"]))


def more_again(company: Company, code: str, *, text: str, error: str) -> str:
    """The follow-up question with what was written and cannot be taken as it is."""
    return _page("more", company=company, code=code, question=FOLLOW_UPS.get(code, FOLLOW_UPS["last_use"]), text=text, error=error)


def thanks(company: Company, text: str) -> str:
    return _kept("thanks", request.script_root, company, long=length(text) > TEXT_LIMIT)


def problem(
    company: Company | None, title: str, message: str | Iterable[str], *, form: Mapping[str, str] | None = None, again: bool = False,
    more: str | None = None,
) -> str:  # fmt: skip
    """A page that cannot do what was asked. ``form``: what was sent and not taken, shown so that no word is lost; ``again``: send it anew."""
    sent = dict(form or {})
    name = next((name for name, value in sent.items() if (name == "text" or name in FOLLOW_UPS) and value), "text")
    written = sent.pop(name, "")
    return _page(
        "problem",
        company=company,
        title=title,
        message=[message] if isinstance(message, str) else list(message),
        written=written,
        written_name=name,
        hidden=sent.items() if again else (),
        again=again,
        more=more,
    )


def _page(name: str, **context: Any) -> str:
    return current_app.jinja_env.get_template(f"surveys/{name}.html").render(context)


def _option(code: str, purchase_type: str, ticked: str | None) -> str:
    return _page("option", code=code, label=STATED[code].label(purchase_type), ticked=code == ticked)


# Most customers see the same page but for the order of the options: it is made once for each company, product and way of
# buying, and so are the pages after it. ``root`` is the path under which the site stands, which is in the addresses.


@lru_cache(maxsize=512)
def _blank(root: str, company: Company, purchase_type: str, product: str | None) -> tuple[str, dict[str, str], str]:
    page = _page("survey", company=company, title=TITLES[purchase_type], product=product, scale=SCALE, questions=QUESTIONS, given=EMPTY)
    before, after = page.split(_OPTIONS)
    return before, {code: _option(code, purchase_type, None) for code in STATED}, after


@lru_cache(maxsize=512)
def _kept(name: str, root: str, company: Company, **context: str | bool) -> str:
    return _page(name, company=company, **context)
