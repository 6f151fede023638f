"""What a product is called where it stands beside the products of other shops."""

from flask.testing import FlaskClient

from tests import factories
from voc.customers.queries import product_names
from voc.db import Database


def test_the_same_product_of_two_shops_can_be_told_apart(db: Database) -> None:
    with db.transaction() as session:
        own, mall = factories.shop(session, name="本店"), factories.shop(session, name="楽天市場店")
        same = [factories.product(session, shop=shop, name="青汁 30包").id for shop in (own, mall)]
        twice = [factories.product(session, shop=own, name="美容液", code=code).id for code in ("COS-40", "COS-40-T")]
        alone = factories.product(session, shop=mall, name="石けん").id
    with db.reading() as session:
        names = product_names(session)
    assert [names[each] for each in same] == ["青汁 30包(本店)", "青汁 30包(楽天市場店)"]
    assert [names[each] for each in twice] == ["美容液(本店 COS-40)", "美容液(本店 COS-40-T)"]
    assert names[alone] == "石けん"


def test_every_choice_of_a_product_says_which_shop(db: Database, as_manager: FlaskClient) -> None:
    with db.transaction() as session:
        for name in ("本店", "楽天市場店"):
            product = factories.product(session, shop=factories.shop(session, name=name), name="青汁 30包")
            factories.answer(session, product_id=product.id)
    for path in ("/answers", "/review", "/exports", "/reasons?period=all"):
        page = as_manager.get(path).text
        assert "青汁 30包(本店)" in page, path
        assert "青汁 30包(楽天市場店)" in page, path
