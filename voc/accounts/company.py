"""What the company says about itself: names, addresses and promises that stand on surveys and in mails."""

from dataclasses import asdict, dataclass, fields, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc.accounts.tables import CompanySetting
from voc.clock import now

UNNAMED = "(会社名が未設定です)"


@dataclass(frozen=True, kw_only=True)
class Company:
    """All settings of the company. A field's name is its key in the database."""

    name: str = UNNAMED
    desk: str = "お客様係"
    postal_address: str = ""
    """Sender's address: 特定電子メール法 wants it in every mail."""
    contact: str = ""
    privacy_url: str = ""
    purpose: str = "いただいたお答えは、商品とサービスの改善のためだけに使います。"
    purpose_version: str = "1"
    ask_again_days: int = 180
    """Nobody is asked twice within so many days, over all campaigns."""

    @property
    def names_itself(self) -> bool:
        """Name, postal address and contact are there: without them no advertising mail may leave (特定電子メール法)."""
        return self.name != UNNAMED and bool(self.postal_address.strip() and self.contact.strip())

    acceptance_percent: int = 95
    """Precision, in percent, that has to be shown before readings of a reason stand without a person."""
    double_share: float = 0.1
    """Share of the answers drawn at random that two people code in any case, blind."""
    second_look: bool = True
    """Whether two people code all drawn answers in which the first person and the machine differ."""


def read(session: Session) -> Company:
    stored = {row.key: row.value for row in session.execute(sa.select(CompanySetting.key, CompanySetting.value))}
    known = {field.name for field in fields(Company)}
    return Company(**{key: value for key, value in stored.items() if key in known})


def change(session: Session, company: Company) -> None:
    for key, value in asdict(company).items():
        row = session.get(CompanySetting, key)
        if row is None:
            session.add(CompanySetting(key=key, value=value))
        elif row.value != value:
            row.value, row.updated_at = value, now()
    session.flush()


EDITABLE = ("name", "desk", "postal_address", "contact", "privacy_url", "purpose", "ask_again_days", "acceptance_percent")


def edited(before: Company, values: dict[str, object]) -> Company:
    """The company with new values; a new purpose of use is a new version, so that each answer tells what was promised."""
    cleaned = {key: value.strip() if isinstance(value, str) else value for key, value in values.items() if value is not None}
    after = replace(before, **cleaned)  # type: ignore[arg-type]
    if after.purpose != before.purpose:
        after = replace(after, purpose_version=str(int(before.purpose_version) + 1))
    return after
