"""What the network makes depend on where in a country a cart goes: prices, times, coverage, zones."""

from dataclasses import dataclass

from core.calendars import local_day
from core.places import Destination
from routing.cart import Cart
from routing.network.destinations import UnknownDestination
from routing.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Treatment:
    """Places of one country with equal treatments are planned alike, while times are published."""

    zones: tuple[str, ...] = ()
    signs: tuple[object, ...] = ()

    def serves(self, place: "Treatment") -> bool:
        """Whether a plan for here holds at that place inside it.

        It may lie in one of several time zones: the plan's days end with the last of them.
        """
        return self.signs == place.signs and set(place.zones) <= set(self.zones)


def treatment(snapshot: Snapshot, place: Destination, *, by_distance: bool) -> Treatment:
    """How a place is treated; `by_distance` where CO2e has a price, and with it the way's length."""
    resolved = snapshot.postal.resolve(place)
    if isinstance(resolved, UnknownDestination):
        return Treatment()
    tariffs = dict(snapshot.network.tariffs)
    signs: list[object] = [resolved.point if by_distance else None]
    for service in snapshot.network.services:
        if not snapshot.covers(service, place, resolved.point):
            signs.append(None)
            continue
        rows = [row for row in snapshot.transit_of.get(service.code, ()) if row.area.holds(place)]
        rows.sort(key=lambda row: row.area.precision)
        tariff = tariffs[service.tariff]
        remote = tuple(
            any(area.holds(place) for area in surcharge.areas) for surcharge in tariff.surcharges
        )
        tables = tuple((row.origin, row.table) for row in rows)
        signs.append((tables, tariff.zone_for(place), remote))
    return Treatment(resolved.zones, tuple(signs))


def has_co2_price(snapshot: Snapshot, cart: Cart) -> bool:
    """Whether the cart, or else its policy, sets a price on CO2e."""
    if cart.co2_minor_per_tonne is not None:
        return cart.co2_minor_per_tonne > 0
    day = local_day(snapshot.network.marketplace.zone, cart.at)
    return snapshot.policy(cart.policy, day).co2.minor_per_tonne > 0
