"""A mail to oneself: the real one. Its links open the real pages, which store nothing here."""

from itsdangerous import BadSignature, URLSafeTimedSerializer

from voc.accounts.company import Company
from voc.campaigns.service import open_until
from voc.campaigns.tables import Campaign
from voc.clock import now
from voc.delivery import message, send
from voc.delivery.message import Letter
from voc.errors import NotFound, TemporaryFailure

#: How long the links of such a mail work.
DAYS = 30

#: Somebody waits at the screen.
TIMEOUT_SECONDS = 10.0


def token(secret_key: str, campaign: Campaign) -> str:
    return str(_signer(secret_key).dumps(campaign.id))


def campaign_id(secret_key: str, token: str) -> int:
    """The campaign whose trial link this is."""
    try:
        return int(_signer(secret_key).loads(token, max_age=DAYS * 86400))
    except BadSignature as error:
        raise NotFound("この試し用のアドレスは使えません。配信の画面から、もう一度お送りください。") from error


def letter(campaign: Campaign, *, to: str, name: str, product: str, survey_url: str, opt_out_url: str, mail_from: str) -> Letter:
    return Letter(
        to=to, message_id=message.new_message_id(mail_from), name=name, product=product, purchase_type=campaign.purchase_type,
        expires_at=open_until(campaign), subject=campaign.mail_subject, opening=campaign.mail_text,
        survey_url=survey_url, opt_out_url=opt_out_url,
    )  # fmt: skip


def deliver(letter: Letter, *, company: Company, mail_from: str, smtp_url: str) -> None:
    """Send it now.

    Raises
    ------
    TemporaryFailure
        It did not leave; the sentence says why.
    """
    try:
        mail = message.build(letter, company=company, mail_from=mail_from, at=now())
        with send.transport(smtp_url, timeout=TIMEOUT_SECONDS) as transport:
            transport.send(mail)
    except (send.Failure, message.Unwritable) as failure:
        words = str(failure) if isinstance(failure, send.Failure) else "ご自分のメールアドレスが、メールの宛先に使えない形です。"
        raise TemporaryFailure(words) from failure


def _signer(secret_key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt="voc.delivery.trial")
