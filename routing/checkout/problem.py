"""One planning decision as the solvers see it, and the answer they give.

This is the contract between whoever knows the network (a case file, the compiled snapshot) and the
solvers. Nothing in it knows where it came from:

- **Time** is whole minutes since an origin of the builder's choice, the same for the whole problem.
  A *day* is an index into `day_starts`, the minutes at which the destination's local days begin
  (23- and 25-hour days are just uneven steps). Everything that happens at the destination is told
  in days, everything else in minutes.
- **Money** is minor units of one currency, **mass** g, **lengths** mm, **CO2e** g.
- Things refer to each other by their `id`. A *node* is a location or a hub; their ids are disjoint.
- What cannot be had (a service that does not cover the destination, an excluded seller) is left out
  by the builder, so the solvers never ask why something exists.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import Fault, InvalidInput, invalid
from routing.checkout.rules import NO_RULES, Rules, contradictions

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

Objective = Literal["cost", "date", "parcels", "co2"]
OBJECTIVES: tuple[Objective, ...] = ("cost", "date", "parcels", "co2")

NEVER = -1
"""No such day or minute."""
GRAMS_PER_TONNE = 1_000_000
CO2_UNKNOWN_G = 1 << 24
"""What unknown CO2e counts: more than any plan's known sum, so that it never wins *greenest*."""


class Window(NamedTuple):
    """Working time in minutes; work on an order may start here if `now` <= `cutoff`."""

    open: int
    close: int
    cutoff: int


@dataclass(frozen=True, slots=True)
class Item:
    """What one unit is: mass in g, outer dimensions in mm, flags such as `hazmat`."""

    id: str
    weight_g: int
    dims_mm: tuple[int, int, int]
    flags: frozenset[str] = frozenset()

    @property
    def volume_mm3(self) -> int:
        length, width, height = self.dims_mm
        return length * width * height


@dataclass(frozen=True, slots=True)
class Line:
    """So many units of an item that the buyer wants."""

    id: str
    item: Item
    qty: int


@dataclass(frozen=True, slots=True)
class Offer:
    """Units of an item at a location; `stock` is shared by all lines of that item.

    `unit_cost` is what fulfilling one unit here costs (minor units); `lead_min` is working time on
    top of the location's handling. At most one offer per item and location.
    """

    id: str
    item: str
    location: str
    stock: int
    unit_cost: int = 0
    lead_min: int = 0


@dataclass(frozen=True, slots=True)
class Box:
    """A box: inner dimensions in mm, most contents in g, tare in g, cost in minor units."""

    id: str
    inner_mm: tuple[int, int, int]
    max_g: int
    tare_g: int
    cost: int

    @property
    def volume_mm3(self) -> int:
        length, width, height = self.inner_mm
        return length * width * height


