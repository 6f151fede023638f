"""The main job by command line alone: from two shops' files to reviewed, exported reasons. Real processes, real SMTP, real HTTP."""

import csv
import io
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

from tests import shop_files, smtp
from tests.conftest import PASSWORD
from voc.cli import main
from voc.clock import JST, now
from voc.config import ROOT

BASE = "https://voc.example.co.jp"
WORDS = "飲み忘れて、三箱も余ってしまいました。"
HARM = "飲み始めて三日目から、腕に赤い発疹が出てかゆいです。"


@dataclass
class Shell:
    """Somebody at a terminal."""

    home: Path
    environment: dict[str, str]

    def run(self, *words: str, stdin: str = "", code: int = 0) -> str:
        """A command, in this process: each one anew would cost more than the way itself."""
        done = CliRunner().invoke(main, words, input=stdin, env=self.environment)
        assert done.exit_code == code, f"{words}: {done.exit_code}\n{done.output}"
        return done.stdout

    def work(self) -> None:
        """The worker, until nothing is due: a process of its own, as it takes signals."""
        done = subprocess.run(
            [sys.executable, "-m", "voc", "worker", "--until-idle"], cwd=ROOT, env=os.environ | self.environment,
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def told(self, *words: str) -> Any:
        return json.loads(self.run(*words))

    @contextmanager
    def site(self) -> Iterator[str]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        process = subprocess.Popen([sys.executable, "-m", "voc", "serve", "--port", str(port)], cwd=ROOT, env=os.environ | self.environment)
        try:
            yield _healthy(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            assert process.wait(timeout=30) == 0


def _healthy(url: str) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:
                assert json.load(answer)["status"] == "ok"
                return url
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(url)


@dataclass
class Person:
    """Somebody with a browser that keeps cookies and follows nothing by itself."""

    url: str
    # The site believes that a proxy with a certificate stands before it: its cookies are for HTTPS.
    jar: CookieJar = field(default_factory=lambda: CookieJar(DefaultCookiePolicy(secure_protocols=("http", "https"))))

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, address to go to, body."""

        class Still(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *arguments: Any) -> None:
                return None

        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar), Still)
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        try:
            answer = opener.open(urllib.request.Request(self.url + path, data=data), timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.headers.get("Location", ""), answer.read().decode()

    def field(self, page: str, name: str) -> str:
        found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
        assert found, f"no {name} in the page"
        return found[1]

    def log_in(self, email: str) -> None:
        _, _, page = self.ask("/login")
        status, _, page = self.ask("/login", {"csrf_token": self.field(page, "csrf_token"), "email": email, "password": PASSWORD})
        assert status == 302, page


@pytest.fixture
def shell(database_url: str, tmp_path: Path) -> Shell:
    environment = {"VOC_DATABASE_URL": database_url, "VOC_INSTANCE_DIR": str(tmp_path / "instance"), "VOC_BASE_URL": BASE}
    return Shell(tmp_path, environment | {"VOC_MAIL_FROM": "voice@example.co.jp"})


def ec_cube_file(folder: Path) -> Path:
    """Three buyers whose 30 days are over since ten days, one who came back, one cancelled order; fees, discounts, doubled 送料."""
    past, later = (f"{(now() - timedelta(days=days)).astimezone(JST):%Y-%m-%d %H:%M:%S}" for days in (45, 12))
    goods = (("1", "青汁セブン 30日分", "AJ-30", "3980", "1"), ("2", "送料", "", "500", "1"), ("4", "初回割引", "", "-500", "1"))
    orders = [
        shop_files.ec_cube_order(
            str(100 + n), goods, **{"会員ID": str(n), "メールアドレス": f"buyer{n}@example.jp", "お名前(名)": f"花子{n}", "受注日": past}
        )
        for n in range(1, 6)
    ]
    again = shop_files.ec_cube_order("110", goods, **{"会員ID": "4", "メールアドレス": "buyer4@example.jp", "受注日": later})
    gone = shop_files.ec_cube_order(
        "111",
        goods,
        **{"会員ID": "9", "メールアドレス": "gone@example.jp", "受注日": past, "対応状況(ID)": "3", "対応状況(名称)": "注文取消し"},
    )
    return shop_files.write(folder, "order_eccube.csv", shop_files.ec_cube_orders(*orders, again, gone))


def shopify_file(folder: Path) -> Path:
    past = f"{(now() - timedelta(days=44)).astimezone(JST):%Y-%m-%d %H:%M:%S} +0900"
    orders = [
        shopify_order
        for n in range(1, 3)
        for shopify_order in [
            shop_files.shopify_order(f"#20{n}", ("SK-1", "SK-2"), **{"Email": f"shop{n}@example.com", "Created at": past})
        ]
    ]
    return shop_files.write(folder, "orders_export.csv", shop_files.shopify_orders(*orders))


def mails_in(folder: Path) -> list[EmailMessage]:
    found = [message_from_bytes(path.read_bytes(), policy=default) for path in sorted(folder.glob("*.eml"))]
    return [mail for mail in found if isinstance(mail, EmailMessage)]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(mail: EmailMessage) -> str:
    found = re.search(rf"{re.escape(BASE)}(/s/[\w-]+)", text_of(mail))
    assert found, text_of(mail)
    return found[1]


def test_the_whole_way(shell: Shell, tmp_path: Path) -> None:
    shell.run("migrate")
    for role in ("staff", "admin"):
        shell.run("user", "add", f"{role}@example.co.jp", "--role", role, "--password-stdin", stdin=f"{PASSWORD}\n")
    take_in_orders(shell, tmp_path)
    by_file = ask_by_file(shell, tmp_path)
    by_smtp = ask_over_smtp(shell)
    with shell.site() as url:
        answer(Person(url), by_file, by_smtp)
        shell.work()
        review(Person(url))
    report(shell)
    hand_out(shell, tmp_path)


def take_in_orders(shell: Shell, folder: Path) -> None:
    told = shell.told("import", "orders", str(ec_cube_file(folder)), "--shop", "本店", "--json")
    assert (told["shop"], told["encoding"], told["rows"], told["imported"]) == ("本店", "cp932", 21, 7)
    assert told["rows"] == told["imported"] + told["updated"] + told["merged"] + len(told["skipped"])
    again = shell.told("import", "orders", str(folder / "order_eccube.csv"), "--shop", "本店", "--json")
    assert (again["imported"], again["updated"]) == (0, 0)
    other = shell.told("import", "orders", str(shopify_file(folder)), "--shop", "Shopify 店", "--json")
    assert (other["encoding"].startswith("utf-8"), other["rows"], other["imported"], other["merged"]) == (True, 4, 2, 2)
    broken = shop_files.write(folder, "broken.csv", (folder / "order_eccube.csv").read_bytes()[:-300])
    shell.run("import", "orders", str(broken), "--shop", "本店", code=2)


def ask_by_file(shell: Shell, folder: Path) -> list[EmailMessage]:
    """Mails as .eml files. Asked are the buyers whose goods have run out, not who came back or cancelled."""
    shell.run("campaign", "add", "その後いかがですか", "--type", "one_off", "--days", "5", "--activate", "--product", "AJ-30")
    assert "依頼 4 件" in shell.run("send")
    shell.work()
    mails = mails_in(folder / "instance" / "outbox")
    assert {str(mail["To"]) for mail in mails} == {f"buyer{n}@example.jp" for n in (1, 2, 3, 5)}
    assert all("List-Unsubscribe-Post" in mail and "voice@example.co.jp" in str(mail["From"]) for mail in mails)
    assert "依頼 0 件" in shell.run("send")  # nobody is asked twice
    return mails


def ask_over_smtp(shell: Shell) -> list[EmailMessage]:
    """The other shop's buyers, over a real connection; first the server is away, and nothing is lost."""
    shell.run("campaign", "add", "美容液のその後", "--type", "one_off", "--days", "5", "--activate", "--product", "SK-1")
    assert "依頼 2 件" in shell.run("send")
    with smtp.mail_server() as server:
        shell.environment["VOC_SMTP_URL"] = server.url
        shell.work()
        raw = [mail.body for mail in server.mails]
    del shell.environment["VOC_SMTP_URL"]
    mails = [message_from_bytes(one, policy=default) for one in raw]
    assert {str(mail["To"]) for mail in mails} == {"shop1@example.com", "shop2@example.com"}
    return [mail for mail in mails if isinstance(mail, EmailMessage)]


def answer(customer: Person, by_file: list[EmailMessage], by_smtp: list[EmailMessage]) -> None:
    first, second = link_in(by_file[0]), link_in(by_smtp[0])
    status, _, page = customer.ask(first)
    assert status == 200
    assert 'name="stated"' in page
    assert 'name="expectation"' in page
    given = {"stated": "price", "text": WORDS, "expectation": "3"}
    status, place, _ = customer.ask(first, given)
    assert status == 303
    assert customer.ask(first, given)[:2] == (status, place)  # the same again is the same answer
    assert customer.ask(first)[0] == 410
    assert customer.ask(second, {"stated": "dissatisfaction", "text": HARM, "expectation": "1"})[0] == 303
    vague = link_in(by_file[1])
    _, place, _ = customer.ask(vague, {"stated": "no_reason", "text": "特になし", "expectation": ""})
    assert place.removeprefix(customer.url).startswith(vague)
    assert customer.ask("/s/nobody-has-this-token")[0] == 404
    assert list(customer.jar) == []
    leave = re.search(rf"{re.escape(BASE)}(/u/[\w-]+)", str(by_file[2]["List-Unsubscribe"]))
    assert leave
    assert customer.ask(leave[1])[0] == 200
    assert customer.ask(leave[1], {"List-Unsubscribe": "One-Click"})[0] == 200


def review(staff: Person) -> None:
    """The alarming one comes first; it is decided, and so is one more."""
    staff.log_in("staff@example.co.jp")
    _, _, page = staff.ask("/review")
    status, place, page = staff.ask("/review/next", {"csrf_token": staff.field(page, "csrf_token")})
    assert status in (302, 303), page
    _, _, page = staff.ask(place.removeprefix(staff.url))
    assert "発疹" in page
    form = {name: staff.field(page, name) for name in ("csrf_token", "round", "opened", "prediction_id")}
    shown = place.removeprefix(staff.url).split("?")[0]
    status, place, page = staff.ask(shown, form | {"primary": "side_effect", "alerts": "health_harm", "action": "decide", "from": "alert"})
    assert status in (302, 303), page


def report(shell: Shell) -> None:
    told = shell.told("report", "breakdown", "--json")
    counts = {line["group"]: line["raw_count"] for line in told["groups"]}
    assert sum(counts.values()) == 3
    assert counts["dissatisfaction"] >= 1
    assert (told["asked"], told["answered"], told["reviewed"]) == (6, 3, 1)
    assert "不満" in shell.run("report", "breakdown")


def hand_out(shell: Shell, folder: Path) -> None:
    for kind in ("replies", "breakdown", "decisions"):
        for name in (f"{kind}.csv", f"{kind}.xlsx"):
            shell.run("export", kind, "-o", str(folder / name))
    shell.run("export", "replies", "-o", str(folder / "replies-sjis.csv"), "--encoding", "cp932")
    plain = (folder / "replies.csv").read_bytes()
    assert plain.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(plain.decode("utf-8-sig"))))
    assert any(WORDS in cell for row in rows for cell in row)
    assert len(rows) == 4
    assert WORDS in (folder / "replies-sjis.csv").read_bytes().decode("cp932")
    book = CalamineWorkbook.from_path(str(folder / "replies.xlsx"))
    cells = [str(cell) for row in book.get_sheet_by_index(0).to_python() for cell in row]
    assert any(WORDS in cell for cell in cells)
    assert len(book.sheet_names) > 1  # the manifest
    decided = list(csv.reader(io.StringIO((folder / "decisions.csv").read_text(encoding="utf-8-sig"))))
    assert len(decided) == 2


