"""The blueprint that all pages of this area stand in."""

from flask import Blueprint

blueprint = Blueprint("customers", __name__)
