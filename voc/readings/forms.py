"""Forms about alerts."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import AnyOf, Length

from voc.readings.queries import STATUSES
from voc.readings.service import MAX_NOTE


class HandleForm(FlaskForm):
    """What is done about an alert. ``seen`` is the state that stood on the screen."""

    status = StringField(validators=[AnyOf(STATUSES)])
    seen = HiddenField(validators=[AnyOf(STATUSES)])
    note = TextAreaField(_l("メモ"), [Length(max=MAX_NOTE, message=_l("メモは2,000文字までにしてください。"))])
