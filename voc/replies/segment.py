"""The replies of a selection as plain arrays, and what people decided about them. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Segment:
    """Replies of one selection, and the reviews among them.

    Attributes
    ----------
    purchase_type, leaf : ndarray of int, shape (N,)
        Place in PURCHASE_TYPES; place of the predicted leaf in LEAF_CODES, −1 where nothing has been read yet.
    confidence : ndarray, shape (N,)
    rows, found : ndarray of int, shape (n,)
        Places of the replies that somebody decided, and the leaf that was found.
    probability : ndarray, shape (n,)
        With which the reply was drawn at random; 0 where somebody chose it.
    weight : ndarray, shape (N,), or None
        Weight of each reply in corrected shares (weighting.weigh); counts are counts.
    """

    purchase_type: Ints
    leaf: Ints
    confidence: Floats
    rows: Ints
    found: Ints
    probability: Floats
    weight: Floats | None = None

    def __len__(self) -> int:
        return len(self.leaf)

    @property
    def effective(self) -> Ints:
        """The leaf that counts for each reply: a person's, else the machine's."""
        leaf = self.leaf.copy()
        leaf[self.rows] = self.found
        return leaf

    def part(self, mask: NDArray[np.bool_]) -> "Segment":
        """The replies of a mask of shape (N,)."""
        inside = np.flatnonzero(mask)
        kept = mask[self.rows]
        return Segment(
            self.purchase_type[inside], self.leaf[inside], self.confidence[inside],
            np.searchsorted(inside, self.rows[kept]), self.found[kept], self.probability[kept],
            None if self.weight is None else self.weight[inside],
        )  # fmt: skip
