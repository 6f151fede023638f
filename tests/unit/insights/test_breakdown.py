"""From readings and decisions to lines of a report, with numbers that can be reckoned by hand."""

import numpy as np
import pytest

from voc.insights.breakdown import break_down, parting, rate
from voc.replies.codes import LEAF_CODES, group_places
from voc.replies.segment import Segment
from voc.surveys.questions import STATED

ONE_OFF, SUBSCRIPTION = 0, 1


def segment(
    read: list[str], *, bought: int = SUBSCRIPTION, decided: dict[int, str] | None = None, probability: float = 0.0, sure: float = 0.8
) -> Segment:
    decided = decided or {}
    return Segment(
        purchase_type=np.full(len(read), bought),
        leaf=np.array([LEAF_CODES.index(leaf) if leaf else -1 for leaf in read], dtype=np.int64),
        confidence=np.full(len(read), sure),
        rows=np.array(list(decided), dtype=np.int64),
        found=np.array([LEAF_CODES.index(leaf) for leaf in decided.values()], dtype=np.int64),
        probability=np.full(len(decided), probability),
    )


def test_it_counts_a_leaf_in_the_group_that_the_way_of_buying_gives_it() -> None:
    found = break_down(segment(["price"] * 3 + ["no_effect"]))
    assert (found.line("other").raw_count, found.line("no_effect").raw_count) == (3, 1)
    found = break_down(segment(["price"] * 3 + ["no_effect"], bought=ONE_OFF), one_off=True)
    assert found.line("dissatisfaction").raw_count == 4
    assert [line.code for line in found.lines] == ["dissatisfaction", "competitor", "no_reason", "other", "unclear"]


def test_a_persons_decision_counts_before_the_machines_reading() -> None:
    found = break_down(segment(["price", "price", "competitor"], decided={0: "unused_stock"}))
    assert found.line("unused_stock").raw_count == 1
    assert found.line("other").raw_count == 1
    assert found.line("other").machine_count == 2


def test_leaves_add_up_to_their_group() -> None:
    found = break_down(segment(["price"] * 4 + ["life_change"] * 2 + ["quality"] * 3, decided={0: "goal_met"}))
    for line in found.lines:
        assert sum(leaf.raw_count for leaf in line.leaves) == line.raw_count
        assert sum(leaf.machine_count for leaf in line.leaves) == line.machine_count
    assert sum(line.raw_share for line in found.lines) == pytest.approx(1)


def test_replies_that_were_not_read_yet_are_told_and_not_counted() -> None:
    found = break_down(segment(["price", "", ""], decided={2: "quality"}))
    assert (found.replies, found.unread) == (2, 1)
    assert found.line("dissatisfaction").raw_count == 1


def test_without_reviews_nothing_is_claimed_and_the_number_missing_is_told() -> None:
    found = break_down(segment(["price"] * 60 + ["unused_stock"] * 60))
    line = found.line("unused_stock")
    assert (line.corrected_share, line.low, line.high, line.claimable) == (None, None, None, False)
    assert line.needs == "reviews"
    assert 30 <= line.missing <= 120
    assert found.method == "counted"


def test_with_few_replies_it_is_replies_that_are_missing_not_reviews() -> None:
    found = break_down(segment(["price"] * 10 + ["unused_stock"] * 10, decided=dict.fromkeys(range(20), "price"), probability=1.0))
    assert {line.needs for line in found.lines} == {"replies"}
    assert {line.missing for line in found.lines} == {0}


def test_reviews_that_somebody_chose_do_not_move_the_corrected_share() -> None:
    read = ["price"] * 100 + ["unused_stock"] * 100
    at_random = {n: "price" if n < 100 else "unused_stock" for n in range(0, 200, 2)}
    plain = break_down(segment(read, decided=at_random, probability=0.5))
    chosen = segment(read, decided=at_random | {1: "quality", 3: "quality", 5: "quality"}, probability=0.5)
    chosen.probability[-3:] = 0.0
    with_chosen = break_down(chosen)
    assert with_chosen.line("dissatisfaction").raw_count == 3
    assert (with_chosen.reviewed, with_chosen.drawn) == (103, 100)
    assert with_chosen.line("other").corrected_share == plain.line("other").corrected_share == pytest.approx(0.5)


def test_a_machine_that_is_wrong_is_put_right() -> None:
    """Half of what is read as no_effect is left-over stock; every second reply of a stratum is reviewed."""
    read = ["no_effect"] * 400 + ["price"] * 200
    truth = ["no_effect", "unused_stock"] * 200 + ["price"] * 200
    decided = {n: truth[n] for n in range(600) if n % 4 in (0, 1)}
    found = break_down(segment(read, decided=decided, probability=0.5))
    assert found.line("no_effect").machine_share == pytest.approx(2 / 3)
    for code in ("no_effect", "unused_stock", "other"):
        line = found.line(code)
        assert line.corrected_share == pytest.approx(1 / 3, abs=0.01)
        assert line.low is not None
        assert line.high is not None
        assert line.low < 1 / 3 < line.high
    assert sum(line.corrected_share or 0 for line in found.lines if line.claimable) == pytest.approx(1, abs=0.02)


def test_it_compares_with_the_period_before() -> None:
    def period(price: int) -> Segment:
        read = ["price"] * price + ["competitor"] * (400 - price)
        return segment(read, decided={n: read[n] for n in range(0, 400, 2)}, probability=0.5)

    change = break_down(period(240), before=period(120)).line("other").change
    assert change is not None
    assert change.difference == pytest.approx(0.3, abs=0.01)
    assert change.clear
    same = break_down(period(200), before=period(200)).line("other").change
    assert same is not None
    assert not same.clear


def test_nothing_at_all_is_no_error() -> None:
    found = break_down(segment([]), before=segment([]))
    assert (found.replies, found.reviewed) == (0, 0)
    assert {line.needs for line in found.lines} == {"replies"}


def test_it_tells_how_many_tick_another_reason_than_the_real_one() -> None:
    """Of 200 who ticked "price" and could be read, every second one meant something else."""
    read = ["price", "unused_stock"] * 100 + ["unclear"] * 50
    decided = {n: read[n] for n in range(200)}
    price = list(STATED).index("price")
    stated = np.full(250, price)
    share = parting(segment(read, decided=decided, probability=1.0), stated)
    assert share.counted_share == pytest.approx(0.5)
    assert share.share == pytest.approx(0.5)
    assert share.reviewed == 200


def test_nobody_who_ticked_nothing_is_compared() -> None:
    assert parting(segment(["price"] * 10), np.full(10, -1)).counted == 0


def test_a_share_of_nothing_is_no_share() -> None:
    assert rate(0, 0) is None
    found = rate(13, 100)
    assert found is not None
    assert found.low < 0.13 < found.high


def test_a_part_of_a_segment_keeps_its_reviews() -> None:
    whole = segment(["price", "quality", "price", "service"], decided={1: "price", 3: "quality"}, probability=0.5)
    part = whole.part(np.array([False, True, False, True]))
    assert part.rows.tolist() == [0, 1]
    assert [LEAF_CODES[leaf] for leaf in part.effective] == ["price", "quality"]
    assert group_places(part.purchase_type, part.leaf).tolist() == [0, 0]
