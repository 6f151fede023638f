"""A file's way in by the screens: upload, columns, job, result."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import factories, shop_files
from tests.shop_files import ec_cube_order, ec_cube_orders
from voc import clock
from voc.config import Settings
from voc.customers.tables import ColumnMapping, Customer, ImportRun, Order, Product, Shop
from voc.db import Database
from voc.jobs import Job
from voc.surveys.tables import Answer
from voc.worker import Worker

ODD = shop_files.table(["い", "ろ", "は", "に"], [["1", "2026/5/1", "a@example.jp", "発送済"], ["2", "2026/5/2", "b@example.jp", "取消"]])
CHOSEN = {
    "kind": "orders",
    "mapped": "orders",
    "platform": "generic",
    "column-number": "0",
    "column-ordered_at": "1",
    "column-email": "2",
    "column-status": "3",
}


def upload(client: FlaskClient, content: bytes, *, name: str = "orders.csv", kind: str = "auto") -> TestResponse:
    return client.post("/imports", data={"kind": kind, "file": (io.BytesIO(content), name)}, content_type="multipart/form-data")


def work(db: Database, settings: Settings) -> None:
    worker = Worker(db, settings)
    with db.transaction() as session:  # the reader of replies has tests of its own
        session.execute(sa.delete(Job).where(Job.name == "readings.read"))
    while worker.run_one():
        with db.transaction() as session:
            session.execute(sa.delete(Job).where(Job.name == "readings.read"))


def the_run(db: Database) -> ImportRun:
    with db.reading() as session:
        return session.scalars(sa.select(ImportRun).order_by(ImportRun.id.desc())).first()  # type: ignore[return-value]


def test_a_file_is_uploaded_confirmed_and_taken_in(as_manager: FlaskClient, db: Database, settings: Settings) -> None:
    assert "まだ何も取り込んでいません" in as_manager.get("/imports").text
    answer = upload(as_manager, ec_cube_orders(ec_cube_order("1"), ec_cube_order("2", **{"対応状況(ID)": "3"})))
    assert answer.status_code == 302
    address = answer.headers["Location"]
    page = as_manager.get(address).text
    for words in ("EC-CUBE 4の注文のファイルです", "hanako@example.jp", "2026-05-01 09:58", "4,480円", "取り消し"):
        assert words in page
    assert list(settings.uploads_dir.glob("import-1*"))
    answer = as_manager.post(f"{address}/confirm", data={"kind": "orders", "platform": "eccube4", "new_shop": "すこやか堂"})
    assert answer.headers["Location"] == address
    assert "順番を待っています" in as_manager.get(address).text
    work(db, settings)
    assert as_manager.get(f"{address}/progress").headers["HX-Refresh"] == "true"
    page = as_manager.get(address).text
    assert "4行を読み、注文2件を新しく取り込みました。" in page
    assert list(settings.uploads_dir.iterdir()) == []  # what was taken is not kept a second time
    with db.reading() as session:
        assert session.scalars(sa.select(Shop.name)).all() == ["すこやか堂"]
        assert len(session.scalars(sa.select(Order)).all()) == 2
    assert "orders.csv" in as_manager.get("/imports").text


def test_replies_go_the_same_way(as_manager: FlaskClient, db: Database, settings: Settings) -> None:
    address = upload(as_manager, shop_files.table(["日付", "解約理由"], [["2026/5/1", "飲みきれず余った"]]), name="解約理由.csv").headers[
        "Location"
    ]
    assert "飲みきれず余った" in as_manager.get(address).text
    as_manager.post(
        f"{address}/confirm",
        data={
            "kind": "replies",
            "new_shop": "自社ショップ",
            "purchase_type": "one_off",
            "mapped": "replies",
            "column-text": "1",
            "column-answered_at": "0",
        },
    )
    work(db, settings)
    assert "お客様の声1件を新しく取り込みました" in as_manager.get(address).text
    with db.reading() as session:
        assert session.scalars(sa.select(Answer)).one().purchase_type == "one_off"


def test_an_unknown_header_is_mapped_by_hand_and_remembered(as_manager: FlaskClient, db: Database, settings: Settings) -> None:
    address = upload(as_manager, ODD, kind="orders").headers["Location"]
    page = as_manager.get(address).text
    assert "次の列が決まっていない" in page
    assert "会員番号または" in page
    refused = as_manager.post(f"{address}/confirm", data={"kind": "orders", "new_shop": "本店"})
    assert "次の列が決まっていない" in refused.text
    assert the_run(db).status == "uploaded"
    assert "a@example.jp" in as_manager.get(f"{address}/preview", query_string=CHOSEN).text
    as_manager.post(f"{address}/confirm", data=CHOSEN | {"new_shop": "本店"})
    work(db, settings)
    with db.reading() as session:
        assert [order.status for order in session.scalars(sa.select(Order).order_by(Order.number))] == ["purchased", "cancelled"]
        assert session.scalars(sa.select(ColumnMapping)).one().mapping["columns"]["number"] == "い"
    page = as_manager.get(upload(as_manager, ODD.replace(b"2026/5/1", b"2026/6/1"), kind="orders").headers["Location"]).text
    assert "前回確かめた列の対応" in page
    assert "2026-06-01" in page


def test_the_encoding_can_be_changed(as_manager: FlaskClient) -> None:
    address = upload(as_manager, ec_cube_orders(ec_cube_order("1"))).headers["Location"]
    assert "文字が壊れて" in as_manager.get(address, query_string={"encoding": "utf-8"}).text
    assert "山田 花子" in as_manager.get(address, query_string={"encoding": "cp932"}).text


def test_a_file_of_another_kind_is_not_taken_before_that_is_cleared(as_manager: FlaskClient, db: Database) -> None:
    address = upload(as_manager, ec_cube_orders(ec_cube_order("1")), kind="customers").headers["Location"]
    assert "これは顧客ではなく注文のファイルのようです" in as_manager.get(address).text
    as_manager.post(f"{address}/confirm", data={"kind": "customers", "new_shop": "本店"})
    assert the_run(db).status == "uploaded"
    as_manager.post(f"{address}/confirm", data={"kind": "orders", "new_shop": "本店"})
    assert (the_run(db).status, the_run(db).kind) == ("queued", "orders")


def test_a_shop_must_be_named(as_manager: FlaskClient, db: Database) -> None:
    address = upload(as_manager, ec_cube_orders(ec_cube_order("1"))).headers["Location"]
    assert "ショップを選ぶか" in as_manager.post(f"{address}/confirm", data={"kind": "orders"}).text
    assert the_run(db).status == "uploaded"


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", bytes(range(256)) * 40])
def test_what_is_no_table_is_refused_at_once_and_not_kept(
    as_manager: FlaskClient, db: Database, settings: Settings, content: bytes
) -> None:
    answer = upload(as_manager, content)
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text
    assert list(settings.uploads_dir.iterdir()) == []
    assert the_run(db) is None


def test_a_file_that_is_refused_later_says_why_and_can_be_mended(as_manager: FlaskClient, db: Database, settings: Settings) -> None:
    rows = [[str(n), "いつか", "a@example.jp", ""] for n in range(5)]
    address = upload(as_manager, shop_files.table(["注文番号", "注文日", "メールアドレス", "予備"], rows)).headers["Location"]
    as_manager.post(f"{address}/confirm", data={"kind": "orders", "new_shop": "本店"})
    work(db, settings)
    page = as_manager.get(address).text
    for words in ("何も取り込んでいません", "5行のうち5行を読み取れない", "列の対応を直す", "注文日時を読み取れません(いつか)"):
        assert words in page
    assert "どの列" in as_manager.get(f"{address}?columns=1").text or "列の対応" in as_manager.get(f"{address}?columns=1").text
    skipped = as_manager.get(f"{address}/skipped.csv")
    assert "注文日時を読み取れません" in skipped.data.decode("utf-8-sig")
    as_manager.post(f"{address}/discard")
    assert list(settings.uploads_dir.iterdir()) == []


def test_a_file_can_be_thrown_away_instead(as_manager: FlaskClient, db: Database, settings: Settings) -> None:
    address = upload(as_manager, ec_cube_orders(ec_cube_order("1"))).headers["Location"]
    assert "何も取り込んでいません" in as_manager.post(f"{address}/discard", follow_redirects=True).text
    assert the_run(db) is None
    assert list(settings.uploads_dir.iterdir()) == []
    assert as_manager.get(address).status_code == 404


def test_a_file_is_taken_in_once_however_often_the_button_is_pressed(as_manager: FlaskClient, db: Database, settings: Settings) -> None:
    address = upload(as_manager, ec_cube_orders(ec_cube_order("1"))).headers["Location"]
    for _ in range(2):
        as_manager.post(f"{address}/confirm", data={"kind": "orders", "new_shop": "本店"})
    work(db, settings)
    assert as_manager.post(f"{address}/confirm", data={"kind": "orders", "new_shop": "本店"}).status_code == 404  # the file is gone
    with db.reading() as session:
        assert len(session.scalars(sa.select(Job).where(Job.name == "customers.import")).all()) == 1
        assert len(session.scalars(sa.select(Order)).all()) == 1


def test_a_worker_that_died_halfway_leaves_the_file_to_the_next(
    as_manager: FlaskClient, db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = upload(as_manager, ec_cube_orders(ec_cube_order("1"))).headers["Location"]
    as_manager.post(f"{address}/confirm", data={"kind": "orders", "new_shop": "本店"})
    with monkeypatch.context() as patched:
        patched.setattr("voc.customers.runs._close", lambda *_: (_ for _ in ()).throw(OSError("power cut")))
        work(db, settings)
    assert the_run(db).status == "running"
    with db.reading() as session:
        assert session.scalars(sa.select(Order)).all() == []
    with clock.frozen(clock.now() + timedelta(minutes=5)):
        work(db, settings)
    assert the_run(db).status == "taken"


def test_a_job_that_failed_for_good_can_be_asked_for_again(as_manager: FlaskClient, db: Database, settings: Settings) -> None:
    address = upload(as_manager, ec_cube_orders(ec_cube_order("1"))).headers["Location"]
    as_manager.post(f"{address}/confirm", data={"kind": "orders", "new_shop": "本店"})
    with db.transaction() as session:
        session.execute(sa.update(Job).where(Job.name == "customers.import").values(status="failed"))
    assert "もう一度取り込む" in as_manager.get(address).text
    as_manager.post(f"{address}/again")
    work(db, settings)
    assert the_run(db).status == "taken"


def test_the_page_says_when_nobody_works(as_manager: FlaskClient) -> None:
    address = upload(as_manager, ec_cube_orders(ec_cube_order("1"))).headers["Location"]
    as_manager.post(f"{address}/confirm", data={"kind": "orders", "new_shop": "本店"})
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        assert "ワーカーが動いていないようです" in as_manager.get(f"{address}/progress").text


def test_a_name_with_folders_and_signs_is_shown_harmlessly(as_manager: FlaskClient, db: Database, settings: Settings) -> None:
    content = shop_files.table(
        ["注文番号", "注文日", "メールアドレス", "商品名"], [["1", "2026/5/1", "a@example.jp", "<script>alert(1)</script>"]]
    )
    address = upload(as_manager, content, name="../../<b>\u202etxt.csv").headers["Location"]
    page = as_manager.get(address).text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page
    assert the_run(db).filename == "<b>txt.csv"
    assert {path.name for path in settings.uploads_dir.iterdir()} == {"import-1", "import-1.json"}


def test_staff_may_not_take_files_in(as_staff: FlaskClient) -> None:
    assert as_staff.get("/imports").status_code == 403
    assert upload(as_staff, b"a").status_code == 403
    assert as_staff.get("/products").status_code == 403


def test_an_upload_holds_no_lock_while_it_arrives(as_manager: FlaskClient, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow telephone sends for minutes: nobody else may wait for it."""
    from voc.customers import uploads

    arrived = uploads.receive

    def slowly(folder: Path, stream: io.BytesIO) -> uploads.Upload:
        with db.transaction() as session:  # would wait for ever for the request's own lock
            factories.shop(session, name="meanwhile")
        return arrived(folder, stream)

    monkeypatch.setattr("voc.customers.uploads.receive", slowly)
    assert upload(as_manager, ec_cube_orders(ec_cube_order("1"))).status_code == 302


