"""The page of key figures."""

from datetime import timedelta

from flask.testing import FlaskClient

from tests import factories as make
from voc import clock
from voc.db import Database


def test_key_figures_with_their_formulas(db: Database, as_manager: FlaskClient) -> None:
    with db.transaction() as session:
        shop = make.shop(session)
        product = make.product(session, shop=shop)
        for n in range(20):
            person = make.customer(session, shop=shop)
            first = clock.now() - timedelta(days=300)
            make.order(session, customer=person, product=product, at=first, total=1000)
            if n < 8:
                make.order(session, customer=person, product=product, at=first + timedelta(days=30), total=3000)
            make.order(session, customer=person, product=product, at=first + timedelta(days=40), total=3000, status="cancelled")
            make.order(session, customer=person, product=product, at=first + timedelta(days=50), total=0)
            make.subscription(session, customer=person, product=product, deliveries=n % 3 + 1, status="cancelled" if n % 2 else "active",
                              cancelled_at=clock.now() - timedelta(days=40) if n % 2 else None)  # fmt: skip
    text = as_manager.get("/kpi").text
    assert "<b>40.0%</b>" in text
    assert "8 / 20" in text
    assert "F2転換率 = 初回から90日以内に2回目を買った方 ÷ その月に初めて買った方" in text
    assert "40件を除きました" in text
    assert "記事の目安" in text
    assert "観察中" in text
    assert "定期の継続率と残存率" in text
