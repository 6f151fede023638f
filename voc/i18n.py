"""Languages of the screens: Japanese, and English on wish. Dates are shown in Japan time."""

from datetime import date, datetime
from pathlib import Path

import flask_babel
from flask import Flask, g, has_request_context, request

from voc.clock import JST
from voc.config import ROOT
from voc.extensions import babel

LANGUAGES = {"ja": "日本語", "en": "English"}
COOKIE = "voc_language"


def init_i18n(app: Flask) -> None:
    babel.init_app(
        app,
        default_locale="ja",
        default_timezone="Asia/Tokyo",
        default_translation_directories=str(Path(ROOT / "voc" / "translations")),
        locale_selector=language,
    )
    app.jinja_env.filters.update(jst=jst, day=day, num=num, pct=pct, quoted=quoted)
    app.jinja_env.globals.update(language=language, LANGUAGES=LANGUAGES, comma=comma, dash=dash)


def language() -> str:
    """The language of this request: a cookie set by the person's own choice, else Japanese.

    Customers always get Japanese: the survey reads no cookie and sets none.
    """
    if not has_request_context() or g.get("language_fixed"):
        return "ja"
    chosen = request.cookies.get(COOKIE, "ja")
    return chosen if chosen in LANGUAGES else "ja"


def gettext(message: str, **values: object) -> str:
    """flask_babel's, which says nothing about its type."""
    return str(flask_babel.gettext(message, **values))


def jst(moment: datetime | None, form: str = "%Y-%m-%d %H:%M") -> str:
    """A stored moment as it is shown in Japan."""
    return "" if moment is None else moment.astimezone(JST).strftime(form)


def day(value: datetime | date | None) -> str:
    if isinstance(value, datetime):
        return jst(value, "%Y-%m-%d")
    return "" if value is None else value.isoformat()


def num(value: float | int | None) -> str:
    """1036 → 1,036."""
    return "—" if value is None else f"{value:,.0f}"


def pct(share: float | None, decimals: int = 0) -> str:
    """0.137 → 14%."""
    return "—" if share is None else f"{share * 100:.{decimals}f}%"


def quoted(words: object) -> str:
    """Words of somebody else, as each language marks them."""
    return f"「{words}」" if language() == "ja" else f"“{words}”"


def space() -> str:
    """What stands before a bracket or after a quotation."""
    return "" if language() == "ja" else " "


def comma() -> str:
    """What stands between the parts of a list."""
    return "、" if language() == "ja" else ", "


def dash() -> str:
    """What stands between two numbers or days: 24〜30."""
    return "〜" if language() == "ja" else "–"
