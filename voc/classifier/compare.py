"""Two models on the same replies of a company, read by each without having learnt from them: which is better, and how sure is that?"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from voc.classifier.learn import HARM, OwnReply
from voc.classifier.reading import Reading
from voc.reasons.codebook import LEAVES, group_of

Verdict = Literal["better", "unclear", "worse", "few"]

ENOUGH = 100
"""Replies drawn at random under which nothing is claimed."""
LEVEL = 0.95
DRAWS = 2000


def compare(
    own: Sequence[OwnReply],
    before: Sequence[Reading],
    after: Sequence[Reading],
    *,
    corpus: tuple[float | None, float | None] = (None, None),
    seed: int = 0,
) -> dict[str, Any]:
    """The comparison as plain data, as it stands in the new model's card.

    Parameters
    ----------
    own : sequence of OwnReply, length n
    before, after : sequence of Reading, length n
        By the model in use and by the new one.
    corpus
        Share of the harms in the corpus's held-out hands that each of them finds, where it is known.

    Returns
    -------
    dict
        ``drawn`` replies that the figures rest on; ``leaf`` and ``group``, each with the shares right ``before`` and ``after``,
        the ``gain`` with its interval ``low`` to ``high``, and McNemar's ``p``; ``reasons``, the same for the replies that people
        gave each reason; ``harm``; ``worse_for``; ``verdict``.

    Notes
    -----
    Only replies drawn at random say how good a model is; each counts 1 ÷ the probability it was drawn with. *Better* is claimed when
    the paired bootstrap interval of the gain lies above 0, McNemar's exact test agrees, and no harm is found less often. Harms are
    counted in all reviewed replies, however they came before people: they are few, and those that the model in use raised itself
    are among them, which is to the disadvantage of the new one.
    """
    drawn = [i for i, one in enumerate(own) if one.probability is not None]
    weight = np.array([1 / (own[i].probability or 1) for i in drawn])
    leaf = _pair([(before[i].primary == own[i].primary, after[i].primary == own[i].primary) for i in drawn])
    group = _pair([(_same_group(own[i], before[i]), _same_group(own[i], after[i])) for i in drawn])
    decided = np.array([own[i].primary for i in drawn], dtype=object)
    reasons = {code: paired(leaf[decided == code], weight[decided == code], seed=seed) for code in LEAVES if (decided == code).any()}
    found: dict[str, Any] = {
        "drawn": len(drawn),
        "reviewed": len(own),
        "leaf": paired(leaf, weight, seed=seed),
        "group": paired(group, weight, seed=seed),
        "reasons": reasons,
        "worse_for": [code for code, one in reasons.items() if one["gain"] < 0 and one["p"] < 1 - LEVEL],
        "harm": _harm(own, before, after, drawn, weight) | {"corpus_before": corpus[0], "corpus_after": corpus[1]},
    }
    return found | {"verdict": verdict(found)}


def verdict(found: dict[str, Any]) -> Verdict:
    """What may be said of the new model. One that finds fewer harms is never better."""
    leaf, harm = found["leaf"], found["harm"]
    if fewer_harms(harm):
        return "worse"
    if found["drawn"] < ENOUGH:
        return "few"
    if leaf["p"] >= 1 - LEVEL:
        return "unclear"
    return "better" if leaf["low"] > 0 else "worse" if leaf["high"] < 0 else "unclear"


def fewer_harms(harm: dict[str, Any]) -> bool:
    """Whether the new model finds fewer harms, in own replies or in the corpus's held-out hands (where both are known)."""
    before, after = harm["corpus_before"], harm["corpus_after"]
    return bool(harm["after"] < harm["before"] or (before is not None and after is not None and after < before))


def paired(right: np.ndarray, weight: np.ndarray, *, seed: int = 0) -> dict[str, Any]:
    """Shares right of two models on the same replies.

    Parameters
    ----------
    right : ndarray of shape (n, 2), bool
        Whether the one before and the new one were right.
    weight : ndarray of shape (n,)

    Returns
    -------
    dict
        ``n``; ``before``, ``after`` and ``gain`` as weighted shares; ``low``, ``high``, the paired percentile bootstrap interval of the
        gain; ``won`` and ``lost``, replies that only the new one or only the one before had right; ``p`` of McNemar's exact test.

    References
    ----------
    Q. McNemar (1947), Note on the sampling error of the difference between correlated proportions or percentages. Psychometrika 12.
    """
    n = len(right)
    if not n:
        return {"n": 0, "before": None, "after": None, "gain": 0.0, "low": -1.0, "high": 1.0, "won": 0, "lost": 0, "p": 1.0}
    before, after = (float(weight @ right[:, k] / weight.sum()) for k in (0, 1))
    low, high = _bootstrap(right[:, 1].astype(float) - right[:, 0], weight, seed)
    won, lost = int((right[:, 1] & ~right[:, 0]).sum()), int((right[:, 0] & ~right[:, 1]).sum())
    shares = {"before": before, "after": after, "gain": after - before, "low": low, "high": high}
    return {"n": n, **{name: round(value, 4) for name, value in shares.items()}, "won": won, "lost": lost, "p": mcnemar(won, lost)}


def mcnemar(won: int, lost: int) -> float:
    """Two-sided p of McNemar's exact test."""
    from scipy.stats import binomtest

    return round(float(binomtest(won, won + lost, 0.5).pvalue), 6) if won + lost else 1.0


def _bootstrap(gain: np.ndarray, weight: np.ndarray, seed: int) -> tuple[float, float]:
    rng, n = np.random.default_rng(seed), len(gain)
    means = np.empty(DRAWS)
    for i in range(DRAWS):
        chosen = rng.integers(0, n, size=n)
        means[i] = gain[chosen] @ weight[chosen] / weight[chosen].sum()
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _pair(rows: list[tuple[bool, bool]]) -> np.ndarray:
    return np.array(rows, dtype=bool).reshape(len(rows), 2)


def _same_group(one: OwnReply, reading: Reading) -> bool:
    return group_of(one.primary, one.purchase_type) == group_of(reading.primary, one.purchase_type)


def _harm(
    own: Sequence[OwnReply], before: Sequence[Reading], after: Sequence[Reading], drawn: Sequence[int], weight: np.ndarray
) -> dict[str, Any]:
    true = [i for i, one in enumerate(own) if HARM in one.alerts]
    flagged = _pair([(raises(before[i]), raises(after[i])) for i in drawn])
    shares = [round(float(weight @ flagged[:, k] / weight.sum()), 4) if len(drawn) else None for k in (0, 1)]
    return {
        "n": len(true),
        "before": sum(raises(before[i]) for i in true),
        "after": sum(raises(after[i]) for i in true),
        "flagged_before": shares[0],
        "flagged_after": shares[1],
    }


def raises(reading: Reading, code: str = HARM) -> bool:
    return any(alert.code == code for alert in reading.alerts)
