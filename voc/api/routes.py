"""Pages of this area."""

from flask import Blueprint

blueprint = Blueprint("api", __name__)
