"""Customers as imports meet them: found by the shop's number, else by e-mail, else made; and the basis to ask them on.

Works on batches with SQLAlchemy Core, a few statements a batch, so that a file of any size takes little memory. The
caller holds the shop's lock (``lock_shop``), so nobody else adds customers to it meanwhile.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc.bulk import among, insert_columns, reserve_ids
from voc.clock import now
from voc.customers.buyer_rows import Buyer
from voc.customers.platforms import Platform
from voc.customers.tables import Consent, Customer, Shop
from voc.db import table
from voc.errors import Refused
from voc.links import new_token

NEW_SHOP = "ショップ"
CUSTOMERS = table(Customer)
CONSENTS = table(Consent)
_KNOWN = ("id", "external_id", "email", "email_problem", "name", "phone", "postal_address")


def lock_shop(session: Session, name: str, *, platform: str) -> Shop:
    """The shop of that name, made if there is none, held for this transaction: one import at a time for each shop."""
    shop = session.scalar(sa.select(Shop).where(Shop.name == name).with_for_update())
    if shop is None:
        if not name.strip() or len(name) > 100:
            raise Refused("ショップの名前を1〜100文字で入れてください。")
        shop = Shop(name=name.strip(), platform=platform)
        session.add(shop)
        session.flush()
    elif shop.platform == "generic" and platform != "generic":
        shop.platform = platform
        session.flush()
    return shop


def usual_shop(session: Session, platform: Platform) -> str:
    """The shop that a file belongs to when nobody said which: the only one there is that may have written it, or a new one.

    Raises
    ------
    Refused
        Several may have written it.
    """
    shops = session.execute(sa.select(Shop.name, Shop.platform).order_by(Shop.name)).all()
    fitting = [shop.name for shop in shops if platform.code in (shop.platform, "generic") or shop.platform == "generic"]
    exact = [shop.name for shop in shops if shop.platform == platform.code]
    if len(exact) == 1 or len(fitting) == 1:
        return str((exact if len(exact) == 1 else fitting)[0])
    if fitting:
        raise Refused(
            f"どのショップのファイルか分かりません。「{'」「'.join(fitting)}」のどれかを、--shop(画面ではショップの欄)で選んでください。"
        )
    return NEW_SHOP if platform.code == "generic" else platform.label


#: The first purchase of somebody new, and by which advertisement they came.
Beginning = tuple[datetime | None, str | None]


@dataclass(slots=True)
class Known:
    """A customer's row while a batch is worked on."""

    id: int
    external_id: str | None
    email: str | None
    email_problem: str | None
    name: str | None
    phone: str | None
    postal_address: str | None
    first_order_at: datetime | None = None
    entry: str | None = None
    made: bool = False
    changed: bool = False

    @property
    def may_be_written_to(self) -> bool:
        """Not those without an address, nor those whose address a mall has masked: its rules forbid it."""
        return self.email is not None and self.email_problem != "masked"

    def learn(self, buyer: Buyer, *, overwrite: bool) -> None:
        """Take over what the file knows: gaps are always filled, other values only by a file that is about customers."""
        if buyer.external_id is not None and self.external_id is None:
            self.external_id, self.changed = buyer.external_id, True
        if buyer.email is not None and buyer.email != self.email and (overwrite or self.email is None):
            self.email, self.email_problem, self.changed = buyer.email, buyer.email_problem, True
        for code in ("name", "phone", "postal_address"):
            value = getattr(buyer, code)
            if value is not None and value != getattr(self, code) and (overwrite or getattr(self, code) is None):
                setattr(self, code, value)
                self.changed = True


