"""The earliest honest date before an address is known: never earlier than checkout will say.

Where only a country or region is known, every part of it that the network treats differently (by
coverage, transit times, price zone or time zone) is planned, and the latest answer is told.
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
from routing.quote import Quote, WhyNot
from routing.quoting import plan_quote
from routing.snapshot import Snapshot

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
        for part in _parts(snapshot, cart.destination)
    ]
    served = [quote for quote in quotes if quote.options]
    if not served:
        return NoEstimate(quotes[0].reasons)
    slowest = max((quote.options[0] for quote in served), key=lambda each: each.promise.ends_at)
    cheapest = [min(option.charge.total.minor for option in quote.options) for quote in served]
    deadlines = [
        quote.options[0].order_within
        for quote in served
        if quote.options[0].order_within is not None
    ]
    return Estimate(
        date=slowest.promise.date,
        ends_at=slowest.promise.ends_at,
        level=slowest.promise.level,
        charge_from=Money(max(cheapest), served[0].currency),
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


def _parts(snapshot: Snapshot, destination: Destination) -> list[Destination]:
    """The destination, and one place in each part of it that is treated differently."""
    if destination.postcode:
        return [destination]
    parts = [destination]
    seen = {_treatment(snapshot, destination)}
    for area in _finer_areas(snapshot, destination):
        part = Destination(area.country, area.first, destination.region)
        treatment = _treatment(snapshot, part)
        if treatment not in seen:
            seen.add(treatment)
            parts.append(part)
    return parts


def _finer_areas(snapshot: Snapshot, destination: Destination) -> Iterator[Area]:
    """Postal areas of the region, or of the country where no region narrows it."""
    network = snapshot.network
    region = destination.region.casefold()
    rows = [row for row in network.postcodes if row.area.country == destination.country]
    own = [row.area for row in rows if row.area.first and row.region.casefold() == region]
    if region and own:
        yield from own
        return
    areas = {row.area for row in rows}
    areas.update(row.area for row in network.transit)
    areas.update(rule.area for service in network.services for rule in service.coverage)
    for _, tariff in network.tariffs:
        areas.update(area for zone in tariff.zones for area in zone.areas)
        areas.update(tariff.excluded)
        areas.update(area for surcharge in tariff.surcharges for area in surcharge.areas)
    finer = [area for area in areas if area.country == destination.country and area.first]
    yield from sorted(finer, key=lambda area: (area.first, area.last))


def _treatment(snapshot: Snapshot, part: Destination) -> tuple[object, ...]:
    """All that the network makes depend on where in a country something goes."""
    resolved = snapshot.postal.resolve(part)
    if isinstance(resolved, UnknownDestination):
        return ()
    tariffs = dict(snapshot.network.tariffs)
    signs: list[object] = [resolved.zones]
    for service in snapshot.network.services:
        if not snapshot.covers(service, part, resolved.point):
            signs.append(None)
            continue
        tables = [
            row.table for row in snapshot.transit_of.get(service.code, ()) if row.area.holds(part)
        ]
        tariff = tariffs[service.tariff]
        remote = tuple(
            any(area.holds(part) for area in surcharge.areas) for surcharge in tariff.surcharges
        )
        signs.append((tuple(tables), tariff.zone_for(part), remote))
    return tuple(signs)
