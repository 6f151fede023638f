"""The mail: what stands in it, and what cannot get into it."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from voc.accounts.company import Company
from voc.delivery import message
from voc.delivery.message import Letter, Unwritable

COMPANY = Company(
    name="すこやか堂", desk="お客様係", postal_address="東京都千代田区千代田1-1", contact="0120-000-000 voice@example.co.jp",
    privacy_url="https://example.co.jp/privacy",
)  # fmt: skip
LETTER = Letter(
    to="hanako@example.jp", message_id="<abc@example.co.jp>", survey_url="https://voc.example/s/tok", opt_out_url="https://voc.example/u/out",
    purchase_type="subscription", expires_at=datetime(2026, 12, 21, 15, 0, tzinfo=UTC), name="山田 花子", product="濃い青汁",
)  # fmt: skip


def arrived(letter: Letter = LETTER, company: Company = COMPANY) -> EmailMessage:
    """The mail as its receiver's program reads it."""
    built = message.build(letter, company=company, mail_from="survey@example.co.jp", at=datetime(2026, 11, 21, 3, 0, tzinfo=UTC))
    return email.message_from_bytes(built.as_bytes(), policy=email.policy.default)  # type: ignore[return-value]


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_it_carries_the_headers_that_law_and_mail_providers_ask_for() -> None:
    mail = arrived()
    assert mail["From"] == "すこやか堂 <survey@example.co.jp>"
    assert mail["To"] == "hanako@example.jp"
    assert mail["Reply-To"] == "voice@example.co.jp"
    assert mail["Message-ID"] == "<abc@example.co.jp>"
    assert mail["List-Unsubscribe"] == "<https://voc.example/u/out>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"] == "Sat, 21 Nov 2026 12:00:00 +0900"


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_both_forms_say_who_writes_why_and_how_to_stop_it(kind: str) -> None:
    text = text_of(arrived(), kind)
    for needed in (
        "山田 花子 様", "「濃い青汁」の定期購入", "解約のお手続きは完了しています", "https://voc.example/s/tok", "https://voc.example/u/out",
        "すこやか堂 お客様係", "東京都千代田区千代田1-1", "0120-000-000", "12月21日まで", "空欄のままで結構です", COMPANY.purpose,
        "https://example.co.jp/privacy",
    ):  # fmt: skip
        assert needed in text


def test_the_plain_form_has_no_gaps_where_something_is_not_set() -> None:
    bare = arrived(replace(LETTER, name="", product=""), Company(name="すこやか堂", desk=""))
    text = text_of(bare).replace("\r\n", "\n")
    assert text.startswith("お客様\n\nすこやか堂です。\n定期購入を")
    assert "住所" not in text
    assert "\n\n\n" not in text
    assert bare["Reply-To"] is None


def test_one_off_buyers_are_asked_how_they_are() -> None:
    mail = arrived(replace(LETTER, purchase_type="one_off"))
    assert mail["Subject"] == "【すこやか堂】その後のご様子を1分でお聞かせください"
    assert "「濃い青汁」をお買い上げいただき" in text_of(mail)
    assert "解約" not in text_of(mail)


def test_the_companys_own_words_replace_the_opening_alone() -> None:
    mail = arrived(replace(LETTER, subject="ひとことお聞かせください", opening="青汁をお飲みいただき\nありがとうございました。"))
    assert mail["Subject"] == "ひとことお聞かせください"
    text = text_of(mail).replace("\r\n", "\n")
    assert "青汁をお飲みいただき\nありがとうございました。" in text
    assert "解約のお手続き" not in text
    assert "https://voc.example/u/out" in text


def test_a_line_break_in_any_value_adds_no_header() -> None:
    evil = "x\r\nBcc: thief@example.com\r\n\r\nbody"
    letter = replace(LETTER, name=evil, subject=evil, product=evil)
    mail = arrived(letter, replace(COMPANY, name=evil, contact="a@example.jp\r\nBcc: thief@example.com"))
    assert mail["Bcc"] is None
    assert [key for key in mail if key.lower() == "bcc"] == []
    assert mail["Subject"] == "x Bcc: thief@example.com body"
    assert mail.get_content_type() == "multipart/alternative"


@pytest.mark.parametrize(
    "address", ["a@b.jp\r\nBcc: c@d.jp", "a b@example.jp", "nobody", "a@b@c.jp", "", "<a@b.jp>", "a@" + "x" * 70 + ".jp"]
)
def test_an_address_that_cannot_stand_in_a_header_is_refused(address: str) -> None:
    with pytest.raises(Unwritable):
        arrived(replace(LETTER, to=address))


def test_html_in_a_name_stays_text() -> None:
    html = text_of(arrived(replace(LETTER, name="<script>alert(1)</script>", opening="<b>太字</b> & 記号")), "html")
    assert "<script>" not in html
    assert "&lt;b&gt;太字&lt;/b&gt; &amp; 記号" in html


def test_a_japanese_domain_is_written_so_that_every_server_takes_it() -> None:
    assert arrived(replace(LETTER, to="hanako@例え.jp"))["To"] == "hanako@xn--r8jz45g.jp"


def test_no_line_is_longer_than_mail_may_have() -> None:
    built = message.build(replace(LETTER, opening="あ" * 3_000), company=COMPANY, mail_from="a@example.jp", at=datetime.now(UTC))
    assert max(len(line) for line in built.as_bytes().split(b"\r\n")) <= 998


def test_a_name_that_has_its_title_gets_no_second_one() -> None:
    assert replace(LETTER, name="山田様").greeting == "山田様"
    assert replace(LETTER, name="  ").greeting == "お客様"


def test_message_ids_are_new_each_time_and_tell_nothing() -> None:
    ids = {message.new_message_id("voice@example.co.jp") for _ in range(100)}
    assert len(ids) == 100
    assert all(one.endswith("@example.co.jp>") and one.startswith("<") for one in ids)
