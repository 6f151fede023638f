"""Whether a share that is watched month by month has changed: from a few weighted observations, honest about small numbers."""

from dataclasses import dataclass

from voc.stats.intervals import difference, wilson


@dataclass(frozen=True)
class Watched:
    """A share from weighted observations, in sums so that months can be added up.

    Attributes
    ----------
    n : int
        Observations.
    weight, hits, squares : float
        Sum of the weights, of the weights of hits, of the squared weights. A plain count has weight 1 each.
    """

    n: int = 0
    weight: float = 0.0
    hits: float = 0.0
    squares: float = 0.0

    @classmethod
    def counted(cls, hits: int, n: int) -> "Watched":
        return cls(n, n, hits, n)

    def __add__(self, other: "Watched") -> "Watched":
        return Watched(self.n + other.n, self.weight + other.weight, self.hits + other.hits, self.squares + other.squares)

    @property
    def share(self) -> float:
        return min(self.hits / self.weight, 1.0) if self.weight else 0.0

    @property
    def effective(self) -> float:
        """Kish's effective number of observations (Kish 1965, Survey Sampling)."""
        return self.weight**2 / self.squares if self.squares else 0.0

    def interval(self, *, level: float = 0.95) -> tuple[float, float]:
        """Wilson's interval on the effective number."""
        low, high = wilson(self.share, self.effective, level=level)
        return float(low), float(high)


def change(after: Watched, before: Watched, *, level: float = 0.95) -> tuple[float, float, float]:
    """How far the share has moved, with its interval: ``after`` minus ``before`` (Newcombe's method 10)."""
    moved, low, high = difference((after.share, *after.interval(level=level)), (before.share, *before.interval(level=level)))
    return float(moved), float(low), float(high)
