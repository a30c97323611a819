"""How hot loops are compiled: numba with its on-disk cache, plain Python where it is absent.

A kernel takes and returns numpy arrays and whole numbers only, draws no randomness of its own
beyond a counter-based generator written as a kernel, and gives the same answer compiled or not
(`NUMBA_DISABLE_JIT=1` runs the plain code). Each compiles for one fixed signature at set-up, so
that no request ever waits for a compiler.
"""

import importlib
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")

_numba: Any
try:
    _numba = importlib.import_module("numba")
except ImportError:  # a machine without numba wheels
    _numba = None

_dispatchers: list[Any] = []


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` with the on-disk cache; identity without numba."""
    if _numba is None:
        return function
    dispatcher = _numba.njit(cache=True, nogil=True)(function)
    _dispatchers.append(dispatcher)
    return cast("Callable[P, R]", dispatcher)


def compiled() -> bool:
    """True when kernels run as machine code in this process."""
    return _numba is not None and not _numba.config.DISABLE_JIT


def compiled_here() -> tuple[str, ...]:
    """Kernels that this process had to compile, because the cache of the set-up lacked them."""
    return tuple(
        f"{each.py_func.__module__}.{each.py_func.__name__}"
        for each in _dispatchers
        if compiled() and sum(each.stats.cache_misses.values())
    )
