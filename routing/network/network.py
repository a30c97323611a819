"""The whole network of one marketplace, as one immutable value."""

from dataclasses import dataclass, field
from typing import TypeVar

from carriers.tariffs import Tariff
from core.errors import NotFound, invalid
from routing.network.destinations import PostalRow
from routing.network.goods import Box, Offer, Sku
from routing.network.places import Hub, InboundLane, Location, Seller
from routing.network.policies import Policy
from routing.network.services import Carrier, Pickup, Service, TransitRow
from routing.network.trade import Customs, ExchangeRate, TaxRate

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Marketplace:
    """The tenant as shoppers see it: name, settlement currency, zone and contact."""

    name: str
    currency: str
    zone: str
    country: str
    contact: str
    horizon_days: int = 35
    """How far ahead plans look: long enough for the slowest service at the highest level."""

    def __post_init__(self) -> None:
        if not 7 <= self.horizon_days <= 180:
            raise invalid("horizon_days", "plans look 7 to 180 days ahead")


@dataclass(frozen=True, slots=True)
class Network:
    """Everything DESIGN section 2 imports, but live stock; codes are unique within their kind."""

    marketplace: Marketplace
    sellers: tuple[Seller, ...]
    locations: tuple[Location, ...]
    skus: tuple[Sku, ...]
    offers: tuple[Offer, ...]
    boxes: tuple[Box, ...]
    carriers: tuple[Carrier, ...]
    services: tuple[Service, ...]
    tariffs: tuple[tuple[str, Tariff], ...]
    pickups: tuple[Pickup, ...]
    transit: tuple[TransitRow, ...]
    hubs: tuple[Hub, ...]
    lanes: tuple[InboundLane, ...]
    postcodes: tuple[PostalRow, ...]
    exchange_rates: tuple[ExchangeRate, ...]
    taxes: tuple[TaxRate, ...]
    customs: Customs
    policies: tuple[Policy, ...]
    shapes_json: str = "{}"
    """GeoJSON geometries by the name that coverage rules use, as one JSON object."""
    _locations: dict[str, Location] = field(init=False, repr=False, compare=False)
    _sellers: dict[str, Seller] = field(init=False, repr=False, compare=False)
    _skus: dict[str, Sku] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "_locations", {location.code: location for location in self.locations})
        set_(self, "_sellers", {seller.code: seller for seller in self.sellers})
        set_(self, "_skus", {sku.code: sku for sku in self.skus})

    def has_sku(self, code: str) -> bool:
        return code in self._skus

    def location(self, code: str) -> Location:
        """The location with that code; raises NotFound."""
        return _found(self._locations, code, "location")

    def find_location(self, code: str) -> Location | None:
        return self._locations.get(code)

    def seller(self, code: str) -> Seller:
        return _found(self._sellers, code, "seller")

    def sku(self, code: str) -> Sku:
        return _found(self._skus, code, "sku")


def _found(by_code: dict[str, Value], code: str, kind: str) -> Value:
    value = by_code.get(code)
    if value is None:
        raise NotFound(f"no {kind} {code!r}", code=f"unknown_{kind}")
    return value
