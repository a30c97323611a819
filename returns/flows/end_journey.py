"""Ends the journey of a parcel that goes back by what we know ourselves: here, or never sent."""

from sqlalchemy.orm import Session

from carriers.status import Status
from returns.tables import RmaParcelRow
from store.session import now
from tracking.event import own_event
from tracking.flows.record_event import record_event
from tracking.tables import TrackedParcelRow


def end_journey(session: Session, parcel: RmaParcelRow, state: Status) -> bool:
    """True when it was followed and is over from now on; carriers are asked for it no more."""
    row = session.get(TrackedParcelRow, parcel.id)
    if row is None or row.is_over:
        return False
    key = f"return-{state.value}-{parcel.id}"
    event = own_event(
        str(parcel.id), row.carrier, state, key=key, at=now(session), source="returns"
    )
    return record_event(session, event)
