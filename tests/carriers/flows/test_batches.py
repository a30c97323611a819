"""A batch that is stopped and run again books every row once and tells what became of each."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from benchmarks.faults.deaths import Death, Killed, MortalSessions
from carriers.adapters.sandbox.local import LocalSandbox
from carriers.batch import BadRow, BatchRow, RowOutcome
from carriers.flows.read_batch import read_batch
from carriers.flows.request_batch import CHUNK, request_batch
from carriers.ports import Recovery
from carriers.sandbox import Fault, FaultPlan, Sandbox
from carriers.tables import BookingRow
from core.ids import TenantId
from core.units import Dimensions
from store.session import Sessions
from store.tables import PersonRow
from tests.carriers.bookings import MAILING, run_until_quiet
from tests.carriers.orders import BUYER, SELLER


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
    asked = list(request_batch(sessions, tenant, batch))
    with sessions(tenant, read_only=True) as session:
        return read_batch(session, asked)


def test_a_batch_killed_between_chunks_is_resumed(sessions: Sessions, tenant: TenantId) -> None:
    batch = rows(CHUNK + 20)
    death = Death()
    death.at(3)  # after the first chunk's commit: at the second one's
    told = []
    try:
        for asked in request_batch(MortalSessions(sessions, death), tenant, batch):
            told.append(asked)  # noqa: PERF402
    except Killed:
        pass
    assert len(told) == CHUNK
    first = list(request_batch(sessions, tenant, batch))
    again = list(request_batch(sessions, tenant, batch))
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
    list(request_batch(sessions, tenant, batch))
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
    list(request_batch(sessions, tenant, batch))
    run_until_quiet(sessions, {"sandbox": LocalSandbox(model, sessions.clock)})
    assert outcomes(sessions, tenant, batch) == settled  # a refused row is not asked for again


def test_a_reference_is_not_used_for_two_parcels(sessions: Sessions, tenant: TenantId) -> None:
    (row,) = rows(1)
    assert isinstance(row, BatchRow)
    bad = BadRow(2, "SHOP-2", "weight_g: is missing")
    list(request_batch(sessions, tenant, [row]))
    other, told = outcomes(sessions, tenant, [replace(row, weight_g=501), bad])
    assert other.state == told.state == "invalid"
    assert other.reason == "the reference was used before, for another parcel"
    assert told.reason == "weight_g: is missing"
