"""What is sold and what it is put into: SKUs, offers, boxes."""

from dataclasses import dataclass
from datetime import date

from core.errors import invalid
from core.money import Money
from core.units import Dimensions

FLAGS = frozenset({"upright", "fragile", "alone", "hazmat", "liquid", "battery"})
"""upright: this side up; alone: in a parcel of its own. Services name flags they refuse."""


@dataclass(frozen=True, slots=True)
class Sku:
    """A thing as it is packed: outer size in mm, weight in g, and how it may be handled."""

    code: str
    name: str
    size: Dimensions
    weight_g: int
    flags: frozenset[str] = frozenset()
    hazmat_class: str = ""
    nest_mm: int = 0
    """Height that each further piece adds when nested; 0: it does not nest."""
    category: str = ""
    tax_category: str = "standard"
    origin: str = ""
    hs_code: str = ""

    def __post_init__(self) -> None:
        if self.weight_g <= 0:
            raise invalid("weight_g", "must be a positive whole number of grams")
        unknown = self.flags - FLAGS
        if unknown:
            raise invalid(
                "flags", f"unknown flag {min(unknown)!r}; known: {', '.join(sorted(FLAGS))}"
            )
        if not 0 <= self.nest_mm < self.size.height_mm:
            raise invalid("nest_mm", "a nested piece adds less than its own height")


@dataclass(frozen=True, slots=True)
class Offer:
    """A seller's SKU at a location: price, lead time, opening stock."""

    seller: str
    sku: str
    location: str
    price: Money
    stock: int
    lead_min: int = 0
    """Working minutes on top of the location's handling, for made-to-order goods."""
    unit_cost: Money | None = None
    """What handling one unit costs the marketplace here (picking), if anything."""
    valid_from: date | None = None
    valid_to: date | None = None

    def __post_init__(self) -> None:
        for name in ("stock", "lead_min"):
            if getattr(self, name) < 0:
                raise invalid(name, "must not be negative")
        if self.price.minor < 0:
            raise invalid("price_minor", "must not be negative")

    @property
    def key(self) -> tuple[str, str, str]:
        return self.seller, self.sku, self.location

    def is_valid_on(self, day: date) -> bool:
        """Whether the offer stands that day; both bounds included."""
        after = self.valid_from is None or self.valid_from <= day
        return after and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Box:
    """A box of a set: what fits in, what it measures outside, weighs, carries and costs."""

    box_set: str
    code: str
    inner: Dimensions
    outer: Dimensions
    tare_g: int
    max_g: int
    cost: Money

    def __post_init__(self) -> None:
        if self.tare_g < 0 or self.max_g <= 0 or self.cost.minor < 0:
            raise invalid("max_g", "tare and cost must not be negative, the limit must be positive")
        inner, outer = self.inner.sorted_mm(), self.outer.sorted_mm()
        if any(inside > outside for inside, outside in zip(inner, outer, strict=True)):
            raise invalid("outer_length_mm", "a box is not smaller outside than inside")
