"""Records that a warehouse handed a parcel to its carrier, by a scan at the door."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.booking import Direction
from carriers.status import Status
from core.errors import Conflict, NotFound
from store.audit import audit
from store.session import now
from tracking.event import own_event
from tracking.flows.record_event import record_event
from tracking.tables import TrackedParcelRow

REFUSED_IN = (Status.CANCELLED.value, Status.DELIVERED.value, Status.RETURNED.value)


def hand_over_parcel(session: Session, scanned: str, *, seller: str | None = None) -> UUID:
    """The parcel whose id or tracking number was scanned is with its carrier from now on.

    Scanning it twice records one hand-over. A parcel that joins several sellers is the hub's to
    hand over, not one of theirs. Raises NotFound for a code of no parcel (of that seller alone)
    that goes to a customer, Conflict for one that is cancelled or has arrived.
    """
    row = _find(session, scanned.strip())
    if row is None or row.direction != Direction.OUTBOUND.value:
        raise NotFound("no parcel has this number")
    if seller is not None and row.seller != seller:
        raise NotFound("no parcel has this number")
    if row.state in REFUSED_IN:
        raise Conflict(f"the parcel is {row.state}", code="parcel_over")
    key = f"hand-over-{row.tracking_number or row.id}"
    event = own_event(
        str(row.id),
        row.carrier,
        Status.ACCEPTED,
        key=key,
        at=now(session),
        source="scan:warehouse",
    )
    if record_event(session, event):
        audit(session, "parcel.handed_over", "parcel", row.id)
    return row.id


def _find(session: Session, scanned: str) -> TrackedParcelRow | None:
    try:
        return session.get(TrackedParcelRow, UUID(scanned))
    except ValueError:
        pass
    return session.scalars(
        select(TrackedParcelRow)
        .where(TrackedParcelRow.tracking_number == scanned)
        .order_by(TrackedParcelRow.followed_at.desc())
        .limit(1)
    ).first()
