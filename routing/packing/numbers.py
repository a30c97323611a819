"""Flat rows of whole numbers that kernels read and write: int64 arrays compiled, lists in plain.

Plain Python indexes a list five times faster than an array and its whole numbers never overflow;
so a kernel is written against one-dimensional sequences and gets whichever suits the build.
"""

from collections.abc import Iterable
from typing import Protocol, cast

import numpy as np

from core.kernels import compiled

# Park and Miller's minimal standard generator: its products stay within 64 bits.
LEHMER = 48271
MERSENNE = 2147483647


class Ints(Protocol):
    """A row of whole numbers: a list or an array."""

    def __getitem__(self, index: int, /) -> int: ...
    def __setitem__(self, index: int, value: int, /) -> None: ...
    def __len__(self) -> int: ...
    def copy(self) -> "Ints": ...


_COMPILED = compiled()


def zeros(count: int) -> Ints:
    """`count` zeros, to be written by a kernel."""
    if _COMPILED:
        return cast("Ints", np.zeros(count, np.int64))
    return cast("Ints", [0] * count)


def ints(values: Iterable[int]) -> Ints:
    """The values as a row that a kernel reads."""
    if _COMPILED:
        return cast("Ints", np.array(list(values), np.int64))
    return cast("Ints", list(values))


def plain(row: Ints, count: int) -> list[int]:
    """The first `count` numbers of a row as Python numbers."""
    head: list[int] = (
        cast("np.ndarray[tuple[int], np.dtype[np.int64]]", row)[:count].tolist()
        if _COMPILED
        else cast("list[int]", row)[:count]
    )
    return head