class People:
    """Finds and makes the customers of one shop."""

    def __init__(self, session: Session, shop_id: int, *, overwrite: bool = False) -> None:
        self._session = session
        self._shop_id = shop_id
        self._overwrite = overwrite
        self._was_empty = session.scalar(sa.select(CUSTOMERS.c.id).where(CUSTOMERS.c.shop_id == shop_id).limit(1)) is None
        self._met: set[str] = set()

    def resolve(self, buyers: Sequence[Buyer], beginnings: Sequence[Beginning] | None = None) -> list[Known]:
        """The customer of each buyer, made or brought up to date where needed; ``beginnings`` for those that are made."""
        by_id, by_email = self._present(buyers)
        found, made = [], []
        for place, buyer in enumerate(buyers):
            known = self._match(buyer, by_id, by_email)
            if known is None:
                first, entry = beginnings[place] if beginnings else (None, None)
                known = Known(0, *buyer, first, entry, True)
                made.append(known)
            else:
                known.learn(buyer, overwrite=self._overwrite)
            if known.external_id is not None:
                by_id[known.external_id] = known
            if known.email is not None and not any(known is other for other in by_email.setdefault(known.email, [])):
                by_email[known.email].append(known)
            found.append(known)
        self._insert(made)
        self._update({known.id: known for known in found if known.changed and not known.made}.values())
        return found

    def _present(self, buyers: Sequence[Buyer]) -> tuple[dict[str, Known], dict[str, list[Known]]]:
        ids = self._perhaps_known({buyer.external_id for buyer in buyers if buyer.external_id is not None}, "#")
        mails = self._perhaps_known({buyer.email for buyer in buyers if buyer.email is not None}, "@")
        select = sa.select(*(CUSTOMERS.c[name] for name in _KNOWN)).where(CUSTOMERS.c.shop_id == self._shop_id).order_by(CUSTOMERS.c.id)
        rows: dict[int, Known] = {}
        for column, wanted in ((CUSTOMERS.c.external_id, ids), (CUSTOMERS.c.email, mails)):
            if wanted:
                for row in self._session.execute(select.where(among(self._session, column, wanted))):
                    rows.setdefault(row.id, Known(*row))
        by_id = {known.external_id: known for known in rows.values() if known.external_id is not None}
        by_email: dict[str, list[Known]] = {}
        for _, known in sorted(rows.items()):
            if known.email is not None:
                by_email.setdefault(known.email, []).append(known)
        return by_id, by_email

    def _perhaps_known(self, told: set[str], sign: str) -> set[str]:
        """Those that may stand in the database: in a shop that was empty, only what this file has brought itself."""
        if not self._was_empty:
            return told
        marked = {sign + one for one in told}
        again = marked & self._met
        self._met |= marked
        return {one[1:] for one in again}

    @staticmethod
    def _match(buyer: Buyer, by_id: Mapping[str, Known], by_email: Mapping[str, Sequence[Known]]) -> Known | None:
        if buyer.external_id is not None and buyer.external_id in by_id:
            return by_id[buyer.external_id]
        same_mail = by_email.get(buyer.email, ()) if buyer.email is not None else ()
        if buyer.external_id is None:
            return same_mail[0] if same_mail else None
        # A guest who became a member is the same person; two members with one address are two.
        return next((known for known in same_mail if known.external_id is None), None)

    def _insert(self, made: Sequence[Known]) -> None:
        for known, row_id in zip(made, reserve_ids(self._session, CUSTOMERS, len(made)), strict=True):
            known.id = row_id
        same = [now()] * len(made)
        columns: dict[str, Sequence[object]] = {
            "id": [known.id for known in made],
            "shop_id": [self._shop_id] * len(made),
            "external_id": [known.external_id for known in made],
            "email": [known.email for known in made],
            "email_problem": [known.email_problem for known in made],
            "name": [known.name for known in made],
            "phone": [known.phone for known in made],
            "postal_address": [known.postal_address for known in made],
            "opt_out_token": [new_token() for _ in made],
            "first_order_at": [known.first_order_at for known in made],
            "entry": [known.entry for known in made],
            "created_at": same,
            "updated_at": same,
        }
        insert_columns(self._session, CUSTOMERS, columns)

    def _update(self, changed: Iterable[Known]) -> None:
        moment = now()
        rows = [
            {
                "row_id": known.id, "external_id": known.external_id, "email": known.email, "email_problem": known.email_problem,
                "name": known.name, "phone": known.phone, "postal_address": known.postal_address, "updated_at": moment,
            }
            for known in changed
        ]  # fmt: skip
        if rows:
            names = [name for name in rows[0] if name != "row_id"]
            statement = sa.update(CUSTOMERS).where(CUSTOMERS.c.id == sa.bindparam("row_id"))
            self._session.connection().execute(statement.values({name: sa.bindparam(name) for name in names}), rows)


