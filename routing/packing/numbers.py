"""Flat rows of whole numbers that kernels read and write: int64 arrays compiled, lists in plain.

Plain Python indexes a list five times faster than an array and its whole numbers never overflow;
so a kernel is written against one-dimensional sequences and gets whichever suits the build.
"""

from collections.abc import Iterable, MutableSequence
from typing import cast

import numpy as np

from core.kernels import compiled

Ints = MutableSequence[int]

_COMPILED = compiled()


def zeros(count: int) -> Ints:
    """`count` zeros, to be written by a kernel."""
    if _COMPILED:
        return cast("Ints", np.zeros(count, np.int64))
    return [0] * count


def ints(values: Iterable[int]) -> Ints:
    """The values as a row that a kernel reads."""
    if _COMPILED:
        return cast("Ints", np.array(list(values), np.int64))
    return list(values)
