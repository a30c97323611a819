"""A count and a shipping meet on the shelf: whichever comes first, no unit is sold twice."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.clock import ManualClock
from core.ids import ParcelId, TenantId
from core.places import Address, Destination
from routing.cart import Cart, CartLine
from routing.flows.commit_option import Committed, commit_option
from routing.flows.quote_cart import quote_cart
from routing.flows.set_stock import StockChange, set_stock
from routing.flows.ship_parcel import ship_parcel
from routing.tables import StockRow
from store.session import Sessions

HOME = Address("Ada Example", "Rue Oberkampf 1", "Paris", "75011", "FR")
OFFER = ("elbe-kaffee", "COFFEE-01", "hamburg")
ON_HAND, SOLD = 10, 2
MINUTE = timedelta(minutes=1)


@pytest.fixture
def parcel(sessions: Sessions, market: TenantId, clock: ManualClock) -> ParcelId:
    """Two of ten units are sold; they leave ten minutes later."""
    count(sessions, market, clock.now())
    with sessions(market) as session:
        cart = Cart(
            Destination("FR", "75011"), (CartLine("1", OFFER[1], SOLD, OFFER[0]),), clock.now()
        )
        answer = commit_option(session, quote_cart(session, cart).id, "cheapest", HOME, key="k")
    assert isinstance(answer, Committed)
    clock.advance(10 * MINUTE)
    (parcel,) = answer.parcels
    return parcel


def count(sessions: Sessions, market: TenantId, at: datetime, units: int = ON_HAND) -> None:
    with sessions(market) as session:
        set_stock(session, [StockChange(*OFFER, units, at)])


def ship(sessions: Sessions, market: TenantId, parcel: ParcelId, at: datetime) -> None:
    with sessions(market) as session:
        ship_parcel(session, parcel, at)


def shelf(sessions: Sessions, market: TenantId) -> tuple[int, int, int]:
    """On hand, reserved, free."""
    with sessions(market, read_only=True) as session:
        row = session.scalars(
            select(StockRow).where(
                StockRow.seller == OFFER[0],
                StockRow.sku == OFFER[1],
                StockRow.location == OFFER[2],
            )
        ).one()
        return row.on_hand, row.reserved, row.free


def test_a_count_from_before_the_shipping_that_comes_after_it_resells_nothing(
    sessions: Sessions, market: TenantId, clock: ManualClock, parcel: ParcelId
) -> None:
    left_at = clock.now()
    ship(sessions, market, parcel, left_at)
    assert shelf(sessions, market) == (8, 0, 8)
    clock.advance(10 * MINUTE)
    for _ in range(2):  # a repeat changes nothing
        count(sessions, market, left_at - MINUTE)
        assert shelf(sessions, market) == (8, 0, 8)
    count(sessions, market, left_at)  # at that very instant: taken to hold them still
    assert shelf(sessions, market) == (8, 0, 8)
    count(sessions, market, left_at + MINUTE, 8)  # has seen them leave
    assert shelf(sessions, market) == (8, 0, 8)


def test_a_count_from_before_the_shipping_that_comes_before_it_loses_what_leaves(
    sessions: Sessions, market: TenantId, clock: ManualClock, parcel: ParcelId
) -> None:
    count(sessions, market, clock.now() - MINUTE)
    assert shelf(sessions, market) == (10, 2, 8)
    ship(sessions, market, parcel, clock.now())
    assert shelf(sessions, market) == (8, 0, 8)


def test_a_count_that_has_seen_the_goods_leave_is_not_lowered_when_that_is_heard_late(
    sessions: Sessions, market: TenantId, clock: ManualClock, parcel: ParcelId
) -> None:
    left_at = clock.now()
    clock.advance(10 * MINUTE)
    count(sessions, market, left_at + MINUTE, 8)
    assert shelf(sessions, market) == (8, 2, 6)
    ship(sessions, market, parcel, left_at)
    assert shelf(sessions, market) == (8, 0, 8)


def test_a_carrier_s_clock_that_is_ahead_hides_no_goods_from_later_counts(
    sessions: Sessions, market: TenantId, clock: ManualClock, parcel: ParcelId
) -> None:
    ship(sessions, market, parcel, clock.now() + 600 * MINUTE)
    clock.advance(10 * MINUTE)
    count(sessions, market, clock.now() - MINUTE, 8)
    assert shelf(sessions, market) == (8, 0, 8)
