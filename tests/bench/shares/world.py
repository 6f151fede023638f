"""A made-up shop: replies with a true reason, a classifier of a given accuracy, reviewers who may err.

The classifier sees each true reason through noise and answers with Bayes' rule, as if all reasons were equally frequent (they are in
the corpus that it learns from) and with a liking for some of them. Its confidence tells about as much as that of a real one: at 0.68
right, replies in the quarters of confidence are right 0.45, 0.59, 0.75 and 0.92 of the time; a first classifier trained on the corpus of
895 replies, also at 0.68, had 0.48, 0.57, 0.76 and 0.90. Its likings give about the same errors of the count as that one's.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from voc.reasons.codebook import GROUPS, LEAVES, ONE_OFF, PREDICTED_LEAVES, SUBSCRIPTION

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

LEAF_CODES = tuple(LEAVES)
GROUP_CODES = tuple(GROUPS)
N_READ = len(PREDICTED_LEAVES)
_GROUP_OF = {kind: np.array([GROUP_CODES.index(LEAVES[c].group(kind)) for c in LEAF_CODES]) for kind in (ONE_OFF, SUBSCRIPTION)}

USUAL = {
    "quality": 0.10, "side_effect": 0.06, "service": 0.06, "no_effect": 0.17, "price": 0.15, "unaware_subscription": 0.05, "competitor": 0.08,
    "unused_stock": 0.13, "no_reason": 0.07, "life_change": 0.05, "goal_met": 0.03, "unclear": 0.035, "other_reason": 0.015,
}  # fmt: skip
LATER = USUAL | {"unused_stock": 0.21, "no_effect": 0.12, "price": 0.10, "competitor": 0.11, "quality": 0.08}
"""The month after a change of the package: the machine knows nothing of it."""
RARE = USUAL | {"unclear": 0.01, "no_reason": 0.015, "competitor": 0.01, "no_effect": 0.25}

HABITS = {"service": 0.5, "side_effect": 0.5, "quality": 0.3, "no_reason": -0.7, "unclear": -0.4, "no_effect": -0.3, "price": -0.2}
"""What the classifier likes to read, in logits."""

_SUBSCRIBERS = 0.65
_HOPELESS = 0.05
"""Share of replies from which nothing can be read, however good the classifier."""


@dataclass(frozen=True)
class Replies:
    """N replies: what is true, what the machine reads."""

    leaf: Ints
    group: Ints
    read_leaf: Ints
    read_group: Ints
    confidence: Floats
    subscriber: NDArray[np.bool_]


_LIKING = np.array([HABITS.get(code, 0.0) for code in PREDICTED_LEAVES])


def shares(of: dict[str, float]) -> Floats:
    p = np.array([of[code] for code in LEAF_CODES])
    return p / p.sum()


def group(leaf: Ints, subscriber: NDArray[np.bool_]) -> Ints:
    return np.where(subscriber, _GROUP_OF[SUBSCRIPTION][leaf], _GROUP_OF[ONE_OFF][leaf])


def make(n: int, separation: float, rng: np.random.Generator, of: dict[str, float] = USUAL) -> Replies:
    """``n`` replies with the reasons ``of``, as the classifier reads them."""
    leaf = rng.choice(len(LEAF_CODES), n, p=shares(of))
    subscriber = rng.random(n) < _SUBSCRIBERS
    seen = rng.standard_normal((n, N_READ))
    clear = np.flatnonzero((leaf < N_READ) & (rng.random(n) >= _HOPELESS))
    seen[clear, leaf[clear]] += separation
    score = separation * seen + _LIKING
    score -= score.max(axis=1, keepdims=True)
    chance = np.exp(score)
    read = score.argmax(axis=1)
    confidence = 1 / chance.sum(axis=1)
    return Replies(leaf, group(leaf, subscriber), read, group(read, subscriber), confidence, subscriber)


@cache
def separation(accuracy: float) -> float:
    """How far apart the reasons must lie for the classifier to get ``accuracy`` of the groups right."""
    low, high = 0.5, 8.0
    for _ in range(20):
        middle = (low + high) / 2
        replies = make(40_000, middle, np.random.default_rng(1))
        low, high = (middle, high) if (replies.group == replies.read_group).mean() < accuracy else (low, middle)
    return middle


_CONFUSED = {"quality": "side_effect", "side_effect": "quality", "service": "unaware_subscription", "no_effect": "price", "price": "no_effect",
             "unaware_subscription": "price", "competitor": "price", "unused_stock": "life_change", "no_reason": "unclear", "life_change": "price",
             "goal_met": "no_reason", "unclear": "no_reason", "other_reason": "unclear"}  # fmt: skip
_TAKEN_FOR = np.array([LEAF_CODES.index(_CONFUSED[code]) for code in LEAF_CODES])


def decide(leaf: Ints, error: float, rng: np.random.Generator) -> Ints:
    """What a reviewer who errs decides: half of the slips go to the reason it is usually confused with, half anywhere else."""
    slip = rng.random(len(leaf)) < error
    usual = rng.random(len(leaf)) < 0.5
    anywhere = (leaf + rng.integers(1, len(LEAF_CODES), len(leaf))) % len(LEAF_CODES)
    return np.where(slip, np.where(usual, _TAKEN_FOR[leaf], anywhere), leaf)
