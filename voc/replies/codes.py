"""Reasons as numbers: the place of each leaf, group and option, as columns hold it. Pure."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from voc.reasons import codebook
from voc.surveys.questions import STATED

Ints = NDArray[np.int64]

LEAF_CODES = tuple(codebook.LEAVES)
GROUP_CODES = tuple(codebook.GROUPS)
STATED_CODES = tuple(STATED)


@cache
def pairs() -> tuple[tuple[str, str], ...]:
    """Every (group, leaf) that there is, in report order: a leaf stands in two groups where the way of buying decides."""
    found = {(leaf.group(bought), leaf.code) for leaf in codebook.LEAVES.values() for bought in codebook.PURCHASE_TYPES}
    return tuple(sorted(found, key=lambda pair: (GROUP_CODES.index(pair[0]), LEAF_CODES.index(pair[1]))))


@cache
def _tables() -> tuple[Ints, Ints]:
    """Group and pair by (way of buying, leaf), as places; shape (2, leaves) each."""
    groups = [
        [GROUP_CODES.index(leaf.group(bought)) for leaf in codebook.LEAVES.values()] for bought in codebook.PURCHASE_TYPES
    ]  # fmt: skip
    both = [
        [pairs().index((leaf.group(bought), leaf.code)) for leaf in codebook.LEAVES.values()] for bought in codebook.PURCHASE_TYPES
    ]  # fmt: skip
    return np.array(groups), np.array(both)


def group_places(purchase_type: Ints, leaf: Ints) -> Ints:
    """Places of the groups of leaves; the leaf must be there."""
    return np.asarray(_tables()[0][purchase_type, leaf])


@cache
def pair_codes() -> tuple[str, ...]:
    """``other/price``: every leaf in its group, in report order."""
    return tuple(f"{group}/{leaf}" for group, leaf in pairs())


def pair_places(purchase_type: Ints, leaf: Ints) -> Ints:
    """Places in ``pair_codes``; the leaf must be there."""
    return np.asarray(_tables()[1][purchase_type, leaf])
