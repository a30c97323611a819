"""What a network must not say: contradictions between parts that each are fine alone."""

from collections import Counter
from collections.abc import Iterator

from core.errors import Fault
from routing.network.network import Network
from routing.network.places import LocationKind


def contradictions(network: Network) -> list[Fault]:
    """Every contradiction, with the file and the thing it is about."""
    return [*_places(network), *_offers(network), *_services(network), *_lanes(network)]


def _places(network: Network) -> Iterator[Fault]:
    box_sets = {box.box_set for box in network.boxes}
    for location in network.locations:
        if location.kind is LocationKind.PICKUP_POINT:
            continue
        if location.box_set not in box_sets:
            yield Fault("box_set", f"{location.code} has no boxes to pack into", "locations")
        if not any(location.calendar.weekly) and not location.calendar.special:
            yield Fault("location", f"{location.code} never opens", "openings")
    for hub in network.hubs:
        if network.location(hub.location).kind is not LocationKind.HUB:
            yield Fault("hub", f"{hub.location} is not a location of kind hub", "hubs")


def _offers(network: Network) -> Iterator[Fault]:
    for offer in network.offers:
        location = network.location(offer.location)
        if location.seller not in ("", offer.seller):
            reason = (
                f"{offer.sku}: {location.code} belongs to {location.seller}, not {offer.seller}"
            )
            yield Fault("location", reason, "offers")
        if location.kind is LocationKind.PICKUP_POINT:
            yield Fault("location", f"{offer.sku}: {location.code} is a pickup point", "offers")
        if offer.valid_from and offer.valid_to and offer.valid_to < offer.valid_from:
            yield Fault("valid_to", f"{'/'.join(offer.key)} ends before it begins", "offers")


def _services(network: Network) -> Iterator[Fault]:
    served = Counter(pickup.service for pickup in network.pickups)
    timed = Counter(row.service for row in network.transit)
    for service in network.services:
        if not service.coverage:
            yield Fault("service", f"{service.code} delivers nowhere", "coverage")
        if not served[service.code]:
            yield Fault("service", f"{service.code} collects nowhere", "pickups")
        if not timed[service.code]:
            yield Fault("service", f"{service.code} has no transit times", "transit")
    known = {location.code for location in network.locations}
    for row in network.transit:
        is_country = len(row.origin) == 2 and row.origin.isupper()
        if row.origin != "*" and row.origin not in known and not is_country:
            reason = f"{row.origin!r} is neither a location, a country nor *"
            yield Fault("origin", f"{row.service}: {reason}", "transit")


def _lanes(network: Network) -> Iterator[Fault]:
    pairs = Counter((lane.origin, lane.hub) for lane in network.lanes)
    for (origin, hub), count in pairs.items():
        if count > 1:
            yield Fault("lane", f"{origin} to {hub} has {count} lanes; one is allowed", "lanes")
        if origin == hub:
            yield Fault("origin", f"{hub} feeds itself", "lanes")
    for lane in network.lanes:
        if not any(lane.departures.weekly):
            yield Fault("lane", f"{lane.code} never departs", "departures")