@dataclass(frozen=True, slots=True)
class NewConsent:
    """The basis of a customer who is new."""

    customer_id: int
    given_at: datetime
    withdrawn_at: datetime | None


class MailConsents:
    """The basis on which the customers of a file may be written to; a refusal always wins over an older permission."""

    def __init__(self, session: Session, *, source: str) -> None:
        self._session = session
        self._source = source[:200]

    def begin(self, consents: Sequence[NewConsent], *, basis: str) -> None:
        """Note the basis of customers who have none yet for sure."""
        columns: dict[str, Sequence[object]] = {
            "customer_id": [consent.customer_id for consent in consents],
            "channel": ["mail"] * len(consents),
            "basis": [basis] * len(consents),
            "source": [self._source] * len(consents),
            "given_at": [consent.given_at for consent in consents],
            "withdrawn_at": [consent.withdrawn_at for consent in consents],
        }
        insert_columns(self._session, CONSENTS, columns)

    def give(self, since: Mapping[int, datetime], *, basis: str) -> set[int]:
        """Note a basis for customers who have an address and no basis yet, from the moment given; who was given one."""
        new = self._with_address(since.keys() - self._noted(since.keys()))
        self._insert(new, basis=basis, given_at=since, withdrawn_at=None)
        return new

    def withdraw(self, customer_ids: Collection[int], *, basis: str) -> set[int]:
        """These customers do not want mail: no basis from now on, on record. Whose basis that changed."""
        noted = self._noted(customer_ids)
        moment = now()
        new = set(customer_ids) - noted
        self._insert(new, basis=basis, given_at=dict.fromkeys(new, moment), withdrawn_at=moment)
        mail = CONSENTS.c.channel == "mail"
        still = sa.select(CONSENTS.c.customer_id).where(mail, CONSENTS.c.withdrawn_at.is_(None), self._of(noted))
        ended = set(self._session.scalars(still)) if noted else set()
        if ended:
            self._session.execute(sa.update(CONSENTS).where(mail, self._of(ended)).values(withdrawn_at=moment))
        return new | ended

    def _with_address(self, customer_ids: Collection[int]) -> set[int]:
        """Without those whose address a mall has masked: its rules forbid writing to them."""
        if not customer_ids:
            return set()
        problem = CUSTOMERS.c.email_problem
        fit = sa.select(CUSTOMERS.c.id).where(
            among(self._session, CUSTOMERS.c.id, customer_ids), CUSTOMERS.c.email.is_not(None), problem.is_distinct_from("masked")
        )
        return set(self._session.scalars(fit))

    def _of(self, customer_ids: Collection[int]) -> sa.ColumnElement[bool]:
        return among(self._session, CONSENTS.c.customer_id, customer_ids)

    def _noted(self, customer_ids: Collection[int]) -> set[int]:
        if not customer_ids:
            return set()
        return set(self._session.scalars(sa.select(CONSENTS.c.customer_id).where(CONSENTS.c.channel == "mail", self._of(customer_ids))))

    def _insert(self, customer_ids: Iterable[int], *, basis: str, given_at: Mapping[int, datetime], withdrawn_at: datetime | None) -> None:
        self.begin([NewConsent(customer_id, given_at[customer_id], withdrawn_at) for customer_id in customer_ids], basis=basis)
