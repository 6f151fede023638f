"""Pages of this area."""

from flask import Blueprint

from voc.web import Access, access

blueprint = Blueprint("customers", __name__)


@blueprint.get("/imports")
@access(Access.MANAGER)
def imports() -> str:
    return ""
