"""The review by browser, without script: start, decide, go on, undo, pass on, judge; and what each role sees."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests import factories
from voc.accounts.tables import User
from voc.db import Database
from voc.readings.tables import Alert
from voc.reviews.tables import AuditDraw, Claimed, Decision
from voc.surveys.tables import FollowUp

LogIn = Callable[[str], FlaskClient]


def put(db: Database, text: str = "飲み忘れて余りました", *, confidence: float = 0.3, double: bool | None = None, **values: object) -> int:
    with db.transaction() as session:
        answer = factories.answer(session, text, **values)
        factories.prediction(session, answer=answer, confidence=confidence, evidence=[[0, 4, "for"]])
        if double is not None:
            factories.draw(session, answer=answer, double=double)
        return answer.id


def decide(client: FlaskClient, answer_id: int, primary: str = "unused_stock", **form: object):  # type: ignore[no-untyped-def]
    return client.post(f"/review/{answer_id}", data={"round": "first", "action": "decide", "primary": primary} | form)


def decisions(db: Database) -> list[Decision]:
    with db.reading() as session:
        return list(session.scalars(sa.select(Decision).order_by(Decision.id)))


def test_starting_leads_to_the_first_answer_and_deciding_to_the_next(as_staff: FlaskClient, db: Database) -> None:
    one, two = put(db, confidence=0.1), put(db, confidence=0.2)
    started = as_staff.post("/review/next")
    assert (started.status_code, started.location) == (303, f"/review/{one}?from=hard")
    went_on = decide(as_staff, one)
    assert went_on.location == f"/review/{two}?from=hard"
    assert decide(as_staff, two).location == "/review"
    assert "おつかれさま" in as_staff.get("/review").text
    assert [row.primary_leaf for row in decisions(db)] == ["unused_stock", "unused_stock"]


def test_the_page_shows_words_evidence_and_what_was_ticked(as_staff: FlaskClient, db: Database) -> None:
    answer = put(db, stated="price", expectation=3)
    with db.transaction() as session:
        question = FollowUp(answer_id=answer, question="stock_left", answered_at=factories.now(), text="三袋です")
        session.add(question)
    page = as_staff.get(f"/review/{answer}").text
    assert '<mark class="for">飲み忘れ</mark>て余りました' in page
    assert "いま、どのくらい残っていますか" in page
    assert "三袋です" in page
    assert "値段が高い" in page
    assert "期待どおり" in page


def test_markup_in_a_customers_words_is_shown_as_words(as_staff: FlaskClient, db: Database) -> None:
    page = as_staff.get(f"/review/{put(db, '<script>alert(1)</script>')}").text
    assert "<script>alert" not in page


def test_the_filters_go_along_from_answer_to_answer(as_staff: FlaskClient, db: Database) -> None:
    one, two = put(db, confidence=0.9), put(db, confidence=0.9)
    started = as_staff.post("/review/next", data={"stream": "all", "reason": "unused_stock"})
    assert started.location == f"/review/{two}?stream=all&reason=unused_stock&from=all"
    went_on = decide(as_staff, two, stream="all", reason="unused_stock", **{"from": "all"})
    assert went_on.location == f"/review/{one}?stream=all&reason=unused_stock&from=all"
    assert decisions(db)[0].stream == "search"


def test_the_likeliest_reason_is_chosen_but_not_in_a_random_draw(as_staff: FlaskClient, db: Database) -> None:
    assert 'id="leaf-unused_stock" data-key="1" required checked' in as_staff.get(f"/review/{put(db)}").text
    assert "required checked" not in as_staff.get(f"/review/{put(db, double=False)}").text


def test_leaving_for_later_brings_the_next_one_and_decides_nothing(as_staff: FlaskClient, db: Database) -> None:
    one, two = put(db, confidence=0.1), put(db, confidence=0.2)
    as_staff.post("/review/next")
    skipped = as_staff.post(f"/review/{one}", data={"round": "first", "action": "skip"})
    assert skipped.location == f"/review/{two}?from=hard"
    assert decisions(db) == []
    assert as_staff.post("/review/next").location == f"/review/{one}?from=hard"


def test_passing_on_brings_it_to_another_with_the_note(log_in: LogIn, db: Database) -> None:
    staff, manager = log_in("staff"), log_in("manager")
    answer = put(db)
    staff.post(f"/review/{answer}", data={"round": "first", "action": "pass_on", "pass_note": "体調の話でしょうか"})
    assert staff.post("/review/next").location == "/review"
    assert manager.post("/review/next").location == f"/review/{answer}?from=passed_on"
    assert "体調の話でしょうか" in manager.get(f"/review/{answer}").text


def test_undo_leads_back_to_the_answer_with_the_choice_as_it_was(as_staff: FlaskClient, db: Database) -> None:
    one, _two = put(db, confidence=0.1), put(db, confidence=0.2)
    decide(as_staff, one, "price", note="迷った", alerts=["winback"], **{"from": "hard"})
    back = as_staff.post("/review/undo")
    assert back.status_code == 303
    assert back.location == f"/review/{one}?again=1&from=hard"
    page = as_staff.get(back.location).text
    assert 'id="leaf-price" data-key="3" required checked' in page
    assert "迷った" in page
    with db.reading() as session:
        assert session.scalar(sa.select(Alert.id)) is None


def test_undo_without_anything_to_undo_says_so_and_stays(as_staff: FlaskClient, db: Database) -> None:
    answer = put(db)
    back = as_staff.post("/review/undo", data={"here": str(answer)})
    assert back.location == f"/review/{answer}"
    assert "元に戻せる決定がありません" in as_staff.get(back.location).text


def test_whoever_comes_second_keeps_what_was_typed(log_in: LogIn, db: Database) -> None:
    staff, manager = log_in("staff"), log_in("manager")
    answer = put(db)
    decide(staff, answer, "price")
    late = decide(manager, answer, "quality", note="長く書いたメモ")
    assert late.status_code == 409
    assert "staff 田中さんが先に「価格が高い」と決定しました" in late.text
    assert "長く書いたメモ" in late.text
    assert "品質・使用感への不満" in late.text
    assert len(decisions(db)) == 1


def test_deciding_without_a_reason_says_what_to_do(as_staff: FlaskClient, db: Database) -> None:
    answer = put(db)
    page = decide(as_staff, answer, "", note="メモは残る")
    assert page.status_code == 422
    assert "理由を一つ選んでください" in page.text
    assert "メモは残る" in page.text
    assert decisions(db) == []


def test_an_answer_on_somebody_elses_screen_says_so(log_in: LogIn, db: Database) -> None:
    staff, manager = log_in("staff"), log_in("manager")
    answer = put(db)
    staff.post("/review/next")
    assert "staff 田中さんもこの回答を見ています" in manager.get(f"/review/{answer}").text
    staff.post("/review/stop")
    with db.reading() as session:
        assert session.scalar(sa.select(Claimed.answer_id)) is None


def test_the_second_coder_sees_neither_reading_nor_first_decision(log_in: LogIn, db: Database) -> None:
    staff, manager = log_in("staff"), log_in("manager")
    answer = put(db, double=True)
    with db.transaction() as session:
        factories.alert(session, answer=session.get_one(factories.Answer, answer))
    decide(staff, answer, "price", note="一人目のメモ", alerts=["health_harm"], alerts_seen=["health_harm"])
    assert manager.post("/review/next", data={"stream": "second"}).location == f"/review/{answer}?stream=second&from=second"
    page = manager.get(f"/review/{answer}").text
    for hidden in ("<mark", "70%", "一人目のメモ", "田中さん", "checked", "健康被害の訴え?"):
        assert hidden not in page, hidden
    assert manager.post(f"/review/{answer}", data={"round": "second", "action": "decide", "primary": "quality"}).status_code == 303
    assert [(row.round, row.prediction_id) for row in decisions(db)] == [("first", None), ("second", None)]


def test_the_first_coder_sees_the_decided_page_and_may_not_code_twice(as_staff: FlaskClient, db: Database) -> None:
    answer = put(db, double=True)
    decide(as_staff, answer, "price")
    assert "取り消してやり直す" in as_staff.get(f"/review/{answer}").text
    assert decide(as_staff, answer, "price", round="second").status_code == 409


def test_a_manager_judges_between_two(log_in: LogIn, db: Database) -> None:
    staff, manager, admin = log_in("staff"), log_in("manager"), log_in("admin")
    answer = put(db, double=True)
    decide(staff, answer, "price")
    decide(manager, answer, "quality", round="second")
    assert staff.get(f"/review/{answer}/adjudicate").status_code == 403
    listed = admin.get("/review/agreement").text
    assert "1件が最終の判断を待っています" in listed
    page = admin.get(f"/review/{answer}/adjudicate").text
    assert "staff 田中" in page
    assert "価格が高い" in page
    judged = admin.post(f"/review/{answer}/adjudicate", data={"round": "adjudication", "primary": "quality"})
    assert judged.location == "/review/agreement"
    assert "最終の判断を待っているものはありません" in admin.get("/review/agreement").text
    assert [row.round for row in decisions(db)] == ["first", "second", "adjudication"]


def test_a_manager_sends_random_draws_to_review(as_manager: FlaskClient, db: Database) -> None:
    for _ in range(5):
        put(db)
    as_manager.post("/review/draw", data={"number": "3"})
    assert "無作為に選んだ3件を、確認に回しました" in as_manager.get("/review").text
    with db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(AuditDraw)) == 3
    as_manager.post("/review/draw", data={"number": "0"})
    assert "1〜10,000の数を入れてください" in as_manager.get("/review").text


def test_staff_do_not_draw(as_staff: FlaskClient) -> None:
    assert as_staff.post("/review/draw", data={"number": "3"}).status_code == 403
    assert "無作為に確認に回す" not in as_staff.get("/review").text


def test_an_answer_that_is_gone_says_so(as_staff: FlaskClient) -> None:
    assert as_staff.get("/review/99").status_code == 404
    assert decide(as_staff, 99).status_code == 404


def test_an_answer_that_was_not_read_can_be_decided(as_staff: FlaskClient, db: Database) -> None:
    with db.transaction() as session:
        answer = factories.answer(session).id
    assert "まだ読み取られていません" in as_staff.get(f"/review/{answer}").text
    assert decide(as_staff, answer).status_code == 303


def test_the_customers_story_stands_beside_the_answer(as_staff: FlaskClient, db: Database) -> None:
    with db.transaction() as session:
        shop = factories.shop(session)
        customer = factories.customer(session, shop=shop, entry="初回980円の広告")
        product = factories.product(session, shop=shop, name="青汁セブン")
        for _ in range(3):
            factories.order(session, customer=customer, product=product, total=3980)
        factories.subscription(session, customer=customer, product=product)
        invitation = factories.invitation(session, customer=customer)
        factories.answer(session, "前の回答です", customer_id=customer.id)
        answer = factories.answer(session, customer_id=customer.id, product_id=product.id, invitation_id=invitation.id, source="web").id
    page = as_staff.get(f"/review/{answer}").text
    for fact in (
        "3回",
        "11,940円",
        "初回980円の広告",
        "3回目のご注文 3,980円",
        "定期を解約 青汁セブン",
        "アンケートのお願い",
        "前の回答です",
    ):
        assert fact in page, fact


@pytest.mark.parametrize("role", ["staff", "manager", "admin"])
def test_home_shows_the_way_when_the_house_is_empty(log_in: LogIn, role: str) -> None:
    page = log_in(role).get("/").text
    assert "四つの手順です" in page
    assert ("ファイルを取り込む" in page) is (role != "staff")


def test_home_says_what_to_do_now(log_in: LogIn, db: Database) -> None:
    answer = put(db)
    with db.transaction() as session:
        factories.alert(session, answer=session.get_one(factories.Answer, answer), due_at=factories.now() - factories.timedelta(days=1))
        factories.answer(session, "まだ読まれていない")
        factories.campaign(session, name="解約の方へ")
    staff, manager = log_in("staff").get("/").text, log_in("manager").get("/").text
    assert "健康被害の訴え 1件" in staff
    assert "うち1件は期限を過ぎています" in staff
    assert "読み取り待ち 1件" in staff
    assert "解約の方へ" not in staff
    assert "解約の方へ" in manager


def test_people_are_named_even_when_they_left_their_name_out(as_staff: FlaskClient, db: Database) -> None:
    answer = put(db)
    with db.transaction() as session:
        nameless = factories.user(session, name="", email="sato@example.co.jp")
        factories.decision(session, answer=session.get_one(factories.Answer, answer), by=nameless)
        assert session.get_one(User, nameless.id).display_name == "sato"
    assert "sato" in as_staff.get(f"/review/{answer}").text
