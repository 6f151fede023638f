"""The made-up company behaves as the trade would expect, and the same each time."""

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from voc.campaigns import rules
from voc.reasons.codebook import ALERTS, GROUPS, PREDICTED_LEAVES, PURCHASE_TYPES
from voc.sample.asking import ask, standing
from voc.sample.buying import Calendar, Life, live, months_before
from voc.sample.company import CAMPAIGNS, EXPERIENCE, FRANK, LEANING, POLITE, PRODUCTS, REASONS
from voc.sample.voices import MOST_SAID, Pool, Speaker, own, voices
from voc.surveys.questions import STATED

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
MANY = 1_200


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return Calendar(NOW)


@pytest.fixture(scope="module")
def lives(calendar: Calendar) -> list[Life]:
    return [live(Random(f"t/{n}"), calendar, number=n + 1, fraction=(n + 0.5) / MANY) for n in range(MANY)]


def bought(life: Life) -> int:
    return sum(order.status == "purchased" for order in life.orders)


def test_it_lives_the_same_life_for_the_same_seed(calendar: Calendar) -> None:
    assert live(Random("x"), calendar, number=5, fraction=0.3) == live(Random("x"), calendar, number=5, fraction=0.3)


def test_two_in_five_buy_a_second_time_and_fewer_each_time_after(lives: list[Life]) -> None:
    watched = [life for life in lives if NOW - life.began_at > timedelta(days=150)]
    shares = [sum(bought(life) >= n for life in watched) / len(watched) for n in range(1, 8)]
    assert 0.35 <= shares[1] <= 0.46
    assert shares == sorted(shares, reverse=True)
    assert shares[2] / shares[1] > 0.55  # who came twice comes again more readily


def test_subscribers_leave_most_after_the_first_box(lives: list[Life]) -> None:
    ended = Counter(one.deliveries for life in lives for one in life.memberships if one.cancelled_at is not None)
    assert ended[1] > ended[2] > ended[4] > ended[8]


def test_nothing_happens_in_the_future_and_everything_in_order(lives: list[Life]) -> None:
    for life in lives:
        assert [order.at for order in life.orders] == sorted(order.at for order in life.orders)
        assert all(order.at <= NOW for order in life.orders)
        assert all(one.started_at < (one.cancelled_at or NOW) <= NOW for one in life.memberships)


def test_first_boxes_cost_little_and_prices_rose_once(lives: list[Life], calendar: Calendar) -> None:
    firsts = {goods.first_price for goods in PRODUCTS}
    for life in lives:
        boxes = [order for order in life.orders if order.purchase_type == "subscription"]
        assert all(box.total in firsts for box in boxes[:1])
        assert all(box.total > 2_000 for box in boxes[1:])
    assert not calendar.risen(calendar.first)
    assert calendar.risen(calendar.today)


def test_addresses_lead_nowhere(lives: list[Life]) -> None:
    emails = [life.person.email for life in lives if life.person.email]
    assert len(set(emails)) == len(emails)
    assert all(
        email.rsplit("@", 1)[1].split(".", 1)[-1] in ("example.jp", "jp", "com", "net", "ne.jp", "example.ne.jp") for email in emails
    )
    assert all("example" in email.rsplit("@", 1)[1] for email in emails)
    assert all(life.person.phone[3:5] == "-0" for life in lives)


def test_it_asks_by_the_rules(lives: list[Life], calendar: Calendar) -> None:
    asked = answered = 0
    for number, life in enumerate(lives):
        rng = Random(f"a/{number}")
        stands = standing(rng, life, NOW)
        invitations = ask(rng, calendar, life, stands, share=1.0)
        moments = [one.created_at for one in invitations]
        assert all(later - earlier >= timedelta(days=180) for earlier, later in itertools.pairwise(moments))
        for one in invitations:
            plan = CAMPAIGNS[one.plan]
            assert plan.channel != "mail" or (life.person.email and not life.person.email_problem and stands.basis)
            assert one.answered_at is None or (one.asked_at and one.shown_at and one.asked_at < one.shown_at < one.answered_at <= NOW)
        asked += sum(one.asked_at is not None for one in invitations)
        answered += sum(one.answered_at is not None for one in invitations)
    assert 0.10 <= answered / asked <= 0.17


def test_the_campaigns_could_be_real_ones() -> None:
    for plan in CAMPAIGNS:
        rules.Rule(wait_days=plan.wait_days, window_days=plan.window_days)
        assert plan.channel in rules.CONSENT_CHANNELS
        assert plan.purchase_type in PURCHASE_TYPES


def test_the_tables_name_only_what_there_is() -> None:
    assert set(REASONS) == set(PURCHASE_TYPES)
    assert set(EXPERIENCE) == set(FRANK) == set(PREDICTED_LEAVES)
    assert set(POLITE) <= set(STATED)
    assert set(LEANING) == {goods.code for goods in PRODUCTS}
    assert GROUPS


def test_it_uses_no_reply_that_judges_the_classifier() -> None:
    from voc.classifier import corpus

    unseen = {reply.text for reply in corpus.load(split="test")} - {reply.text for reply in corpus.load(split="train")}
    assert not unseen & {voice.text for voice in voices() if not voice.own}


def test_its_own_replies_are_new_to_the_classifier_and_coded_by_the_codebook() -> None:
    from voc.classifier import corpus

    known = {reply.text for reply in corpus.load(split=None)}
    assert len(own()) >= 400
    assert {voice.leaf for voice in own()} == set(PREDICTED_LEAVES)
    assert sum(voice.text in known and not voice.trivial for voice in own()) <= 12  # short ones that many would write
    for voice in own():
        assert {*voice.secondary} <= set(PREDICTED_LEAVES) - {voice.leaf}
        assert {*voice.alerts} <= set(ALERTS)
        assert ("side_effect" in (voice.leaf, *voice.secondary)) == ("health_harm" in voice.alerts), voice.text


def test_nobody_says_what_another_said_but_for_trifles() -> None:
    pool, rng = Pool(voices()), Random(1)
    said = Counter(
        pool.draw(rng, Speaker(product=goods.code, purchase_type="subscription"), ["no_reason", "unused_stock", "no_effect", "price"]).text
        for _ in range(60)
        for goods in PRODUCTS
    )
    assert all(times == 1 or (len(text) <= 9 and times <= MOST_SAID) for text, times in said.items())


def test_customers_do_not_speak_as_operators_do() -> None:
    pool, rng = Pool(voices()), Random(2)
    who = Speaker(product="SUP-090", purchase_type="subscription")
    assert all(not pool.draw(rng, who, ["side_effect", "service", "price"]).hand for _ in range(80))


def test_when_all_has_been_said_it_is_said_again() -> None:
    only = [voice for voice in voices() if voice.leaf == "goal_met" and voice.product == "AOJ-030" and not voice.hand][:2]
    pool, rng = Pool(only), Random(3)
    who = Speaker(product="AOJ-030", purchase_type=only[0].purchase_type)
    assert len([pool.draw(rng, who, ["goal_met"]) for _ in range(9)]) == 9


def test_months_are_counted_back_over_short_ones() -> None:
    assert months_before(datetime(2026, 8, 31).date(), 18).isoformat() == "2025-02-28"
    assert months_before(datetime(2026, 12, 1).date(), -1).isoformat() == "2027-01-01"
