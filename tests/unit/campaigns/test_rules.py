"""Who is asked: each rule alone, on plain data."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from voc.campaigns import rules
from voc.campaigns.rules import Candidate, Eligible, Rule, Skipped
from voc.errors import Refused

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)  # noon in Japan
CANCELLED = Candidate(
    customer_id=7, happened_at=NOW - timedelta(days=5), product_ids=(1,), address="hanako@example.jp", basis="business_relation"
)
RULE = Rule(wait_days=3, window_days=14)


def decide(candidate: Candidate, rule: Rule = RULE, now: datetime = NOW, **values: object) -> rules.Decision:
    terms: dict[str, object] = {"channel": "mail", "ask_again_days": 180}
    return rules.decide(candidate, rule, now, **(terms | values))  # type: ignore[arg-type]


def test_it_asks_who_cancelled_long_enough_ago() -> None:
    assert decide(CANCELLED) == Eligible()


def test_it_waits_the_days_of_the_rule_counted_in_japan() -> None:
    cancelled = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)  # half past midnight of the 19th in Japan
    late = replace(CANCELLED, happened_at=cancelled)
    assert decide(late, now=datetime(2026, 11, 21, 14, 59, tzinfo=UTC)) == Skipped("not_yet")
    assert decide(late, now=datetime(2026, 11, 21, 15, 0, tzinfo=UTC)) == Eligible()


def test_it_leaves_out_who_has_been_due_too_long() -> None:
    old = replace(CANCELLED, happened_at=NOW - timedelta(days=3 + 14))
    assert decide(old) == Skipped("too_old")
    assert decide(old, replace(RULE, window_days=15)) == Eligible()


def test_it_counts_one_off_buyers_from_the_day_their_supply_runs_out() -> None:
    bought = replace(CANCELLED, happened_at=NOW - timedelta(days=65), supply_days=60)
    assert decide(bought) == Eligible()
    assert decide(replace(bought, supply_days=90)) == Skipped("not_yet")


def test_it_never_waits_longer_than_a_supply_of_400_days() -> None:
    hoarder = replace(CANCELLED, happened_at=NOW - timedelta(days=405), supply_days=3_000)
    assert decide(hoarder) == Eligible()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"returned": True}, "returned"),
        ({"pending_order": True}, "pending_order"),
        ({"address": None}, "no_address"),
        ({"address": ""}, "no_address"),
        ({"address_problem": "masked"}, "masked_address"),
        ({"address_problem": "double_dot"}, "bad_address"),
        ({"refused": True}, "opted_out"),
        ({"basis": None}, "no_basis"),
        ({"in_campaign": True}, "already_asked"),
        ({"last_asked_at": NOW - timedelta(days=179)}, "asked_recently"),
    ],
)
def test_it_skips_and_says_why(change: dict[str, object], reason: str) -> None:
    assert decide(replace(CANCELLED, **change)) == Skipped(reason)  # type: ignore[arg-type]


def test_it_asks_again_after_the_companys_days() -> None:
    assert decide(replace(CANCELLED, last_asked_at=NOW - timedelta(days=180))) == Eligible()


def test_it_asks_only_about_the_chosen_products() -> None:
    assert decide(CANCELLED, replace(RULE, product_ids=(2, 3))) == Skipped("other_product")
    assert decide(CANCELLED, replace(RULE, product_ids=(1, 3))) == Eligible()


@pytest.mark.parametrize("channel", ["mail", "sms", "line"])
def test_a_message_needs_a_recorded_basis(channel: str) -> None:
    assert decide(replace(CANCELLED, basis=None), channel=channel) == Skipped("no_basis")


@pytest.mark.parametrize("channel", ["paper", "phone"])
def test_a_letter_or_a_call_needs_none_but_respects_a_refusal(channel: str) -> None:
    assert decide(replace(CANCELLED, basis=None), channel=channel) == Eligible()
    assert decide(replace(CANCELLED, basis=None, refused=True), channel=channel) == Skipped("opted_out")


def test_the_comparison_group_is_drawn_by_lot_and_stays() -> None:
    drawn = {n for n in range(10_000) if rules.held_out(1, n, 20)}
    assert 1_900 < len(drawn) < 2_100
    assert drawn == {n for n in range(10_000) if rules.held_out(1, n, 20)}
    assert drawn < {n for n in range(10_000) if rules.held_out(1, n, 30)}, "a larger share keeps who was drawn"
    assert len(drawn & {n for n in range(10_000) if rules.held_out(2, n, 20)}) < 500, "another campaign draws anew"
    assert not any(rules.held_out(1, n, 0) for n in range(1_000))


def test_it_holds_out_only_who_would_have_been_asked() -> None:
    everybody = {"campaign_id": 1, "holdout_percent": 50}
    decided = {type(decide(replace(CANCELLED, customer_id=n), **everybody)) for n in range(50)}
    assert decided == {Eligible}
    assert decide(replace(CANCELLED, returned=True), **everybody) == Skipped("returned")


def test_two_rows_with_one_address_are_asked_once() -> None:
    twin = replace(CANCELLED, customer_id=8)
    other = replace(CANCELLED, customer_id=9, address="taro@example.jp")
    decided = rules.one_per_address([(CANCELLED, Eligible()), (twin, Eligible()), (other, Eligible())])
    assert [decision for _, decision in decided] == [Eligible(), Skipped("same_address"), Eligible()]


def test_a_rule_is_the_same_after_a_turn_as_json() -> None:
    rule = Rule(wait_days=7, window_days=90, product_ids=(2, 5), daily_limit=300)
    assert Rule.from_json(rule.to_json()) == rule
    assert Rule.from_json({}) == Rule()


@pytest.mark.parametrize("wrong", [{"wait_days": -1}, {"window_days": 0}, {"daily_limit": 0}, {"wait_days": 2.5}, {"wait_days": True}])
def test_a_rule_refuses_what_makes_no_sense(wrong: dict[str, object]) -> None:
    with pytest.raises(Refused):
        Rule(**wrong)  # type: ignore[arg-type]


def test_the_worker_invites_by_itself_only_in_the_daytime() -> None:
    in_japan = {hour: rules.invites_at(datetime(2026, 11, 21, hour, tzinfo=UTC) - timedelta(hours=9)) for hour in range(24)}
    assert [hour for hour, invites in in_japan.items() if invites] == list(range(9, 20))
