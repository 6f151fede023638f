"""Building a mail: a pure function of plain data. Nothing is looked up, nothing is sent.

Rules kept: sender's name and postal address and a working opt-out in every mail (特定電子メール法), one-click unsubscribe
(RFC 8058), mail made by a program says so (RFC 3834), no picture and no link that counts who opened it.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.errors import HeaderParseError, MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from voc import links
from voc.accounts.company import Company
from voc.clock import JST, day_of
from voc.config import ROOT
from voc.reasons.codebook import ONE_OFF

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ADDRESS = re.compile(r"[^@\s<>(),;:\"\[\]\\]+@[^@\s<>(),;:\"\[\]\\]+")


class Unwritable(ValueError):
    """No mail can be made of this: the address cannot stand in a header."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What one mail says to one customer. All of it may come from a shop's file, so nothing in it is trusted."""

    to: str
    message_id: str
    survey_url: str
    opt_out_url: str
    purchase_type: str
    expires_at: datetime
    name: str = ""
    product: str = ""
    subject: str = ""
    """The campaign's own subject line; empty: voc's."""
    opening: str = ""
    """The campaign's own opening words; empty: voc's."""
    reminder: bool = False
    """The second and last mail, to somebody who has not answered the first."""

    @property
    def greeting(self) -> str:
        name = one_line(self.name)
        if not name:
            return "お客様"
        return name if name.endswith(("様", "さま", "さん")) else f"{name} 様"

    @property
    def one_off(self) -> bool:
        return self.purchase_type == ONE_OFF

    @property
    def until(self) -> str:
        last = last_day(self.expires_at)
        return f"{last.month}月{last.day}日"


def build(letter: Letter, *, company: Company, mail_from: str, at: datetime) -> EmailMessage:
    """The mail, ready for any transport.

    Raises
    ------
    Unwritable
        The receiver's address cannot stand in a header.
    """
    texts = {"letter": letter, "sender": company}
    subject = one_line(_template("subject.txt", **texts))
    mail = EmailMessage(policy=SMTP)
    try:
        mail["From"] = Address(display_name=one_line(company.name), addr_spec=mail_from)
        mail["To"] = _receiver(letter.to)
    except (MessageError, HeaderParseError, ValueError, IndexError) as error:
        raise Unwritable(str(error)) from None
    reply_to = _address_in(company.contact)
    if reply_to:
        mail["Reply-To"] = Address(addr_spec=reply_to)
    mail["Subject"] = subject
    mail["Date"] = format_datetime(at.astimezone(JST))
    mail["Message-ID"] = letter.message_id
    mail["List-Unsubscribe"] = f"<{letter.opt_out_url}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(_template("body.txt", **texts), charset="utf-8", cte="base64")
    mail.add_alternative(_template("body.html", subject=subject, **texts), subtype="html", charset="utf-8", cte="base64")
    return mail


def new_message_id(mail_from: str) -> str:
    """Fixed once for each outbox row, so that a second try is the same mail to the receiver."""
    return f"<{secrets.token_hex(16)}@{mail_from.rsplit('@', 1)[1]}>"


def letter_urls(base_url: str, *, token: str, opt_out_token: str) -> dict[str, str]:
    return {"survey_url": links.survey_url(base_url, token), "opt_out_url": links.opt_out_url(base_url, opt_out_token)}


def last_day(expires_at: datetime) -> date:
    """The last day in Japan on which the survey is open."""
    return day_of(expires_at - timedelta(seconds=1))


def one_line(text: str) -> str:
    """Without line breaks and other control signs: what goes into a header can add no other header."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _receiver(address: str) -> Address:
    if _CONTROL.search(address) or not _ADDRESS.fullmatch(address):
        raise Unwritable(f"not an address: {address!r}")
    user, domain = address.rsplit("@", 1)
    try:
        return Address(username=user, domain=domain.encode("idna").decode())
    except UnicodeError:
        raise Unwritable(f"not a domain: {domain!r}") from None


def _address_in(contact: str) -> str | None:
    """The mail address among the company's contacts, if there is one."""
    found = _ADDRESS.search(contact)
    return found[0] if found and found[0].isascii() else None


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(ROOT / "templates" / "email" / "invitation"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template(name: str, **values: object) -> str:
    return _environment().get_template(name).render(**values)
