"""Names of the array types of this room, and the checks that its public functions begin with."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]


def floats(values: ArrayLike, *, name: str, length: int | None = None) -> Floats:
    """One-dimensional array of finite numbers.

    Raises
    ------
    ValueError
        When it has another shape or length, or holds NaN or infinity.
    """
    array = np.asarray(values, dtype=np.float64)
    _check_length(array, name, length)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinity")
    return array


def probabilities(values: ArrayLike, *, name: str, length: int | None = None) -> Floats:
    """One-dimensional array of numbers above 0 and up to 1.

    Raises
    ------
    ValueError
        When a number lies outside.
    """
    array = floats(values, name=name, length=length)
    if array.size and (array.min() <= 0 or array.max() > 1):
        raise ValueError(f"{name} must lie above 0 and not above 1")
    return array


def codes(values: ArrayLike, *, name: str, below: int | None = None, length: int | None = None) -> Ints:
    """One-dimensional array of whole numbers, from 0 up to ``below``; −1 stands for none.

    Raises
    ------
    ValueError
        When a number is not whole or lies outside.
    """
    array = np.asarray(values)
    _check_length(array, name, length)
    if array.size and array.dtype.kind not in "iub":
        raise ValueError(f"{name} must be whole numbers")
    if array.size and (array.min() < -1 or (below is not None and array.max() >= below)):
        raise ValueError(f"{name} must lie between -1 and {below}")
    return array.astype(np.int64, copy=False)


def _check_length(array: NDArray[Any], name: str, length: int | None) -> None:
    if array.ndim != 1:
        raise ValueError(f"{name} must have one dimension, not {array.ndim}")
    if length is not None and len(array) != length:
        raise ValueError(f"{name} must have {length} entries, not {len(array)}")
