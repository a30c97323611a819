"""What a shopper asks for, and what is live beside the snapshot: stock and used capacity."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from core.clock import require_aware
from core.errors import Fault, InvalidInput, invalid
from core.places import Destination
from routing.checkout.rules import NO_RULES, Rules, faults_of
from routing.network.policies import MOST_MINOR_PER_TONNE

MOST_LINES = 60
MOST_POINTS = 3
MOST_UNITS = 500
"""Units of all lines; more is a wholesale order, not a cart."""


@dataclass(frozen=True, slots=True)
class CartLine:
    """So many units of a SKU; `seller` empty: from whoever sells it cheapest."""

    id: str
    sku: str
    qty: int
    seller: str = ""


@dataclass(frozen=True, slots=True)
class Cart:
    """Where to, what, when, and under which policy (empty code: the marketplace's default)."""

    destination: Destination
    lines: tuple[CartLine, ...]
    at: datetime
    policy: str = ""
    group: str = ""
    """Customer group, for charge rules."""
    nominated_day: date | None = None
    """Everything is to arrive on that local day, neither before nor later."""
    pickup_point: str = ""
    """Everything is to be collected there; a location's code."""
    pickup_points: int = 0
    """Offer so many of the nearest pickup points beside the door."""
    rules: Rules = NO_RULES
    """Side constraints, beside the policy's own."""
    co2_minor_per_tonne: int | None = None
    """What a tonne of CO2e counts in the choice, settlement currency; None: as the policy says."""

    def __post_init__(self) -> None:
        require_aware("at", self.at)
        faults = []
        if not self.lines:
            faults.append(Fault("lines", "a cart has at least one line"))
        if not 0 <= self.pickup_points <= MOST_POINTS:
            faults.append(Fault("pickup_points", f"at most {MOST_POINTS}"))
        if self.pickup_point and self.pickup_points:
            faults.append(Fault("pickup_points", "name a pickup point, or ask for the nearest"))
        if not 0 <= (self.co2_minor_per_tonne or 0) <= MOST_MINOR_PER_TONNE:
            reason = f"0 to {MOST_MINOR_PER_TONNE}"
            faults.append(Fault("co2_minor_per_tonne", reason))
        if len(self.lines) > MOST_LINES:
            reason = f"{len(self.lines)} lines; a cart has at most {MOST_LINES}"
            faults.append(Fault("lines", reason))
        seen: set[str] = set()
        for index, line in enumerate(self.lines):
            if line.qty < 1:
                faults.append(Fault(f"lines[{index}].qty", f"{line.qty} is not a quantity"))
            if line.id in seen:
                faults.append(Fault(f"lines[{index}].id", f"{line.id!r} stands twice"))
            seen.add(line.id)
        if self.rules.any and not faults:
            faults += faults_of(self.rules, {line.id: line.seller for line in self.lines})
        if faults:
            raise InvalidInput(faults=faults)
        if sum(line.qty for line in self.lines) > MOST_UNITS:
            raise self._too_large()

    def _too_large(self) -> InvalidInput:
        """A cart of more units than are planned: the line at fault, or all of them."""
        index = max(range(len(self.lines)), key=lambda n: self.lines[n].qty)
        line, units = self.lines[index], sum(line.qty for line in self.lines)
        asked = f"line {line.id!r} ({line.sku}) asks for {line.qty} units"
        alone = line.qty > MOST_UNITS
        reason = asked if alone else f"{units} units in all, of which {asked}"
        return invalid(
            f"lines[{index}].qty" if alone else "lines",
            f"{reason}; a cart holds at most {MOST_UNITS}: ask for less, or in several carts",
            code="cart_too_large",
        )


OfferKey = tuple[str, str, str]
"""(seller, sku, location)"""


@dataclass(frozen=True, slots=True)
class Live:
    """What changes by the second. Offers without an entry have no stock."""

    stock: Mapping[OfferKey, int] = field(default_factory=dict)
    """Units free to promise: on hand less reserved."""
    used: Mapping[tuple[str, date], int] = field(default_factory=dict)
    """Parcels already planned, by place (`LOCATION`, or `SERVICE@LOCATION`) and local date."""
