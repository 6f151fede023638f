"""The company's people at their work: log-in, a file taken in, a campaign, reviewing by keyboard, reasons, files, settings."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from tests import shop_files
from tests.browser.audit import faults
from tests.browser.conftest import log_in
from tests.browser.running import DESK, PHONE, Site
from tests.conftest import PASSWORD
from voc.accounts.tables import User
from voc.campaigns.tables import Campaign
from voc.customers.tables import Order
from voc.reviews.tables import Decision
from voc.surveys.tables import Answer

StaffPage = Callable[..., Page]


def test_it_lets_people_in_and_strangers_not(visitor: Callable[..., Page]) -> None:
    page = visitor(watch=("401",))
    page.goto("/review")
    expect(page).to_have_url(re.compile("/login"))
    page.get_by_label("メールアドレス").fill("staff@example.co.jp")
    page.get_by_label("パスワード").fill("not the right one")
    page.get_by_role("button", name="ログイン").click()
    expect(page.get_by_text("メールアドレスまたはパスワードが違います。")).to_be_visible()
    assert faults(page) == []
    log_in(page, "staff")
    page.get_by_role("button", name="ログアウト").click()
    expect(page).to_have_url(re.compile("/login"))


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["390", "1280"])
def test_a_shops_file_is_taken_in_after_its_columns_were_looked_at(
    site: Site, staff_page: StaffPage, tmp_path: Path, size: tuple[int, int]
) -> None:
    first = 9000 + size[0]
    orders = [
        shop_files.ec_cube_order(str(first + n), **{"会員ID": str(first + n), "メールアドレス": f"b{first + n}@example.jp"})
        for n in range(3)
    ]
    path = shop_files.write(tmp_path, f"order_{size[0]}.csv", shop_files.ec_cube_orders(*orders))
    page = staff_page("manager", size=size)
    page.goto("/imports")
    page.get_by_label("ファイル", exact=False).first.set_input_files(path)
    page.get_by_role("button", name="送って、中身を確かめる").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("列を確かめる")
    expect(page.locator("main")).to_contain_text("EC-CUBE 4")
    expect(page.locator("#preview")).to_contain_text("山田 花子")
    assert faults(page) == []
    page.get_by_role("button", name="この内容で取り込む").click()
    site.work()
    expect(page.get_by_text("つぎにすること")).to_be_visible()
    assert faults(page) == []
    assert site.scalar(sa.select(sa.func.count()).select_from(Order).where(Order.number.in_([str(first + n) for n in range(3)]))) == 3


def test_an_old_list_with_strange_headers_is_mapped_by_hand(site: Site, staff_page: StaffPage, tmp_path: Path) -> None:
    rows = [["A-1", "甘すぎて続きませんでした"], ["A-2", "引っ越しのため"], ["A-3", "毎月は飲みきれず余ってしまって"]]
    path = shop_files.write(tmp_path, "list.csv", shop_files.table(["管理", "ひとこと"], rows, encoding="cp932"))
    page = staff_page("manager")
    page.goto("/imports")
    page.get_by_label("ファイル", exact=False).first.set_input_files(path)
    page.get_by_label("お客様の声", exact=False).first.check()
    page.get_by_role("button", name="送って、中身を確かめる").click()
    column = page.locator("select[name^=column-text], select[name=column-text]").first
    if not column.is_visible():
        page.locator("summary", has_text="列の対応").first.click()
    with page.expect_response(lambda response: "/preview" in response.url):
        column.select_option("ひとこと")
    expect(page.locator("#preview")).to_contain_text("甘すぎて続きませんでした")
    page.get_by_label("新しいショップ", exact=True).check()
    page.locator("input[name=new_shop]").fill("解約メモ")
    page.get_by_role("button", name="この内容で取り込む").click()
    site.work()
    expect(page.get_by_text("つぎにすること")).to_be_visible()
    assert site.scalar(sa.select(sa.func.count()).select_from(Answer).where(Answer.text == "引っ越しのため")) >= 1


def test_a_wrong_file_is_refused_with_what_to_do(staff_page: StaffPage, tmp_path: Path) -> None:
    path = tmp_path / "photo.csv"
    path.write_bytes(bytes(range(256)) * 40)
    page = staff_page("manager", watch=("422", "400"))
    page.goto("/imports")
    page.get_by_label("ファイル", exact=False).first.set_input_files(path)
    page.get_by_role("button", name="送って、中身を確かめる").click()
    expect(page.get_by_role("alert").first).to_be_visible()


def test_a_campaign_tells_how_many_before_anything_is_sent(site: Site, staff_page: StaffPage) -> None:
    page = staff_page("manager")
    page.goto("/campaigns/new")
    page.locator("input[name=name]").fill("冬の解約のお客様へ")
    expect(page.locator("#audience")).to_contain_text("この条件で")
    days = page.locator("input[name=window_days]")
    with page.expect_response(lambda response: "audience" in response.url or "preview" in response.url):
        days.fill("365")
        days.blur()
    expect(page.locator("#audience .count")).to_contain_text("人")
    assert faults(page) == []
    page.get_by_role("button", name="保存する").click()
    page.wait_for_url(re.compile(r"/campaigns/\d+$"))
    assert site.scalar(sa.select(Campaign.status).where(Campaign.name == "冬の解約のお客様へ")) == "draft"


def decisions(site: Site) -> int:
    found: int = site.scalar(sa.select(sa.func.count()).select_from(Decision).where(Decision.undone_at.is_(None)))
    return found


def begin_reviewing(page: Page) -> None:
    page.goto("/review")
    page.locator("main form[action$='/review/next'] button").first.click()
    page.wait_for_url(re.compile(r"/review/\d+"))


def test_reviewing_by_keyboard_alone(site: Site, staff_page: StaffPage) -> None:
    page = staff_page("staff")
    begin_reviewing(page)
    before, first = decisions(site), page.url
    words = page.locator(".voice").first.inner_text()
    for key in ("1", "2", "3", "4", "9"):
        page.keyboard.press(key)
        assert page.locator("input[name=primary]:checked").get_attribute("data-key") == key
    page.keyboard.press("h")
    page.keyboard.press("h")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url != first)
    assert decisions(site) == before + 1
    expect(page.locator(".voice").first).not_to_have_text(words)
    page.keyboard.press("u")
    page.wait_for_url(lambda url: url.split("?")[0] == first.split("?")[0])
    expect(page.locator(".voice").first).to_have_text(words)
    assert decisions(site) == before
    page.keyboard.press("?")
    expect(page.locator("#help")).to_have_attribute("open", "")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url.split("?")[0] != first.split("?")[0])
    assert decisions(site) == before + 1


@pytest.mark.parametrize("script", [True, False], ids=["touch", "no-script"])
def test_reviewing_by_touch_and_without_script(site: Site, staff_page: StaffPage, script: bool) -> None:
    page = staff_page("staff", size=PHONE, script=script)
    begin_reviewing(page)
    before, first = decisions(site), page.url
    page.locator("label.pick").nth(1).click()
    page.get_by_role("button", name="決定して次へ").click()
    page.wait_for_url(lambda url: url.split("?")[0] != first.split("?")[0])
    assert decisions(site) == before + 1


def test_reasons_lead_to_the_words_behind_them(staff_page: StaffPage) -> None:
    page = staff_page("manager")
    page.goto("/reasons?period=all")
    expect(page.locator("main")).to_contain_text("本当の理由")
    link = page.locator("main a[href*='/reasons/replies']").first
    link.click()
    page.wait_for_url(re.compile("/reasons/replies"))
    expect(page.locator(".voice").first).to_be_visible()
    page.goto("/kpi")
    expect(page.locator("main")).to_contain_text("F2転換率")


@pytest.mark.parametrize("kind", ["replies", "breakdown", "decisions"])
def test_files_are_handed_out_and_open_again(staff_page: StaffPage, tmp_path: Path, kind: str) -> None:
    page = staff_page("manager")
    page.goto("/exports?period=all")
    for form in ("xlsx", "csv"):
        with page.expect_download() as waiting:
            page.locator(f"button[formaction*='/exports/{kind}'][value={form}]").click()
        path = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(path)
        assert path.suffix == f".{form}"
        if form == "xlsx":
            rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
        else:
            data = path.read_bytes()
            assert data.startswith(b"\xef\xbb\xbf")
            rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
        assert len(rows) > 5
        assert all(len(row) == len(rows[0]) for row in rows)


def test_an_administrator_makes_and_stops_an_account(site: Site, staff_page: StaffPage, visitor: Callable[..., Page]) -> None:
    page = staff_page("admin")
    page.goto("/users/new")
    page.get_by_label("メールアドレス").fill("new@example.co.jp")
    page.get_by_label("お名前").fill("新人")
    page.locator("input[type=password]").first.fill(PASSWORD)
    page.locator("main form button").last.click()
    page.wait_for_url(re.compile("/users$"))
    expect(page.get_by_text("新人").first).to_be_visible()
    user_id = site.scalar(sa.select(User.id).where(User.email == "new@example.co.jp"))
    page.goto(f"/users/{user_id}")
    page.get_by_label("ログインできる").uncheck()
    page.locator("main form button").last.click()
    page.wait_for_url(re.compile("/users$"))
    stranger = visitor(watch=("401",))
    stranger.goto("/login")
    stranger.get_by_label("メールアドレス").fill("new@example.co.jp")
    stranger.get_by_label("パスワード").fill(PASSWORD)
    stranger.get_by_role("button", name="ログイン").click()
    expect(stranger).to_have_url(re.compile("/login"))


def test_what_the_company_says_stands_on_the_survey(site: Site, staff_page: StaffPage, visitor: Callable[..., Page]) -> None:
    page = staff_page("admin")
    page.goto("/settings")
    desk = page.get_by_label("窓口の名前")
    desk.fill("すこやか係")
    page.get_by_role("button", name="保存する").click()
    expect(page.get_by_role("status").first).to_contain_text("保存しました")
    customer = visitor(size=PHONE)
    customer.wait_for_timeout(3_100)  # surveys read the company's settings anew every few seconds
    customer.goto(f"/s/{site.open_tokens(1)[0]}")
    expect(customer.locator("body")).to_contain_text("すこやか係")


def test_an_alert_is_worked_and_taken_back(staff_page: StaffPage) -> None:
    page = staff_page("staff")
    page.goto("/alerts")
    before = page.locator("main").inner_text()
    buttons = page.locator("main button[name=status]")
    if not buttons.count():
        pytest.fail(f"no alert to work in the sample: {before[:80]}")
    buttons.first.click()
    page.wait_for_load_state()
    page.get_by_role("button", name="元に戻す").click()
    page.wait_for_load_state()


def test_it_speaks_english_on_wish(staff_page: StaffPage) -> None:
    page = staff_page("staff")
    page.goto("/")
    page.get_by_role("button", name="English").click()
    page.wait_for_load_state()
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_role("button", name="日本語").click()
    page.wait_for_load_state()
    assert page.locator("html").get_attribute("lang") == "ja"
