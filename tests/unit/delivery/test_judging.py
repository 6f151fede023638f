"""What a mail server's answer means: try again, give up, or stop for now."""

import pytest

from voc.delivery.send import GiveUp, Retry, judge_receiver


@pytest.mark.parametrize(
    "answer",
    [
        (550, b"5.1.1 <x@example.jp>: Recipient address rejected: User unknown in virtual mailbox table"),
        (550, b"5.1.1 The email account that you tried to reach does not exist."),
        (550, b"No such user here"),
        (550, b"Unknown user: x@docomo.ne.jp"),
        (553, b"sorry, that address doesn't exist"),
        (550, b"5.2.1 The email account that you tried to reach is disabled."),
    ],
)
def test_an_unknown_user_is_never_written_to_again(answer: tuple[int, bytes]) -> None:
    failure = judge_receiver(*answer)
    assert isinstance(failure, GiveUp)
    assert failure.bounce


@pytest.mark.parametrize(
    "answer",
    [
        (550, b"5.7.1 Message rejected due to local policy"),
        (554, b"5.7.1 Service unavailable; Client host blocked using zen.spamhaus.org"),
        (550, b"Requested action not taken: mailbox unavailable"),
        (552, b"5.2.2 Mailbox full"),
    ],
)
def test_a_refusal_that_says_nothing_of_the_address_does_not_suppress_it(answer: tuple[int, bytes]) -> None:
    failure = judge_receiver(*answer)
    assert isinstance(failure, GiveUp)
    assert not failure.bounce


@pytest.mark.parametrize("answer", [(450, b"4.2.0 Greylisted"), (452, b"4.2.2 Over quota"), (451, b"Try again later")])
def test_a_server_that_wants_it_later_gets_it_later(answer: tuple[int, bytes]) -> None:
    failure = judge_receiver(*answer)
    assert isinstance(failure, Retry)
    assert not failure.whole


@pytest.mark.parametrize(
    "answer", [(421, b"Too many connections"), (554, b"5.7.1 Relay access denied"), (530, b"5.7.0 Authentication required")]
)
def test_what_is_wrong_for_all_mails_stops_the_round_and_loses_none(answer: tuple[int, bytes]) -> None:
    failure = judge_receiver(*answer)
    assert isinstance(failure, Retry)
    assert failure.whole


def test_the_servers_words_are_kept() -> None:
    assert "550 5.1.1 User unknown" in str(judge_receiver(550, b"5.1.1 User\n unknown"))
