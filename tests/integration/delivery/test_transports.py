"""Handing a mail over: to a real SMTP server in the process, or to a folder."""

import errno
import os
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from tests.smtp import MailServer, mail_server
from voc.delivery import send
from voc.delivery.send import Folder, GiveUp, Retry, Smtp


def mail(to: str = "hanako@example.jp", number: int = 1) -> EmailMessage:
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"], made["Message-ID"] = "voice@example.co.jp", to, "件名", f"<{number}@example.co.jp>"
    made.set_content("本文", cte="base64")
    return made


def failure(url: str, *, to: str = "hanako@example.jp") -> send.Failure:
    with Smtp(url, timeout=2) as smtp, pytest.raises(send.Failure) as caught:
        smtp.send(mail(to))
    return caught.value


def test_it_hands_over_and_keeps_the_connection() -> None:
    with mail_server() as server:
        with send.transport(server.url) as smtp:
            for number in range(3):
                smtp.send(mail(number=number))
        assert server.message_ids == ["<0@example.co.jp>", "<1@example.co.jp>", "<2@example.co.jp>"]
        assert (server.mails[0].sender, server.mails[0].receiver) == ("voice@example.co.jp", "hanako@example.jp")
        assert server.connections == 1


def test_it_opens_a_new_connection_after_some_dozen() -> None:
    with mail_server() as server, Smtp(server.url) as smtp:
        for number in range(send.PER_CONNECTION + 1):
            smtp.send(mail(number=number))
        assert server.connections == 2


def test_it_encrypts_when_the_server_can_and_only_then_logs_in() -> None:
    with mail_server(features=("STARTTLS", "AUTH PLAIN")) as server, Smtp(f"smtp://user:p%40ss@127.0.0.1:{server.port}") as smtp:
        smtp.send(mail())
        assert server.encrypted
        assert (server.logins, len(server.mails)) == (1, 1)


def test_it_never_sends_a_password_in_the_clear() -> None:
    with mail_server(features=("AUTH PLAIN LOGIN",)) as server:
        told = failure(f"smtp://user:pass@127.0.0.1:{server.port}")
        assert isinstance(told, Retry)
        assert told.whole
        assert "暗号化" in str(told)
        assert (server.logins, server.mails) == (0, [])


def test_a_wrong_password_is_said_so() -> None:
    with mail_server(features=("STARTTLS", "AUTH PLAIN"), auth="535 5.7.8 bad credentials") as server:
        told = failure(f"smtp://user:wrong@127.0.0.1:{server.port}")
        assert isinstance(told, Retry)
        assert "ログインできません" in str(told)
        assert "wrong" not in str(told)


def test_a_server_that_is_down_stops_the_round(unused_port: int) -> None:
    told = failure(f"smtp://127.0.0.1:{unused_port}")
    assert isinstance(told, Retry)
    assert told.whole
    assert "接続を受け付けません" in str(told)


def test_a_name_that_does_not_exist_is_said_so() -> None:
    assert "見つかりません" in str(failure("smtp://mail.invalid:25"))


def test_a_server_without_tls_on_the_tls_port_is_said_so() -> None:
    with mail_server() as server:
        told = failure(f"smtps://127.0.0.1:{server.port}")
        assert isinstance(told, Retry)
        assert told.whole


def test_greylisting_puts_off_one_mail_only() -> None:
    with (
        mail_server(receiver=lambda address: "450 4.2.0 later" if address.startswith("slow") else "250 ok") as server,
        Smtp(server.url) as smtp,
    ):
        with pytest.raises(Retry) as caught:
            smtp.send(mail("slow@example.jp"))
        assert not caught.value.whole
        smtp.send(mail())
        assert [kept.receiver for kept in server.mails] == ["hanako@example.jp"]


def test_an_unknown_user_is_given_up_as_a_bounce() -> None:
    with mail_server(receiver=lambda address: "550 5.1.1 User unknown") as server:
        told = failure(server.url)
        assert isinstance(told, GiveUp)
        assert told.bounce


def test_a_sender_that_the_server_refuses_is_no_mails_fault() -> None:
    with mail_server(sender="550 5.7.1 sender not allowed") as server:
        told = failure(server.url)
        assert isinstance(told, Retry)
        assert told.whole
        assert "VOC_MAIL_FROM" in str(told)


@pytest.mark.parametrize(
    ("answer", "kind", "whole"),
    [
        ("451 4.3.0 later", Retry, False),
        ("421 4.7.0 slow down", Retry, True),
        ("554 5.6.0 looks like spam", GiveUp, None),
        ("drop", Retry, True),
    ],
)
def test_answers_to_the_content_are_told_apart(answer: str, kind: type[send.Failure], whole: bool | None) -> None:
    with mail_server(data=lambda number: answer) as server:
        told = failure(server.url)
        assert type(told) is kind
        assert getattr(told, "whole", None) == whole


def test_a_line_that_breaks_is_opened_again_for_the_next_mail() -> None:
    with mail_server(data=lambda number: "drop" if number == 1 else "250 ok") as server, Smtp(server.url) as smtp:
        with pytest.raises(Retry):
            smtp.send(mail(number=1))
        smtp.send(mail(number=2))
        assert server.message_ids == ["<1@example.co.jp>", "<2@example.co.jp>"]


def test_an_address_outside_ascii_is_given_up() -> None:
    with mail_server() as server:
        assert isinstance(failure(server.url, to="花子@example.jp"), GiveUp)


def test_the_pace_can_be_set() -> None:
    assert send.transport("smtp://mail.example.jp").per_second == send.DEFAULT_PER_SECOND
    assert send.transport("smtp://mail.example.jp?per_second=2.5").per_second == 2.5
    assert send.transport("smtp://mail.example.jp?per_second=0").per_second is None
    assert send.transport("file:/tmp/x").per_second is None


# -- .eml files -----------------------------------------------------------------------------------------------------------


def test_it_writes_a_mail_as_a_file_and_the_same_mail_as_the_same_file(tmp_path: Path) -> None:
    with send.transport(f"file:{tmp_path / 'new' / 'outbox'}") as folder:
        folder.send(mail())
        folder.send(mail())
        folder.send(mail(number=2))
    assert sorted(path.name for path in (tmp_path / "new" / "outbox").iterdir()) == ["1.eml", "2.eml"]
    assert b"Message-ID: <1@example.co.jp>" in (tmp_path / "new" / "outbox" / "1.eml").read_bytes()


def test_a_message_id_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    evil = mail()
    evil.replace_header("Message-ID", "<../../evil@x>")
    Folder(tmp_path / "outbox").send(evil)
    assert [path.parent for path in tmp_path.rglob("*.eml")] == [tmp_path / "outbox"]


def test_a_full_disk_leaves_no_half_file_and_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    folder = Folder(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(Retry) as caught:
            folder.send(mail())
    assert caught.value.whole
    assert "ディスクがいっぱい" in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    folder.send(mail())
    assert [path.name for path in tmp_path.iterdir()] == ["1.eml"]


def test_a_folder_that_cannot_be_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Retry) as caught:
        Folder(tmp_path / "file" / "outbox").send(mail())
    assert "フォルダーの場所と権限" in str(caught.value)


@pytest.fixture
def unused_port() -> int:
    with mail_server() as server:
        return _port(server)


def _port(server: MailServer) -> int:
    return server.port
