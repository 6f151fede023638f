"""Pages of reasons: the breakdown, the replies behind it, two parts side by side."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from voc import plot
from voc.clock import today
from voc.days import month_days
from voc.insights import answers, figures, findings, forms, overview, report
from voc.insights.answers import Wish
from voc.insights.breakdown import break_down
from voc.insights.forms import CUT_LABELS, CompareForm, FilterForm
from voc.reasons import codebook
from voc.replies import cuts, queries
from voc.replies.selected import chosen
from voc.replies.selection import Selection
from voc.stats.results import differences
from voc.surveys.questions import STATED, stated_label
from voc.web import Access, access, session

blueprint = Blueprint("insights", __name__)

#: How a part of a cut is told in the address of its replies.
PARAMETERS = {"product": "product", "purchase_type": "type", "channel": "channel", "campaign": "campaign", "month": "month", "cohort": "cohort", "stated": "stated"}  # fmt: skip


@blueprint.context_processor
def words() -> dict[str, Any]:
    return {"findings": findings}


@blueprint.app_template_filter()
def leaf_short(code: str) -> str:
    return str(_(codebook.LEAVES[code].short))


@blueprint.app_template_filter()
def last_day(month: str) -> str:
    return month_days(month)[1].isoformat()


@blueprint.app_template_filter()
def without(values: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


@blueprint.get("/reasons")
@access(Access.MANAGER)
def breakdown() -> str:
    everything = queries.read(session())
    selection, period = forms.usual(session(), everything, today())
    by = forms.cut(request.args.get("by", ""))
    found = report.make(session(), selection, by=by, everything=everything, brief=True)
    if not found.breakdown.replies + found.breakdown.unread:
        return render_template("insights/empty.html", **_filters(selection, period), anything=len(everything.columns) > 0)
    everything = found.replies
    mask = chosen(session(), everything.columns, selection)
    months = overview.months(session(), everything, selection, today())
    return render_template(
        "insights/breakdown.html",
        **_filters(selection, period),
        report=found,
        scale=figures.axis_of(found.breakdown.lines),
        detail=request.args.get("detail") == "1",
        keys=overview.keys(session(), everything, mask, selection),
        matrix=overview.matrix(everything, mask, purchase_type=selection.purchase_type),
        months=months,
        panels=_panels(months),
        by=by,
        cut_labels=CUT_LABELS,
        least=overview.LEAST_ROW,
        sections=found.sections,
        replies_of=_replies_of(selection),
        parameter=PARAMETERS[by],
        standing_for=_standing_for(selection),
    )


@blueprint.get("/reasons/replies")
@access(Access.MANAGER)
def replies() -> str:
    """The replies behind a figure."""
    everything = queries.read(session())
    selection, period = forms.usual(session(), everything, today())
    wanted = answers.wish(request.args)
    ids = answers.find(session(), everything, selection, wanted)
    return render_template(
        "insights/replies.html",
        **_filters(selection, period),
        wish=wanted,
        limits=_limits(wanted),
        page=answers.page(session(), ids, request.args.get("page", 1, type=int)),
        link=lambda number: url_for("insights.replies", **(selection.address() | wanted.query() | {"page": number})),
    )


@blueprint.get("/reasons/compare")
@access(Access.MANAGER)
def compare() -> str:
    """Two parts side by side, and how they differ."""
    everything = queries.read(session())
    selection, period = forms.usual(session(), everything, today())
    mask = chosen(session(), everything.columns, selection)
    everything, weighting = report.weighted(session(), everything, mask, selection)
    form = CompareForm(request.args)
    by = forms.cut(form.by.data or "")
    parts = {part.key or "none": part for part in cuts.cut(session(), everything.columns, mask, by)}
    form.first.choices = form.second.choices = [(key, part.label) for key, part in parts.items()]
    first, second = _two(list(parts), form.first.data, form.second.data)
    shown = {"form": form, "by": by, "first": parts.get(first), "second": parts.get(second), **_filters(selection, period)}
    shown |= {"weighting": weighting, "standing_for": _standing_for(selection)}
    form.by.data, form.first.data, form.second.data = by, first, second
    if first == second:
        return render_template("insights/compare.html", **shown, rows=[])
    one_off = selection.purchase_type == codebook.ONE_OFF
    found = [break_down(everything.segment(parts[key].mask), one_off=one_off) for key in (first, second)]
    changes = {change.code: change for change in differences(*(b.groups for b in found if b.groups is not None))}
    return render_template(
        "insights/compare.html",
        **shown,
        rows=[(a, b, changes[a.code]) for a, b in zip(found[0].lines, found[1].lines, strict=True)],
        found=found,
        beside=figures.beside(parts[first].label, parts[second].label),
        sentences=findings.apart((parts[first].label, parts[second].label), found[0].lines, list(changes.values())),
        scale=figures.axis_of([*found[0].lines, *found[1].lines]),
        replies_of=_replies_of(selection),
        parameter=PARAMETERS[by],
    )


def _filters(selection: Selection, period: str) -> dict[str, Any]:
    """What the line of filters needs."""
    products, campaigns = queries.products(session()), queries.campaigns(session())
    form = FilterForm(request.args)
    form.offer(products, campaigns)
    form.start.data, form.end.data = selection.start, selection.end
    limits = [
        codebook.PURCHASE_TYPE_LABELS.get(selection.purchase_type or "", _("すべての買い方")),
        products.get(selection.product_id or 0, _("全商品")),
        *([campaigns.get(selection.campaign_id, "")] if selection.campaign_id else []),
        *([dict(form.channel.choices)[selection.way]] if selection.way else []),
    ]
    without_days = {name: value for name, value in selection.query().items() if name not in ("from", "to")}
    return {
        "filter": form, "selection": selection, "period": period, "presets": forms.PRESET_LABELS, "chosen": limits,
        "others": without_days, "query": selection.address(),
    }  # fmt: skip


def _standing_for(selection: Selection) -> list[tuple[str | None, str, bool]]:
    """Whom the shares can stand for: parameter, name, whether it is chosen."""
    offered: list[tuple[str | None, str]] = [(None, _("回答した方")), ("asked", _("依頼した方全体"))]
    if not selection.campaign_id and not selection.way:
        offered.append(("left", _("やめた方全体")))
    return [(name, label, name == selection.weight) for name, label in offered]


def _panels(months: list[tuple[str, Any]]) -> dict[str, Any]:
    lines = [line for _month, found in months for line in found.lines]
    scale = figures.axis_of(lines)
    known = {line.code for line in lines if line.code != "unclear" and (line.raw_count or line.machine_count)}
    codes = [(code, _(group.label)) for code, group in codebook.GROUPS.items() if code in known]
    return {"scale": scale, "each": figures.panels(months, codes, scale), "size": plot}


def _replies_of(selection: Selection) -> Any:
    """For templates: the address of the replies behind a figure."""

    def address(**wanted: str) -> str:
        return url_for("insights.replies", **(selection.address() | {name: value for name, value in wanted.items() if value}))

    return address


def _limits(wanted: Wish) -> list[tuple[str, str]]:
    """What the replies have in common, in words, and the parameter that takes it away."""
    readings = {"machine": _("機械の読み取りのまま"), "people": _("人が確認した回答"), "random": _("無作為に選んで確認した回答")}
    told = {
        "group": codebook.GROUPS[wanted.group].label if wanted.group in codebook.GROUPS else "",
        "leaf": codebook.LEAVES[wanted.leaf].label if wanted.leaf in codebook.LEAVES else "",
        "stated": _("選んだ理由: %(label)s", label=stated_label(wanted.stated, codebook.SUBSCRIPTION) if wanted.stated in STATED else _("なし")) if wanted.stated else "",
        "month": _("%(month)s の回答", month=wanted.month) if wanted.month else "",
        "cohort": _("初回購入 %(month)s", month=wanted.cohort if wanted.cohort != "none" else _("不明")) if wanted.cohort else "",
        "reading": readings.get(wanted.reading, ""),
        "parting": _("選んだ理由と本当の理由が違う") if wanted.parting else "",
    }  # fmt: skip
    return [(name, label) for name, label in told.items() if label]


def _two(keys: list[str], first: str | None, second: str | None) -> tuple[str, str]:
    """Two different parts: the wished ones, else the first of the list."""
    first = first if first in keys else next(iter(keys), "")
    second = second if second in keys and second != first else next((key for key in keys if key != first), first)
    return first, second
