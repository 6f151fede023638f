"""Substrings of many texts as 64-bit keys, and a table to look them up in: one array operation where a dict of strings takes a step each."""

from collections.abc import Sequence

import numpy as np

#: Odd, so that it has an inverse modulo 2**64.
_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


class Substrings:
    """Keys of the substrings of a text, two differences and a product each.

    A polynomial hash modulo 2**64 from prefix sums (Karp & Rabin 1987), its characters and its result scrambled (the finaliser of
    Steele et al. 2014, "Fast splittable pseudorandom number generators"): of 10**5 known substrings, one in 10**14 strangers has the
    key of one by chance.

    Parameters
    ----------
    text : str or ndarray of shape (n,), uint32
        A text, or its code points.

    Attributes
    ----------
    codes : ndarray of shape (n,), uint32
        The text's code points.
    """

    def __init__(self, text: str | np.ndarray) -> None:
        self.codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32) if isinstance(text, str) else text
        powers, self._inverses = _powers(len(self.codes) + 1)
        sums = np.cumsum(_scrambled(self.codes.astype(np.uint64) + np.uint64(1)) * powers[: len(self.codes)], dtype=np.uint64)
        self._sums = np.concatenate([np.zeros(1, dtype=np.uint64), sums])

    def keys(self, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Keys of ``text[start:end]``, uint64: the same for equal substrings, wherever they stand."""
        return _scrambled((self._sums[ends] - self._sums[starts]) * self._inverses[starts])


def chained(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Keys of pairs from the keys of their members; the order counts."""
    return _scrambled(first * np.uint64(_BASE) + second)


def _scrambled(keys: np.ndarray) -> np.ndarray:
    keys = (keys ^ (keys >> np.uint64(30))) * _FIRST
    keys = (keys ^ (keys >> np.uint64(27))) * _SECOND
    return np.asarray(keys ^ (keys >> np.uint64(31)))


_kept: list[tuple[np.ndarray, np.ndarray]] = []


def _powers(n: int) -> tuple[np.ndarray, np.ndarray]:
    """At least ``n`` powers of the base and of its inverse; kept, since most batches are of one size."""
    if not _kept or len(_kept[0][0]) < n:
        size = max(1 << 14, 1 << (n - 1).bit_length())
        pair = []
        for base in (_BASE, _INVERSE):
            powers = np.full(size, base, dtype=np.uint64)
            powers[0] = 1
            pair.append(np.cumprod(powers, dtype=np.uint64))
        _kept[:] = [(pair[0], pair[1])]
    return _kept[0]


class KeyTable:
    """From keys to numbers: a hash table with linear probing, filled and asked many keys at a time.

    Parameters
    ----------
    keys : ndarray of shape (n,), uint64
    values : ndarray of shape (n,), int
        From 0 on.
    """

    def __init__(self, keys: np.ndarray, values: np.ndarray) -> None:
        size = 1 << max(4, (4 * len(keys)).bit_length())
        self._last = np.uint64(size - 1)
        self._keys = np.zeros(size, dtype=np.uint64)
        self._values = np.full(size, -1, dtype=np.int32)
        left, slots = np.arange(len(keys)), keys & self._last
        while len(left):
            free = self._values[slots] < 0
            self._keys[slots[free]] = keys[left[free]]  # where several want one place, the last has it
            self._values[slots[free]] = values[left[free]]
            out = self._keys[slots] != keys[left]
            left, slots = left[out], (slots[out] + np.uint64(1)) & self._last

    def find(self, keys: np.ndarray) -> np.ndarray:
        """The number of each key, int32; -1 for those that are not in the table."""
        slots = keys & self._last
        found: np.ndarray = self._values[slots]
        off = np.flatnonzero((self._keys[slots] != keys) & (found >= 0))
        while len(off):
            slots[off] = (slots[off] + np.uint64(1)) & self._last
            found[off] = self._values[slots[off]]
            off = off[(self._keys[slots[off]] != keys[off]) & (found[off] >= 0)]
        return found


def table_of(strings: Sequence[str], values: np.ndarray | None = None) -> KeyTable:
    """A table of strings: the value of each, by default its place."""
    ends = np.cumsum(np.array([len(one) for one in strings], dtype=np.int64))
    starts = np.concatenate([np.zeros(1, dtype=np.int64), ends])[:-1]
    return KeyTable(Substrings("".join(strings)).keys(starts, ends), np.arange(len(strings)) if values is None else values)