def test_days_of_supply_are_edited_per_product(as_manager: FlaskClient, db: Database) -> None:
    with db.transaction() as session:
        shop = factories.shop(session)
        one = factories.product(session, shop=shop, name="青汁", days_supply=30)
        two = factories.product(session, shop=shop, name="茶")
    assert "青汁" in as_manager.get("/products").text
    answer = as_manager.post("/products", data={f"days-{one.id}": "６０", f"days-{two.id}": "30"}, follow_redirects=True)
    assert "1件の日数を変えました" in answer.text
    for wrong in ("0", "1001", "たくさん", ""):
        assert "1〜1000" in as_manager.post("/products", data={f"days-{one.id}": wrong}).text
    with db.reading() as session:
        assert session.get_one(Product, one.id).days_supply == 60
    assert "茶" not in as_manager.get("/products?q=青").text
    assert "見つかりません" in as_manager.get("/products?q=100%25").text


def test_customers_are_found_by_name_mail_number_and_telephone(as_staff: FlaskClient, db: Database) -> None:
    with db.transaction() as session:
        shop = factories.shop(session)
        factories.customer(session, shop=shop, external_id="A-77", email="hanako@example.jp", name="山田 花子", phone="09012345678")
        factories.customer(session, shop=shop, name="佐藤 一郎", email="ichiro@example.jp")
    for words in ("山田", "山田花子", "花子", "HANAKO@", "a-77", "A-77", "090-1234-5678"):
        page = as_staff.get("/customers", query_string={"q": words}).text
        assert "山田 花子" in page, words
        assert "佐藤 一郎" not in page, words
    assert "当てはまるお客様はいません" in as_staff.get("/customers?q=100%25_").text
    assert "2人" in as_staff.get("/customers").text


