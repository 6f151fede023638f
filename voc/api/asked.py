"""What a request for data asks for. Stricter than the pages: a wrong value is told, never passed over."""

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from werkzeug.datastructures import MultiDict

from voc.errors import Refused
from voc.reasons.codebook import GROUPS, LEAVES, PURCHASE_TYPES
from voc.replies.selection import CUTS, WAYS, Selection

Value = TypeVar("Value")
FILTERS = ("from", "to", "type", "product", "campaign", "channel")
MAX_LIMIT = 500


def selection(arguments: MultiDict[str, str]) -> Selection:
    return Selection(
        start=_read(arguments, "from", date.fromisoformat, "2026-11-01 の形の日付"),
        end=_read(arguments, "to", date.fromisoformat, "2026-11-30 の形の日付"),
        purchase_type=_one_of(arguments, "type", PURCHASE_TYPES),
        product_id=_read(arguments, "product", int, "数字"),
        campaign_id=_read(arguments, "campaign", int, "数字"),
        way=_one_of(arguments, "channel", WAYS),
    )


def cut(arguments: MultiDict[str, str]) -> str | None:
    return _one_of(arguments, "by", CUTS)


def leaf(arguments: MultiDict[str, str]) -> str | None:
    return _one_of(arguments, "leaf", tuple(LEAVES))


def group(arguments: MultiDict[str, str]) -> str | None:
    return _one_of(arguments, "group", tuple(GROUPS))


def after(arguments: MultiDict[str, str]) -> int:
    return _read(arguments, "after", int, "数字") or 0


def limit(arguments: MultiDict[str, str]) -> int:
    wanted = _read(arguments, "limit", int, f"1〜{MAX_LIMIT} の数字")
    if wanted is not None and not 1 <= wanted <= MAX_LIMIT:
        raise Refused(f"limit は 1〜{MAX_LIMIT} の数字にしてください。")
    return wanted or 100


def only(arguments: MultiDict[str, str], *known: str) -> None:
    """A parameter with a typing error in its name would else silently widen the answer."""
    unknown = sorted(set(arguments) - {*FILTERS, *known})
    if unknown:
        raise Refused(f"{unknown[0]} という項目はありません。使えるのは {', '.join((*FILTERS, *known))} です。")


def _one_of(arguments: MultiDict[str, str], name: str, values: tuple[str, ...]) -> str | None:
    given = arguments.get(name) or None
    if given is not None and given not in values:
        raise Refused(f"{name} は {', '.join(values)} のいずれかにしてください。")
    return given


def _read(arguments: MultiDict[str, str], name: str, read: Callable[[str], Value], form: str) -> Value | None:
    given = arguments.get(name)
    if not given:
        return None
    try:
        return read(given)
    except ValueError:
        raise Refused(f"{name} は{form}にしてください。") from None
