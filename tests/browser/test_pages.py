"""Every page: nothing wider than the screen, names on everything, contrast, no error, no other host."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Page

from tests.browser.addresses import pages
from tests.browser.audit import faults
from tests.browser.running import DESK, PHONE, Site
from voc.app import create_app
from voc.i18n import COOKIE


@pytest.mark.parametrize(
    ("size", "language"), [(PHONE, "ja"), (DESK, "ja"), (PHONE, "en"), (DESK, "en")], ids=["390", "1280", "390-english", "1280-english"]
)
def test_every_page_can_be_seen_and_operated(site: Site, staff_page: Callable[..., Page], size: tuple[int, int], language: str) -> None:
    app = create_app(site.settings)
    with site.db.reading() as session:
        addresses = pages(app, session)
    app.extensions["voc_db"].dispose()
    assert len(addresses) > 15
    page, wrong = staff_page("admin", size=size), []
    page.context.add_cookies([{"name": COOKIE, "value": language, "url": site.url}])
    for endpoint, address in addresses.items():
        answer = page.request.get(address)
        if answer.status >= 400:
            wrong.append(f"{endpoint} {address}: status {answer.status}")
        elif _is_page(answer):
            page.goto(address)
            wrong += [f"{endpoint} {address}: {fault}" for fault in faults(page, touch=44 if size == PHONE else 0)]
    assert not wrong, "\n".join(wrong)


def _is_page(answer: APIResponse) -> bool:
    """No file, and no part of a page that htmx fetches."""
    file = "attachment" in answer.headers.get("content-disposition", "")
    return not file and answer.headers["content-type"].startswith("text/html") and "<html" in answer.text()


def test_text_of_double_size_needs_no_sideways_scrolling(site: Site, staff_page: Callable[..., Page]) -> None:
    page = staff_page("admin", size=DESK)
    for address in ("/", "/review", "/alerts", "/reasons", "/campaigns", "/exports", "/settings", "/users"):
        page.goto(address)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1, address


def test_staff_see_only_what_they_may_open(staff_page: Callable[..., Page]) -> None:
    page = staff_page("staff")
    page.goto("/")
    links: list[Any] = page.locator("header nav a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert links
    for address in links:
        assert page.request.get(address).status == 200, address
