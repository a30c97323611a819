"""What is left to expect of a parcel that has not arrived yet: the same odds, given the time it took."""

from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Protocol

from core.errors import invalid

EARLY, LIKELY, LATEST = 0.05, 0.5, 0.95
SLOW = 0.5  # of all parcels, more than this share had come by now
HARDLY_ANY = 0.002  # a smaller share is still on its way after so long


class Wait(Protocol):
    """A wait as a distribution, in minutes from its start; what it never reaches is lost."""

    def chance_within(self, minutes: float) -> float:
        """The probability that it takes at most so long, 0..1."""
        ...

    def minutes_at(self, chance: float) -> float | None:
        """The least time reached with that probability; None when never."""
        ...


class Pace(StrEnum):
    """How the wait so far compares with what is known of such waits."""

    AS_USUAL = "as_usual"
    SLOWER_THAN_MOST = "slower_than_most"
    BEYOND_EXPERIENCE = "beyond_experience"


@dataclass(frozen=True, slots=True)
class InFlight:
    """Minutes count from the start of the wait; None where it never gets so far."""

    earliest_min: float | None
    likely_min: float | None
    latest_min: float | None
    late: float
    """P(after the due minute, or never)."""
    lost: float
    """P(never)."""
    pace: Pace


def estimate(wait: Wait, *, elapsed_min: float, due_min: float) -> InFlight:
    """Window, odds to be late and lost of what has not come within `elapsed_min`."""
    if elapsed_min < 0:
        raise invalid("elapsed_min", "a wait is not negative")
    gone = wait.chance_within(elapsed_min)
    left = 1.0 - gone
    ever = wait.chance_within(inf)
    if left <= 0.0:
        return InFlight(None, None, None, 1.0, 0.0, Pace.BEYOND_EXPERIENCE)
    early, likely, latest = (
        wait.minutes_at(gone + level * left) for level in (EARLY, LIKELY, LATEST)
    )
    in_time = max(wait.chance_within(due_min) - gone, 0.0) if due_min > elapsed_min else 0.0
    if likely is None or left <= HARDLY_ANY:
        pace = Pace.BEYOND_EXPERIENCE
    else:
        pace = Pace.SLOWER_THAN_MOST if gone > SLOW else Pace.AS_USUAL
    late = min(1.0, max(0.0, 1.0 - in_time / left))
    return InFlight(early, likely, latest, late, min(1.0, (1.0 - ever) / left), pace)
