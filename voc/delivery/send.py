"""Carrying a built mail away: over SMTP, or as a file. Knows nothing of campaigns or the database.

A failure is of one of two types. ``Retry``: it may work later, for this mail or (``whole``) for every mail, because the
server is away or refuses us. ``GiveUp``: this mail will never go out; ``bounce`` says that the address does not exist.
"""

import errno
import os
import re
import smtplib
import socket
import ssl
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

TIMEOUT_SECONDS = 30

#: Mails over one connection: some servers close it by themselves after a hundred.
PER_CONNECTION = 50

DEFAULT_PER_SECOND = 10.0


class Failure(Exception):
    """``str(failure)`` is a Japanese sentence for the outbox page."""


class Retry(Failure):
    def __init__(self, words: str, *, whole: bool = False) -> None:
        super().__init__(words)
        self.whole = whole


class GiveUp(Failure):
    def __init__(self, words: str, *, bounce: bool = False) -> None:
        super().__init__(words)
        self.bounce = bounce


class Transport(Protocol):
    per_second: float | None
    """The pace that is kept; ``None``: as fast as it goes."""

    def send(self, mail: EmailMessage) -> None:
        """Hand the mail over, or raise ``Retry`` or ``GiveUp``."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


def transport(url: str, *, timeout: float = TIMEOUT_SECONDS) -> Transport:
    """The transport that ``VOC_SMTP_URL`` names."""
    return Folder(Path(url.removeprefix("file:"))) if url.startswith("file:") else Smtp(url, timeout=timeout)


# -- files ----------------------------------------------------------------------------------------------------------------


class Folder:
    """Writes each mail as an ``.eml`` file, whole or not at all. The same mail again is the same file."""

    per_second: float | None = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        return None

    def send(self, mail: EmailMessage) -> None:
        name = re.sub(r"[^\w.-]", "_", str(mail["Message-ID"]).strip("<>").split("@", 1)[0])
        draft = self.folder / f".{name}.{os.getpid()}.part"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # customers' names and links
            with draft.open("wb") as file:
                file.write(mail.as_bytes())
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.folder / f"{name}.eml")
            _settle(self.folder)
        except OSError as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise Retry(_file_words(self.folder, error), whole=True) from error


def _settle(folder: Path) -> None:
    """Make the new name survive a power cut: the row will say that the mail left."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _file_words(folder: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"ディスクがいっぱいで、メールを {folder} に書けません。空き容量を作ってください。作り次第、自動で送ります。"
    return f"メールを {folder} に書けません({error.strerror})。フォルダーの場所と権限を確かめてください。"


# -- SMTP -----------------------------------------------------------------------------------------------------------------


