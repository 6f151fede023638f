"""Pages of this area."""

from flask import Blueprint

from voc.web import Access, access

blueprint = Blueprint("insights", __name__)


@blueprint.get("/reasons")
@access(Access.MANAGER)
def breakdown() -> str:
    return ""
