"""A cancelled order is over for tracking: nobody hears of it, and it counts as no promise."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from api.pages.customer.track import judge_promise
from carriers.status import Status
from carriers.tables import BookingRow
from core.clock import ManualClock
from core.errors import NotFound
from core.ids import BookingId
from returns.eligibility import Wish
from returns.flows.receive_return import receive_return
from returns.flows.request_return import Authorized, request_return
from returns.policy import Cause
from routing.flows.cancel_order import cancel_order
from tests.market import Market
from tests.tracking.events import START
from tracking.flows.end_cancelled import end_cancelled
from tracking.flows.follow_booking import follow_booking
from tracking.flows.tally_promises import tally_promises
from tracking.flows.view_calibration import view_calibration
from tracking.flows.view_order import view_order
from tracking.flows.watch_parcels import watch_parcels
from tracking.tables import IncidentRow, NoticeRow


@pytest.fixture
def market(engine: Engine, clock: ManualClock, tmp_path: Path) -> Market:
    return Market.open(engine, clock, tmp_path)


def test_a_cancelled_order_is_over_and_nobody_is_told_that_it_is_late(market: Market) -> None:
    order = market.order().order_id
    with market.lanewise.sessions(market.tenant) as session:
        cancel_order(session, order)
    market.work()
    for days in (1, 3, 12):
        market.clock.set(START + timedelta(days=days, hours=3))
        with market.lanewise.sessions(market.tenant) as session:
            watch_parcels(session)
        market.work()
    assert {(row.state, row.is_over) for row in market.tracked(order)} == {("cancelled", True)}
    with market.lanewise.sessions(market.tenant) as session:
        assert session.scalars(select(NoticeRow)).all() == []
        assert all(one.closed_at is not None for one in session.scalars(select(IncidentRow)))
        assert judge_promise(view_order(session, order)) is None
    tally_promises(market.lanewise.sessions, market.tenant)
    with market.lanewise.sessions(market.tenant) as session:
        report = view_calibration(session)
    assert (report.overall, report.open_promises) == (None, 0)


def test_a_delay_told_in_the_hour_of_the_cancellation_is_not_sent(market: Market) -> None:
    order = market.order().order_id
    market.clock.set(START + timedelta(days=12))
    with market.lanewise.sessions(market.tenant) as session:
        watch_parcels(session)
        cancel_order(session, order)
    market.work()
    with market.lanewise.sessions(market.tenant) as session:
        sent = {(row.occasion, row.state) for row in session.scalars(select(NoticeRow))}
    assert sent == {("delayed", "dropped")}


def test_a_booking_heard_of_after_the_cancellation_is_not_followed(market: Market) -> None:
    order = market.order().order_id
    with market.lanewise.sessions(market.tenant) as session:
        cancel_order(session, order)
        for booking in session.scalars(select(BookingRow)):
            assert not follow_booking(session, BookingId(booking.id))
    assert {row.state for row in market.tracked(order)} == {"cancelled"}


def test_a_parcel_whose_plan_stands_goes_on_without_its_booking(market: Market) -> None:
    order = market.order().order_id
    (row,) = market.tracked(order)
    with market.lanewise.sessions(market.tenant) as session:
        assert not end_cancelled(session, row.id)
    assert [row.is_over for row in market.tracked(order)] == [False]


def test_an_order_cancelled_before_it_is_booked_is_not_followed(market: Market) -> None:
    order = market.order_unbooked().order_id
    with market.lanewise.sessions(market.tenant) as session:
        cancel_order(session, order)
    market.work()
    with market.lanewise.sessions(market.tenant) as session, pytest.raises(NotFound):
        view_order(session, order)


def test_a_return_that_comes_in_is_no_late_delivery(market: Market) -> None:
    order = market.order().order_id
    market.deliver(order, 20)
    market.clock.set(START + timedelta(days=8))
    tally_promises(market.lanewise.sessions, market.tenant)
    with market.lanewise.sessions(market.tenant) as session:
        before = view_calibration(session).overall
        answer = request_return(session, order, [Wish("2", 1, Cause.CHANGED_MIND)], key="z")
    assert isinstance(answer, Authorized)
    market.work()
    market.clock.set(START + timedelta(days=30))
    with market.lanewise.sessions(market.tenant) as session:
        receive_return(session, str(answer.rmas[0]))
    market.work()
    tally_promises(market.lanewise.sessions, market.tenant)
    with market.lanewise.sessions(market.tenant) as session:
        assert view_calibration(session).overall == before
    assert before is not None
    assert before.kept == 1.0


def test_what_never_comes_is_not_called_on_time(market: Market) -> None:
    order = market.order().order_id
    (row,) = market.tracked(order)
    market.clock.set(START + timedelta(hours=30))
    for hours, state in enumerate((Status.LOST, Status.RETURNING, Status.RETURNED), start=20):
        market.tell(row.id, state, hours)
        with market.lanewise.sessions(market.tenant) as session:
            view = view_order(session, order)
        assert view.journey.state is state
        assert judge_promise(view) is None
