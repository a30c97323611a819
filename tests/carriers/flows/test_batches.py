"""A batch that is stopped and run again books every row once and tells what became of each."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

import carriers.flows.ask_row as ask_row_module
from benchmarks.faults.deaths import Death, Killed, MortalSessions
from carriers.adapters.sandbox.local import LocalSandbox
from carriers.batch import BadRow, BatchRow, RowOutcome
from carriers.booking import Direction
from carriers.flows.ask_row import RowAsked
from carriers.flows.read_batch import read_batch
from carriers.flows.request_batch import CHUNK, request_batch
from carriers.ports import LabelFormat, Recovery
from carriers.sandbox import Fault, FaultPlan, Sandbox
from carriers.tables import BookingRow
from core.ids import SubjectId, TenantId
from core.units import Dimensions
from store.persons import erase_person
from store.session import Sessions
from store.tables import PersonRow
from tests.carriers.bookings import MAILING, run_until_quiet
from tests.carriers.orders import BUYER, SELLER

CARRIERS = ("sandbox",)


def rows(count: int) -> list[BatchRow | BadRow]:
    """Rows of which the eighth has an address of ours that no label can carry."""
    return [
        BatchRow(
            number=number,
            reference=f"SHOP-{number}",
            carrier="sandbox",
            account="main",
            service="standard",
            location="TIL",
            place=SELLER if number != 8 else replace(SELLER, city=""),
            person=BUYER,
            weight_g=500,
            size=Dimensions(200, 150, 100),
            mailing_date=MAILING,
        )
        for number in range(1, count + 1)
    ]


def outcomes(
    sessions: Sessions, tenant: TenantId, batch: Sequence[BatchRow | BadRow]
) -> list[RowOutcome]:
    asked = list(request_batch(sessions, tenant, batch, CARRIERS))
    with sessions(tenant, read_only=True) as session:
        return read_batch(session, asked)


def test_a_batch_killed_between_chunks_is_resumed(sessions: Sessions, tenant: TenantId) -> None:
    batch = rows(CHUNK + 20)
    death = Death()
    death.at(3)  # after the first chunk's commit: at the second one's
    told = []
    try:
        for asked in request_batch(MortalSessions(sessions, death), tenant, batch, CARRIERS):
            told.append(asked)  # noqa: PERF402
    except Killed:
        pass
    assert len(told) == CHUNK
    first = list(request_batch(sessions, tenant, batch, CARRIERS))
    again = list(request_batch(sessions, tenant, batch, CARRIERS))
    assert first == again and first[:CHUNK] == told
    (bad,) = [one for one in first if one.fault]
    assert (bad.number, bad.booking_id, bad.fault) == (8, None, "place.city: is missing")
    with sessions(tenant, read_only=True) as session:
        for row in (BookingRow, PersonRow):  # nobody's data are kept twice, or for a bad row
            assert session.scalar(select(func.count()).select_from(row)) == len(batch) - 1


@pytest.mark.parametrize("recovery", list(Recovery))
def test_the_rows_of_a_batch_are_booked_once_each_under_faults(
    sessions: Sessions, tenant: TenantId, recovery: Recovery
) -> None:
    batch = rows(12)
    share = {Fault.TIMEOUT_AFTER: 300_000, Fault.ERROR_BEFORE: 200_000, Fault.REFUSE: 100_000}
    model = Sandbox(5, recovery, faults=FaultPlan({"book": share}))
    list(request_batch(sessions, tenant, batch, CARRIERS))
    run_until_quiet(sessions, {"sandbox": LocalSandbox(model, sessions.clock)})
    settled = outcomes(sessions, tenant, batch)
    assert all(outcome.is_settled for outcome in settled)
    booked = [outcome for outcome in settled if outcome.state == "booked"]
    assert len({outcome.tracking_number for outcome in booked}) == len(booked) > 0
    assert all(outcome.cost_minor == 550 + 500 for outcome in booked)
    assert settled[7].state == "invalid" and not model.duplicates()
    allowed = {"booked", "refused", "invalid"} | (
        {"parked"} if recovery is Recovery.NEITHER else set()
    )
    assert {outcome.state for outcome in settled} <= allowed
    list(request_batch(sessions, tenant, batch, CARRIERS))
    run_until_quiet(sessions, {"sandbox": LocalSandbox(model, sessions.clock)})
    assert outcomes(sessions, tenant, batch) == settled  # a refused row is not asked for again


def one_row() -> BatchRow:
    (row,) = rows(1)
    assert isinstance(row, BatchRow)
    return row


def changes() -> Iterator[tuple[str, BatchRow]]:
    """The same reference with something else in one column, and that column."""
    row = one_row()
    yield "weight_g", replace(row, weight_g=501)
    yield "to_street", replace(row, person=replace(BUYER, street="Elsewhere 9"))
    yield "to_name", replace(row, person=replace(BUYER, name="Somebody Else"))
    yield "from_city", replace(row, place=replace(SELLER, city="Breda"))
    yield "height_mm", replace(row, size=Dimensions(200, 150, 101))
    yield "mailing_date", replace(row, mailing_date=MAILING + timedelta(days=1))
    yield "label_format", replace(row, label_format=LabelFormat.ZPL_203)
    yield "option_note", replace(row, options={"note": "ring twice"})
    yield "location", replace(row, location="AMS")
    yield "account", replace(row, account="other")
    yield "service", replace(row, service="express")
    yield "carrier", replace(row, carrier="postnl")


def test_a_reference_is_not_used_for_two_parcels(sessions: Sessions, tenant: TenantId) -> None:
    row = one_row()
    bad = BadRow(2, "SHOP-2", "weight_g: is missing")
    (first,) = request_batch(sessions, tenant, [row], CARRIERS)
    (again, told) = request_batch(sessions, tenant, [row, bad], CARRIERS)
    assert again == first and told.fault == "weight_g: is missing"
    for column, other in changes():
        (refused,) = outcomes(sessions, tenant, [other])
        assert refused.state == "invalid"
        assert refused.reason == f"the reference was used before, with another {column}"
    back = replace(row, direction=Direction.RETURN)  # the way back is a label of its own
    (returned,) = request_batch(sessions, tenant, [back], CARRIERS)
    assert returned.booking_id not in (None, first.booking_id)


def test_an_erased_consignee_keeps_the_booking(sessions: Sessions, tenant: TenantId) -> None:
    row = one_row()
    (first,) = request_batch(sessions, tenant, [row], CARRIERS)
    with sessions(tenant) as session:
        booking = session.get(BookingRow, first.booking_id)
        assert booking is not None
        erase_person(session, SubjectId(booking.person_id))
    assert list(request_batch(sessions, tenant, [row], CARRIERS)) == [first]


def test_a_row_for_a_carrier_that_is_not_here_is_never_asked_for(
    sessions: Sessions, tenant: TenantId
) -> None:
    (told,) = outcomes(sessions, tenant, [replace(one_row(), carrier="postnll")])
    assert (told.state, told.reason) == ("invalid", "carrier: there is no carrier 'postnll' here")
    with sessions(tenant, read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(BookingRow)) == 0
        assert session.scalar(select(func.count()).select_from(PersonRow)) == 0


def test_desks_that_send_the_same_rows_at_once_book_each_once(
    sessions: Sessions, tenant: TenantId
) -> None:
    batch, gate = rows(6), Barrier(3)

    def ask(_: int) -> list[RowAsked]:
        gate.wait(10)
        return list(request_batch(sessions, tenant, batch, CARRIERS))

    with ThreadPoolExecutor(3) as desks:
        first, second, third = desks.map(ask, range(3))
    assert first == second == third and not any(one.fault for one in first)
    with sessions(tenant, read_only=True) as session:
        for row in (BookingRow, PersonRow):
            assert session.scalar(select(func.count()).select_from(row)) == len(batch)


def test_a_twin_that_was_not_seen_at_first_is_found(
    sessions: Sessions, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing = list(request_batch(sessions, tenant, [one_row()], CARRIERS))
    find, looked = ask_row_module._find, []

    def late(*given: Any) -> BookingRow | None:
        looked.append(given)
        return find(*given) if len(looked) > 1 else None

    monkeypatch.setattr(ask_row_module, "_find", late)
    assert list(request_batch(sessions, tenant, [one_row()], CARRIERS)) == standing
    with sessions(tenant, read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(PersonRow)) == 1
