"""Forms of this area."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length


class TokenForm(FlaskForm):
    name = StringField(_l("何に使うか"), [InputRequired(_l("何に使うかを入れてください。例: 社内ダッシュボード")), Length(max=60)])
