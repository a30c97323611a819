"""Releasing parcels: one booking each, asked of the carrier under its own name of the service."""

import pytest
from sqlalchemy import select

from carriers.tables import BookingRow
from core.errors import Conflict, NotFound
from core.ids import ParcelId, TenantId
from core.places import Address, Destination
from routing.cart import Cart, CartLine
from routing.flows.commit_option import Committed, commit_option
from routing.flows.quote_cart import quote_cart
from routing.flows.release_parcel import release_parcel
from routing.flows.release_parcels import release_parcels
from routing.tables import PlannedParcelRow
from store.session import Sessions, lock, now

HOME = Address("Jan Voorbeeld", "Damrak 1", "Amsterdam", "1012 LG", "NL")


@pytest.fixture
def committed(sessions: Sessions, market: TenantId) -> Committed:
    with sessions(market) as session:
        lines = (CartLine("1", "COFFEE-01", 2), CartLine("2", "BOOK-03", 1))
        quote = quote_cart(session, Cart(Destination("NL", "1012 LG"), lines, now(session)))
        answer = commit_option(session, quote.id, "cheapest", HOME, key="k")
    assert isinstance(answer, Committed)
    return answer


def test_a_parcel_is_booked_once_however_often_it_is_released(
    sessions: Sessions, market: TenantId, committed: Committed
) -> None:
    parcel_id = committed.parcels[0]
    with sessions(market) as session:
        first = release_parcel(session, parcel_id)
    with sessions(market) as session:
        assert release_parcel(session, parcel_id) == first
        assert release_parcels(session, committed.parcels)[0] == first
    with sessions(market, read_only=True) as session:
        bookings = session.scalars(select(BookingRow)).all()
        parcels = {row.id: row for row in session.scalars(select(PlannedParcelRow))}
        assert len(bookings) == len(committed.parcels)
        assert {row.state for row in parcels.values()} == {"released"}
        for booking in bookings:
            parcel = parcels[booking.parcel_id]
            assert booking.carrier == parcel.carrier
            assert booking.service in ("DomesticPakket", "standard", "express")
            assert booking.weight_g == parcel.weight_g


def test_a_cancelled_or_unknown_parcel_is_not_booked(
    sessions: Sessions, market: TenantId, committed: Committed
) -> None:
    parcel_id = committed.parcels[0]
    with sessions(market) as session:
        lock(session, PlannedParcelRow, parcel_id).state = "cancelled"
    with sessions(market) as session:
        with pytest.raises(Conflict):
            release_parcel(session, parcel_id)
        assert release_parcels(session, [parcel_id]) == ()
        with pytest.raises(NotFound):
            release_parcel(session, ParcelId(committed.order_id))
