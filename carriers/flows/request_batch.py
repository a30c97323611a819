"""Asks for many parcels to be booked; stopped anywhere and run again, it books each exactly once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from carriers.booking import BookingRequest, BookingState
from carriers.flows.request_booking import request_booking
from carriers.tables import read_booking
from core.errors import InvalidInput
from core.ids import BookingId, TenantId
from store.session import Sessions

CHUNK = 200  # rows of one transaction: short enough for others to get a turn


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row: its booking, or the fault that keeps it from being asked for."""

    row: int  # from 0
    booking_id: BookingId | None
    state: BookingState | None
    fault: str = ""


def request_batch(
    sessions: Sessions, tenant: TenantId, requests: Sequence[BookingRequest]
) -> Iterator[RowResult]:
    """A result per row, in order, each told after its chunk is committed.

    A row is the same row when its parcel and direction are: repeating the batch, or the rest of it,
    gives the bookings that stand, with the state they have reached. A bad row stops no other.
    """
    for start in range(0, len(requests), CHUNK):
        results = []
        with sessions(tenant) as session:
            for row, request in enumerate(requests[start : start + CHUNK], start=start):
                try:
                    booking_id = request_booking(session, request)
                except InvalidInput as error:
                    results.append(RowResult(row, None, None, error.message))
                    continue
                state = read_booking(session, booking_id).state
                results.append(RowResult(row, booking_id, state))
        yield from results
