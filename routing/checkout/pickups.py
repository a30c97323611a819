"""Pickup points: which are near, and how an option that ends at one says so."""

from core.places import Destination, GeoPoint, distance_matrix_m
from routing.checkout.from_network import CartProblem
from routing.network.destinations import UnknownDestination
from routing.network.places import Location
from routing.quote import PickupPoint
from routing.snapshot import Snapshot


def nearest_points(snapshot: Snapshot, to: Destination, count: int) -> tuple[Location, ...]:
    """The nearest pickup points of the destination's country; none for an unknown destination."""
    resolved = snapshot.postal.resolve(to)
    if isinstance(resolved, UnknownDestination):
        return ()
    inside = [point for point in snapshot.pickup_points if point.address.country == to.country]
    inside.sort(key=lambda point: (_metres(point.point, resolved.point), point.code))
    return tuple(inside[:count])


def pickup_point_of(snapshot: Snapshot, of: CartProblem) -> PickupPoint | None:
    """The point where a cart's options end; None: at the door."""
    if not of.cart.pickup_point:
        return None
    place = snapshot.network.location(of.cart.pickup_point)
    home = snapshot.postal.resolve(of.home)
    return PickupPoint(
        code=place.code,
        name=place.address.name,
        street=place.address.street,
        city=place.address.city,
        postcode=place.address.postcode,
        country=place.address.country,
        distance_m=(
            0 if isinstance(home, UnknownDestination) else _metres(home.point, place.point)
        ),
    )


def _metres(a: GeoPoint, b: GeoPoint) -> int:
    return int(distance_matrix_m([a, b])[0, 1])