def test_a_customers_page_tells_orders_subscriptions_and_the_basis_for_mail(as_staff: FlaskClient, db: Database) -> None:
    with db.transaction() as session:
        shop = factories.shop(session)
        hanako = factories.customer(session, shop=shop)
        product = factories.product(session, shop=shop, name="青汁セブン")
        factories.order(session, customer=hanako, product=product, number="N-1", total=3980)
        factories.subscription(session, customer=hanako, product=product)
    page = as_staff.get(f"/customers/{hanako.id}").text
    for words in ("青汁セブン", "N-1", "3,980円", "うかがえます", "解約"):
        assert words in page
    assert as_staff.get("/customers/999").status_code == 404


def test_mail_is_stopped_by_staff_and_allowed_again_only_with_its_source(
    as_staff: FlaskClient, as_manager: FlaskClient, db: Database
) -> None:
    with db.transaction() as session:
        hanako = factories.customer(session, shop=factories.shop(session))
    page = as_staff.post(f"/customers/{hanako.id}/stop-mail", follow_redirects=True).text
    assert "お申し出により止めています" in page
    assert as_staff.post(f"/customers/{hanako.id}/allow-mail", data={"source": "x"}).status_code == 403
    assert "書いてください" in as_manager.post(f"/customers/{hanako.id}/allow-mail", data={"source": " "}).text
    page = as_manager.post(f"/customers/{hanako.id}/allow-mail", data={"source": "2026-11-20 お電話で"}, follow_redirects=True).text
    assert "うかがえます" in page
    assert "2026-11-20 お電話で" in page


