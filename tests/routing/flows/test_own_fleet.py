"""A marketplace's own fleet brings so many parcels a day: promised at most, given back once."""

from datetime import date

import pytest
from sqlalchemy import select

from core.ids import TenantId
from core.places import Address, Destination
from routing.cart import Cart, CartLine
from routing.flows.cancel_order import cancel_order
from routing.flows.commit_option import Changed, Committed, Outdated, commit_option
from routing.flows.import_network import import_network
from routing.flows.load_snapshot import load_snapshot
from routing.flows.quote_cart import quote_cart
from routing.quote import Quote
from routing.tables import CapacityRow
from store.session import Sessions, now

PARIS = Destination("FR", "75011")
HOME = Address("Ada Example", "Rue Oberkampf 1", "Paris", "75011", "FR")
LINES = (CartLine("1", "COFFEE-01", 1, "elbe-kaffee"),)
HEAD = "service,weekdays,vans,van_parcels,shift_min,min_per_parcel"


def with_fleets(text: dict[str, str], row: str) -> dict[str, str]:
    """The demo network, every service with own vehicles."""
    head, *rows = text["services.csv"].splitlines()
    place = head.split(",").index("service")
    codes = [each.split(",")[place] for each in rows if each]
    return {**text, "fleets.csv": "\n".join([HEAD, *(f"{code},{row}" for code in codes)]) + "\n"}


@pytest.fixture
def market(sessions: Sessions, tenant: TenantId, small_text: dict[str, str]) -> TenantId:
    """Every service takes out two parcels on a weekday: by load ten, by time two."""
    with sessions(tenant) as session:
        import_network(session, with_fleets(small_text, "mon-fri,2,5,60,45"))
    return tenant


def quote(sessions: Sessions, market: TenantId) -> Quote:
    with sessions(market) as session:
        return quote_cart(session, Cart(PARIS, LINES, now(session)))


def buy(
    sessions: Sessions, market: TenantId, of: Quote, key: str
) -> Committed | Changed | Outdated:
    with sessions(market) as session:
        return commit_option(session, of.id, "fastest", HOME, key=key)


def taken(sessions: Sessions, market: TenantId) -> dict[tuple[str, date], int]:
    """Parcels by fleet and day."""
    with sessions(market, read_only=True) as session:
        rows = session.scalars(select(CapacityRow).where(CapacityRow.place.endswith("@")))
        return {(row.place, row.day): row.used for row in rows}


def leaves(of: Quote) -> tuple[str, date]:
    option = of.option("fastest")
    assert option is not None
    return f"{option.parcels[0].service}@", option.parcels[0].leaves_at.date()


def test_a_full_fleet_is_not_promised_and_a_cancelled_parcel_makes_room_again(
    sessions: Sessions, market: TenantId
) -> None:
    first = quote(sessions, market)
    done = buy(sessions, market, first, "a")
    assert isinstance(done, Committed)
    assert taken(sessions, market) == {leaves(first): 1}
    second = quote(sessions, market)
    assert leaves(second) == leaves(first)
    assert isinstance(buy(sessions, market, second, "b"), Committed)
    assert leaves(quote(sessions, market)) != leaves(first)
    with sessions(market) as session:
        cancel_order(session, done.order_id, reason="ordered twice")
    assert taken(sessions, market)[leaves(first)] == 1
    assert leaves(quote(sessions, market)) == leaves(first)


def test_the_last_place_in_the_vans_is_sold_once(sessions: Sessions, market: TenantId) -> None:
    quotes = [quote(sessions, market) for _ in range(3)]
    answers = [buy(sessions, market, each, f"k{i}") for i, each in enumerate(quotes)]
    assert [isinstance(answer, Committed) for answer in answers] == [True, True, False]
    assert not isinstance(answers[-1], Committed)
    (because,) = answers[-1].because
    assert because.code == "capacity_gone"
    assert dict(because.details)["place"] == leaves(quotes[0])[0]


def test_a_fleet_stays_at_home_on_other_days(
    sessions: Sessions, tenant: TenantId, small_text: dict[str, str]
) -> None:
    with sessions(tenant) as session:
        import_network(session, with_fleets(small_text, "thu,1,5,,0"))
    option = quote(sessions, tenant).option("fastest")
    assert option is not None
    assert {parcel.leaves_at.weekday() for parcel in option.parcels} == {3}


def test_vans_bring_what_load_and_time_allow(sessions: Sessions, market: TenantId) -> None:
    with sessions(market, read_only=True) as session:
        service = load_snapshot(session).network.services[0]
    assert [vans.daily_parcels for vans in service.fleet] == [2]
    assert service.fleet_parcels(date(2026, 3, 6)) == 2
    assert service.fleet_parcels(date(2026, 3, 7)) == 0


TWO_SELLERS = (
    CartLine("1", "COFFEE-01", 1, "elbe-kaffee"),
    CartLine("2", "MUG-01", 1, "thames-home"),
)


def test_a_cart_of_two_parcels_is_not_promised_vans_with_room_for_one(
    sessions: Sessions, tenant: TenantId, small_text: dict[str, str]
) -> None:
    with sessions(tenant) as session:
        import_network(session, with_fleets(small_text, "mon-fri,1,1,,0"))
        found = quote_cart(session, Cart(PARIS, TWO_SELLERS, now(session)))
    assert found.options and not found.exact
    for option in found.options:
        days = [(parcel.service, parcel.leaves_at.date()) for parcel in option.parcels]
        assert len(set(days)) == len(days), option.code
    with sessions(tenant) as session:
        done = commit_option(session, found.id, "fastest", HOME, key="both")
    assert isinstance(done, Committed)


def test_with_room_for_both_the_same_cart_has_the_plans_it_had(
    sessions: Sessions, tenant: TenantId, small_text: dict[str, str]
) -> None:
    with sessions(tenant) as session:
        import_network(session, small_text)
        free = quote_cart(session, Cart(PARIS, TWO_SELLERS, now(session)))
        import_network(session, with_fleets(small_text, "mon-fri,1,2,,0"))
        roomy = quote_cart(session, Cart(PARIS, TWO_SELLERS, now(session)))
    fastest = free.option("fastest")
    assert fastest is not None
    days = [(parcel.service, parcel.leaves_at.date()) for parcel in fastest.parcels]
    assert len(days) == 2 and len(set(days)) == 1  # what has no room above
    again = roomy.option("fastest")
    assert again is not None and roomy.exact
    assert [(parcel.service, parcel.leaves_at.date()) for parcel in again.parcels] == days
