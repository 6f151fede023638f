"""Every page of the staff that there is: from the routes themselves, so that a new page is looked at without being named."""

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from voc import web
from voc.accounts.tables import User
from voc.campaigns.tables import Campaign
from voc.customers.tables import Customer, ImportRun
from voc.readings.tables import Prediction
from voc.reviews.tables import Decision
from voc.surveys.tables import Answer

#: No pages: files, data, parts of pages that htmx fetches, and what customers see (which has tests of its own).
NO_PAGES = (
    "static",
    "security.static",
    "pages.healthz",
    "upkeep.metrics",
    "api.description",
    "api.breakdown",
    "api.replies",
    "security.verify",
    "security.login",
    "customers.preview_import",
    "customers.progress",
    "delivery.preview_mail",
)


def pages(app: Flask, session: Session) -> dict[str, str]:
    """Endpoint → an address, for all pages behind a log-in that can be opened with what the sample holds."""
    found = {}
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if "GET" not in (rule.methods or ()) or rule.endpoint in NO_PAGES or web.level_of(app, rule.endpoint) in (None, web.Access.PUBLIC):
            continue
        address = _address(rule, session)
        if address is not None:
            found[rule.endpoint] = address
    return found


def _address(rule: Rule, session: Session) -> str | None:
    address = rule.rule
    for name in rule.arguments:
        value = _example(rule, name, session)
        if value is None:
            return None
        for converter in ("int:", "string:", ""):
            address = address.replace(f"<{converter}{name}>", str(value))
    return address


def _example(rule: Rule, name: str, session: Session) -> object:
    tables = {
        "campaign_id": Campaign,
        "answer_id": Answer,
        "customer_id": Customer,
        "user_id": User,
        "run_id": ImportRun,
        "import_id": ImportRun,
    }
    table = tables.get(name)
    if rule.endpoint == "reviews.adjudicate":
        twice = sa.select(Decision.answer_id).where(Decision.undone_at.is_(None)).group_by(Decision.answer_id)
        return session.scalar(twice.having(sa.func.count(Decision.primary_leaf.distinct()) > 1))
    if table is Answer:
        return session.scalar(
            sa.select(Prediction.answer_id)
            .join(Answer, Answer.id == Prediction.answer_id)
            .where(Answer.customer_id.is_not(None))
            .order_by(Prediction.answer_id)
        )
    return None if table is None else session.scalar(sa.select(sa.func.min(table.id)))
