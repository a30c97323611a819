"""The earliest honest date before an address is known: never earlier than checkout will say.

Where only a country or region is known, every part of it that the network treats differently (by
coverage, transit times, price zone, surcharges or time zone; by distance where CO2e has a price) is
planned, and the latest answer is told. Postal ranges begin and end somewhere: between two such bounds
all postcodes are treated alike, so that one place behind each bound stands for all. Times learned from
deliveries are of each postcode: of these one for each bound's region and degree of latitude and
longitude is planned.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from carriers.areas import Area
from core.ids import QuoteId
from core.money import Money
from core.places import Destination
from routing.cart import Cart, Live
from routing.network.destinations import UnknownDestination
from routing.quote import DeliveryOption, Quote, WhyNot
from routing.quoting import plan_quote
from routing.snapshot import Snapshot
from routing.treatment import has_co2_price, treatment

CACHE_FOR = timedelta(minutes=15)
"""An estimate may be shown this long, unless an order deadline comes first."""
NO_QUOTE = QuoteId(UUID(int=0))


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a product page may say."""

    date: date
    """The fastest option's date, in the slowest part of the area."""
    ends_at: datetime
    level: Decimal
    charge_from: Money
    """The cheapest option's charge, in the dearest part of the area."""
    precision: str
    zones: tuple[str, ...]
    everywhere: bool
    """False: some part of the area is not served."""
    good_until: datetime
    """May be cached until then; afterwards the date may be later."""


@dataclass(frozen=True, slots=True)
class NoEstimate:
    """Nowhere in the area can it be delivered, and why."""

    reasons: tuple[WhyNot, ...]


def estimate_delivery(snapshot: Snapshot, cart: Cart, live: Live) -> Estimate | NoEstimate:
    """The estimate for a cart and a destination without street, perhaps without postcode.

    Raises InvalidInput as a quote does.
    """
    quotes = [
        plan_quote(snapshot, replace(cart, destination=part), live, NO_QUOTE)
        for part in _parts(snapshot, cart)
    ]
    served = [quote for quote in quotes if quote.options]
    if not served:
        return NoEstimate(quotes[0].reasons)
    fastest = [quote.options[0] for quote in served]
    cheapest = [min(quote.options, key=_charged) for quote in served]
    slowest = max(fastest, key=lambda option: option.promise.ends_at)
    deadlines = [option.order_within for option in (*fastest, *cheapest) if option.order_within]
    return Estimate(
        date=slowest.promise.date,
        ends_at=slowest.promise.ends_at,
        level=slowest.promise.level,
        charge_from=Money(max(map(_charged, cheapest)), served[0].currency),
        precision=_precision(snapshot, cart.destination, quotes[0]),
        zones=tuple(dict.fromkeys(zone for quote in served for zone in quote.zones)),
        everywhere=len(served) == len(quotes),
        good_until=min([cart.at + CACHE_FOR, *deadlines]),
    )


def _precision(snapshot: Snapshot, destination: Destination, first: Quote) -> str:
    resolved = snapshot.postal.resolve(destination)
    if isinstance(resolved, UnknownDestination):
        return first.precision
    return resolved.precision.value


def _charged(option: DeliveryOption) -> int:
    """Minor units of the quote's currency."""
    return option.charge.total.minor


def _parts(snapshot: Snapshot, cart: Cart) -> list[Destination]:
    """The destination, and one place in each part of it that is treated differently."""
    whole = cart.destination
    if whole.postcode:
        return [whole]
    by_distance = has_co2_price(snapshot, cart)
    parts: dict[object, Destination] = {}
    for place in (whole, *_places(snapshot, whole)):
        treated = treatment(snapshot, place, by_distance=by_distance)
        learned = None if snapshot.lead_times is None else _about(snapshot, place)
        parts.setdefault((treated, learned), place)
    return list(parts.values())


def _about(snapshot: Snapshot, place: Destination) -> tuple[str, int, int] | None:
    """Region and whole degrees of latitude and longitude, as far as they are known."""
    resolved = snapshot.postal.resolve(place)
    if isinstance(resolved, UnknownDestination):
        return None
    return resolved.region, round(resolved.point.lat), round(resolved.point.lon)


def _places(snapshot: Snapshot, whole: Destination) -> Iterator[Destination]:
    """A place behind each bound of a postal range in the country, or in the region of it."""
    has_own = _has_own_postcodes(snapshot, whole)
    areas = _postal_areas(snapshot, whole.country)
    for code in sorted({bound for area in areas for bound in (area.first, area.behind) if bound}):
        place = replace(whole, postcode=code)
        if not has_own or _lies_in(snapshot, place):
            yield place


def _has_own_postcodes(snapshot: Snapshot, whole: Destination) -> bool:
    """Whether the network knows which postcodes a region has; else it may have any."""
    region = whole.region.casefold()
    return bool(region) and any(
        row.area.first and row.area.country == whole.country and row.region.casefold() == region
        for row in snapshot.network.postcodes
    )


def _lies_in(snapshot: Snapshot, place: Destination) -> bool:
    """Whether its postcode is of the region that it names."""
    resolved = snapshot.postal.resolve(place)
    if isinstance(resolved, UnknownDestination):
        return False
    return resolved.region.casefold() == place.region.casefold()


def _postal_areas(snapshot: Snapshot, country: str) -> set[Area]:
    """All postal ranges of the country that anything depends on."""
    network = snapshot.network
    areas = {row.area for row in network.postcodes}
    areas.update(row.area for row in network.transit)
    areas.update(rule.area for service in network.services for rule in service.coverage)
    for _, tariff in network.tariffs:
        areas.update(area for zone in tariff.zones for area in zone.areas)
        areas.update(tariff.excluded)
        areas.update(area for surcharge in tariff.surcharges for area in surcharge.areas)
    return {area for area in areas if area.country == country and area.first}
