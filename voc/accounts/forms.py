"""Forms about people and the company."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, IntegerField, PasswordField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import URL, InputRequired, Length, NumberRange, Optional

from voc.accounts.service import MIN_PASSWORD

ROLES = [
    SelectChoice("staff", _l("担当(確認をする)")),
    SelectChoice("manager", _l("責任者(配信・集計・書き出しも)")),
    SelectChoice("admin", _l("管理者(すべて)")),
]


class UserForm(FlaskForm):
    name = StringField(_l("お名前"), [Length(max=100)])
    role = SelectField(_l("役割"), choices=ROLES)
    active = BooleanField(_l("ログインできる"), default=True)
    password = PasswordField(_l("新しいパスワード(変えるときだけ)"), [Optional(), Length(min=MIN_PASSWORD)])


class NewUserForm(FlaskForm):
    email = EmailField(_l("メールアドレス"), [InputRequired(_l("メールアドレスを入れてください。")), Length(max=254)])
    name = StringField(_l("お名前"), [Length(max=100)])
    role = SelectField(_l("役割"), choices=ROLES)
    password = PasswordField(
        _l("はじめのパスワード"),
        [InputRequired(_l("パスワードを入れてください。")), Length(min=MIN_PASSWORD, message=_l("10文字以上にしてください。"))],
    )


class CompanyForm(FlaskForm):
    name = StringField(_l("会社・ブランドの名前"), [InputRequired(_l("名前を入れてください。")), Length(max=100)])
    desk = StringField(_l("窓口の名前"), [Length(max=100)])
    postal_address = StringField(_l("住所(メールの末尾に入ります)"), [Length(max=300)])
    contact = StringField(_l("問い合わせ先(電話またはメール)"), [Length(max=200)])
    privacy_url = StringField(
        _l("個人情報の取り扱いのページ"),
        [Optional(), Length(max=300), URL(require_tld=False, message=_l("https:// から始まるアドレスを入れてください。"))],
    )
    purpose = TextAreaField(
        _l("お答えの使い道(アンケートの末尾に入ります)"), [InputRequired(_l("使い道を入れてください。")), Length(max=500)]
    )
    ask_again_days = IntegerField(
        _l("同じ方に再びうかがうまでの日数"), [InputRequired(), NumberRange(min=30, max=1095, message=_l("30〜1095の数を入れてください。"))]
    )
    acceptance_percent = IntegerField(
        _l("自動で確定するときに求める正しさ(%)"), [Optional(), NumberRange(min=80, max=99, message=_l("80〜99の数を入れてください。"))]
    )
