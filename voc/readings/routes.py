"""Pages of this area."""

from flask import Blueprint

from voc.web import Access, access

blueprint = Blueprint("readings", __name__)


@blueprint.get("/alerts")
@access(Access.STAFF)
def alerts() -> str:
    return ""
