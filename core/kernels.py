"""How hot loops are compiled: numba with its on-disk cache, plain Python where it is absent.

A kernel takes and returns numpy arrays and whole numbers only, draws no randomness of its own
beyond a counter-based generator written as a kernel, and gives the same answer compiled or not
(`NUMBA_DISABLE_JIT=1` runs the plain code). Each compiles for one fixed signature at set-up, so
that no request ever waits for a compiler.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")

try:
    from numba import njit as _njit
except ImportError:  # a machine without numba wheels
    _njit = None


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` with the on-disk cache; identity without numba."""
    if _njit is None:
        return function
    return cast("Callable[P, R]", _njit(cache=True, nogil=True)(function))


def compiled() -> bool:
    """True when kernels run as machine code in this process."""
    if _njit is None:
        return False
    from numba import config

    return not config.DISABLE_JIT
