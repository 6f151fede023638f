"""How many customers the survey takes: pages a second, and answers a second that are durable and answered with the next page.

    python tests/bench/survey_load.py [--database sqlite|postgresql|both] [--clients 32] [--seconds 5] [--answers 3000] [--runs 3]

Clients are connections that are kept open, each with one request under way, all driven by one thread over plain
sockets: on a machine of two cores a load generator must cost little. An answer is a POST and the GET of the page that
it leads to; after the run every answer that was thanked for must be in the database. Each run has a site of its own;
the best counts, since what else the machine does can only make it slower, but an error in any run is a failure.
Exits with 1 when a goal is missed.
"""

import argparse
import selectors
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.site import empty_database, machine, open_database, running_site
from voc.accounts.company import Company, change
from voc.campaigns.tables import Campaign, Invitation
from voc.clock import now
from voc.customers.tables import Customer, Product, Shop
from voc.db import Database
from voc.links import new_token
from voc.surveys.questions import STATED
from voc.surveys.tables import Answer

START_SECONDS = 2.0
GOALS = {"page": (800, 150.0), "answer": (300, 250.0)}
TEXTS = (
    "朝バタバタして飲み忘れる日が多くて、気づいたら3袋たまっていました。",
    "特になし",
    "続けていたのですが、思ったほどの変化がなく、値段のわりに効果を感じられませんでした。",
    "",
    "近所のドラッグストアで似たものを見つけたので、そちらにしました。品質に不満があったわけではありません。",
)


@dataclass
class Client:
    """One connection with one request under way."""

    sock: socket.socket
    began: float = 0.0
    sent: float = 0.0
    received: bytearray = field(default_factory=bytearray)
    following: bool = False


@dataclass
class Tally:
    """What was measured: seconds of each request or of each answer with its next page, and what went wrong."""

    durations: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.durations) / self.seconds if self.seconds else 0.0

    def percentile(self, percent: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.durations)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1000 if ordered else float("nan")


