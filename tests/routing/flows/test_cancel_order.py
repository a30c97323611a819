"""An order called off gives everything back once, and only until a parcel has left."""

import pytest
from sqlalchemy import func, select

from core.errors import Conflict, NotFound
from core.ids import OrderId, ParcelId, TenantId
from core.places import Address, Destination
from routing.cart import Cart, CartLine
from routing.flows.cancel_order import cancel_order
from routing.flows.commit_option import Committed, commit_option
from routing.flows.quote_cart import quote_cart
from routing.flows.read_order import read_order
from routing.flows.release_parcel import release_parcel
from routing.flows.ship_parcel import ship_parcel
from routing.tables import CapacityRow, ReservationRow, StockRow
from store.session import Sessions, now
from store.tables import OutboxRow

PARIS = Destination("FR", "75011")
HOME = Address("Ada Example", "Rue Oberkampf 1", "Paris", "75011", "FR")
LINES = (CartLine("1", "COFFEE-01", 2, "elbe-kaffee"), CartLine("2", "PUZZLE-02", 1))


@pytest.fixture
def order(sessions: Sessions, market: TenantId) -> Committed:
    with sessions(market) as session:
        quote = quote_cart(session, Cart(PARIS, LINES, now(session)))
        done = commit_option(session, quote.id, "fastest", HOME, key="k")
    assert isinstance(done, Committed)
    return done


def held(sessions: Sessions, market: TenantId) -> tuple[int, int]:
    """(units reserved, parcels planned in capacities)."""
    with sessions(market, read_only=True) as session:
        units = session.scalar(select(func.sum(StockRow.reserved))) or 0
        return units, session.scalar(select(func.sum(CapacityRow.used))) or 0


def test_everything_is_given_back_once(
    sessions: Sessions, market: TenantId, order: Committed
) -> None:
    assert held(sessions, market) == (3, 2 * len(order.parcels))
    for _ in range(2):
        with sessions(market) as session:
            done = cancel_order(session, order.order_id, reason="ordered twice")
        assert {state for _, state in done.bookings} == {"none"}
        assert held(sessions, market) == (0, 0)
    with sessions(market, read_only=True) as session:
        told = read_order(session, order.order_id)
        assert (told.state, {parcel.state for parcel in told.parcels}) == (
            "cancelled",
            {"cancelled"},
        )
        states = session.scalars(select(ReservationRow.state)).all()
        assert set(states) == {"released"}
        names = session.scalars(select(OutboxRow.name)).all()
        assert names.count("routing.order_cancelled") == 1


def test_a_booking_that_was_not_sent_is_voided_at_once(
    sessions: Sessions, market: TenantId, order: Committed
) -> None:
    with sessions(market) as session:
        release_parcel(session, order.parcels[0])
    with sessions(market) as session:
        done = cancel_order(session, order.order_id)
    assert dict(done.bookings)[order.parcels[0]] == "voided"
    for parcel in order.parcels[1:]:
        with pytest.raises(Conflict), sessions(market) as session:
            release_parcel(session, parcel)


def test_what_has_left_is_not_cancelled(
    sessions: Sessions, market: TenantId, order: Committed
) -> None:
    with sessions(market) as session:
        ship_parcel(session, ParcelId(order.parcels[0]))
    before = held(sessions, market)
    with pytest.raises(Conflict) as caught, sessions(market) as session:
        cancel_order(session, order.order_id)
    assert caught.value.code == "order_handed_over"
    assert held(sessions, market) == before


def test_an_unknown_order_is_not_found(sessions: Sessions, market: TenantId) -> None:
    with pytest.raises(NotFound), sessions(market) as session:
        cancel_order(session, OrderId(market))