def test_old_replies_straight_away(shell: Shell, tmp_path: Path) -> None:
    """A list of old reasons: classified without a database, then taken in, read and handed out again."""
    rows = [["001", "高くて続けられませんでした", "定期"], ["002", "味が苦手でした", "定期"], ["003", "引っ越すことになりました", "通常"]]
    old = shop_files.write(tmp_path, "解約理由.csv", shop_files.table(["番号", "解約理由", "買い方"], rows, encoding="cp932"))
    without = Shell(tmp_path, {"VOC_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "VOC_INSTANCE_DIR": str(tmp_path / "none")})
    without.run("classify", str(old), "-o", str(tmp_path / "result.csv"))
    result = list(csv.DictReader(io.StringIO((tmp_path / "result.csv").read_text(encoding="utf-8-sig"))))
    assert [row["番号"] for row in result] == ["001", "002", "003"]
    assert result[0]["primary"] == "price"
    assert {"primary_label", "group", "secondary", "alerts", "confidence", "auto", "evidence", "suggestions"} <= set(result[0])
    assert result[0]["suggestions"].split("|")[0] == result[0]["primary"]
    shell.run("migrate")
    told = shell.told("import", "replies", str(old), "--json")
    assert told["imported"] == 3
    assert shell.told("import", "replies", str(old), "--json")["imported"] == 0
    shell.work()
    assert shell.told("report", "breakdown", "--json")["replies"] == 3
    shell.run("export", "replies", "-o", str(tmp_path / "replies.xlsx"))
    assert len(CalamineWorkbook.from_path(str(tmp_path / "replies.xlsx")).get_sheet_by_index(0).to_python()) == 4