def drive(port: int, clients: int, requests: Iterator[bytes], *, until: float, expect: int, follow: bool) -> Tally:
    """Keep ``clients`` connections busy with ``requests`` until these or the time run out; ``follow`` the redirect of each."""
    tally = Tally()
    poller = selectors.DefaultSelector()
    began = time.perf_counter()
    busy = 0
    for _ in range(clients):
        sock = socket.create_connection(("127.0.0.1", port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = Client(sock)
        poller.register(sock, selectors.EVENT_READ, client)
        busy += _send_next(client, requests, until)
    while busy:
        for key, _events in poller.select():
            client = key.data
            data = client.sock.recv(65536)
            client.received += data
            status, location, whole = _parse(client.received)
            if not data:
                tally.errors.append("connection closed")
                poller.unregister(client.sock)
                busy -= 1
                continue
            if not whole:
                continue
            client.received.clear()
            if status != (200 if client.following else expect):
                tally.errors.append(f"status {status}")
            elif follow and not client.following:
                client.following = True
                client.sock.sendall(_get(location))
                continue
            else:
                tally.durations.append(time.perf_counter() - client.began)
            busy -= 1 - _send_next(client, requests, until)
    tally.seconds = time.perf_counter() - began
    for key in list(poller.get_map().values()):
        key.fileobj.close()  # type: ignore[union-attr]
    return tally


def _send_next(client: Client, requests: Iterator[bytes], until: float) -> int:
    request = next(requests, None) if time.perf_counter() < until else None
    if request is None:
        return 0
    client.following = False
    client.began = time.perf_counter()
    client.sock.sendall(request)
    return 1


def _parse(received: bytearray) -> tuple[int, str, bool]:
    """Status, redirect, and whether the response is complete."""
    head = received.find(b"\r\n\r\n")
    if head < 0:
        return 0, "", False
    headers = dict(line.split(": ", 1) for line in received[:head].decode("latin-1").split("\r\n")[1:])
    complete = len(received) >= head + 4 + int(headers.get("Content-Length", "0"))
    return int(received[9:12]), headers.get("Location", ""), complete


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\n\r\n".encode()


def pages(tokens: list[str]) -> Iterator[bytes]:
    while True:
        for token in tokens:
            yield _get(f"/s/{token}")


def answers(tokens: list[str]) -> Iterator[bytes]:
    codes = tuple(STATED)
    for number, token in enumerate(tokens):
        form = {"stated": codes[number % len(codes)], "text": TEXTS[number % len(TEXTS)], "expectation": str(number % 5 + 1)}
        body = urlencode(form).encode()
        head = f"POST /s/{token} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        yield head.encode() + body


def fill(db: Database, number: int) -> list[str]:
    """A campaign with ``number`` open invitations."""
    with db.transaction() as session:
        change(session, Company(name="すこやか堂", contact="0120-000-000", privacy_url="https://example.co.jp/privacy"))
        shop = Shop(name="本店")
        campaign = Campaign(name="解約した方へ", purchase_type="subscription", status="active")
        session.add_all([shop, campaign])
        session.flush()
        product = Product(shop_id=shop.id, code="A", name="すこやか青汁 30包")
        session.add(product)
        session.flush()
        customers = [{"id": n, "shop_id": shop.id, "external_id": str(n), "opt_out_token": new_token()} for n in range(1, number + 1)]
        session.execute(sa.insert(Customer), customers)
        invitations = [
            {
                "campaign_id": campaign.id, "customer_id": n, "token": new_token(), "channel": "mail", "purchase_type": "subscription",
                "product_id": product.id, "expires_at": now() + timedelta(days=30), "asked_at": now(),
            }
            for n in range(1, number + 1)
        ]  # fmt: skip
        session.execute(sa.insert(Invitation), invitations)
    return [invitation["token"] for invitation in invitations]


def report(name: str, kind: str, runs: list[Tally]) -> bool:
    rate, worst = GOALS[name]
    best = max(runs, key=lambda tally: tally.rate)
    errors = [error for tally in runs for error in tally.errors]
    met = not errors and best.rate >= rate and best.percentile(99) <= worst
    print(
        f"{kind:10} {name:6} {best.rate:7.0f}/s  p50 {best.percentile(50):6.1f} ms  p99 {best.percentile(99):6.1f} ms  "
        f"{sum(len(tally.durations) for tally in runs):7} done  {len(errors)} errors  "
        f"{'reached' if met else f'MISSED: {rate}/s, p99 {worst:.0f} ms'}  (runs: {', '.join(f'{tally.rate:.0f}' for tally in runs)})",
        flush=True,
    )
    for error in sorted(set(errors))[:5]:
        print(f"  {errors.count(error)} × {error}")
    return met


def measure(kind: str, *, clients: int, seconds: float, number: int, runs: int, options: tuple[str, ...]) -> bool:
    starts, looked, answered = [], [], []
    with tempfile.TemporaryDirectory(prefix="voc-bench-") as name, empty_database(kind, Path(name)) as url:
        db = open_database(url)
        tokens = fill(db, number * runs)
        for run in range(runs):
            mine = tokens[run * number : (run + 1) * number]
            with running_site(url, Path(name), options=options) as (port, start):
                starts.append(start)
                drive(port, clients, pages(mine), until=time.perf_counter() + 1, expect=200, follow=False)  # warm
                looked.append(drive(port, clients, pages(mine), until=time.perf_counter() + seconds, expect=200, follow=False))
                answered.append(drive(port, clients, answers(mine), until=time.perf_counter() + 600, expect=303, follow=True))
        with db.reading() as session:
            kept = session.scalar(sa.select(sa.func.count()).select_from(Answer))
        db.dispose()
    quick = min(starts) < START_SECONDS
    print(f"{kind:10} start  {min(starts):.2f} s to the first healthy answer  {'reached' if quick else f'MISSED: {START_SECONDS} s'}")
    met = [quick, report("page", kind, looked), report("answer", kind, answered)]
    thanked = sum(len(tally.durations) for tally in answered)
    if kept != thanked:
        print(f"  LOST: {thanked} answers were thanked for, {kept} are kept")
    return all(met) and kept == thanked


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--answers", type=int, default=3000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--serve", default="", help="further options of `voc serve`, for trying them")
    given = parser.parse_args()
    print(f"survey: {given.clients} clients on {machine()}")
    kinds = ["sqlite", "postgresql"] if given.database == "both" else [given.database]
    how = {"clients": given.clients, "seconds": given.seconds, "number": given.answers, "runs": given.runs}
    met = [measure(kind, **how, options=tuple(given.serve.split())) for kind in kinds]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
