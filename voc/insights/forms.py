"""Forms that choose what a report is about. They are sent by GET: the address of a report can be kept and passed on."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import DateField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from voc.reasons.codebook import PURCHASE_TYPE_LABELS
from voc.replies.queries import Replies
from voc.replies.selected import chosen
from voc.replies.selection import CUTS, DEFAULT_PRESET, QUARTER, WAY_LABELS, WAYS, Selection, preset

CUT_LABELS = {
    "product": _l("商品"),
    "cohort": _l("初回購入月"),
    "month": _l("回答の月"),
    "purchase_type": _l("買い方"),
    "channel": _l("聞き方"),
    "campaign": _l("配信"),
    "stated": _l("選んだ理由"),
}
PRESET_LABELS = {
    "3m": _l("直近3か月"),
    "6m": _l("直近6か月"),
    "12m": _l("直近12か月"),
    QUARTER: _l("前の四半期"),
    "all": _l("すべての期間"),
}


def _choices(labels: Mapping[str, Any]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in labels.items()]


class FilterForm(FlaskForm):
    """The period and the other filters, as they stand in the address."""

    class Meta:
        csrf = False

    start = DateField(_l("期間のはじめ"), [Optional()], name="from")
    end = DateField(_l("期間のおわり"), [Optional()], name="to")
    type = SelectField(_l("買い方"), choices=_choices({"": _l("すべて")} | PURCHASE_TYPE_LABELS), validate_choice=False)
    product = SelectField(_l("商品"), validate_choice=False)
    campaign = SelectField(_l("配信"), validate_choice=False)
    channel = SelectField(
        _l("聞き方"), choices=_choices({"": _l("すべて")} | {way: _l(WAY_LABELS[way]) for way in WAYS}), validate_choice=False
    )

    def offer(self, products: dict[int, str], campaigns: dict[int, str]) -> None:
        self.product.choices = [SelectChoice("", _("すべて")), *(SelectChoice(str(key), name) for key, name in products.items())]
        self.campaign.choices = [SelectChoice("", _("すべて")), *(SelectChoice(str(key), name) for key, name in campaigns.items())]


class CompareForm(FlaskForm):
    """Two parts of one cut."""

    class Meta:
        csrf = False

    by = SelectField(_l("何で比べますか"), choices=_choices(CUT_LABELS), validate_choice=False)
    first = SelectField(_l("こちらと"), validate_choice=False)
    second = SelectField(_l("こちら"), validate_choice=False)


def selection(today: date, arguments: Any = None, *, default: str = DEFAULT_PRESET) -> tuple[Selection, str]:
    """What the address (or a form) asks for, and the name of the preset that it is (``""`` for a period of one's own)."""
    asked = request.args if arguments is None else arguments
    period = asked.get("period", "")
    start, end = _date(asked.get("from")), _date(asked.get("to"))
    name = period if period in PRESET_LABELS else "" if start or end else default
    if name:
        start, end = preset(name, today)
    narrowed = Selection(
        start=start,
        end=end,
        purchase_type=asked.get("type") or None,
        product_id=asked.get("product", type=int),
        campaign_id=asked.get("campaign", type=int),
        way=asked.get("channel") or None,
        weight=asked.get("weight") or None,
    )
    return narrowed, name or _name(narrowed, today)


def usual(session: Session, everything: Replies, today: date) -> tuple[Selection, str]:
    """What the address asks for. Without a wish: the last three months, or everything where these hold no reply."""
    asked, period = selection(today)
    if not (request.args.get("period") or request.args.get("from") or request.args.get("to")):
        inside = chosen(session, everything.columns, Selection(start=asked.start, end=asked.end))
        if not inside.any():
            return replace(asked, start=None, end=None), "all"
    return asked, period


def _name(selection: Selection, today: date) -> str:
    return next((name for name in PRESET_LABELS if preset(name, today) == (selection.start, selection.end)), "")


def _date(typed: str | None) -> date | None:
    try:
        return date.fromisoformat(typed or "")
    except ValueError:
        return None


def cut(name: str, default: str = "product") -> str:
    return name if name in CUTS else default
