"""The scenarios: each gives, for one repetition, the intervals of all methods and the truth."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from tests.bench.shares import methods
from tests.bench.shares.methods import Line
from tests.bench.shares.world import (
    GROUP_CODES,
    LATER,
    LEAF_CODES,
    RARE,
    USUAL,
    Floats,
    Ints,
    Replies,
    decide,
    group,
    make,
    separation,
    shares,
)
from voc.stats.estimate import Coding, estimate, make_frame
from voc.stats.intervals import difference
from voc.stats.outlook import look_ahead
from voc.stats.planner import Draw, allocate, draw, needed
from voc.stats.waves import Drawn, Stratum, Wave, chances, strata_of

Lines = dict[str, tuple[Line, Floats]]
"""By method: the line, and the truth it is to cover."""
Scenario = Callable[[Replies, int, np.random.Generator], Lines]

SIZE = 10_000
K = len(GROUP_CODES)


def plain(replies: Replies, n: int, rng: np.random.Generator) -> Lines:
    """One segment of 10,000 replies, n reviewed, reviewers right."""
    truth = _truth(replies.group)
    simple = rng.choice(len(replies.group), n, replace=False)
    found = replies.group[simple]
    drawn = methods.audit(replies, n, rng)
    result = methods.corrected(replies, drawn.rows, drawn.probability, replies.group[drawn.rows])
    leaves = methods.corrected(replies, drawn.rows, drawn.probability, replies.leaf[drawn.rows], codes=LEAF_CODES)
    return {
        "counted": (methods.counted(replies), truth),
        "reviewed only": (methods.reviewed_only(found, len(replies.group)), truth),
        "ppi++": (methods.ppi_plus_plus(replies, simple, found), truth),
        "voc": (methods.line(result), truth),
        "voc, leaves": (methods.line(leaves), np.bincount(replies.leaf, minlength=len(LEAF_CODES)) / len(replies.leaf)),
        "reviewed only, leaves": (_plain_leaves(replies, simple), np.bincount(replies.leaf, minlength=len(LEAF_CODES)) / len(replies.leaf)),
    }


def shifted(replies: Replies, n: int, rng: np.random.Generator) -> Lines:
    """Two months of 10,000 in one audit of 2 n replies; in the second the reasons have changed and the classifier does not know."""
    first = np.arange(len(replies.group)) < len(replies.group) // 2
    drawn = methods.audit(replies, 2 * n, rng)
    found = replies.group[drawn.rows]
    truth = [_truth(replies.group[first]), _truth(replies.group[~first])]
    months = [methods.corrected(replies, drawn.rows, drawn.probability, found, among) for among in (first, ~first)]
    change = difference(methods.line(months[1]), methods.line(months[0]))
    process = difference(methods.line(months[1], "customers"), methods.line(months[0], "customers"))
    read = [np.bincount(replies.read_group[among], minlength=K) / among.sum() for among in (first, ~first)]
    simple = rng.choice(len(replies.group), 2 * n, replace=False)
    plain_months = [methods.reviewed_only(replies.group[simple[among[simple]]], int(among.sum())) for among in (first, ~first)]
    return {
        "counted, 2nd month": ((read[1], *methods.wilson(read[1], (~first).sum())), truth[1]),
        "reviewed only, 2nd month": (plain_months[1], truth[1]),
        "voc, 1st month": (methods.line(months[0]), truth[0]),
        "voc, 2nd month": (methods.line(months[1]), truth[1]),
        "ht, 2nd month": (methods.horvitz_thompson(replies, drawn.rows, drawn.probability, found, ~first), truth[1]),
        "reviewed only, difference": (difference(plain_months[1], plain_months[0]), truth[1] - truth[0]),
        "voc, difference of replies": (change, truth[1] - truth[0]),
        "voc, difference of customers": (process, _TRUE_CHANGE),
    }


def erring(replies: Replies, n: int, rng: np.random.Generator) -> Lines:
    """Every reviewer errs 5 times in 100; with and without a second look where reviewer and machine differ."""
    truth = _truth(replies.group)
    drawn = methods.audit(replies, n, rng)
    leaf, subscriber = replies.leaf[drawn.rows], replies.subscriber[drawn.rows]
    first = decide(leaf, 0.05, rng)
    chosen = _second_look(first, replies.read_leaf[drawn.rows], seed=int(rng.integers(2**31)))
    second = decide(leaf, 0.05, rng)
    lead = decide(leaf, 0.05, rng)
    final = np.where(chosen & (second != first), lead, first)
    every = decide(replies.leaf, 0.05, rng)
    simple = rng.choice(len(replies.group), n, replace=False)
    lines = {
        label: methods.line(methods.corrected(replies, drawn.rows, drawn.probability, group(decided, subscriber)))
        for label, decided in (("one reviewer", first), ("second look", final))
    }
    standard = group(np.where(np.isin(np.arange(len(every)), drawn.rows), 0, every), replies.subscriber)
    standard[drawn.rows] = group(first, subscriber)
    return {
        "reviewed only": (methods.reviewed_only(group(every[simple], replies.subscriber[simple]), len(every)), truth),
        "voc, one reviewer": (lines["one reviewer"], truth),
        "voc, one reviewer, against own standard": (lines["one reviewer"], _truth(standard)),
        "voc, second look": (lines["second look"], truth),
    }


def hard_first(replies: Replies, n: int, rng: np.random.Generator) -> Lines:
    """Beside n audits, n of the least sure replies are reviewed."""
    truth = _truth(replies.group)
    drawn = methods.audit(replies, n, rng)
    left = np.ones(len(replies.group), dtype=bool)
    left[drawn.rows] = False
    queue = np.argsort(np.where(left, replies.confidence, 2))[:n]
    both = np.concatenate([drawn.rows, queue])
    pooled = np.bincount(replies.group[both], minlength=K) / len(both)
    as_if = methods.corrected(replies, both, np.full(len(both), len(both) / len(left)), replies.group[both])
    return {
        "all reviews counted": ((pooled, *methods.wilson(pooled, len(both))), truth),
        "all reviews as if random": (methods.line(as_if), truth),
        "voc, audits only": (methods.line(methods.corrected(replies, drawn.rows, drawn.probability, replies.group[drawn.rows])), truth),
    }


def mentioned(replies: Replies, n: int, rng: np.random.Generator) -> Lines:
    """Leaves mentioned at all, as primary or secondary reason: a quarter of the replies name a second one, the machine sees half of these."""
    size, count = len(replies.leaf), len(LEAF_CODES)
    second = rng.choice(count, size, p=shares(USUAL))
    named, seen, imagined = rng.random(size) < 0.25, rng.random(size) < 0.5, rng.random(size) < 0.05
    true, read = np.zeros((size, count), dtype=bool), np.zeros((size, count), dtype=bool)
    every = np.arange(size)
    true[every, replies.leaf] = True
    true[every[named], second[named]] = True
    read[every, replies.read_leaf] = True
    read[every[named & seen], second[named & seen]] = True
    read[every[imagined], rng.integers(0, count - 1, int(imagined.sum()))] = True
    drawn = methods.audit(replies, n, rng)
    simple = rng.choice(size, n, replace=False)
    truth = true.mean(axis=0)
    frame = make_frame(replies.read_group, replies.confidence, rows=drawn.rows, probability=drawn.probability)
    plainly = true[simple].mean(axis=0)
    return {
        "counted": ((read.mean(axis=0), *methods.wilson(read.mean(axis=0), size)), truth),
        "reviewed only": ((plainly, *methods.wilson(plainly, n / (1 - n / size))), truth),
        "voc": (methods.line(estimate(frame, Coding(LEAF_CODES, read, true[drawn.rows]))), truth),
    }


FOCUS, HALF_WIDTH = "no_effect", 0.02


def planned(replies: Replies, n: int, rng: np.random.Generator) -> Lines:
    """After n audits the planner is asked for one reason to ±2 points; what it asks for is drawn and reviewed too."""
    k = GROUP_CODES.index(FOCUS)
    truth = _truth(replies.group)
    first = methods.audit(replies, n, rng)
    known = methods.corrected(replies, first.rows, first.probability, replies.group[first.rows])
    before = look_ahead(replies.read_group, replies.confidence, GROUP_CODES, wanted=n)
    outlook = look_ahead(replies.read_group, replies.confidence, GROUP_CODES, taken=first.rows, wanted=n, known=known)
    more = int(needed(outlook, HALF_WIDTH)[k])
    second = draw(outlook, allocate(outlook, more, focus=FOCUS), taken=first.rows, seed=int(rng.integers(2**31)))
    rows = np.concatenate([first.rows, second.rows])
    waves = [
        ("before", first, strata_of(before.strata, replies.confidence, first, GROUP_CODES)),
        ("planned", second, strata_of(outlook.strata, replies.confidence, second, GROUP_CODES, taken=first.rows)),
    ]
    result = methods.corrected(replies, rows, _chances(replies, rows, waves), replies.group[rows])
    low, high = result.interval()
    asked = np.full(1, float(more))
    half = np.full(1, (high[k] - low[k]) / 2)
    return {
        "voc": (methods.line(result), truth),
        "asked for": ((asked, asked, asked), asked),
        "half width reached": ((half, half, half), half),
    }


def _chances(replies: Replies, rows: Ints, waves: list[tuple[str, Draw, tuple[Stratum, ...]]]) -> Floats:
    """As the product reckons it: all draws reviewed, every reply open to all of them."""
    reading = {"open": np.ones(len(rows), dtype=bool), "code": replies.read_group[rows], "confidence": replies.confidence[rows]}
    drawn = [
        Drawn(wave=name, stratum=strata[stratum].name, probability=float(probability), decided=True)
        for name, found, strata in waves
        for stratum, probability in zip(found.stratum, found.probability, strict=True)
    ]
    return chances(drawn, [Wave(name=name, strata=strata, **reading) for name, _, strata in waves])


def populations(accuracy: float, scenario: Scenario, rng: np.random.Generator, *, kind: str = "", each: int = 10) -> Iterator[Replies]:
    """Replies for the repetitions, a new population after every ``each``; ``kind`` "rare" has groups of 1 %, "overconfident" a
    classifier that takes a chance of error of 20 % for one of 1 %."""
    apart = separation(accuracy)
    while True:
        if scenario is shifted:
            replies = _joined(make(SIZE, apart, rng, USUAL), make(SIZE, apart, rng, LATER))
        else:
            replies = make(SIZE, apart, rng, RARE if kind == "rare" else USUAL)
        if kind == "overconfident":
            replies = replace(replies, confidence=1 - (1 - replies.confidence) ** 3)
        for _ in range(each):
            yield replies


def _second_look(first: Ints, predicted: Ints, *, seed: int, agreeing: float = 0.1) -> np.ndarray:
    """Which reviews a second person codes as well: all in which reviewer and machine differ, and a share of the others."""
    probability = np.where(first != predicted, 1.0, agreeing)
    return np.random.default_rng(seed).random(len(first)) < probability


def _joined(first: Replies, second: Replies) -> Replies:
    return Replies(*(np.concatenate([getattr(first, name), getattr(second, name)]) for name in Replies.__dataclass_fields__))


def _truth(groups: np.ndarray) -> Floats:
    return np.bincount(groups, minlength=K) / len(groups)


def _plain_leaves(replies: Replies, rows: np.ndarray) -> Line:
    n = len(rows)
    share = np.bincount(replies.leaf[rows], minlength=len(LEAF_CODES)) / n
    return (share, *methods.wilson(share, n / (1 - n / len(replies.leaf))))


def _process(of: dict[str, float]) -> Floats:
    p = shares(of)
    leaves = np.arange(len(p))
    return sum(
        weight * np.bincount(group(leaves, np.full(len(p), kind)), weights=p, minlength=K) for kind, weight in ((True, 0.65), (False, 0.35))
    )


_TRUE_CHANGE = _process(LATER) - _process(USUAL)
