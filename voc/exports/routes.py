"""Pages of this area."""

from flask import Blueprint

from voc.web import Access, access

blueprint = Blueprint("exports", __name__)


@blueprint.get("/exports")
@access(Access.MANAGER)
def index() -> str:
    return ""