@dataclass(frozen=True, slots=True)
class Location:
    """A place that holds stock. `boxes` are ids of the boxes it packs into; None: all of them."""

    id: str
    seller: str
    handling_min: int
    windows: tuple[Window, ...]
    boxes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Hub:
    """A place that joins goods of several locations into one parcel."""

    id: str
    windows: tuple[Window, ...]
    dwell_min: int
    """Working time in the windows, from the latest arrival."""
    parcel_fee: int
    """Per feeder location of each hub parcel, minor units."""
    boxes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Transit:
    """Minutes on the way: <= `minutes[k]` with probability `levels[k]`; both ascend."""

    levels: tuple[Decimal, ...]
    minutes: tuple[int, ...]

    def quantile(self, q: Decimal) -> int | None:
        """Minutes at the smallest tabulated level >= q; None beyond the table."""
        for level, minutes in zip(self.levels, self.minutes, strict=True):
            if level >= q:
                return minutes
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Tariff:
    """What a service charges one parcel to this destination, as a table.

    The chargeable weight is max(contents + tare, `volumetric_g[box]`); the first of `brackets_g`
    (ascending, g) >= it gives the column. `cost[box, bracket]` is the whole carrier price in minor
    units, surcharges included and box cost excluded; NEVER where the box is refused.
    `co2_g[bracket]` likewise; `components` are named parts of `cost` that sum to it.
    """

    brackets_g: IntArray
    cost: IntArray
    co2_g: IntArray
    volumetric_g: IntArray
    components: tuple[tuple[str, IntArray], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """A way from a node to the destination.

    `max_g` limits contents + tare. `refuses` are item flags it does not carry. `pickups` (minutes,
    ascending) are when parcels leave the node. `delivery_day[d]` is the first day >= d on which it
    delivers, NEVER where there is none; arrivals past the array's end never arrive.
    """

    id: str
    node: str
    kind: str
    max_g: int
    tariff: Tariff
    refuses: frozenset[str]
    pickups: IntArray
    transit: Transit
    delivery_day: IntArray
    co2_known: bool = True
    """False: the table's CO2e is not to be believed; such a plan never wins *greenest*."""


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """From a location into a hub. `fixed` and `co2_fixed_g` are per hub parcel that it feeds.

    A unit pays ceil(`per_kg` x weight_g / 1000); CO2e likewise.
    """

    location: str
    hub: str
    departures: IntArray
    transit: Transit
    fixed: int
    per_kg: int
    co2_fixed_g: int = 0
    co2_g_per_kg: int = 0
    co2_known: bool = True
    """False: the figures are not to be believed."""

    def feeder_co2_g(self) -> int:
        """g for each hub parcel that it feeds."""
        return self.co2_fixed_g if self.co2_known else CO2_UNKNOWN_G

    def unit_cost(self, item: Item) -> int:
        return -(-self.per_kg * item.weight_g // 1000)

    def unit_co2_g(self, item: Item) -> int:
        return -(-self.co2_g_per_kg * item.weight_g // 1000)


class Fit(Protocol):
    """Decides which contents go into which box; monotone: a part of what fits also fits."""

    def fits(self, counts: IntArray, items: Sequence[Item], boxes: Sequence[Box]) -> BoolArray:
        """[states, boxes] for `counts` [states, items]; row 0 is empty.

        Solvers check `Box.max_g` themselves; a fit decides on shapes only. Rows come in mixed-radix
        order, so every sub-multiset of a row comes before it.
        """
        ...


@dataclass(frozen=True, slots=True)
class VolumeRule:
    """The rule of planning cases: sorted sides, and volume up to a share of the box."""

    fill_bp: int

    def fits(self, counts: IntArray, items: Sequence[Item], boxes: Sequence[Box]) -> BoolArray:
        sides = np.array([sorted(item.dims_mm) for item in items], dtype=np.int64)
        inner = np.array([sorted(box.inner_mm) for box in boxes], dtype=np.int64)
        too_long = (sides[:, None, :] > inner[None, :, :]).any(axis=2)  # [items, boxes]
        room = np.array([box.volume_mm3 * self.fill_bp // 10000 for box in boxes], dtype=np.int64)
        volumes = counts @ np.array([item.volume_mm3 for item in items], dtype=np.int64)
        clash = (counts > 0).astype(np.int64) @ too_long.astype(np.int64)
        roomy: BoolArray = volumes[:, None] <= room[None, :]
        allowed: BoolArray = roomy & (clash == 0)
        return allowed


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A cart, the network towards its destination, and what counts as in time."""

    id: str
    now: int
    q: Decimal
    joint: bool
    """True: all parcels together by the date with probability q. False: each leg at q."""
    lines: tuple[Line, ...]
    offers: tuple[Offer, ...]
    boxes: tuple[Box, ...]
    locations: tuple[Location, ...]
    hubs: tuple[Hub, ...]
    lanes: tuple[Lane, ...]
    services: tuple[Service, ...]
    fit: Fit
    max_parcels: int
    day_starts: IntArray
    """Minute at which day i begins, ascending; the last one only ends the horizon."""
    rules: Rules = NO_RULES
    co2_price: int = 0
    """Minor units per tonne of CO2e: what it counts in the choice beside the cost."""

    def __post_init__(self) -> None:
        if not 0 < self.q < 1:
            raise invalid("q", "must lie strictly between 0 and 1")
        faults = [
            Fault(field, f"{name!r} is named twice")
            for field, names in (
                ("lines", [line.id for line in self.lines]),
                ("boxes", [box.id for box in self.boxes]),
                ("services", [service.id for service in self.services]),
                ("nodes", [place.id for place in self.locations] + [hub.id for hub in self.hubs]),
                ("offers", [f"{offer.item} at {offer.location}" for offer in self.offers]),
                ("lanes", [f"{lane.location} to {lane.hub}" for lane in self.lanes]),
            )
            for name in sorted({name for name in names if names.count(name) > 1})
        ]
        if self.rules.any:
            faults += contradictions(self.rules, {})
        if faults:
            raise InvalidInput(faults=faults)


class Content(NamedTuple):
    """So many units of a line, from a location's stock."""

    line: str
    location: str
    qty: int


@dataclass(frozen=True, slots=True)
class PlannedParcel:
    """One parcel: it leaves `node` by `service` in `box`."""

    node: str
    service: str
    box: str
    contents: tuple[Content, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """One way to serve the whole cart. `date` is a day index; money in minor units, CO2e in g."""

    cost: int
    date: int
    parcels_n: int
    co2_g: int
    parcels: tuple[PlannedParcel, ...]
    co2_known: bool = True
    co2_price: int = 0
    """Of the problem that it is a plan for."""

    @property
    def weighed(self) -> int:
        """Cost with CO2e at its price, in millionths of a minor unit."""
        return self.cost * GRAMS_PER_TONNE + self.co2_g * self.co2_price

    def value(self, objective: Objective) -> int:
        """What the objective sees: as `cost` what is weighed where CO2e has a price."""
        match objective:
            case "cost":
                return self.weighed if self.co2_price else self.cost
            case "date":
                return self.date
            case "parcels":
                return self.parcels_n
            case "co2":
                return self.co2_g


class ReasonCode(StrEnum):
    """Why there is no plan, or not a better one."""

    NO_OFFER = "no_offer"
    STOCK_SHORT = "stock_short"
    NO_BOX = "no_box"
    NO_SERVICE = "no_service"
    NO_ARRIVAL = "no_arrival"
    NOT_RELIABLE = "not_reliable"
    TOO_MANY_PARCELS = "too_many_parcels"
    RULES_EXCLUDE = "rules_exclude"
    RULE_EXCLUDES = "rule_excludes"
    """A rule in the way; details tell it and, if it is the only one, how near the cart comes."""
    RULE_CLASHES = "rule_clashes"
    """One of several rules that cannot be kept together."""
    NO_COMBINATION = "no_combination"
    NOT_THAT_DAY = "not_that_day"
    COULD_BE_SERVED = "could_be_served"
    """Not a failure: so much of the line could be had if the others' failures were accepted."""
    NOT_FOUND = "not_found"
    """The search ended without a plan and without a proof that there is none."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Which line (None: the whole cart) fails by which rule; `details` name figures."""

    code: ReasonCode
    line: str | None = None
    details: tuple[tuple[str, str | int], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The non-dominated plans, by date then cost. Empty: infeasible, see `reasons`.

    `bound` is a lower bound on the least cost of any plan (None where nothing is known); with
    `exact` it is the least cost itself.
    """

    plans: tuple[Plan, ...]
    exact: bool
    bound: int | None
    reasons: tuple[Reason, ...] = ()
    method: str = "exact"
    work: int = 0
    """Counted steps, the same on every machine."""

    @property
    def complete(self) -> bool:
        """True when every way was looked at, CO2e apart: none is earlier or in fewer parcels."""
        return self.method.startswith("exact")


def dominates(left: Sequence[int], right: Sequence[int]) -> bool:
    """True when `left` is nowhere worse than `right` (equal counts)."""
    return all(a <= b for a, b in zip(left, right, strict=True))


def frontier(plans: Sequence[Plan], objectives: Sequence[Objective]) -> tuple[Plan, ...]:
    """The plans that no other dominates or equals in `objectives`; ties go to the better rest."""
    rest = [objective for objective in OBJECTIVES if objective not in objectives]
    ordered = sorted(
        plans,
        key=lambda plan: (
            [plan.value(objective) for objective in objectives],
            [plan.value(objective) for objective in rest],
        ),
    )
    kept: list[tuple[list[int], Plan]] = []
    for plan in ordered:
        values = [plan.value(objective) for objective in objectives]
        if not any(dominates(other, values) for other, _ in kept):
            kept.append((values, plan))
    return tuple(sorted((p for _, p in kept), key=lambda p: (p.date, p.cost, p.parcels_n, p.co2_g)))
