"""Nominated days, windows by appointment and pickup points: offered only where they are kept."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from core.errors import InvalidInput, NotFound
from core.ids import QuoteId
from core.places import Address, Destination
from routing.cart import Cart, CartLine, Live
from routing.delivering import carrier_note, delivered_to, in_window
from routing.network.network import Network
from routing.network.services import DeliversTo
from routing.quote import Quote
from routing.quoting import plan_quote
from routing.replanning import case_of_quote, explain_option
from routing.snapshot import Snapshot

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ID = QuoteId(UUID(int=1))
PARIS = Destination("FR", "75011")
LINES = (CartLine("1", "MUG-01", 1, "elbe-kaffee"), CartLine("2", "PUZZLE-02", 1))
HOME = Address("Ada Example", "Rue Oberkampf 1", "Paris", "75011", "FR", phone="+33 1")


def quote(snapshot: Snapshot, live: Live, to: Destination = PARIS, **more: object) -> Quote:
    return plan_quote(snapshot, Cart(to, LINES, MONDAY, **more), live, ID)  # type: ignore[arg-type]


def services_of(network: Network, told: Quote) -> list[DeliversTo]:
    kinds = {service.code: service.delivers_to for service in network.services}
    return [kinds[p.service] for o in told.options if not o.pickup_point for p in o.parcels]


def test_everything_comes_on_the_nominated_day(snapshot: Snapshot, live: Live) -> None:
    first = quote(snapshot, live).options[0].promise.date
    for days in range(1, 12):
        asked = first + timedelta(days=days)
        told = quote(snapshot, live, nominated_day=asked)
        assert {option.promise.date for option in told.options} <= {asked}
        assert bool(told.options) == (asked.weekday() < 6), asked
        for option in told.options:
            assert float(option.promise.probability) >= float(option.promise.level)
            assert {parcel.date for parcel in option.parcels} == {asked}
            assert option.why[0].code == "nominated_day"
            assert "NOT BEFORE" in carrier_note(told, option, "")


def test_a_day_that_cannot_be_had_says_which_can(snapshot: Snapshot, live: Live) -> None:
    told = quote(snapshot, live, nominated_day=date(2026, 3, 3))
    (why,) = told.reasons
    details = dict(why.details)
    assert (told.options, why.code, details["asked_on"]) == ((), "not_that_day", "2026-03-03")
    assert details["earliest_on"] == quote(snapshot, live).options[0].promise.date.isoformat()
    nearest = date.fromisoformat(details["nearest_on"])
    assert quote(snapshot, live, nominated_day=nearest).options
    sunday = quote(snapshot, live, nominated_day=date(2026, 3, 15))
    assert dict(sunday.reasons[0].details)["nearest_on"] == "2026-03-16"


def test_windows_are_kept_with_the_level(snapshot: Snapshot, live: Live) -> None:
    told = quote(snapshot, live)
    seen = 0
    for option in told.options:
        for window in option.windows:
            seen += 1
            assert float(window.probability) >= float(option.promise.level)
            assert window.starts_at < window.ends_at <= option.promise.ends_at
            assert float(window.probability) <= float(option.promise.probability)
            kept = in_window(option, window.code)
            assert kept.promise.ends_at == window.ends_at
            assert "DELIVER" in carrier_note(told, option, window.code)
    assert seen
    with pytest.raises(NotFound):
        in_window(told.options[0], "w9")


def test_only_some_services_have_windows(snapshot: Snapshot, live: Live, network: Network) -> None:
    slots = {service.code for service in network.services if service.slots}
    for option in quote(snapshot, live).options:
        if option.windows:
            assert {parcel.service for parcel in option.parcels} <= slots


def test_the_door_and_the_pickup_point_are_served_apart(
    snapshot: Snapshot, live: Live, network: Network
) -> None:
    told = quote(snapshot, live, pickup_points=2)
    assert set(services_of(network, told)) == {DeliversTo.DOOR}
    points = [option.pickup_point for option in told.options if option.pickup_point]
    assert {point.code for point in points} == {"point-paris-11", "point-paris-nord"}
    assert [option.code for option in told.options] == [
        f"o{n}" for n in range(1, len(told.options) + 1)
    ]
    for option in told.options:
        if option.pickup_point is None:
            continue
        address = delivered_to(HOME, option)
        assert (address.name, address.phone) == (HOME.name, HOME.phone)
        assert address.street == option.pickup_point.street
        assert explain_option(snapshot, told, option.code, live).option == option.code
    assert delivered_to(HOME, told.options[0]) == HOME


def test_a_named_pickup_point_is_all_there_is(snapshot: Snapshot, live: Live) -> None:
    told = quote(snapshot, live, pickup_point="point-lyon")
    assert told.options
    assert {o.pickup_point.code for o in told.options if o.pickup_point} == {"point-lyon"}
    assert all(option.pickup_point for option in told.options)
    assert {option.names[0] for option in told.options if option.names}
    assert case_of_quote(snapshot, told)["lines"]
    with pytest.raises(InvalidInput, match="no pickup point"):
        quote(snapshot, live, pickup_point="lyon")


def test_points_are_named_or_counted_not_both() -> None:
    cart = Cart(PARIS, LINES, MONDAY)
    with pytest.raises(InvalidInput):
        replace(cart, pickup_point="point-lyon", pickup_points=1)
    with pytest.raises(InvalidInput):
        replace(cart, pickup_points=9)
