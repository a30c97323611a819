"""What is left to expect of a parcel that has not arrived yet: the same odds, given the days it took."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.errors import invalid

F64 = NDArray[np.float64]

EARLY, LIKELY, LATEST = 0.05, 0.5, 0.95
SLOW = 0.25  # fewer than this share take as long as it already did


class Because(StrEnum):
    """What the estimate rests on most."""

    AS_USUAL = "as_usual"
    SLOWER_THAN_MOST = "slower_than_most"
    BEYOND_EXPERIENCE = "beyond_experience"  # it has waited longer than the curve reaches


@dataclass(frozen=True, slots=True)
class InFlight:
    """Days count from the start of the curve; `None` where the curve does not reach that far."""

    earliest_day: int | None
    likely_day: int | None
    latest_day: int | None
    late: float  # P(after the due day)
    lost: float  # P(never arrives)
    because: Because


def given_open(curve: F64, elapsed_days: int) -> F64:
    """The curve of a parcel still open at the end of day `elapsed_days` (0: nothing known)."""
    if elapsed_days < 0:
        raise invalid("elapsed_days", "a wait is not negative")
    if elapsed_days == 0:
        return curve
    if elapsed_days > len(curve) or curve[elapsed_days - 1] <= 0:
        return np.ones(len(curve))
    return np.asarray(np.minimum(curve / curve[elapsed_days - 1], 1.0), np.float64)


def estimate(curve: F64, *, elapsed_days: int, due_day: int, arrives: float = 1.0) -> InFlight:
    """Window, odds to be late and lost, with the reason.

    `curve` is that of parcels that arrive; `arrives` the probability that this one does, given its
    age and stage. Late includes lost.
    """
    left = given_open(curve, elapsed_days)
    beyond = elapsed_days > 0 and (
        elapsed_days >= len(curve) or curve[min(elapsed_days, len(curve)) - 1] <= 0
    )
    if due_day <= elapsed_days:
        late = 1.0
    else:
        late = float(left[min(due_day, len(left)) - 1])
    if beyond:
        because = Because.BEYOND_EXPERIENCE
    elif elapsed_days > 0 and curve[elapsed_days - 1] < SLOW:
        because = Because.SLOWER_THAN_MOST
    else:
        because = Because.AS_USUAL
    return InFlight(
        earliest_day=_day(left, EARLY),
        likely_day=_day(left, LIKELY),
        latest_day=_day(left, LATEST),
        late=1.0 - arrives * (1.0 - late),
        lost=1.0 - arrives,
        because=because,
    )


def _day(curve: F64, level: float) -> int | None:
    day = int((curve > 1 - level).sum()) + 1
    return day if day <= len(curve) else None
