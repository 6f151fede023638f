"""Variance of the machine's error within strata, from few reviews each.

A stratum of fourteen reviews without any error would, taken at its word, have the variance 0, and an interval that is too
narrow just where the reviews happened to miss the rare error. So strata lend each other strength.
"""

import numpy as np

from voc.stats.arrays import Bools, Floats

_BORROW = 1.0
"""Weight of the shared variance, in events: with as many events seen for a code, own and shared variance count half each."""

_UNSEEN = 0.5
"""Events that are added to those seen for a code, so that none seen is not taken for none there."""

_MOST = 0.5


def within_variance(spread: Floats, reviewed: Floats, *, read: Bools, share: Floats) -> Floats:
    """Variance of the error within each stratum for each code, smoothed.

    Parameters
    ----------
    spread : ndarray, shape (H, K)
        Sum of squares of the error about its mean in each stratum.
    reviewed : ndarray, shape (H,)
        Effective reviews in each stratum: fewer than there are where they weigh unequally, as after several draws. Taken at their
        number, three heavy ones among ten light ones would look as if they were known as well as thirteen.
    read : ndarray of bool, shape (H, K)
        Whether the machine reads the code in this stratum: there errors are readings to take back, elsewhere they are replies missed,
        which is a different and much rarer thing.
    share : ndarray, shape (K,)
        The shares estimated.

    Returns
    -------
    ndarray, shape (H, K)

    Notes
    -----
    Own variance ``s²_hk`` and a shared one, (variance of the code over all strata of its kind) × (how often the stratum is
    wrong about anything, relative to the others), are mixed as E : 1, where E is the sum of squares seen for the code in the strata of its
    kind, about the number of errors met. Half an event is added to each code before sharing. Both constants were chosen in the
    simulation study (docs/statistics.md): without them intervals of small groups covered 0.55 to 0.92 with a good machine.
    """
    freedom = np.maximum(reviewed - 1, 0).astype(np.float64)[:, None]
    level = _level(spread.sum(axis=1), freedom[:, 0])[:, None]
    inside = np.clip(share, 1 / reviewed.sum(), 1 - 1 / reviewed.sum())
    most_unseen = inside * (1 - inside)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(freedom > 0, spread / freedom, 0)
    within = np.zeros_like(spread)
    for kind in (read, ~read):
        events = (spread * kind).sum(axis=0)
        total = (freedom * kind).sum(axis=0)
        code = (events + np.minimum(_UNSEEN, most_unseen * np.maximum(total, 1))) / (total + 1)
        usual = (level * freedom * kind).sum(axis=0) / np.maximum(total, 1)
        shared = np.minimum(code * np.where(usual > 0, level / np.maximum(usual, 1e-300), 1), _MOST)
        trust = np.where(freedom > 0, events / (events + _BORROW), 0)
        within = np.where(kind, trust * own + (1 - trust) * shared, within)
    return within


def _level(total: Floats, freedom: Floats) -> Floats:
    """How often each stratum is wrong about anything, drawn a little towards the mean of all, shape (H,)."""
    mean = total.sum() / max(freedom.sum(), 1)
    return (total + mean) / (freedom + 1) if mean > 0 else np.ones_like(total)
