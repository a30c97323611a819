"""Records that a warehouse handed a parcel to its carrier, by a scan at the door."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.booking import BookingState, Direction
from carriers.status import Status
from carriers.tables import BookingRow
from core.errors import Conflict, NotFound
from routing.tables import PlannedParcelRow
from store.audit import audit
from store.session import now
from tracking.event import own_event
from tracking.flows.record_event import record_event
from tracking.tables import TrackedParcelRow

WITHDRAWN = (BookingState.VOIDING.value, BookingState.VOIDED.value)
REFUSED_IN = (Status.CANCELLED.value, Status.DELIVERED.value, Status.RETURNED.value)


def hand_over_parcel(session: Session, scanned: str, *, seller: str | None = None) -> UUID:
    """The parcel whose id or tracking number was scanned is with its carrier from now on.

    Scanning it twice records one hand-over. A parcel that joins several sellers is the hub's to
    hand over, not one of theirs. Raises NotFound for a code of no parcel (of that seller alone)
    that goes to a customer, Conflict for one that is cancelled or has arrived, whose label was
    voided or is being voided, or whose number is another carrier's parcel's too.
    """
    row = _find(session, scanned.strip(), seller)
    if row is None or row.direction != Direction.OUTBOUND.value:
        raise NotFound("no parcel has this number")
    if seller is not None and row.seller != seller:
        raise NotFound("no parcel has this number")
    if row.state in REFUSED_IN:
        raise Conflict(f"the parcel is {row.state}", code="parcel_over")
    _refuse_withdrawn(session, row)
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


def _refuse_withdrawn(session: Session, row: TrackedParcelRow) -> None:
    """Raise Conflict when the plan or the label says that it must not leave."""
    planned = session.scalar(
        select(PlannedParcelRow).where(PlannedParcelRow.id == row.id).with_for_update()
    )
    if planned is not None and planned.state == "cancelled":
        raise Conflict("the parcel is cancelled", code="parcel_over")
    label = session.scalar(
        select(BookingRow)
        .where(
            BookingRow.carrier == row.carrier,
            BookingRow.tracking_number == row.tracking_number,
        )
        .with_for_update()
    )
    if label is not None and label.state in WITHDRAWN:
        raise Conflict(f"the label is {label.state}: do not hand it over", code="label_voided")


def _find(session: Session, scanned: str, seller: str | None) -> TrackedParcelRow | None:
    try:
        return session.get(TrackedParcelRow, UUID(scanned))
    except ValueError:
        pass
    found = session.scalars(
        select(TrackedParcelRow)
        .where(TrackedParcelRow.tracking_number == scanned)
        .order_by(TrackedParcelRow.followed_at.desc())
    )
    rows = [row for row in found if seller in (None, row.seller)]
    waiting = [row for row in rows if row.state not in REFUSED_IN]
    if len({row.carrier for row in waiting}) > 1:  # each carrier numbers as it likes
        names = ", ".join(sorted(row.carrier for row in waiting))
        raise Conflict(
            f"parcels of {names} have this number: scan the parcel's own id",
            code="number_of_several",
        )
    return next(iter(waiting or rows), None)
