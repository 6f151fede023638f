"""Alerts to be worked: their order, what people do about them, and undoing it."""

from datetime import timedelta

import sqlalchemy as sa
from flask.testing import FlaskClient

from tests import factories
from voc.audit import Event
from voc.clock import now
from voc.db import Database
from voc.readings.tables import Alert


def put(db: Database, code: str = "health_harm", text: str = "飲むと胃が痛い", **values: object) -> int:
    with db.transaction() as session:
        answer = factories.answer(session, text)
        return factories.alert(session, answer=answer, code=code, evidence=[[2, 6]], **values).id


def alert(db: Database, alert_id: int) -> Alert:
    with db.reading() as session:
        return session.get_one(Alert, alert_id)


def handle(client: FlaskClient, alert_id: int, status: str, seen: str = "open", **kw: object):  # type: ignore[no-untyped-def]
    return client.post(f"/alerts/{alert_id}", data={"status": status, "seen": seen, "note": "電話した"}, **kw)


def test_harm_to_the_body_stands_first_then_what_is_due(as_staff: FlaskClient, db: Database) -> None:
    third = put(db, "winback", due_at=now() - timedelta(days=5))
    second, first = put(db, due_at=now() + timedelta(hours=2)), put(db, due_at=now() - timedelta(hours=2))
    page = as_staff.get("/alerts").text
    assert sorted((first, second, third), key=lambda n: page.index(f'id="alert-{n}"')) == [first, second, third]
    assert page.count("期限を過ぎています") >= 2


def test_what_raised_the_alert_is_marked(as_staff: FlaskClient, db: Database) -> None:
    put(db)
    assert '飲む<mark class="alert">と胃が痛</mark>い' in as_staff.get("/alerts").text


def test_done_is_kept_with_note_and_person_and_leaves_the_list(as_staff: FlaskClient, db: Database) -> None:
    one = put(db)
    answer = handle(as_staff, one, "done")
    assert (answer.status_code, answer.location) == (303, f"/alerts?handled={one}&was=open")
    row = alert(db, one)
    assert (row.status, row.note) == ("done", "電話した")
    assert row.handled_by is not None
    assert "対応を待っているものはありません" in as_staff.get("/alerts").text
    assert "電話した" in as_staff.get("/alerts?state=finished").text
    with db.reading() as session:
        assert session.scalar(sa.select(Event.data).where(Event.kind == "alert.handled"))["after"] == "done"


def test_it_is_taken_back_from_the_strip(as_staff: FlaskClient, db: Database) -> None:
    one = put(db)
    strip = as_staff.get(handle(as_staff, one, "dismissed").location).text
    assert "該当なしにしました" in strip
    handle(as_staff, one, "open", seen="dismissed")
    row = alert(db, one)
    assert (row.status, row.handled_by, row.handled_at) == ("open", None, None)


def test_with_script_the_card_is_exchanged_and_the_numbers_above(as_staff: FlaskClient, db: Database) -> None:
    one = put(db)
    assert "対応を待っているものが1件" in as_staff.get("/alerts").text
    part = handle(as_staff, one, "done", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith("<article")
    assert "元に戻す" in part
    assert part.count('hx-swap-oob="true"') == 2
    assert "いま、対応を待っているものはありません。" in part
    assert "<html" not in part


def test_somebody_elses_change_is_not_overwritten(as_staff: FlaskClient, db: Database) -> None:
    one = put(db)
    handle(as_staff, one, "done")
    late = handle(as_staff, one, "dismissed")
    assert late.status_code == 409
    assert "ほかの方が先に" in late.text
    assert alert(db, one).status == "done"


def test_with_script_a_conflict_shows_the_newest_state_and_what_was_typed(as_staff: FlaskClient, db: Database) -> None:
    one = put(db)
    handle(as_staff, one, "dismissed")
    part = as_staff.post(f"/alerts/{one}", data={"status": "done", "seen": "open", "note": "長いメモ"}, headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "ほかの方が先に" in part.text
    assert "長いメモ" in part.text
    assert alert(db, one).status == "dismissed"


def test_what_is_worked_on_stays_in_the_list(as_staff: FlaskClient, db: Database) -> None:
    one = put(db)
    handle(as_staff, one, "confirmed")
    assert f'id="alert-{one}"' in as_staff.get("/alerts").text
    assert f'id="alert-{one}"' not in as_staff.get("/alerts?state=open").text


def test_filters_by_kind_product_and_lateness(as_staff: FlaskClient, db: Database) -> None:
    late, other = put(db, due_at=now() - timedelta(days=1)), put(db, "legal")
    with db.transaction() as session:
        product = factories.product(session, shop=factories.shop(session))
        sold = factories.alert(session, answer=factories.answer(session, product_id=product.id)).id
        product_id = product.id
    shown = {query: [n for n in (late, other, sold) if f'id="alert-{n}"' in as_staff.get(f"/alerts?{query}").text]
             for query in ("code=legal", "state=overdue", f"product={product_id}", "code=nonsense&state=nonsense")}  # fmt: skip
    assert shown == {
        "code=legal": [other],
        "state=overdue": [late],
        f"product={product_id}": [sold],
        "code=nonsense&state=nonsense": [late, other, sold],
    }


def test_it_pages(as_staff: FlaskClient, db: Database) -> None:
    with db.transaction() as session:
        for _ in range(23):
            factories.alert(session, answer=factories.answer(session))
    assert as_staff.get("/alerts").text.count("<article") == 20
    assert as_staff.get("/alerts?page=2").text.count("<article") == 3
    assert as_staff.get("/alerts?page=99").text.count("<article") == 3


def test_the_page_never_says_that_no_alert_means_no_harm(as_staff: FlaskClient, db: Database) -> None:
    assert "訴えがないことの証明ではありません" in as_staff.get("/alerts").text
    put(db)
    assert "訴えがないことの証明ではありません" in as_staff.get("/alerts").text
