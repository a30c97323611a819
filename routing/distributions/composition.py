"""How stages add up to a date: handling in working time, the next pickup, the legs, delivery days.

Odds are mass per calendar day, index 0 the first day of the calendar given; mass beyond the end is
dropped and stays "not arrived", so a curve never claims what it can't see.
"""

import numpy as np
from numpy.typing import NDArray

from core.errors import invalid

F64 = NDArray[np.float64]
Bools = NDArray[np.bool_]


def _checked(odds: F64) -> F64:
    if bool((odds < -1e-12).any()) or float(odds.sum()) > 1 + 1e-9:
        raise invalid("odds", "probabilities are not negative and sum to at most 1")
    return odds


def after_working_days(odds: F64, working: Bools) -> F64:
    """When work that takes k working days (`odds[k]`) is done: mass per calendar day.

    Work starts on the first working day (k = 0 is done on it) and rests on other days.
    """
    found = np.zeros(len(working))
    days = np.flatnonzero(working)[: len(odds)]
    found[days] = _checked(odds)[: len(days)]
    return found


def on_open_days(odds: F64, is_open: Bools) -> F64:
    """Move each day's mass to the first open day from it on (a pickup, a delivery)."""
    found = np.zeros(len(odds))
    following = np.full(len(odds), -1)
    after = -1
    for day in range(len(odds) - 1, -1, -1):
        if is_open[day]:
            after = day
        following[day] = after
    reached = following >= 0
    np.add.at(found, following[reached], _checked(odds)[reached])
    return found


def after_wait(odds: F64, wait: F64) -> F64:
    """Add an independent wait of k calendar days with probability `wait[k]`."""
    return np.asarray(np.convolve(_checked(odds), _checked(wait))[: len(odds)], np.float64)


def open_curve(odds: F64) -> F64:
    """P(not there by the end of each day), never rising."""
    return np.clip(1.0 - np.cumsum(_checked(odds)), 0.0, 1.0)


def daily_mass(curve: F64) -> F64:
    """The mass per day of a curve of P(not there by the end of day k), k = 1..K, at index k."""
    return np.concatenate([[0.0], -np.diff(np.concatenate([[1.0], curve]))])


def arrival_curve(
    handling: F64, legs: tuple[F64, ...], *, working: Bools, pickups: Bools, deliveries: Bools
) -> F64:
    """P(not delivered by the end of each calendar day).

    `handling[k]`: ready after k working days; `legs[i][k]`: leg i takes k days; the three calendars
    say on which days the seller works, parcels are collected, and parcels are delivered.
    """
    odds = on_open_days(after_working_days(handling, working), pickups)
    for wait in legs:
        odds = after_wait(odds, wait)
    return open_curve(on_open_days(odds, deliveries))
