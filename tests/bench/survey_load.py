"""How many customers the survey takes: pages a second, and answers a second that are durable and answered with the next page.

    python tests/bench/survey_load.py [--database sqlite|postgresql|both] [--clients 32] [--seconds 8] [--answers 4000]

Clients are connections that are kept open, each with one request under way, all driven by one thread over plain
sockets: on a machine of two cores a load generator must cost little. Exits with 1 when a goal is missed.
"""

import argparse
import selectors
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
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


def drive(port: int, clients: int, requests: Iterator[bytes], *, until: float, expect: int, follow: bool, pipes: int = 0) -> Tally:
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
        head = (
            f"POST /s/{token} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
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


def report(name: str, kind: str, tally: Tally) -> bool:
    rate, worst = GOALS[name]
    met = not tally.errors and tally.rate >= rate and tally.percentile(99) <= worst
    print(
        f"{kind:10} {name:6} {tally.rate:7.0f}/s  p50 {tally.percentile(50):6.1f} ms  p99 {tally.percentile(99):6.1f} ms  "
        f"{len(tally.durations):6} done  {len(tally.errors)} errors  {'reached' if met else f'MISSED: {rate}/s, p99 {worst:.0f} ms'}",
        flush=True,
    )
    for error in sorted(set(tally.errors))[:5]:
        print(f"  {tally.errors.count(error)} × {error}")
    return met


def measure(kind: str, *, clients: int, seconds: float, number: int, options: tuple[str, ...]) -> bool:
    with tempfile.TemporaryDirectory() as name, empty_database(kind, Path(name)) as url:
        db = open_database(url)
        tokens = fill(db, number)
        with running_site(url, Path(name), options=options) as (port, start):
            print(f"{kind:10} start  {start:.2f} s to the first healthy answer")
            run: Callable[..., Tally] = lambda source, until, **how: drive(port, clients, source, until=time.perf_counter() + until, **how)  # noqa: E731
            run(pages(tokens), 1.0, expect=200, follow=False)  # warm
            met = report("page", kind, run(pages(tokens), seconds, expect=200, follow=False))
            taken = run(answers(tokens), 600.0, expect=303, follow=True)
            met = report("answer", kind, taken) and met
        with db.reading() as session:
            kept = session.scalar(sa.select(sa.func.count()).select_from(Answer))
        db.dispose()
        if kept != len(taken.durations):
            print(f"  LOST: {len(taken.durations)} answers were thanked for, {kept} are kept")
            return False
        return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--answers", type=int, default=4000)
    parser.add_argument("--serve", default="", help="further options of `voc serve`, for trying them")
    given = parser.parse_args()
    print(f"survey: {given.clients} clients on {machine()}")
    kinds = ["sqlite", "postgresql"] if given.database == "both" else [given.database]
    met = [
        measure(kind, clients=given.clients, seconds=given.seconds, number=given.answers, options=tuple(given.serve.split())) for kind in kinds
    ]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
