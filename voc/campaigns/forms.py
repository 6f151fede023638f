"""The form of a campaign."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from voc.campaigns import labels
from voc.campaigns.rules import REMIND_DAYS, Rule
from voc.campaigns.tables import Campaign


def _choices(labels: dict[str, Any]) -> list[SelectChoice]:
    return [SelectChoice(code, label) for code, label in labels.items()]


def _days(label: Any, low: int, high: int, default: int) -> IntegerField:
    message = _l("%(low)s〜%(high)s の数を入れてください。", low=low, high=high)
    return IntegerField(label, [InputRequired(message), NumberRange(low, high, message)], default=default)


class CampaignForm(FlaskForm):
    name = StringField(_l("配信の名前"), [InputRequired(_l("名前を入れてください。")), Length(max=100)])
    purchase_type = RadioField(_l("どなたに"), choices=_choices(labels.PURCHASE_TYPES), default="subscription")
    channel = RadioField(_l("届け方"), choices=_choices(labels.CHANNELS), default="mail")
    wait_days = _days(_l("何日待ってからうかがうか"), 0, 365, 3)
    window_days = _days(_l("その日から何日以内の方まで"), 1, 730, 14)
    daily_limit = IntegerField(
        _l("1日に依頼する人数の上限(なければ空欄)"),
        [Optional(), NumberRange(1, 100_000, _l("1以上の数を入れるか、空欄にしてください。"))],
    )
    remind_days = IntegerField(
        _l("お答えのない方に、何日後にもう一度お願いするか(しなければ空欄)"),
        [
            Optional(),
            NumberRange(
                *REMIND_DAYS, _l("%(low)s〜%(high)s の数を入れるか、空欄にしてください。", low=REMIND_DAYS[0], high=REMIND_DAYS[1])
            ),
        ],
    )
    product_ids = SelectMultipleField(
        _l("商品をしぼる"), coerce=int, option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False), choices=[]
    )
    open_days = _days(_l("回答を受け付ける日数"), 1, 365, 30)
    holdout_percent = _days(_l("比較のために送らない割合(%)"), 0, 50, 0)
    mail_subject = StringField(_l("件名"), [Length(max=120)])
    mail_text = TextAreaField(_l("書き出しの文"), [Length(max=2000)])

    @property
    def rule(self) -> Rule:
        return Rule(
            wait_days=self.wait_days.data, window_days=self.window_days.data, daily_limit=self.daily_limit.data,
            remind_days=self.remind_days.data if self.channel.data == "mail" else None, product_ids=tuple(self.product_ids.data or ()),
        )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """What ``campaigns.service`` wants."""
        fields = ("name", "purchase_type", "channel", "open_days", "holdout_percent", "mail_subject", "mail_text")
        return {field: self[field].data for field in fields} | {"rule": self.rule}

    def choose_from(self, products: list[tuple[int, str, str]]) -> None:
        several = len({shop for *_, shop in products}) > 1
        self.product_ids.choices = [SelectChoice(product_id, f"{name}({shop})" if several else name) for product_id, name, shop in products]


def form_of(campaign: Campaign) -> CampaignForm:
    """The form, filled with a campaign as it stands."""
    rule = Rule.from_json(campaign.rule)
    return CampaignForm(obj=campaign, data=rule.to_json())
