"""Which day to promise, given the odds of still waiting at the end of each day.

A curve is P(not arrived by the end of day k), k = 1..K, never rising; arrays are [promises, K].
"""

from math import floor

import numpy as np
from numpy.typing import NDArray

from core.errors import invalid

LEVEL_STEP = 1e-4

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


def days_at_miss_rate(curves: F64, miss_rate: F64 | float) -> I64:
    """First day by whose end at most `miss_rate` have not arrived; K when none is that safe."""
    limit = np.broadcast_to(np.asarray(miss_rate, np.float64), curves.shape[:1])
    days = 1 + (curves > limit[:, None]).sum(axis=1)
    return np.asarray(np.minimum(days, curves.shape[1]), np.int64)


def days_at_level(curves: F64, level: float) -> I64:
    """First day that keeps the promise with probability `level`."""
    if not 0 < level < 1:
        raise invalid("level", "a level lies between 0 and 1")
    return days_at_miss_rate(curves, 1 - level)


def days_at_cost(curves: F64, lateness_cost_days: F64 | float) -> I64:
    """The day with the least (days + cost x P(late)); the earliest of equals.

    `lateness_cost_days` says how many days of waiting one broken promise is worth.
    """
    cost = np.broadcast_to(np.asarray(lateness_cost_days, np.float64), curves.shape[:1])
    days = np.arange(1, curves.shape[1] + 1)
    return np.asarray(1 + np.argmin(days + cost[:, None] * curves, axis=1), np.int64)


def lateness_cost_for(curves: F64, level: float) -> float:
    """The lateness cost at which the share `level` of such promises is expected to be kept."""
    if not 0 < level < 1:
        raise invalid("level", "a level lies between 0 and 1")
    low, high = 0.0, 14.0  # log days
    rows = np.arange(len(curves))
    for _ in range(30):
        middle = (low + high) / 2
        days = days_at_cost(curves, float(np.exp(middle)))
        if 1 - curves[rows, days - 1].mean() >= level:
            high = middle
        else:
            low = middle
    return float(np.exp(high))


def level_of_day(arrived: F64, day: int) -> float:
    """The least level, a multiple of LEVEL_STEP, at which the level rule chooses that day.

    `arrived` is P(all there by the end of each day), `day` a place in it.
    """
    before = float(arrived[day - 1]) if day > 0 else 0.0
    return min((floor(before / LEVEL_STEP) + 1) * LEVEL_STEP, float(arrived[day]))


def joint_day(curves: F64, level: float) -> int:
    """First day by whose end all parcels (rows) have arrived with probability `level`.

    Parcels are independent given the model: the product of their odds. K when never so safe.
    """
    if not 0 < level < 1:
        raise invalid("level", "a level lies between 0 and 1")
    all_there = np.prod(1.0 - curves, axis=0)
    safe = np.flatnonzero(all_there >= level - 1e-12)  # rounding of the product
    return int(safe[0]) + 1 if len(safe) else curves.shape[1]
