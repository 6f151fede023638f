"""Two draws with different aims, new replies between them, hard and alarming ones decided beforehand: shares stay unbiased.

A small simulation: each repetition draws anew from one population, reviews, and asks for the shares as the report does.
"""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from tests.bench.shares.world import GROUP_CODES, LATER, USUAL, Replies, make, separation
from voc.stats.estimate import Coding, Estimate, estimate, make_frame
from voc.stats.outlook import Outlook, look_ahead
from voc.stats.planner import allocate, draw
from voc.stats.waves import Drawn, Stratum, Wave, chances, in_turn, strata_of

K = len(GROUP_CODES)
EARLY, LATE = 1_800, 1_200
FIRST, SECOND = 160, 120
FOCUS = "no_effect"
TIMES = 250


@dataclass
class Draws:
    """What the two tables keep."""

    rows: np.ndarray
    drawn: list[Drawn]
    strata: list[tuple[str, tuple[Stratum, ...]]]

    def add(self, replies: Replies, outlook: Outlook, numbers: np.ndarray, name: str, rng: np.random.Generator) -> None:
        taken = self.rows[np.isin(self.rows, np.arange(len(outlook.strata.of)))]
        found = draw(outlook, numbers, taken=taken, seed=int(rng.integers(2**31)))
        told = strata_of(outlook.strata, replies.confidence[: len(outlook.strata.of)], found, GROUP_CODES, taken=taken)
        order = rng.permutation(len(found.rows))
        self.rows = np.concatenate([self.rows, found.rows[order]])
        self.drawn += [
            Drawn(wave=name, stratum=told[found.stratum[k]].name, probability=float(found.probability[k]), decided=True) for k in order
        ]
        self.strata.append((name, told))

    def decided(self, *, done: float, beforehand: np.ndarray) -> list[Drawn]:
        """The second wave reviewed up to a part, and what was decided beforehand as well."""
        last = FIRST + int(done * (len(self.drawn) - FIRST))
        early = beforehand[self.rows]
        return [
            replace(drawn, decided=bool(place < last or early[place]), in_order=bool(place < last and not early[place]))
            for place, drawn in enumerate(self.drawn)
        ]

    def waves(self, replies: Replies) -> list[Wave]:
        reading = {"code": replies.read_group[self.rows], "confidence": replies.confidence[self.rows]}
        sizes = (EARLY, EARLY + LATE)
        return [
            Wave(name=name, strata=told, open=self.rows < size, **reading) for (name, told), size in zip(self.strata, sizes, strict=True)
        ]


def joined(first: Replies, second: Replies) -> Replies:
    return Replies(*(np.concatenate([getattr(first, name), getattr(second, name)]) for name in Replies.__dataclass_fields__))


def corrected(replies: Replies, rows: np.ndarray, chance: np.ndarray, size: int) -> Estimate:
    frame = make_frame(replies.read_group[:size], replies.confidence[:size], rows=rows, probability=chance)
    return estimate(frame, Coding(GROUP_CODES, replies.read_group[:size], replies.group[rows]))


def two_waves(replies: Replies, rng: np.random.Generator) -> Draws:
    early = slice(0, EARLY)
    draws = Draws(np.zeros(0, dtype=np.int64), [], [])
    outlook = look_ahead(replies.read_group[early], replies.confidence[early], GROUP_CODES, wanted=FIRST)
    draws.add(replies, outlook, allocate(outlook, FIRST), "a", rng)
    first = corrected(replies, draws.rows, np.array([d.probability for d in draws.drawn]), EARLY)
    # What the first wave found of the old replies steers the second: drawn for one reason, among old and new ones.
    again = look_ahead(replies.read_group, replies.confidence, GROUP_CODES, taken=draws.rows, wanted=FIRST + SECOND)
    seen = look_ahead(replies.read_group[early], replies.confidence[early], GROUP_CODES, taken=draws.rows, wanted=FIRST, known=first)
    steered = replace(again, share=seen.share, within=again.within * (seen.within.mean(axis=0) / again.within.mean(axis=0)))
    draws.add(replies, steered, allocate(steered, SECOND, focus=FOCUS), "b", rng)
    return draws


WORLDS = [(0.82, USUAL, 1.0, 0.93), (0.62, LATER, 1.0, 0.91), (0.62, LATER, 0.5, 0.89)]
"""How often the machine is right about the later replies, their reasons, the part of the second wave that is reviewed, least coverage."""


@pytest.mark.parametrize(("accuracy", "reasons", "done", "least"), WORLDS)
def test_shares_are_unbiased_after_two_waves_with_different_focus(
    accuracy: float, reasons: dict[str, float], done: float, least: float
) -> None:
    rng = np.random.default_rng(1)
    replies = joined(make(EARLY, separation(0.82), rng, USUAL), make(LATE, separation(accuracy), rng, reasons))
    truth = np.bincount(replies.group, minlength=K) / len(replies.group)
    complaints = replies.group == GROUP_CODES.index("dissatisfaction")
    beforehand = (replies.confidence < 0.35) | (complaints & (rng.random(len(complaints)) < 0.5))
    error, covered = [], []
    for _ in range(TIMES):
        draws = two_waves(replies, rng)
        known = draws.decided(done=done, beforehand=beforehand)
        counts = in_turn(known)
        found = corrected(replies, draws.rows[counts], chances(known, draws.waves(replies))[counts], len(replies.group))
        low, high = found.interval()
        error.append(found.share - truth)
        covered.append((low <= truth) & (truth <= high))
    bias, noise = np.mean(error, axis=0), np.std(error, axis=0) / np.sqrt(TIMES)
    assert (np.abs(bias) < 0.002 + 2.6 * noise).all(), (bias, noise)
    assert np.mean(covered) > least


def test_hard_and_alarming_replies_that_were_decided_first_would_pull_the_shares() -> None:
    """Half a wave is reviewed; counted as well, what had been decided before for its own sake moves the share by points."""
    rng = np.random.default_rng(2)
    replies = make(EARLY + LATE, separation(0.62), rng, USUAL)
    truth = np.bincount(replies.group, minlength=K) / len(replies.group)
    complaint = GROUP_CODES.index("dissatisfaction")
    beforehand = replies.group == complaint
    fair, unfair = [], []
    for _ in range(100):
        draws = two_waves(replies, rng)
        known = draws.decided(done=0.3, beforehand=beforehand)
        for counts, errors in ((in_turn(known), fair), (np.array([drawn.decided for drawn in known]), unfair)):
            chance = np.maximum(chances(known, draws.waves(replies))[counts], 0.02)
            errors.append((corrected(replies, draws.rows[counts], chance, len(replies.group)).share - truth)[complaint])
    assert abs(np.mean(fair)) < 0.01
    assert np.mean(unfair) > 0.03
