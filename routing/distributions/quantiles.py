"""Distributions where little is known: published quantiles, and few observations drawn to their group."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from core.errors import invalid

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

TAIL_HALF_LIFE_DAYS = 3.0  # beyond the last published quantile; a guess, on the safe side of none


def curve_from_quantiles(levels: Sequence[float], days: Sequence[float], longest: int) -> F64:
    """A carrier's published quantiles as P(not arrived by the end of day k), k = 1..longest.

    Between the points the odds of still waiting fall geometrically; beyond the last they halve every
    TAIL_HALF_LIFE_DAYS.
    """
    if len(levels) != len(days) or not len(levels):
        raise invalid("levels", "each level needs its number of days")
    if any(b <= a for a, b in pairwise(levels)) or any(b < a for a, b in pairwise(days)):
        raise invalid("levels", "levels rise and days never fall")
    if not (levels[0] > 0 and levels[-1] < 1) or days[0] < 0:
        raise invalid("levels", "levels lie between 0 and 1, days are not negative")
    known = np.concatenate([[0.0], np.asarray(days, np.float64)])
    waiting = np.log(np.concatenate([[1.0], 1 - np.asarray(levels, np.float64)]))
    asked = np.arange(1, longest + 1, dtype=np.float64)
    # Several levels on one day: the last one counts by the end of it.
    inside = np.array([waiting[known <= day][-1] for day in asked])
    following = np.interp(asked, known, waiting)
    inside = np.minimum(inside, following)
    beyond = np.maximum(asked - known[-1], 0.0) * (np.log(2) / TAIL_HALF_LIFE_DAYS)
    return np.asarray(np.exp(inside - beyond), np.float64)


def shrunk_curve(counts: Sequence[I64], strengths: Sequence[float], prior: F64) -> F64:
    """Observed days, from the widest group to the narrowest, each drawn towards the one before.

    `counts[g][k - 1]` arrivals on day k in group g (all, region, lane, seller ...); `strengths[g]` how
    many observations the wider group is worth; `prior` the curve that the widest starts from.
    """
    if len(counts) != len(strengths) or any(strength <= 0 for strength in strengths):
        raise invalid("strengths", "each group needs a positive strength")
    wider = np.asarray(prior, np.float64)
    for seen, strength in zip(counts, strengths, strict=True):
        total = float(seen.sum())
        waiting = total - np.cumsum(seen[: len(wider)])
        wider = (waiting + strength * wider) / (total + strength)
    return wider


def quantile_points(curve: F64, levels: Sequence[float]) -> tuple[int, ...]:
    """Days at the levels, for tables that hold quantiles; K + 1 where the curve never gets there."""
    return tuple(int((curve > 1 - level + 1e-12).sum()) + 1 for level in levels)
