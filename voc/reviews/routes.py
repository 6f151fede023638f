"""Pages of this area."""

from flask import Blueprint, render_template

from voc.web import Access, access

blueprint = Blueprint("reviews", __name__)


@blueprint.get("/")
@access(Access.STAFF)
def home() -> str:
    return render_template("reviews/home.html")


@blueprint.get("/review")
@access(Access.STAFF)
def queue() -> str:
    return ""
