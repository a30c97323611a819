"""What tracking knows of a parcel before anything happened to it: its plan and its promise."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from carriers.booking import Direction
from core.clock import require_aware
from core.errors import invalid
from core.ids import OrderId, ParcelId, SubjectId
from routing.distributions.in_flight import Wait
from tracking.delivery import ANY_TIME, DeliveryTerms

JOINS_SELLERS = "|"  # between the codes of sellers who share a parcel; no code holds a bar


@dataclass(frozen=True, slots=True)
class TransitQuantiles:
    """Published quantiles: within `minutes[k]` with probability `levels[k]`, linear in between.

    The share beyond the last level has no known end: it is what may be lost.
    """

    levels: tuple[float, ...]
    minutes: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.levels or len(self.levels) != len(self.minutes):
            raise invalid("transit", "needs a number of minutes for each level")
        if list(self.levels) != sorted(set(self.levels)) or not 0 < self.levels[0] <= 1:
            raise invalid("transit", "levels rise within 0..1")
        if list(self.minutes) != sorted(self.minutes) or self.minutes[0] < 0:
            raise invalid("transit", "minutes do not fall as the level rises")

    def chance_within(self, minutes: float) -> float:
        if minutes >= self.minutes[-1]:
            return self.levels[-1]
        index = bisect_right(self.minutes, minutes)
        low, high = (0.0, self.levels[0]) if index == 0 else self.levels[index - 1 : index + 1]
        start = 0 if index == 0 else self.minutes[index - 1]
        span = self.minutes[index] - start
        share = (max(0.0, minutes) - start) / span if span else 0.0
        return low + (high - low) * share

    def minutes_at(self, chance: float) -> float | None:
        if chance > self.levels[-1]:
            return None
        index = bisect_right(self.levels, chance)
        if index == len(self.levels):
            return float(self.minutes[-1])
        low, start = (0.0, 0) if index == 0 else (self.levels[index - 1], self.minutes[index - 1])
        share = (chance - low) / (self.levels[index] - low)
        return start + (self.minutes[index] - start) * share


@dataclass(frozen=True, slots=True)
class ParcelPlan:
    """How a parcel was meant to go, and what was promised for it."""

    parcel: ParcelId
    order: OrderId
    order_reference: str  # what the shop and the shopper call the order
    seller: str  # code; of a parcel that joins several sellers, their codes with `|` between
    carrier: str
    service: str
    tracking_number: str  # empty until booked
    departs_at: datetime  # UTC, the planned hand-over
    promised_by: datetime  # UTC, the end of the promised day at the destination
    level: float  # probability that the promise states
    zone: str  # IANA zone of the destination
    transit: Wait  # minutes from hand-over to arrival
    consignee: SubjectId | None = None
    language: str = "en"
    seller_name: str = ""  # as people know them; empty: the code
    notices: str = "{}"  # the marketplace's rules for notices when it was ordered, JSON
    delivery: DeliveryTerms = ANY_TIME
    direction: Direction = Direction.OUTBOUND
    """On its way back nothing was promised: no estimate, no notice, but loss is still an incident."""

    def __post_init__(self) -> None:
        require_aware("departs_at", self.departs_at)
        require_aware("promised_by", self.promised_by)