class Smtp:
    """One connection, opened at the first mail and kept for some dozen."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self.url = urlsplit(url)
        self.timeout = timeout
        self.per_second = _pace(self.url)
        self._server: smtplib.SMTP | None = None
        self._carried = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._quit()

    def send(self, mail: EmailMessage) -> None:
        sender, receiver = (mail[header].addresses[0].addr_spec for header in ("From", "To"))
        if not receiver.isascii():
            raise GiveUp(f"宛先 {receiver} の文字は、メールの宛先に使えません。")
        if self._carried >= PER_CONNECTION:
            self._quit()
        server = self._server or self._connect(sender)
        try:
            server.sendmail(sender, [receiver], mail.as_bytes())
        except smtplib.SMTPRecipientsRefused as error:
            raise judge_receiver(*error.recipients[receiver]) from error
        except smtplib.SMTPSenderRefused as error:
            self._quit()
            raise Retry(
                _with(f"メールサーバーが送信元 {sender} を受け付けません。VOC_MAIL_FROM を確かめてください。", error), whole=True
            ) from error
        except smtplib.SMTPDataError as error:
            raise self._judge_content(error) from error
        except (smtplib.SMTPException, OSError) as error:
            self._quit()
            raise Retry(_away_words(self.url, error), whole=True) from error
        self._carried += 1

    def try_connection(self, sender: str) -> None:
        """Connect, encrypt and log in as for a mail, and send none.

        Raises
        ------
        Retry
            What is in the way.
        """
        self._connect(sender)
        self._quit()

    def _judge_content(self, error: smtplib.SMTPDataError) -> Failure:
        if error.smtp_code == 421:
            self._quit()
            return Retry(_with("メールサーバーが、いまは受け付けないと答えました。", error), whole=True)
        if 400 <= error.smtp_code < 500:
            return Retry(_with("メールサーバーが、あとで送るようにと答えました。", error))
        return GiveUp(_with("メールサーバーが、このメールの内容を受け付けませんでした。", error))

    def _connect(self, sender: str) -> smtplib.SMTP:
        hostname = sender.rsplit("@", 1)[1]
        hostname = hostname if "." in hostname else "localhost"  # else smtplib asks the DNS for our name, which can take long
        host = self.url.hostname or ""
        try:
            if self.url.scheme == "smtps":
                server: smtplib.SMTP = smtplib.SMTP_SSL(
                    host, self.url.port or 465, local_hostname=hostname, timeout=self.timeout, context=_context(host)
                )
            else:
                server = smtplib.SMTP(
                    host, self.url.port or (587 if self.url.username else 25), local_hostname=hostname, timeout=self.timeout
                )
            self._server, self._carried = server, 0
            server.ehlo_or_helo_if_needed()
            self._secure(server, host)
            self._log_in(server)
        except Retry:
            self._quit()
            raise
        except (smtplib.SMTPException, OSError) as error:
            self._quit()
            raise Retry(_away_words(self.url, error), whole=True) from error
        return server

    def _secure(self, server: smtplib.SMTP, host: str) -> None:
        """Encrypt when the server offers it. A password is never sent in the clear."""
        if self.url.scheme == "smtps":
            return
        if server.has_extn("starttls"):
            server.starttls(context=_context(host))
            server.ehlo()
        elif self.url.username:
            raise Retry(
                f"メールサーバー {host} は暗号化(STARTTLS)に対応していないため、パスワードを送りません。"
                "VOC_SMTP_URL を smtps:// にするか、別のサーバーを指定してください。",
                whole=True,
            )

    def _log_in(self, server: smtplib.SMTP) -> None:
        if not self.url.username:
            return
        try:
            server.login(unquote(self.url.username), unquote(self.url.password or ""))
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError) as error:
            words = "メールサーバーにログインできません。VOC_SMTP_URL の利用者名とパスワードを確かめてください。"
            raise Retry(_with(words, error), whole=True) from error

    def _quit(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            try:
                server.quit()
            except (smtplib.SMTPException, OSError):
                server.close()


def judge_receiver(code: int, answer: bytes) -> Failure:
    """What a server's answer to one receiver's address means (RFC 5321 codes, RFC 3463 enhanced codes)."""
    said = answer.decode("utf-8", "replace")
    words = _told(code, answer)
    if code == 421:
        return Retry(f"メールサーバーが、いまは受け付けないと答えました。{words}", whole=True)
    if 400 <= code < 500:
        return Retry(f"受信側のサーバーが、あとで送るようにと答えました。{words}")
    if code == 530 or _RELAY.search(said):
        return Retry(f"メールサーバーが、こちらからの送信を許していません。VOC_SMTP_URL を確かめてください。{words}", whole=True)
    enhanced = _ENHANCED.search(said)
    if enhanced is not None:
        unknown = enhanced[0] in _NO_SUCH_ADDRESS
    else:
        unknown = code in (550, 551, 553) and _UNKNOWN.search(said) is not None
    if unknown:
        return GiveUp(f"この宛先は存在しません。今後は送りません。{words}", bounce=True)
    return GiveUp(f"受信側のサーバーが、この宛先へのメールを断りました。{words}")


_ENHANCED = re.compile(r"\b5\.\d{1,3}\.\d{1,3}\b")
_NO_SUCH_ADDRESS = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
_RELAY = re.compile(r"relay(?:ing)?\b.{0,30}\b(?:denied|not permitted|not allowed|prohibited)|authentication required", re.I)
_UNKNOWN = re.compile(
    r"(?:unknown|no such|invalid|nonexistent|non-existent) (?:local )?(?:user|recipient|mailbox|address)|user (?:is )?unknown"
    r"|(?:does not|doesn't) exist|mailbox not found|not (?:a )?(?:valid|known) (?:user|mailbox)",
    re.I,
)


def _context(host: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if host in ("localhost", "127.0.0.1", "::1"):  # a relay on this machine shows a certificate that nobody signed
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _pace(url: SplitResult) -> float | None:
    """``smtp://…?per_second=3``; 0 means as fast as it goes."""
    try:
        wished = float(parse_qs(url.query).get("per_second", [str(DEFAULT_PER_SECOND)])[0])
    except ValueError:
        wished = DEFAULT_PER_SECOND
    return wished if wished > 0 else None


def _away_words(url: SplitResult, error: Exception) -> str:
    where = f"{url.hostname}:{url.port}" if url.port else str(url.hostname)
    match error:
        case ssl.SSLCertVerificationError():
            return f"メールサーバー {where} の証明書を確かめられません({error.verify_message})。サーバーの名前と証明書を確かめてください。"
        case socket.gaierror():
            return f"メールサーバー {url.hostname} が見つかりません。VOC_SMTP_URL のサーバー名を確かめてください。"
        case ConnectionRefusedError():
            return f"メールサーバー {where} が接続を受け付けません。サーバーが動いているか、番号が正しいかを確かめてください。"
        case TimeoutError():
            return f"メールサーバー {where} から返事がありません。しばらくして自動で送り直します。"
        case smtplib.SMTPResponseException():
            return _with(f"メールサーバー {where} が、いまは受け付けないと答えました。", error)
    return f"メールサーバー {where} との接続が切れました({type(error).__name__})。しばらくして自動で送り直します。"


def _with(words: str, error: Exception) -> str:
    return words + (_told(error.smtp_code, error.smtp_error) if isinstance(error, smtplib.SMTPResponseException) else "")


def _told(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"(サーバーの返答: {code} {' '.join(text.split())[:200]})"
