"""A small mail server for tests: it really speaks SMTP, remembers what it was given, and fails on wish."""

import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

CERTIFICATE = Path(__file__).parent / "fixtures" / "localhost.pem"


@dataclass
class Mail:
    sender: str
    receiver: str
    body: bytes


@dataclass
class Script:
    """What the server answers. A text goes out as it is; ``drop`` cuts the line instead of answering."""

    banner: str = "220 test"
    features: tuple[str, ...] = ()
    auth: str = "235 ok"
    sender: str = "250 ok"
    receiver: Callable[[str], str] = lambda address: "250 ok"
    data: Callable[[int], str] = lambda number: "250 ok"
    """By the number of the mail, from 1; it is kept when the answer is 250 or ``drop``."""


@dataclass
class MailServer:
    port: int = 0
    mails: list[Mail] = field(default_factory=list)
    logins: int = 0
    connections: int = 0
    encrypted: bool = False
    script: Script = field(default_factory=Script)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?per_second=0"

    @property
    def message_ids(self) -> list[str]:
        found = []
        for mail in self.mails:
            found += [line[11:].strip().decode() for line in mail.body.split(b"\r\n") if line.lower().startswith(b"message-id:")]
        return found


class _Session(socketserver.StreamRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        state, self.sender, self.receiver = self.server.state, "", ""
        state.connections += 1
        self.say(state.script.banner)
        while line := self.rfile.readline():
            if not self.obey(line.decode().strip()):
                return

    def obey(self, line: str) -> bool:
        state = self.server.state
        verb = line.split(" ", 1)[0].upper()
        if verb in ("EHLO", "HELO"):
            lines = ["test", *state.script.features]
            return self.say("\r\n".join(f"250{'-' if n < len(lines) else ' '}{text}" for n, text in enumerate(lines, 1)))
        if verb == "STARTTLS":
            self.say("220 go ahead")
            self.encrypt()
            state.encrypted = True
            return True
        if verb == "AUTH":
            state.logins += 1
            return self.say(state.script.auth)
        if verb == "MAIL":
            self.sender = line.split("<", 1)[1].split(">", 1)[0]
            return self.say(state.script.sender)
        if verb == "RCPT":
            self.receiver = line.split("<", 1)[1].split(">", 1)[0]
            return self.say(state.script.receiver(self.receiver))
        if verb == "DATA":
            return self.take()
        self.say("221 bye" if verb == "QUIT" else "250 ok")
        return verb != "QUIT"

    def take(self) -> bool:
        state = self.server.state
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        if not line:  # the sender died in the middle: nothing was handed over
            return False
        with self.server.lock:
            self.server.number += 1
            answer = state.script.data(self.server.number)
            if answer == "drop" or answer.startswith("250"):
                state.mails.append(Mail(self.sender, self.receiver, b"".join(lines)))
        return self.say(answer)

    def say(self, text: str) -> bool:
        if text == "drop":
            return False
        self.wfile.write(text.encode() + b"\r\n")
        return not text.startswith("421")

    def encrypt(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        self.rfile.close()
        self.wfile.close()
        self.request = self.connection = context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)  # type: ignore[assignment]

    def finish(self) -> None:
        self.rfile.close()
        self.wfile.close()
        self.connection.close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, state: MailServer) -> None:
        super().__init__(("127.0.0.1", state.port), _Session)
        self.state, self.lock, self.number = state, threading.Lock(), 0

    def handle_error(self, request: object, client_address: object) -> None:
        """A sender that is killed leaves a broken line: that is what some tests are about."""


@contextmanager
def mail_server(**script: object) -> Iterator[MailServer]:
    state = MailServer(script=Script(**script))  # type: ignore[arg-type]
    with _Server(state) as server:
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