def test_nobody_here_can_undo_a_customers_own_opt_out(as_manager: FlaskClient, db: Database) -> None:
    from voc.customers.tables import Suppression

    with db.transaction() as session:
        hanako = factories.customer(session, shop=factories.shop(session))
        session.add(Suppression(channel="mail", address=hanako.email, reason="opt_out"))
    answer = as_manager.post(f"/customers/{hanako.id}/allow-mail", data={"source": "お電話で"})
    assert "再開できません" in answer.text
    with db.reading() as session:
        assert session.scalars(sa.select(Suppression)).one().reason == "opt_out"
        assert session.scalars(sa.select(Customer)).one().email


def test_the_same_file_again_does_not_hide_the_rows_that_cannot_be_read(as_manager: FlaskClient, db: Database, settings: Settings) -> None:
    rows = [[str(number), "2026/5/1", f"a{number}@example.jp", "発送済"] for number in range(20)]
    content = shop_files.table(["い", "ろ", "は", "に"], [*rows, ["99", "いつか", "b@example.jp", "発送済"]])
    for _ in range(2):
        address = upload(as_manager, content).headers["Location"]
        as_manager.post(f"{address}/confirm", data=CHOSEN | {"shop": "+", "new_shop": "本店"})
        work(db, settings)
    page = as_manager.get(address).text
    assert "1行を取り込めず、ほかに新しいもの、変わったものはありません。" in page
    assert "すべて取り込み済み" not in page
