"""What a monitoring system asks."""

import hmac
from ipaddress import ip_address

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from voc import web
from voc.errors import VocError
from voc.upkeep import metrics as figures
from voc.web import Access, access

blueprint = Blueprint("upkeep", __name__)


class NotForYou(VocError):
    """Neither from this machine nor with the token."""

    status = 403


@blueprint.get("/metrics")
@access(Access.PUBLIC)
def metrics() -> Response:
    """Figures for Prometheus: with the token of VOC_METRICS_TOKEN, or from this very machine."""
    if not (_from_here() or _with_token()):
        raise NotForYou(_("この一覧は、同じ機械からか、VOC_METRICS_TOKEN のトークンを付けたときだけ読めます。"))
    return Response(figures.exposition(figures.collect(web.session())), content_type="text/plain; version=0.0.4; charset=utf-8")


def _from_here() -> bool:
    """From loopback, and not handed on by a proxy on this machine: then anybody may be behind it."""
    handed_on = any(name in request.headers for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"))
    try:
        return ip_address(request.remote_addr or "").is_loopback and not handed_on
    except ValueError:
        return False


def _with_token() -> bool:
    token, given = web.settings().metrics_token, request.authorization
    return bool(token and given and given.type == "bearer" and given.token and hmac.compare_digest(given.token.encode(), token.encode()))
