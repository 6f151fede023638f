"""A site with a made-up company behind it, and Chromium in front of it.

Without Chromium the tests of this folder are left out, and one line says so; on CI that is a failure.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Route, sync_playwright

from tests.browser.running import CHROMIUM, DESK, FLAGS, PHONE, ROLES, Site, running
from tests.conftest import PASSWORD
from voc.sample.build import Size

HERE = Path(__file__).parent


_left_out: list[str] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    ours = [item for item in items if HERE in item.path.parents]
    for item in ours:
        item.add_marker(pytest.mark.browser)
    if not ours or CHROMIUM is not None:
        return
    if os.environ.get("CI") == "true":
        raise pytest.UsageError("Chromium is missing: on CI nothing is left out. Install it: apt-get install chromium fonts-noto-cjk")
    items[:] = [item for item in items if item not in ours]
    config.hook.pytest_deselected(items=ours)
    _left_out.append(f"{len(ours)} tests through a browser: no Chromium was found (apt-get install chromium fonts-noto-cjk)")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in _left_out:
        terminalreporter.write_line(f"LEFT OUT: {line}", yellow=True)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for all browser tests: they use different customers' links and their own uploads."""
    with running(tmp_path_factory.mktemp("site"), Size(customers=500, replies=200, open_links=60)) as found:
        yield found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@dataclass
class Watch:
    """What a page must never do: write errors to the console, ask another host."""

    home: str
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()
    """Parts of messages that a test brings about on purpose, such as the status of a refused request."""

    def console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(part in message.text for part in self.expected):
            self.errors.append(f"{message.type}: {message.text}")

    def crash(self, error: Any) -> None:
        self.errors.append(f"exception: {error}")

    def request(self, request: Request) -> None:
        if not request.url.startswith((self.home, "data:", "blob:")):
            self.strangers.append(request.url)


Open = Callable[..., Page]


@pytest.fixture
def opened(site: Site, chromium: Browser) -> Iterator[Callable[..., tuple[BrowserContext, Watch]]]:
    """Makes browser contexts, watches them, and judges them when the test is over."""
    contexts: list[tuple[BrowserContext, Watch]] = []

    def new(
        *, size: tuple[int, int] = DESK, script: bool = True, watch: tuple[str, ...] = (), **options: Any
    ) -> tuple[BrowserContext, Watch]:
        context = chromium.new_context(
            base_url=site.url, viewport={"width": size[0], "height": size[1]}, java_script_enabled=script, locale="ja-JP",
            timezone_id="Asia/Tokyo", has_touch=size == PHONE, is_mobile=size == PHONE, accept_downloads=True, **options,
        )  # fmt: skip
        context.set_default_timeout(15_000)
        watching = Watch(site.url, expected=watch)
        context.on("console", watching.console)
        context.on("weberror", lambda error: watching.crash(error.error))
        context.on("request", watching.request)
        context.route(lambda url: not url.startswith(site.url), _refuse)
        contexts.append((context, watching))
        return context, watching

    yield new
    for context, _ in contexts:
        context.close()
    for _, watching in contexts:
        assert watching.errors == []
        assert watching.strangers == []


def _refuse(route: Route) -> None:
    route.abort()


@pytest.fixture
def visitor(opened: Callable[..., tuple[BrowserContext, Watch]]) -> Open:
    """A page of somebody without log-in."""
    return lambda **options: opened(**options)[0].new_page()


@pytest.fixture(scope="session")
def cookies(site: Site, chromium: Browser) -> dict[str, Any]:
    """Each role's log-in, made once by the form itself."""
    found = {}
    for role in ROLES:
        context = chromium.new_context(base_url=site.url, locale="ja-JP")
        page = context.new_page()
        log_in(page, role)
        found[role] = context.storage_state()
        context.close()
    return found


def log_in(page: Page, role: str) -> None:
    page.goto("/login")
    page.get_by_label("メールアドレス").fill(f"{role}@example.co.jp")
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="ログイン").click()
    page.wait_for_url(lambda url: "/login" not in url)


@pytest.fixture
def staff_page(opened: Callable[..., tuple[BrowserContext, Watch]], cookies: dict[str, Any]) -> Open:
    """A page of somebody who is logged in: ``staff_page("manager", size=PHONE)``."""
    return lambda role="admin", **options: opened(storage_state=cookies[role], **options)[0].new_page()
