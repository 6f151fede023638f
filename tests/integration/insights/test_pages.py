"""The pages of reasons: empty, small, filled; every figure leads to the replies behind it."""

import re
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient

from tests import factories as make
from voc import clock
from voc.db import Database

PAGES = ("/reasons", "/reasons/replies", "/reasons/compare", "/kpi")


@pytest.fixture
def filled(db: Database) -> None:
    """150 replies of the last weeks, 120 of them drawn and reviewed, two products, alerts."""
    with db.transaction() as session:
        shop, person = make.shop(session), make.user(session)
        products = [make.product(session, shop=shop, name=name) for name in ("青汁", "美容液")]
        for n in range(150):
            read = ("no_effect", "unused_stock", "price")[n % 3]
            answer = make.answer(
                session, f"{n} 番目の声 090-1234-5678", product_id=products[n % 2].id, stated="price" if n % 2 else "no_effect",
                answered_at=clock.now() - timedelta(days=n % 60),
            )  # fmt: skip
            make.prediction(session, answer=answer, primary_leaf=read, confidence=0.5 + n / 400)
            if n < 120:
                make.draw(session, answer=answer, probability=0.8)
                make.decision(session, answer=answer, by=person, stream="audit", primary_leaf="unused_stock" if n % 9 == 0 else read)
            if n % 20 == 0:
                make.alert(session, answer=answer)


def test_an_empty_house_says_what_to_do_next(as_manager: FlaskClient) -> None:
    for page in PAGES:
        answer = as_manager.get(page)
        assert answer.status_code == 200
        assert {"/reasons": "回答はまだありません", "/kpi": "注文の取り込みがまだありません"}.get(page, "ありません") in answer.text


def test_staff_may_not_see_reports(as_staff: FlaskClient) -> None:
    assert [as_staff.get(page).status_code for page in PAGES] == [403] * len(PAGES)


def test_a_few_replies_are_shown_without_shares(db: Database, as_manager: FlaskClient) -> None:
    with db.transaction() as session:
        for _ in range(8):
            make.prediction(session, answer=make.answer(session))
    text = as_manager.get("/reasons").text
    assert "回答がまだ8件と少ないため、割合は示せません" in text
    assert "回答が少なく、まだ示せません" in text
    assert '<svg class="dots' not in text


def test_reviewed_replies_are_shown_with_their_interval(filled: None, as_manager: FlaskClient) -> None:
    text = as_manager.get("/reasons").text
    assert text.count('<svg class="dots') >= 3
    assert "機械の集計" in text
    assert "多いのは" in text
    assert "選んだ理由と、本当の理由" in text
    assert "月ごと" in text
    assert "青汁" in text


WISHES = (
    "by=cohort", "by=purchase_type", "by=channel", "by=campaign", "by=nothing", "detail=1", "period=12m", "period=quarter", "from=2026-99-01", "type=one_off",
    "product=999999", "product=x", "channel=pigeon", "from=2030-01-01&to=2020-01-01", "period=all&type=subscription",
)  # fmt: skip


def test_every_way_of_asking_has_an_answer(filled: None, as_manager: FlaskClient) -> None:
    for page in PAGES:
        for wish in WISHES:
            assert as_manager.get(f"{page}?{wish}").status_code == 200, f"{page}?{wish}"


def test_every_figure_leads_to_as_many_replies_as_it_says(filled: None, as_manager: FlaskClient) -> None:
    text = as_manager.get("/reasons?period=all&detail=1").text
    table = text.split('<table class="reasons">')[1].split("</table>")[0]
    links = re.findall(r'<a href="([^"]+)">([\d,]+)件</a>', table)
    assert len(links) >= 7
    for href, number in links:
        assert f'<span class="faint num">{number}件</span>' in as_manager.get(unescape(href)).text, href
    reviewed = re.search(r'<a class="kpi" href="([^"]+reading=people[^"]*)"><span>人が確認</span><b>120</b>', text)
    assert reviewed is not None
    assert "120件" in as_manager.get(unescape(reviewed[1])).text


def test_matrix_cells_lead_to_their_replies(filled: None, as_manager: FlaskClient) -> None:
    text = as_manager.get("/reasons?period=all").text
    cells = re.findall(r'<a class="cell [^"]+" href="([^"]+stated=price[^"]+group=unused_stock[^"]*)"', text)
    assert cells
    page = as_manager.get(unescape(cells[0])).text
    assert "選んだ理由: 値段が高い" in page
    assert "余っている" in page


def test_voices_are_shown_without_personal_data(filled: None, as_manager: FlaskClient) -> None:
    page = as_manager.get("/reasons/replies").text
    assert "番目の声" in page
    assert "090-1234-5678" not in page
    assert "〔電話番号〕" in page


def test_replies_come_page_by_page_the_newest_first(filled: None, as_manager: FlaskClient) -> None:
    first, last = as_manager.get("/reasons/replies?period=all"), as_manager.get("/reasons/replies?period=all&page=99")
    assert "1 / 5" in first.text
    assert "5 / 5" in last.text
    assert "60 番目の声" in first.text or "0 番目の声" in first.text
    assert "次へ" not in last.text


def test_a_limit_can_be_taken_away(filled: None, as_manager: FlaskClient) -> None:
    page = as_manager.get("/reasons/replies?group=unused_stock&month=2026-01&reading=machine").text
    assert "機械の読み取りのまま" in page
    without = re.search(r'href="([^"]+)">余っている<span', page)
    assert without is not None
    assert "group=" not in without[1]
    assert "reading=machine" in without[1]


def test_two_products_side_by_side(filled: None, as_manager: FlaskClient) -> None:
    text = as_manager.get("/reasons/compare?by=product&period=all").text
    assert '<h2 id="apart">' in text
    assert "青汁" in text
    assert "違い" in text
    turned = as_manager.get("/reasons/compare?by=product&period=all&first=2&second=1").text
    assert re.search(r"<h2 id=\"apart\">美容液 / 青汁</h2>", turned)


def test_one_thing_alone_cannot_be_compared(filled: None, as_manager: FlaskClient) -> None:
    assert "比べるものがありません" in as_manager.get("/reasons/compare?by=purchase_type&period=all").text
