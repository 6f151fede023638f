"""Who stands in a row: the same few columns in files of orders, customers and subscriptions. Pure."""

from operator import itemgetter
from typing import NamedTuple

from voc.customers import values
from voc.customers.source import Source

_IDENTITY = ("customer_id", "email")
_DETAILS = (
    "name", "family_name", "given_name", "phone", "phone2", "phone3", "postal_code", "prefecture", "city", "address1", "address2",
)  # fmt: skip


class Buyer(NamedTuple):
    """A person as one row tells it."""

    external_id: str | None
    email: str | None
    email_problem: str | None
    name: str | None = None
    phone: str | None = None
    postal_address: str | None = None

    @property
    def known(self) -> bool:
        """Whether the row tells who it is about."""
        return self.external_id is not None or self.email is not None


class BuyerReader:
    """Reads the columns of a person. Each person of a file is read once and has a number from then on."""

    def __init__(self, source: Source) -> None:
        self._identity = itemgetter(*source.places(*_IDENTITY))
        self._details = itemgetter(*source.places(*_DETAILS))
        self._numbers: dict[str, int] = {}
        self._count = 0
        self._last = ""

    def number(self, cells: list[str]) -> tuple[int, Buyer | None]:
        """The number of a row's person, and who it is where that number is new; -1 when the row does not tell."""
        external_id, mail = self._identity(cells)
        raw = f"{external_id}\0{mail}"
        known = self._numbers.get(raw)
        if known is not None:
            return known, None
        buyer = self.read(cells)
        if not buyer.known:
            return -1, None
        self._numbers[raw], self._last = self._count, raw
        self._count += 1
        return self._count - 1, buyer

    def forget_last(self) -> None:
        """The row that brought the last new person was not used: the next one that has it tells again."""
        self._numbers.pop(self._last, None)

    def read(self, cells: list[str]) -> Buyer:
        """The person of a row whose missing columns are empty cells."""
        external_id, mail = self._identity(cells)
        address, problem = values.email(mail) if mail else (None, None)
        identifier = values.identifier(external_id) if external_id else None
        return Buyer(None if identifier == "0" else identifier, address, problem, *self._read_details(cells))

    def _read_details(self, cells: list[str]) -> tuple[str | None, str | None, str | None]:
        name, family, given, phone, phone2, phone3, postal, prefecture, city, address1, address2 = self._details(cells)
        code = values.postal_code(postal) if postal else None
        place = prefecture if not prefecture.startswith("JP-") else ""
        return (
            values.line(name) if name else values.line(family, given),
            values.phone(phone, phone2, phone3) if phone else None,
            values.line(f"〒{code}" if code else "", f"{place}{city}{address1}", address2, longest=400),
        )
