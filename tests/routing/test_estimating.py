"""Estimates are never earlier, and never cheaper, than checkout says for any address inside."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from carriers.areas import Area
from core.ids import QuoteId
from core.places import Destination
from routing.cart import Cart, CartLine, Live
from routing.estimating import CACHE_FOR, Estimate, NoEstimate, estimate_delivery
from routing.network.network import Network
from routing.network.places import TransitTable
from routing.quoting import plan_quote
from routing.snapshot import Snapshot, compile_snapshot

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


def with_transit(network: Network, areas: list[tuple[Area, int]]) -> Snapshot:
    """The network in which all services need so many days more in these areas."""
    known = [row for row in network.transit if row.area.country == "ES" and not row.area.first]
    more = [
        replace(row, area=area, table=_slower(row.table, days))
        for row in known
        for area, days in areas
    ]
    rows = tuple(row for row in network.transit if row.area.country != "ES")
    return compile_snapshot(replace(network, transit=(*rows, *known, *more)), "nested")


def _slower(table: TransitTable, days: int) -> TransitTable:
    return replace(table, minutes=tuple(minutes + 1440 * days for minutes in table.minutes))


def told_and_checked(
    snapshot: Snapshot, live: Live, postcodes: list[str], co2_minor: int | None = None
) -> Estimate:
    """The estimate for Spain, once it has been held against checkout at the postcodes."""
    line = CartLine("1", "COFFEE-01", 1)
    cart = Cart(Destination("ES"), (line,), MONDAY, co2_minor_per_tonne=co2_minor)
    told = estimate_delivery(snapshot, cart, live)
    assert isinstance(told, Estimate)
    for postcode in postcodes:
        there = replace(cart, destination=Destination("ES", postcode))
        quote = plan_quote(snapshot, there, live, ID)
        assert quote.options[0].promise.ends_at <= told.ends_at, postcode
        assert min(o.charge.total.minor for o in quote.options) <= told.charge_from.minor
    return told


def test_what_lies_behind_a_finer_area_counts(network: Network, live: Live) -> None:
    plain = with_transit(network, [])
    areas = [(Area("ES", "60", "60"), 0), (Area("ES", "60", "69"), 4)]
    nested = with_transit(network, areas)
    told = told_and_checked(nested, live, ["60001", "61001", "69999"])
    assert told.ends_at > told_and_checked(plain, live, []).ends_at


@pytest.mark.parametrize("seed", range(6))
def test_no_postcode_is_later_than_its_country(network: Network, live: Live, seed: int) -> None:
    random = Random(seed)
    areas = []
    for _ in range(5):
        width = random.choice((1, 2, 3))
        first = random.randrange(6 * 10 ** (width - 1), 10**width)  # where nothing else begins
        last = min(first + random.randrange(3 * 10 ** (width - 1)), 10**width - 1)
        areas.append((Area("ES", str(first), str(last)), random.randrange(6)))
    ends = [bound for area, _ in areas for bound in (area.first, area.last)]
    postcodes = [f"{bound:9<5}" for bound in ends] + [f"{bound:0<5}" for bound in ends]
    postcodes += [f"{random.randrange(60000, 100000):05}" for _ in range(8)]
    told_and_checked(with_transit(network, areas), live, postcodes)


def test_with_a_price_on_co2e_the_farthest_place_counts(snapshot: Snapshot, live: Live) -> None:
    told_and_checked(snapshot, live, ["28001", "35001", "41001", "08001", "46001"], 1_000_000)


def test_both_the_date_and_the_charge_are_good_until_then(snapshot: Snapshot, live: Live) -> None:
    near = datetime(2026, 3, 2, 12, 55, tzinfo=UTC)
    cart = Cart(Destination("FR", "75011"), (CartLine("1", "COFFEE-01", 1),), near)
    told = estimate_delivery(snapshot, cart, live)
    assert isinstance(told, Estimate)
    quote = plan_quote(snapshot, cart, live, ID)
    for option in (quote.options[0], min(quote.options, key=lambda o: o.charge.total.minor)):
        assert option.order_within is None or told.good_until <= option.order_within
