"""Forms about models."""

from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.validators import InputRequired


class VersionForm(FlaskForm):
    """Which model something is done about."""

    version = HiddenField(validators=[InputRequired()])


class PlainForm(FlaskForm):
    """Only a button."""
