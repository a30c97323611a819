"""A batch that is stopped and run again books every row once and tells what became of each."""

from dataclasses import replace

from sqlalchemy import select

from benchmarks.faults.deaths import Death, Killed, MortalSessions
from carriers.adapters.sandbox.local import LocalSandbox
from carriers.booking import BookingRequest, BookingState
from carriers.flows.request_batch import CHUNK, request_batch
from carriers.ports import Recovery
from carriers.sandbox import Fault, FaultPlan, Sandbox
from carriers.tables import BookingRow
from core.ids import SubjectId, TenantId
from core.units import Dimensions
from store.persons import keep_person
from store.session import Sessions
from tests.carriers.bookings import MAILING, parcel_id, run_until_quiet
from tests.carriers.orders import BUYER, SELLER


def requests(person: SubjectId, count: int) -> list[BookingRequest]:
    return [
        BookingRequest(
            parcel_id=parcel_id(number),
            carrier="sandbox",
            account="main",
            service="standard",
            location="TIL",
            place=SELLER if number != 7 else replace(SELLER, city=""),
            person=person,
            weight_g=500,
            size=Dimensions(200, 150, 100),
            mailing_date=MAILING,
        )
        for number in range(count)
    ]


def test_a_batch_killed_between_chunks_is_resumed(sessions: Sessions, tenant: TenantId) -> None:
    with sessions(tenant) as session:
        person = keep_person(session, BUYER)
    rows = requests(person, CHUNK + 20)
    death = Death()
    death.at(3)  # after the first chunk's commit: at the second one's
    told = []
    try:
        for result in request_batch(MortalSessions(sessions, death), tenant, rows):
            told.append(result)  # noqa: PERF402
    except Killed:
        pass
    assert len(told) == CHUNK
    first = list(request_batch(sessions, tenant, rows))
    again = list(request_batch(sessions, tenant, rows))
    assert [r.booking_id for r in again] == [r.booking_id for r in first]
    assert [r.booking_id for r in first[:CHUNK]] == [r.booking_id for r in told]
    (bad,) = [result for result in first if result.fault]
    assert (bad.row, bad.fault) == (7, "place.city: is missing")
    with sessions(tenant, read_only=True) as session:
        assert len(session.scalars(select(BookingRow.id)).all()) == len(rows) - 1


def test_the_rows_of_a_batch_are_booked_once_each_under_faults(
    sessions: Sessions, tenant: TenantId
) -> None:
    with sessions(tenant) as session:
        person = keep_person(session, BUYER)
    rows = requests(person, 12)
    share = {Fault.TIMEOUT_AFTER: 300_000, Fault.ERROR_BEFORE: 200_000}
    model = Sandbox(5, Recovery.KEY, faults=FaultPlan({"book": share}))
    list(request_batch(sessions, tenant, rows))
    run_until_quiet(sessions, {"sandbox": LocalSandbox(model, sessions.clock)})
    results = list(request_batch(sessions, tenant, rows))
    assert [r.state for r in results if r.booking_id] == [BookingState.BOOKED] * 11
    assert len(model.parcels) == 11 and not model.duplicates()
