"""Pages of this area."""

from flask import Blueprint

from voc.web import Access, access

blueprint = Blueprint("campaigns", __name__)


@blueprint.get("/campaigns")
@access(Access.MANAGER)
def index() -> str:
    return ""
