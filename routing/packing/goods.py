"""What goes into parcels and what comes out: pieces, boxes, tariffs, placements, packings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.errors import Fault, InvalidInput, invalid
from core.units import ceil_div, volumetric_weight_g

LONGEST_MM = 60_000
"""No side may be longer: a coordinate must stay below 2**16 mm."""
HEAVIEST_G = 1_000_000_000
MOST_PIECES = 100_000
"""In one order or instance."""


def _whole(faults: list[Fault], name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        faults.append(Fault(name, f"must be a whole number, not {value!r}"))
    elif value < low:
        faults.append(Fault(name, f"must be at least {low}, not {value}"))
    elif value > high:
        faults.append(Fault(name, f"must be at most {high}, not {value}"))


@dataclass(frozen=True, slots=True)
class PackItem:
    """A kind of goods in an order and how many of it; `height_mm` is vertical when upright."""

    id: str
    length_mm: int
    width_mm: int
    height_mm: int
    weight_g: int
    upright: bool = False
    fragile: bool = False  # nothing may rest on it
    alone: bool = False  # ships in a parcel of its own
    hazmat: str = ""  # class; shares a parcel only with the same class, "" with ""
    nest_mm: int = 0  # copies of the SKU sink into one another all but this; 0 = do not nest
    sku: str = ""
    quantity: int = 1
    group: str = ""  # shares a parcel only with its own: a seller that may not be mixed

    def __post_init__(self) -> None:
        faults: list[Fault] = []
        for name in ("length_mm", "width_mm", "height_mm"):
            _whole(faults, name, getattr(self, name), 1, LONGEST_MM)
        _whole(faults, "weight_g", self.weight_g, 0, HEAVIEST_G)
        _whole(faults, "nest_mm", self.nest_mm, 0, LONGEST_MM)
        _whole(faults, "quantity", self.quantity, 1, 1_000_000)
        if not faults and self.nest_mm:
            if not self.upright:
                faults.append(Fault("nest_mm", "copies nest only when upright"))
            if self.nest_mm > self.height_mm:
                faults.append(Fault("nest_mm", "cannot exceed the height"))
            if not self.sku:
                faults.append(Fault("nest_mm", "copies nest by SKU, which is missing"))
            if self.alone:
                faults.append(Fault("alone", "contradicts nest_mm: copies cannot nest apart"))
        if faults:
            raise InvalidInput(faults=faults)

    @property
    def company(self) -> tuple[str, str]:
        """What must be equal for two pieces to share a parcel."""
        return self.hazmat, self.group

    @property
    def volume_mm3(self) -> int:
        return self.length_mm * self.width_mm * self.height_mm


@dataclass(frozen=True, slots=True)
class Box:
    """A kind of box with unlimited stock; it is never turned, its lid stays up."""

    id: str
    inner_mm: tuple[int, int, int]
    outer_mm: tuple[int, int, int]
    tare_g: int
    max_gross_g: int
    cost_minor: int

    def __post_init__(self) -> None:
        faults: list[Fault] = []
        for name in ("inner_mm", "outer_mm"):
            sides = getattr(self, name)
            if len(sides) != 3:
                faults.append(Fault(name, "must have three sides"))
            for side in sides:
                _whole(faults, name, side, 1, LONGEST_MM)
        pairs = zip(sorted(self.inner_mm), sorted(self.outer_mm), strict=False)
        if not faults and any(inside > outside for inside, outside in pairs):
            faults.append(Fault("outer_mm", "a box is not smaller outside than inside"))
        _whole(faults, "tare_g", self.tare_g, 0, HEAVIEST_G)
        _whole(faults, "max_gross_g", self.max_gross_g, 1, HEAVIEST_G)
        _whole(faults, "cost_minor", self.cost_minor, 0, 1 << 40)
        if faults:
            raise InvalidInput(faults=faults)

    @property
    def volume_mm3(self) -> int:
        return self.inner_mm[0] * self.inner_mm[1] * self.inner_mm[2]

    @property
    def outer_volume_mm3(self) -> int:
        return self.outer_mm[0] * self.outer_mm[1] * self.outer_mm[2]


@dataclass(frozen=True, slots=True)
class Tariff:
    """Price per parcel by billable weight; any shape of brackets, rising or not.

    The first bracket that reaches the weight gives the price; above the last one a price per kg
    begun is added, or nothing is carried when `extra_minor_per_kg` is None. A volumetric weight
    counts when it is above the threshold. `box_surcharge_minor` adds what a carrier asks for a
    box whatever is in it (oversize, handling).
    """

    id: str
    brackets: tuple[tuple[int, int], ...]  # (up to g, price in minor units), rising weights
    extra_minor_per_kg: int | None = None
    divisor_mm3_per_g: int = 5000
    dim_threshold_g: int = 0
    box_surcharge_minor: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.brackets:
            raise invalid("brackets", f"tariff {self.id!r} has no prices")
        faults: list[Fault] = []
        reached = 0
        for to_g, price in self.brackets:
            _whole(faults, "brackets", to_g, reached + 1, HEAVIEST_G)
            _whole(faults, "brackets", price, 0, 1 << 40)
            reached = to_g if isinstance(to_g, int) else reached
        if self.extra_minor_per_kg is not None:
            _whole(faults, "extra_minor_per_kg", self.extra_minor_per_kg, 0, 1 << 40)
        _whole(faults, "divisor_mm3_per_g", self.divisor_mm3_per_g, 1, 1 << 40)
        _whole(faults, "dim_threshold_g", self.dim_threshold_g, 0, HEAVIEST_G)
        for box_id, surcharge in self.box_surcharge_minor.items():
            _whole(faults, f"box_surcharge_minor.{box_id}", surcharge, 0, 1 << 40)
        if faults:
            raise InvalidInput(faults=faults)

    def rate_minor(self, billable_g: int) -> int | None:
        """The price for a billable weight; None when it is not carried."""
        for to_g, price in self.brackets:
            if billable_g <= to_g:
                return price
        if self.extra_minor_per_kg is None:
            return None
        to_g, price = self.brackets[-1]
        return price + self.extra_minor_per_kg * ceil_div(billable_g - to_g, 1000)

    def volumetric_g(self, outer_volume_mm3: int) -> int:
        """The volumetric weight of a parcel, 0 when it does not count."""
        weight_g = volumetric_weight_g(outer_volume_mm3, self.divisor_mm3_per_g)
        return weight_g if weight_g > self.dim_threshold_g else 0

    def parcel_minor(self, box: Box, contents_g: int) -> int | None:
        """Box and postage of one parcel; None when the carrier does not take it."""
        gross_g = contents_g + box.tare_g
        rate = self.rate_minor(max(gross_g, self.volumetric_g(box.outer_volume_mm3)))
        if rate is None or gross_g > box.max_gross_g:
            return None
        return rate + box.cost_minor + self.box_surcharge_minor.get(box.id, 0)


class Preset(StrEnum):
    """How hard to search, in counted work: never by the clock."""

    CHECKOUT = "checkout"  # while a shopper waits
    WAREHOUSE = "warehouse"  # when boxes are about to be taken
    REDUCED = "reduced"  # checkout on a machine that cannot compile


@dataclass(frozen=True, slots=True)
class Placement:
    """A piece in its box: the corner nearest the origin and the extents after turning, in mm."""

    item: int  # index into the items given
    x: int
    y: int
    z: int
    dx: int
    dy: int
    dz: int


Spot = tuple[int, int, int, int, int, int, int]
"""A piece (or stack) by number and where it lies: x, y, z, dx, dy, dz."""


@dataclass(frozen=True, slots=True)
class Binned:
    """Placements per equal bin, and how few bins could do at best."""

    bins: tuple[tuple[Spot, ...], ...]
    lower_bound: int
    work: int


@dataclass(frozen=True, slots=True)
class PackedParcel:
    """One box and its pieces in an order in which a person can put them in."""

    box: Box | None  # None: the piece ships as it is
    placements: tuple[Placement, ...]
    gross_g: int
    billable_g: int
    cost_minor: int
    goods_mm3: int  # volume taken by the pieces, nested copies counted once

    @property
    def empty_share(self) -> float:
        """Of the box's inner volume, 0..1; nothing is empty in a piece that ships as it is."""
        return 0.0 if self.box is None else 1 - self.goods_mm3 / self.box.volume_mm3


@dataclass(frozen=True, slots=True)
class Packing:
    """Parcels for all goods, their cost and how far below it any packing could be."""

    parcels: tuple[PackedParcel, ...]
    cost_minor: int
    lower_bound_minor: int
    proven: bool  # the cost equals the bound
    best_effort: bool  # too many pieces for a full search
    work: int  # counted comparisons, the same on every machine


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A piece that goes into no box, the box that comes closest and what it lacks."""

    item: int
    item_id: str
    box_id: str
    over_mm: int  # how much longer than allowed along the worst side
    over_g: int

    def __str__(self) -> str:
        lacks = [f"{self.over_mm} mm too long"] if self.over_mm else []
        if self.over_g:
            lacks.append(f"{self.over_g} g too heavy")
        return f"{self.item_id} fits no box: {' and '.join(lacks)} for {self.box_id}"


@dataclass(frozen=True, slots=True)
class CannotPack:
    """Why some pieces have no parcel."""

    items: tuple[TooLarge, ...]
