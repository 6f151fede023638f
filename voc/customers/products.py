"""Products as imports meet them: known by the shop's code, made when first seen."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc.customers.tables import Product
from voc.customers.values import days_of
from voc.db import table

PRODUCTS = table(Product)
DAYS_SUPPLY = 30


class Products:
    """The products of one shop, by code. Shops have hundreds, so all that were met are kept at hand."""

    def __init__(self, session: Session, shop_id: int) -> None:
        self._session = session
        self._shop_id = shop_id
        self._ids: dict[str, int] = {}
        self._by_name: dict[str, int] = {}

    def ensure(self, products: Iterable[tuple[str, str]]) -> None:
        """Make sure that each (code, name) has a row. A known product keeps the name it has."""
        wanted = {code: name for code, name in products if code not in self._ids}
        if not wanted:
            return
        self._find(wanted)
        new = [
            {"shop_id": self._shop_id, "code": code, "name": name or code, "days_supply": days_of(name) or DAYS_SUPPLY}
            for code, name in wanted.items()
            if code not in self._ids
        ]
        if new:
            made = self._session.execute(sa.insert(PRODUCTS).returning(PRODUCTS.c.code, PRODUCTS.c.id), new)
            self._ids.update((code, row_id) for code, row_id in made)

    def named(self, names: Iterable[str]) -> dict[str, int]:
        """Products by name, for files that know no codes; one that nobody has seen yet gets its name for a code."""
        wanted = sorted({name for name in names if name not in self._by_name})
        if wanted:
            select = sa.select(PRODUCTS.c.name, PRODUCTS.c.id).where(PRODUCTS.c.shop_id == self._shop_id, PRODUCTS.c.name.in_(wanted))
            self._by_name.update((name, row_id) for name, row_id in self._session.execute(select.order_by(PRODUCTS.c.id.desc())))
            unseen = [name for name in wanted if name not in self._by_name]
            self.ensure((name[:120], name) for name in unseen)
            self._by_name.update((name, self._ids[name[:120]]) for name in unseen)
        return self._by_name

    def id_of(self, code: str) -> int:
        return self._ids[code]

    def _find(self, codes: Iterable[str]) -> None:
        wanted = list(codes)
        for start in range(0, len(wanted), 1_000):
            select = sa.select(PRODUCTS.c.code, PRODUCTS.c.id).where(
                PRODUCTS.c.shop_id == self._shop_id, PRODUCTS.c.code.in_(wanted[start : start + 1_000])
            )
            self._ids.update((code, row_id) for code, row_id in self._session.execute(select))
