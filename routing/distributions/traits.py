"""What is known of a parcel when it is promised: the same whether it teaches or is asked about."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, prod

from core.places import great_circle_m
from routing.network.destinations import ResolvedDestination
from routing.network.goods import Sku
from routing.network.places import Location

GROUPS = ("seller", "origin", "destination", "district", "lane", "area", "category", "service")
TRAITS = (
    "items price_minor weight_g volume_mm3 distance_km lat lon seller_lat seller_lon "
    "postcode same_state sellers freight_minor"
).split()


@dataclass(frozen=True, slots=True)
class Goods:
    """Pieces of one article in a parcel; the price is of one, in the marketplace's minor units."""

    sku: Sku
    qty: int
    price_minor: int


@dataclass(frozen=True, slots=True)
class ParcelTraits:
    """Group names in the order of GROUPS, figures in the order of TRAITS (nan: unknown)."""

    groups: tuple[str, ...]
    figures: tuple[float, ...]

    def group(self, name: str) -> str:
        return self.groups[GROUPS.index(name)]


def parcel_traits(
    origin: Location,
    to: ResolvedDestination,
    service: str,
    goods: Sequence[Goods],
    *,
    sellers: int,
    freight_minor: int | None,
) -> ParcelTraits:
    """Traits of a parcel from one place; regions and postal districts carry their country.

    `sellers` are those of the whole order; `freight_minor` is what the carrier asks for the parcel, in
    the marketplace's currency (None: unknown).
    """
    country, address = to.destination.country, origin.address
    start = f"{address.country}-{address.region}"
    end = f"{country}-{to.region or to.destination.region}"
    postcode = to.destination.postcode.replace(" ", "").upper()
    digits = "".join(sign for sign in postcode[:5] if sign.isdigit())
    groups = (
        origin.seller,
        start,
        end,
        f"{country}-{postcode[:3]}",
        f"{start}>{end}",
        f"{address.country}-{address.postcode[:2]}",
        max(goods, key=lambda one: one.sku.weight_g).sku.category if goods else "",
        service,
    )
    figures = (
        float(sum(one.qty for one in goods)),
        float(sum(one.qty * one.price_minor for one in goods)),
        float(sum(one.qty * one.sku.weight_g for one in goods)),
        float(sum(one.qty * prod(one.sku.size.sorted_mm()) for one in goods)),
        great_circle_m(origin.point, to.point) / 1000,
        to.point.lat,
        to.point.lon,
        origin.point.lat,
        origin.point.lon,
        float(digits) if len(digits) >= 3 else nan,
        float(start == end),
        float(sellers),
        nan if freight_minor is None else float(freight_minor),
    )
    return ParcelTraits(groups, figures)
