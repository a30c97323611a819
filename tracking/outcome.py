"""What became of a promise: kept, missed, or still open."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PromiseOutcome:
    """One promise as it stands; `arrived_at` is the last parcel's arrival, UTC."""

    level: float
    made_at: datetime
    ends_at: datetime
    month: str  # of the purchase, YYYY-MM
    services: tuple[str, ...]
    sellers: tuple[str, ...]
    promised_days: int  # from the purchase to the promised day
    arrived_at: datetime | None
    is_over: bool = False
    """No parcel of it will move any more: one that has not arrived never will."""
    lanes: tuple[str, ...] = ()
    model: str = ""  # what its probability rests on
    probability: float | None = None  # what was said of the promised day; None: the level alone
    destination: str = ""  # its region, or the beginning of its postal code

    def kept(self, now: datetime) -> bool | None:
        """True or False once it is known, None while it is open."""
        if self.arrived_at is not None:
            return self.arrived_at <= self.ends_at
        return False if self.is_over or now > self.ends_at else None

    @property
    def said(self) -> float:
        """The probability that was told of the promised day."""
        return self.level if self.probability is None else self.probability
