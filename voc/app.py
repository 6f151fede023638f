"""create_app: settings, extensions, blueprints, errors. Short and linear."""

from flask import Flask

from voc import config, pages, web
from voc.acceptance import routes as acceptance
from voc.accounts import routes as accounts
from voc.accounts import security as accounts_security
from voc.api import routes as api
from voc.campaigns import routes as campaigns
from voc.config import ROOT, Settings
from voc.customers import routes as customers
from voc.db import Database
from voc.delivery import routes as delivery
from voc.exports import routes as exports
from voc.extensions import csrf
from voc.i18n import init_i18n
from voc.insights import routes as insights
from voc.kpi import routes as kpi
from voc.learning import routes as learning
from voc.planning import routes as planning
from voc.readings import routes as readings
from voc.reviews import routes as reviews
from voc.surveys import routes as surveys
from voc.upkeep import routes as upkeep

BLUEPRINTS = (
    pages.blueprint,
    accounts.blueprint,
    customers.blueprint,
    campaigns.blueprint,
    delivery.blueprint,
    surveys.blueprint,
    readings.blueprint,
    reviews.blueprint,
    learning.blueprint,
    kpi.blueprint,
    insights.blueprint,
    planning.blueprint,
    acceptance.blueprint,
    exports.blueprint,
    api.blueprint,
    upkeep.blueprint,
)

MAX_UPLOAD = 200 * 1024 * 1024


def create_app(settings: Settings | None = None) -> Flask:
    settings = settings or config.from_environment()
    app = web.Site("voc", root_path=str(ROOT / "voc"), template_folder=str(ROOT / "templates"))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        TESTING=settings.testing,
        MAX_CONTENT_LENGTH=MAX_UPLOAD,
        SESSION_COOKIE_NAME="voc_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.https,
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    web.init_app(app, settings, Database(settings.database_url))
    init_i18n(app)
    csrf.init_app(app)
    accounts_security.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    pages.init_app(app)
    api.init_app(app)
    web.check_all_views_declare_access(app)
    return app
