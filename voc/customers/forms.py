"""Forms about files, products and customers."""

from collections.abc import Mapping, Sequence

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from voc.customers.fields import FIELDS, KINDS
from voc.customers.platforms import PLATFORMS
from voc.reasons.codebook import PURCHASE_TYPES

AUTO = "auto"
KIND_CHOICES = [
    SelectChoice(AUTO, _l("見出しから自動で見分ける")),
    SelectChoice("replies", _l("お客様の声(これまでの解約理由・アンケートの回答)")),
    SelectChoice("orders", _l("注文")),
    SelectChoice("subscriptions", _l("定期購入(継続・解約)")),
    SelectChoice("customers", _l("顧客")),
]
ENCODINGS = ("utf-8-sig", "utf-8", "cp932", "euc_jis_2004", "utf-16")


class UploadForm(FlaskForm):
    file = FileField(_l("ファイル(CSV・Excel)"), [FileRequired(_l("ファイルを選んでください。"))])
    kind = RadioField(_l("ファイルの中身"), choices=KIND_CHOICES, default=AUTO)


class AllowMailForm(FlaskForm):
    source = StringField(
        _l("同意をいただいた日と方法"), [InputRequired(_l("いつ、どのように同意をいただいたかを書いてください。")), Length(max=200)]
    )


def chosen_kind(sent: Mapping[str, str], usual: str) -> str:
    kind = sent.get("kind", "")
    return kind if kind in KINDS else usual


def chosen_platform(sent: Mapping[str, str]) -> str | None:
    platform = sent.get("platform", "")
    return platform if platform in PLATFORMS else None


def chosen_encoding(sent: Mapping[str, str], usual: str | None) -> str | None:
    encoding = sent.get("encoding", "")
    return encoding if encoding in ENCODINGS else usual


def chosen_mapping(sent: Mapping[str, str], kind: str, platform: str, labels: Sequence[str]) -> dict[str, object]:
    """The columns as they stand in the selects of the page: by their place, which keeps addresses of previews short."""
    columns = {}
    for wanted in FIELDS[kind]:
        place = sent.get(f"column-{wanted.code}", "")
        if place.isdecimal() and int(place) < len(labels):
            columns[wanted.code] = labels[int(place)]
    usual = sent.get("purchase_type", "")
    return {"platform": platform, "columns": columns, "options": {"purchase_type": usual} if usual in PURCHASE_TYPES else {}}


def chosen_shop(sent: Mapping[str, str]) -> str:
    """The shop that was picked, or the new one that was named."""
    picked = sent.get("shop", "")
    return (sent.get("new_shop", "") if picked in ("", "+") else picked).strip()
