"""Moves a return along as its parcels do: handed in, arrived; counting them is somebody's work."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.status import Status
from returns.events import ReturnMoved
from returns.tables import ARRIVED, IN_TRANSIT, OPEN, REQUESTED, RmaParcelRow, RmaRow, parcels_of
from store.outbox import signal
from store.session import lock
from tracking.journey import HANDED_OVER
from tracking.tables import TrackedParcelRow


def note_return(session: Session, parcel_id: UUID) -> str | None:
    """The return's state afterwards; None for a parcel of no return. Repeats safely.

    It is on its way when one parcel is, and has arrived when all have. What was received or
    cancelled meanwhile stays so.
    """
    parcel = session.get(RmaParcelRow, parcel_id)
    if parcel is None:
        return None
    row = lock(session, RmaRow, parcel.rma_id)
    if row.state not in OPEN:
        return row.state
    ids = [one.id for one in parcels_of(session, row.id)]
    states = session.scalars(select(TrackedParcelRow.state).where(TrackedParcelRow.id.in_(ids)))
    found = _state([Status(state) for state in states], len(ids))
    if found != row.state:
        row.state = found
        signal(session, ReturnMoved(row.id, row.order_id, row.seller, found))
        session.flush()
    return found


def _state(followed: Sequence[Status], parcels: int) -> str:
    """Of a return with so many parcels, of which some are followed."""
    here = sum(state is Status.DELIVERED for state in followed)
    if parcels and here == parcels:
        return ARRIVED
    return IN_TRANSIT if any(state in HANDED_OVER for state in followed) else REQUESTED
