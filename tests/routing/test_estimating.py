"""Estimates are never earlier, and never cheaper, than checkout says for any address inside."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from core.ids import QuoteId
from core.places import Destination
from routing.cart import Cart, CartLine, Live
from routing.estimating import CACHE_FOR, Estimate, NoEstimate, estimate_delivery
from routing.quoting import plan_quote
from routing.snapshot import Snapshot

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ID = QuoteId(UUID(int=1))


def estimate(snapshot: Snapshot, live: Live, to: Destination, at: datetime = MONDAY) -> Estimate:
    told = estimate_delivery(snapshot, Cart(to, (CartLine("1", "COFFEE-01", 1),), at), live)
    assert isinstance(told, Estimate)
    return told


@pytest.mark.parametrize(
    ("country", "postcodes"),
    [
        ("GB", ["M1 1AA", "IV27 4XX", "BT1 1AA", "ZE1 0AA", "EC1A 1BB"]),
        ("ES", ["28001", "38001", "35001", "08001"]),
        ("PT", ["1000-001", "9000-001", "9500-001", "4000-001"]),
        ("FR", ["75011", "20000", "69001", "29200"]),
        ("NL", ["1012 LG", "9711 AA"]),
    ],
)
def test_a_country_is_as_slow_as_its_slowest_place(
    snapshot: Snapshot, live: Live, country: str, postcodes: list[str]
) -> None:
    told = estimate(snapshot, live, Destination(country))
    line = CartLine("1", "COFFEE-01", 1)
    for postcode in postcodes:
        cart = Cart(Destination(country, postcode), (line,), MONDAY)
        quote = plan_quote(snapshot, cart, live, ID)
        assert quote.options[0].promise.date <= told.date
        assert quote.options[0].promise.ends_at <= told.ends_at
        assert min(o.charge.total.minor for o in quote.options) <= told.charge_from.minor
    assert told.precision == "country"


def test_with_a_postcode_it_is_what_checkout_says(snapshot: Snapshot, live: Live) -> None:
    to = Destination("DE", "80331")
    told = estimate(snapshot, live, to)
    quote = plan_quote(snapshot, Cart(to, (CartLine("1", "COFFEE-01", 1),), MONDAY), live, ID)
    assert (told.date, told.precision) == (quote.options[0].promise.date, "postcode")


def test_a_region_is_not_slowed_by_islands_elsewhere(snapshot: Snapshot, live: Live) -> None:
    whole = estimate(snapshot, live, Destination("ES"))
    sevilla = estimate(snapshot, live, Destination("ES", region="Sevilla"))
    assert sevilla.date <= whole.date
    canaries = estimate(snapshot, live, Destination("ES", region="Canarias"))
    assert canaries.zones == ("Atlantic/Canary",)


def test_it_may_be_cached_until_a_deadline_at_most(snapshot: Snapshot, live: Live) -> None:
    to = Destination("FR", "75011")
    assert estimate(snapshot, live, to).good_until == MONDAY + CACHE_FOR
    near = datetime(2026, 3, 2, 12, 55, tzinfo=UTC)
    told = estimate(snapshot, live, to, near)
    assert near < told.good_until == near + timedelta(minutes=5)


def test_what_nobody_has_cannot_be_estimated(snapshot: Snapshot) -> None:
    cart = Cart(Destination("FR"), (CartLine("1", "COFFEE-01", 1),), MONDAY)
    told = estimate_delivery(snapshot, cart, Live())
    assert isinstance(told, NoEstimate)
    assert told.reasons
