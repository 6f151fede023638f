"""A classifier for tests: reads by one word each, so that a story's outcome is plain."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from voc.reasons import codebook

WORDS = {"余": "unused_stock", "高い": "price", "効": "no_effect", "かゆ": "side_effect", "他社": "competitor"}


@dataclass
class Found:
    primary: str
    confidence: float
    suggestions: list[tuple[str, float]]
    secondary: list[str] = field(default_factory=list)
    evidence: list[tuple[int, int, str]] = field(default_factory=list)
    alerts: list["FoundAlert"] = field(default_factory=list)


@dataclass
class FoundAlert:
    code: str
    score: float
    evidence: list[tuple[int, int]]


@dataclass
class WordReader:
    """Counts what it was asked, and can be made to break."""

    otherwise: str = "unclear"
    breaks_after: int | None = None
    texts: list[str] = field(default_factory=list)

    def read(self, texts: Sequence[str], purchase_types: Sequence[str]) -> list[Found]:
        assert set(purchase_types) <= set(codebook.PURCHASE_TYPES)
        if self.breaks_after is not None and len(self.texts) >= self.breaks_after:
            raise RuntimeError("killed")
        self.texts += texts
        return [self._read(text) for text in texts]

    def _read(self, text: str) -> Found:
        leaf = next((leaf for word, leaf in WORDS.items() if word in text), self.otherwise)
        alerts = [FoundAlert("health_harm", 0.9, [(text.index("かゆ"), text.index("かゆ") + 2)])] if "かゆ" in text else []
        return Found(leaf, 0.7, [(leaf, 0.7)], evidence=[(0, 1, "for")], alerts=alerts)
