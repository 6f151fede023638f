"""Pictures of every page at 390 and 1280 px, for people to look at: ``python -m tests.browser.screenshots FOLDER [ENDPOINT…]``."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.addresses import pages
from tests.browser.conftest import log_in
from tests.browser.running import CHROMIUM, DESK, FLAGS, PHONE, Site, running
from voc.app import create_app
from voc.sample.build import Size


def main(folder: Path, only: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, running(Path(home), Size()) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for width, size in ((390, PHONE), (1280, DESK)):
            for_staff(browser, site, folder, only, width, size)
            for_customers(browser, site, folder, only, width, size)
        browser.close()


def for_staff(browser: Browser, site: Site, folder: Path, only: list[str], width: int, size: tuple[int, int]) -> None:
    page = _page(browser, site, size)
    page.goto("/login")
    _keep(page, folder, "accounts.login", width, only)
    log_in(page, "admin")
    app = create_app(site.settings)
    with site.db.reading() as session:
        addresses = pages(app, session)
    app.extensions["voc_db"].dispose()
    for endpoint, address in addresses.items():
        answer = page.request.get(address)
        if answer.headers["content-type"].startswith("text/html") and "<html" in answer.text():
            page.goto(address, wait_until="networkidle")
            _keep(page, folder, endpoint, width, only)


def for_customers(browser: Browser, site: Site, folder: Path, only: list[str], width: int, size: tuple[int, int]) -> None:
    page = _page(browser, site, size)
    first, second = site.open_tokens(40)[-2:] if width == size[0] == 390 else site.open_tokens(40)[:2]
    page.goto(f"/s/{first}")
    _keep(page, folder, "survey", width, only)
    page.get_by_label("値段が高い").check()
    page.get_by_role("textbox").fill("忙しくて")
    page.get_by_role("button").click()
    _keep(page, folder, "survey-follow-up", width, only)
    page.goto(f"/s/{second}")
    page.get_by_label("値段が高い").check()
    page.get_by_role("textbox").fill("年金暮らしには、毎月の4千円が重くなってきました。")
    page.get_by_role("button").click()
    _keep(page, folder, "survey-thanks", width, only)
    page.goto(f"/s/{second}")
    _keep(page, folder, "survey-answered", width, only)
    page.goto("/s/nobody-has-this-token")
    _keep(page, folder, "survey-unknown", width, only)


def _page(browser: Browser, site: Site, size: tuple[int, int]) -> Page:
    context = browser.new_context(
        base_url=site.url, viewport={"width": size[0], "height": size[1]}, locale="ja-JP", timezone_id="Asia/Tokyo",
        device_scale_factor=1, is_mobile=size == PHONE, has_touch=size == PHONE,
    )  # fmt: skip
    return context.new_page()


def _keep(page: Page, folder: Path, name: str, width: int, only: list[str]) -> None:
    if not only or any(wanted in name for wanted in only):
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots"), sys.argv[2:])
