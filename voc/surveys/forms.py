"""The form for an answer that came on paper or by phone."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, RadioField, SelectField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from voc import clock
from voc.reasons.codebook import PURCHASE_TYPE_LABELS
from voc.surveys.given import Given
from voc.surveys.questions import EXPECTATION, STATED

EARLIEST = date(2000, 1, 1)


def _choices(labels: Mapping[str, str]) -> list[SelectChoice]:
    return [SelectChoice(code, label) for code, label in labels.items()]


class EnterForm(FlaskForm):
    invitation = HiddenField()
    source = RadioField(
        _l("届きかた"), choices=[SelectChoice("paper", _l("はがき・手紙")), SelectChoice("phone", _l("電話"))], default="paper"
    )
    answered_on = DateField(_l("お答えの日"), [InputRequired(_l("日付を入れてください。例: 2026-11-18"))])
    purchase_type = RadioField(_l("お買い上げの形"), choices=_choices(PURCHASE_TYPE_LABELS), default="subscription")
    product = SelectField(_l("商品"), [Optional()], validate_choice=False)
    stated = RadioField(_l("選ばれた理由"), [Optional()], default="")
    text = TextAreaField(_l("お客様の言葉"))
    expectation = RadioField(_l("期待と比べて"), [Optional()], default="")

    def __init__(self, *, purchase_type: str, products: list[tuple[int, str]], **values: Any) -> None:
        super().__init__(**values)
        nothing = {"": gettext("記入なし")}
        self.stated.choices = _choices({code: option.label(purchase_type) for code, option in STATED.items()} | nothing)
        self.expectation.choices = _choices({str(value): "".join(label) for value, label in EXPECTATION.items()} | nothing)
        self.product.choices = _choices({"": gettext("わからない・その他")} | {str(number): name for number, name in products})
        if self.answered_on.data is None and not self.is_submitted():
            self.answered_on.data = clock.today()

    def validate_answered_on(self, field: DateField) -> None:
        if field.data is not None and not EARLIEST <= field.data <= clock.today():
            raise ValidationError(gettext("今日までの日付を入れてください。"))

    def given(self) -> Given:
        return Given.from_form(
            {"stated": self.stated.data or "", "text": self.text.data or "", "expectation": str(self.expectation.data or "")}
        )

    def facts(self) -> dict[str, Any]:
        """What an invitation would tell."""
        known = {choice.value for choice in self.product.choices or []} - {""}
        product = self.product.data if self.product.data in known else None
        return {"purchase_type": self.purchase_type.data, "product_id": int(product) if product else None}
