"""Pages of this area."""

from flask import Blueprint

blueprint = Blueprint("surveys", __name__)
