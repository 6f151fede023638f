"""Pages of this area."""

from flask import Blueprint

blueprint = Blueprint("delivery", __name__)
