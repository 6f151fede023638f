"""Subword pieces: a fast stand-in for words where every reply of a large file is read.

The segmentation with the highest product of unigram probabilities (Kudo 2018, "Subword Regularization", ACL, the unigram
model), found by Viterbi's algorithm for many texts in step. The vocabulary, ``pieces.tsv``, is the Japanese part of the one that
XLM-RoBERTa was trained with (MIT licence, see NOTICE): each line a piece and 100 × its negative log probability. Some
hundred times as fast as janome, with no loss of accuracy in the classifier (docs/decisions/0010-reading.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from voc.text.substrings import KeyTable, Substrings, table_of

VOCABULARY = Path(__file__).with_name("pieces.tsv")
UNKNOWN_COST = 2500
_LONGEST_RUN = 20_000
_NEVER = 1 << 30
_SPACES = np.array([code for code in range(0x3001) if chr(code).isspace()], dtype=np.uint32)


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of some texts, by place in all of them joined.

    Attributes
    ----------
    starts, ends : ndarray of shape (n_pieces,), int64
    """

    starts: np.ndarray
    ends: np.ndarray


def pieces(text: str) -> list[str]:
    """Segment normalised text. White space parts pieces and is left out; what no piece covers stays a single character."""
    found = cut(Substrings(text), np.array([0, len(text)]))
    return [text[start:end] for start, end in zip(found.starts.tolist(), found.ends.tolist(), strict=True)]


def cut(joined: Substrings, bounds: np.ndarray) -> Pieces:
    """Segment many texts at once.

    Parameters
    ----------
    joined : Substrings
        All texts, one after the other.
    bounds : ndarray of shape (n_texts + 1,), int
        Where each begins, and the end of the last.
    """
    first, last = _runs(joined.codes, bounds)
    lengths = last - first
    order = np.argsort(-lengths, kind="stable")  # the long ones first: those still under way are always the first few
    first, lengths = first[order], lengths[order]
    # A place for each border between characters of a run, so that the end of one run is not the start of the next.
    place = _longest() + np.cumsum(lengths + 1) - (lengths + 1)
    costs = _costs_by_end(joined, first, lengths, place)
    back = _best_ways(costs, place, lengths)
    at_start, size = _followed_back(back, place, lengths)
    run = np.searchsorted(place, at_start, side="right") - 1
    starts = at_start - place[run] + first[run]
    by_place = np.argsort(starts, kind="stable")
    return Pieces(starts[by_place], (starts + size)[by_place])


def is_space(codes: np.ndarray) -> np.ndarray:
    """Which code points are white space, as ``str.isspace`` has it."""
    low = codes <= _SPACES[-1]
    space = np.zeros(len(codes), dtype=bool)
    space[low] = _is_low_space()[codes[low]]
    return space


@cache
def _is_low_space() -> np.ndarray:
    table = np.zeros(int(_SPACES[-1]) + 1, dtype=bool)
    table[_SPACES] = True
    return table


def _runs(codes: np.ndarray, bounds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of what lies between white space and the texts' borders, cut where it is too long."""
    solid = np.concatenate([[False], ~is_space(codes), [False]])
    border = np.zeros(len(codes) + 1, dtype=bool)
    border[bounds] = True
    starts = np.flatnonzero(solid[1:] & (~solid[:-1] | border))
    ends = np.flatnonzero(solid[:-1] & (~solid[1:] | border))
    if len(starts) and (ends - starts).max() > _LONGEST_RUN:
        parts = [(a, min(a + _LONGEST_RUN, e)) for s, e in zip(starts, ends, strict=True) for a in range(s, e, _LONGEST_RUN)]
        starts, ends = np.array(parts, dtype=np.int64).T
    return starts, ends


def _costs_by_end(joined: Substrings, first: np.ndarray, lengths: np.ndarray, place: np.ndarray) -> np.ndarray:
    """``costs[j, k]``: of the piece of ``longest - k`` characters that ends at place ``j``."""
    table, longest = _vocabulary(), _longest()
    total = int(lengths.sum())
    run = np.repeat(np.arange(len(lengths)), lengths)
    within = np.arange(total) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    costs = np.full((longest + total + len(lengths), longest), _NEVER, dtype=np.int32)
    at, room = within + place[run], lengths[run] - within
    starts = within + first[run]
    costs[at + 1, longest - 1] = UNKNOWN_COST
    for size in range(1, longest + 1):
        fits = room >= size
        at, room, starts = at[fits], room[fits], starts[fits]
        found = table.find(joined.keys(starts, starts + size))
        known = found >= 0
        at, room, starts, found = at[known], room[known], starts[known], found[known]
        whole = found > 0
        costs[at[whole] + size, longest - size] = np.minimum(found[whole], UNKNOWN_COST) if size == 1 else found[whole]
    return costs


def _best_ways(costs: np.ndarray, place: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Length of the last piece on the cheapest way to each place."""
    longest = _longest()
    best = np.zeros(len(costs), dtype=np.int64)
    back = np.ones(len(costs), dtype=np.int64)
    before = np.arange(-longest, 0)
    under_way = np.searchsorted(-lengths, -np.arange(1, int(lengths.max(initial=0)) + 1), side="right")
    rows = np.arange(len(lengths))
    for step, n in enumerate(under_way.tolist(), start=1):
        at = place[:n] + step
        ways = best[at[:, None] + before] + costs[at]
        cheapest = ways.argmin(axis=1)  # of equal ones the longest piece
        best[at] = ways[rows[:n], cheapest]
        back[at] = longest - cheapest
    return back


def _followed_back(back: np.ndarray, place: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places where the pieces begin, and their lengths, run by run from the end."""
    at, start = place + lengths, place
    starts, sizes = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    while len(at):
        size = back[at]
        at = at - size
        starts.append(at)
        sizes.append(size)
        open_ = at > start
        at, start = at[open_], start[open_]
    return np.concatenate(starts), np.concatenate(sizes)


@cache
def _read() -> tuple[KeyTable, int]:
    """Piece → cost; 0 for a string that only begins a piece, so that a look-up can stop early. And the longest piece."""
    rows: Sequence[list[str]] = [line.split("\t") for line in VOCABULARY.read_text(encoding="utf-8").split("\n") if line]
    costs = {piece: int(cost) for piece, cost in rows}
    for piece in list(costs):
        for end in range(1, len(piece)):
            costs.setdefault(piece[:end], 0)
    return table_of(list(costs), np.array(list(costs.values()))), max(map(len, costs))


def _vocabulary() -> KeyTable:
    return _read()[0]


def _longest() -> int:
    return _read()[1]
