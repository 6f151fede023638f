"""What a classifier finds in a reply, and what every classifier of voc can do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

Role = Literal["for", "denied"]


@dataclass(frozen=True, slots=True)
class RaisedAlert:
    """Something in the text that somebody must act on.

    Attributes
    ----------
    score
        Between 0 and 1, the surer the higher. It ranks; a low one clears nothing.
    evidence
        Spans ``(start, end)`` in code points of the text.
    """

    code: str
    score: float
    evidence: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in one reply.

    Attributes
    ----------
    primary, group
        Leaf code and report group for the way of buying.
    secondary
        Further leaves that the text tells, likeliest first.
    suggestions
        The three likeliest leaves with their probabilities, likeliest first.
    confidence
        Calibrated probability that ``primary`` is what a reviewer would decide.
    evidence
        Spans ``(start, end, "for" | "denied")`` in code points of the text as it came.
    alerts
        Raised alerts, in the codebook's order.
    auto
        May be accepted without review: only by thresholds learnt from reviewed replies of this company.
    """

    primary: str
    group: str
    secondary: tuple[str, ...]
    suggestions: tuple[tuple[str, float], ...]
    confidence: float
    evidence: tuple[tuple[int, int, Role], ...]
    alerts: tuple[RaisedAlert, ...]
    auto: bool = False


class Classifier(Protocol):
    """Reads replies. One object may be used from one thread at a time."""

    version: str
    leaves: tuple[str, ...]

    def read(self, texts: Sequence[str], purchase_types: Sequence[str], *, automatic: Mapping[str, float] | None = None) -> list[Reading]:
        """Read replies; ``automatic`` gives the confidence from which on a leaf is accepted without review."""
        ...

    def probabilities(self, texts: Sequence[str], purchase_types: Sequence[str]) -> np.ndarray:
        """Calibrated probabilities of shape (len(texts), len(leaves))."""
        ...
