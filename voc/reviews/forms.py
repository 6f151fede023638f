"""Forms of the review."""

from datetime import UTC, datetime

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, IntegerField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Optional

from voc.reasons import codebook
from voc.reviews.service import Choice

ALERTS = list(codebook.ALERTS)
LEAVES = list(codebook.LEAVES)
MAX_NOTE = 2_000


class DecisionForm(FlaskForm):
    """What the review screen sends. The reasons are drawn by the template; what may be chosen is the codebook's."""

    round = HiddenField(validators=[AnyOf(("first", "second", "adjudication"))])
    primary = StringField()
    secondary = SelectMultipleField(choices=LEAVES)
    alerts = SelectMultipleField(choices=ALERTS)
    alerts_seen = SelectMultipleField(choices=ALERTS)
    note = TextAreaField(_l("メモ"), [Length(max=MAX_NOTE, message=_l("メモは2,000文字までにしてください。"))])
    pass_note = TextAreaField(_l("ひとこと"), [Length(max=MAX_NOTE, message=_l("ひとことは2,000文字までにしてください。"))])
    prediction_id = IntegerField(validators=[Optional()])
    opened = StringField()

    def choice(self) -> Choice:
        return Choice(
            primary=self.primary.data or "", secondary=self.secondary.data or [], alerts=self.alerts.data or [], note=self.note.data or ""
        )

    def opened_at(self) -> datetime | None:
        """When the page was made, if the browser sent it back whole."""
        try:
            moment = datetime.fromisoformat(self.opened.data or "")
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class DrawForm(FlaskForm):
    number = IntegerField(
        _l("件数"),
        [InputRequired(_l("件数を入れてください。")), NumberRange(1, 10_000, message=_l("1〜10,000の数を入れてください。"))],
        default=100,
    )


class SecondLookForm(FlaskForm):
    """How much of the random draws two people code."""

    share = IntegerField(
        _l("無作為に選ぶもの"),
        [InputRequired(_l("割合を入れてください。")), NumberRange(0, 100, message=_l("0〜100の数を入れてください。"))],
    )
    differing = BooleanField(_l("一人目の決定が機械の読み取りと違うときは、いつも二人で確認する"))
