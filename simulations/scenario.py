"""What a rehearsal is about: demand, sellers' habits, lanes that misbehave, customers who return.

A scenario is data; with a seed it says everything that will happen.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.clock import require_aware
from core.errors import invalid

HOUR_WEIGHTS = (1, 1, 1, 1, 1, 1, 2, 4, 6, 7, 8, 8, 8, 7, 7, 7, 7, 8, 9, 10, 11, 10, 7, 3)
"""How orders spread over the hours of a shop's day: quiet nights, a peak in the evening."""


@dataclass(frozen=True, slots=True)
class SellerHabits:
    """How a seller behaves, beside the calendar they promised."""

    late_share: float = 0.04
    """Parcels that miss the pickup they were planned for and leave with the next one."""
    short_share: float = 0.01
    """Orders after which a line's stock is found to be less than what the shelf said."""


@dataclass(frozen=True, slots=True)
class LaneHabits:
    """How carriers behave beside their published transit times."""

    delay_share: float = 0.03
    delay: timedelta = timedelta(days=2)
    loss_share: float = 0.002
    repeat_share: float = 0.05
    """Scans that are sent twice."""
    disorder_share: float = 0.05
    """Scans that arrive after the one that followed them."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Days of a marketplace."""

    name: str
    start: datetime
    days: int = 7
    orders_per_day: float = 12.0
    sellers: SellerHabits = field(default_factory=SellerHabits)
    lanes: LaneHabits = field(default_factory=LaneHabits)
    return_share: float = 0.08
    return_after: timedelta = timedelta(days=2)
    settle: timedelta = timedelta(days=14)
    """How long the world goes on without new orders, so that parcels arrive."""
    certain_delay: bool = False
    """Make sure that at least one parcel is delayed and one is returned (for the demo)."""

    def __post_init__(self) -> None:
        require_aware("start", self.start)
        if self.days < 1 or self.orders_per_day < 0:
            raise invalid("days", "a rehearsal has at least one day and no negative demand")
        shares = (
            self.sellers.late_share,
            self.sellers.short_share,
            self.lanes.delay_share,
            self.lanes.loss_share,
            self.lanes.repeat_share,
            self.lanes.disorder_share,
            self.return_share,
        )
        if any(not 0 <= share <= 1 for share in shares):
            raise invalid("share", "shares lie between 0 and 1")


SCENARIOS = ("calm", "week", "peak", "storm")


def scenario(name: str, start: datetime, days: int) -> Scenario:
    """A named scenario; raises InvalidInput for a name that does not exist."""
    match name:
        case "calm":
            return Scenario(
                name,
                start,
                days,
                sellers=SellerHabits(0.0, 0.0),
                lanes=LaneHabits(0.0, timedelta(0), 0.0, 0.0, 0.0),
            )
        case "week":
            return Scenario(name, start, days, certain_delay=True)
        case "peak":
            return Scenario(
                name, start, days, orders_per_day=60.0, sellers=SellerHabits(0.12, 0.04)
            )
        case "storm":
            lanes = LaneHabits(0.25, timedelta(days=3), 0.01, 0.15, 0.2)
            return Scenario(name, start, days, orders_per_day=20.0, lanes=lanes)
    raise invalid("scenario", f"{name!r} is none of {', '.join(SCENARIOS)}")
