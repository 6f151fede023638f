"""Learn from a company's own decisions beside the corpus, and say honestly how the replies learnt from would be read.

Each of the company's replies is read by a model that was trained without it (cross-fitting), so that these readings can be compared
with those of the model in use, and so that corrected shares, which rest on the same decisions, stay unbiased: a model that reads
replies that it has learnt by heart seems to make no mistakes.

References
----------
T. Zrnic, E. J. Candès (2024), Cross-prediction-powered inference. PNAS 121 (15).
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from voc.classifier.alerts import CODES, RECALL
from voc.classifier.evaluate import figures
from voc.classifier.reader import LEAVES, ReplyClassifier
from voc.classifier.reading import Reading
from voc.classifier.train import (
    FOLDS,
    OWN_WEIGHT,
    Example,
    HeldOut,
    Prepared,
    calibrate,
    fingerprint,
    fit_weights,
    folds,
    held_out,
    judge,
    prepare,
    prune,
    with_kana,
)
from voc.classifier.vectors import Encoder
from voc.reasons.codebook import ALERTS, PREDICTED_LEAVES
from voc.reasons.codebook import VERSION as CODEBOOK
from voc.text import in_kana, normalise

HARM = "health_harm"
OWN = "own-"
"""Hand of a company's own replies, with the number of their part after it: those with the same words are held out together."""
STEPS = 2 * FOLDS + 2

_RAISED = (0.98, 0.985, 0.99, 0.995, 1.0)


@dataclass(frozen=True, slots=True)
class OwnReply:
    """A reply of the company with what people decided about it.

    Attributes
    ----------
    primary
        Any leaf of the codebook, also one that is never predicted.
    probability
        With which it was drawn at random; none where it was reviewed for another reason.
    learnable
        May be learnt from; it is compared in either case.
    """

    text: str
    purchase_type: str
    primary: str
    secondary: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    probability: float | None = None
    learnable: bool = True


@dataclass
class Learnt:
    """A new model, what is known of it, and how it reads each own reply without having learnt from it."""

    model: ReplyClassifier
    card: dict[str, Any]
    readings: list[Reading]


def part_of(text: str) -> int:
    """Which part a reply is held out with: the same for all that read the same, whatever signs they are written in."""
    return zlib.crc32(in_kana(normalise(text).text).encode()) % FOLDS


def taught(own: Sequence[OwnReply]) -> list[Example]:
    """What can be learnt from, as examples."""
    return [
        Example(
            text=one.text, purchase_type=one.purchase_type, primary=one.primary,
            secondary=tuple(code for code in one.secondary if code in PREDICTED_LEAVES),
            alerts=tuple(code for code in one.alerts if code in ALERTS), hand=f"{OWN}{part_of(one.text)}", weight=OWN_WEIGHT,
        )
        for one in own
        if one.learnable and one.primary in PREDICTED_LEAVES
    ]  # fmt: skip


def learn(
    corpus: Sequence[Example],
    own: Sequence[OwnReply],
    *,
    version: str,
    floor: float | None = None,
    encoder: Encoder | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Learnt:
    """Train on the corpus and on own replies; deterministic.

    Parameters
    ----------
    floor : float, optional
        Share of the harms in the corpus's held-out hands that the model in use finds. Where the new one would find fewer, it is
        set to flag more.
    progress : callable
        Told steps done and their number (``STEPS``). What it raises ends the training.
    """
    examples = [*corpus, *taught(own)]
    learnt = with_kana(examples)
    progress(0, STEPS)
    data = prepare(learnt, encoder)
    progress(1, STEPS)
    hands = np.array([one.hand for one in learnt])
    parts = folds([one.hand for one in learnt])
    out = held_out(data, parts, lambda _, done, total: progress(1 + done * FOLDS // total, STEPS))
    rows = np.sort(np.concatenate(parts))
    rows = rows[rows < len(examples)]  # judged as they were written
    work = _Work(examples, data, hands, out, rows, encoder, version)
    recall = work.recall_not_below(floor)
    readings = work.read_held_out(own, recall, lambda done: progress(1 + FOLDS + done, STEPS))
    model = work.fitted(np.arange(len(learnt)), rows, recall)
    progress(STEPS, STEPS)
    return Learnt(model, work.card(model, recall), readings)


@dataclass
class _Work:
    """What all steps of one training share."""

    examples: list[Example]
    data: Prepared
    hands: np.ndarray
    out: HeldOut
    rows: np.ndarray
    encoder: Encoder | None
    version: str

    @property
    def foreign(self) -> np.ndarray:
        """Held-out rows of the corpus."""
        return self.rows[~np.char.startswith(self.hands[self.rows], OWN)]

    def fitted(self, learnt: np.ndarray, measured: np.ndarray, recall: Mapping[str, float]) -> ReplyClassifier:
        """A model whole: weights from some rows, calibration from others."""
        model = ReplyClassifier(version=self.version)
        calibrate(model, self.data, self.out, measured, recall)
        fit_weights(model, self.data.take(learnt))
        prune(model)
        model.encoder_ = self.encoder.name if self.encoder else ""
        return model

    def recall_not_below(self, floor: float | None) -> dict[str, float]:
        """The recall to aim at for each alert; that of harm raised until the corpus's held-out hands are served as well as before."""
        for aim in (RECALL[HARM], *_RAISED):
            recall = {**RECALL, HARM: aim}
            if floor is None or self._harm_recall(recall) >= floor:
                break
        return recall

    def _harm_recall(self, recall: Mapping[str, float]) -> float:
        model = ReplyClassifier()
        calibrate(model, self.data, self.out, self.rows, recall)
        found = figures(judge(model, self.data, self.out, self.foreign, self.examples))["alerts"][HARM]["recall"]
        return 1.0 if found is None else float(found)

    def read_held_out(self, own: Sequence[OwnReply], recall: Mapping[str, float], progress: Callable[[int], None]) -> list[Reading]:
        readings: dict[int, Reading] = {}
        for part in range(FOLDS):
            mine = [i for i, one in enumerate(own) if part_of(one.text) == part]
            if mine:
                others = self.hands != f"{OWN}{part}"
                model = self.fitted(np.flatnonzero(others), self.rows[others[self.rows]], recall)
                found = model.read([own[i].text for i in mine], [own[i].purchase_type for i in mine])
                readings.update(zip(mine, found, strict=True))
            progress(part + 1)
        return [readings[i] for i in range(len(own))]

    def card(self, model: ReplyClassifier, recall: Mapping[str, float]) -> dict[str, Any]:
        corpus_hands = sorted({one.hand for one in self.examples if not one.hand.startswith(OWN)})
        own = sum(one.hand.startswith(OWN) for one in self.examples)
        return {
            "codebook": CODEBOOK,
            "labels": list(LEAVES),
            "alerts": list(CODES),
            "encoder": model.encoder_ or None,
            "trained_on": {"replies": len(self.examples), "own": own, "hands": corpus_hands, "sha256": fingerprint(self.examples)},
            "settings": {"own_weight": OWN_WEIGHT, "recall": dict(recall)},
            "left_hands_out": figures(judge(model, self.data, self.out, self.foreign, self.examples)),
        }
