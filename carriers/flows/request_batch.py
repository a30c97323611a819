"""Asks for many parcels to be booked; stopped anywhere and run again, it books each exactly once."""

from collections.abc import Collection, Iterator, Sequence

from carriers.batch import BadRow, BatchRow
from carriers.flows.ask_row import RowAsked, ask_row
from core.ids import TenantId
from store.session import Sessions

CHUNK = 200  # rows of one transaction: short enough for others to get a turn


def request_batch(
    sessions: Sessions,
    tenant: TenantId,
    rows: Sequence[BatchRow | BadRow],
    carriers: Collection[str],
) -> Iterator[RowAsked]:
    """A booking per row, in order, each told after its chunk is committed.

    Repeating the batch, or the rest of it, gives the bookings that stand, refused ones included: a
    parcel is known by the row's reference. A bad row stops no other.
    """
    for start in range(0, len(rows), CHUNK):
        with sessions(tenant) as session:
            asked = [ask_row(session, row, carriers) for row in rows[start : start + CHUNK]]
        yield from asked
