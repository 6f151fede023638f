"""The ways of getting shares that are compared. Each gives (share, low, high), arrays of one entry a group."""

import numpy as np
from numpy.typing import NDArray

from tests.bench.shares.world import GROUP_CODES, Floats, Ints, Replies
from voc.stats.estimate import Coding, Estimate, Of, estimate, make_frame
from voc.stats.intervals import normal_quantile, wilson
from voc.stats.outlook import look_ahead
from voc.stats.planner import Draw, allocate, draw

Line = tuple[Floats, Floats, Floats]
K = len(GROUP_CODES)


def counted(replies: Replies) -> Line:
    """The machine's count, taken for the truth, with the interval that a statistics program would print beside it."""
    share = np.bincount(replies.read_group, minlength=K) / len(replies.group)
    return (share, *wilson(share, len(replies.group)))


def reviewed_only(found: Ints, n_replies: int) -> Line:
    """Plain random sample of reviews, Wilson's interval with the finite-population correction; the machine is not used."""
    n = len(found)
    share = np.bincount(found, minlength=K) / n
    return (share, *wilson(share, n / (1 - n / n_replies)))


def ppi_plus_plus(replies: Replies, rows: Ints, found: Ints) -> Line:
    """Plain PPI++: simple random sample, λ tuned on it, normal interval (Angelopoulos, Duchi, Zrnic 2023)."""
    n, size = len(rows), len(replies.group)
    truth = _indicator(found)
    read = _indicator(replies.read_group[rows])
    mean = np.bincount(replies.read_group, minlength=K) / size
    both = ((truth - truth.mean(axis=0)) * (read - read.mean(axis=0))).sum(axis=0) / (n - 1)
    own = mean * (1 - mean)
    power = np.clip(np.divide(both, (1 + n / size) * own, out=np.zeros(K), where=own > 0), 0, 1)
    share = power * mean + (truth - power * read).mean(axis=0)
    variance = power**2 * own / size + (truth - power * read).var(axis=0, ddof=1) / n
    half = normal_quantile(0.95) * np.sqrt(variance)
    return share, share - half, share + half


def audit(replies: Replies, n: int, rng: np.random.Generator) -> Draw:
    """The audit that voc draws: n replies, allocated by the machine's confidence alone (nothing was reviewed before)."""
    outlook = look_ahead(replies.read_group, replies.confidence, GROUP_CODES, wanted=n)
    return draw(outlook, allocate(outlook, n), seed=int(rng.integers(2**31)))


def corrected(
    replies: Replies,
    rows: Ints,
    probability: Floats,
    found: Ints,
    among: NDArray[np.bool_] | None = None,
    codes: tuple[str, ...] = GROUP_CODES,
) -> Estimate:
    """What voc shows; ``among`` restricts it to a segment (a month)."""
    read = replies.read_group if codes == GROUP_CODES else replies.read_leaf
    keep = np.ones(len(read), dtype=bool) if among is None else among
    place = np.cumsum(keep) - 1
    inside = keep[rows]
    frame = make_frame(replies.read_group[keep], replies.confidence[keep], rows=place[rows[inside]], probability=probability[inside])
    return estimate(frame, Coding(codes, read[keep], found[inside]))


def line(result: Estimate, of: Of = "replies") -> Line:
    return (result.share, *result.interval(of=of))


def horvitz_thompson(replies: Replies, rows: Ints, probability: Floats, found: Ints, among: NDArray[np.bool_]) -> Line:
    """Share of a segment as plain sum of weights ÷ N, weights not normed; interval by the usual with-replacement variance."""
    size = int(among.sum())
    values = np.where(among[rows], 1 / probability, 0)[:, None] * _indicator(found) / size
    share = values.sum(axis=0)
    half = normal_quantile(0.95) * np.sqrt(len(rows) * values.var(axis=0, ddof=1))
    return share, share - half, share + half


def _indicator(values: Ints) -> Floats:
    return (values[:, None] == np.arange(K)).astype(float)
