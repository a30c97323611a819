"""Begins to follow a parcel on its way back, once its carrier has made the return label."""

from sqlalchemy.orm import Session

from carriers.booking import Direction
from carriers.tables import BookingRow
from core.calendars import end_of_day
from core.errors import NotFound
from core.ids import BookingId, OrderId, ParcelId
from returns.flows.drop_label import drop_label
from returns.tables import CANCELLED, RmaParcelRow, RmaRow
from routing.tables import PlannedParcelRow
from store.session import lock
from tracking.flows.follow_parcel import follow_parcel
from tracking.parcel import ParcelPlan, TransitQuantiles


def follow_return(session: Session, booking_id: BookingId) -> bool:
    """True when it is followed from now on; a booking of no return is not. Repeats safely.

    Its plan: handed in by the last day for it, here by the day the refund is due, on the transit
    times of the parcel that came. Nobody was promised that. The label of a return that was
    cancelled meanwhile is voided instead. Raises NotFound for no such booking.
    """
    booking = session.get(BookingRow, booking_id)
    if booking is None:
        raise NotFound("no such booking")
    parcel = session.get(RmaParcelRow, booking.parcel_id)
    if parcel is None or booking.direction != Direction.RETURN.value:
        return False
    rma = lock(session, RmaRow, parcel.rma_id)
    if rma.state == CANCELLED:  # while its label was being made
        drop_label(session, booking_id)
        return False
    came_in = session.get_one(PlannedParcelRow, parcel.came_in)
    handed_in_by = end_of_day(rma.zone, rma.send_by)
    transit = TransitQuantiles(
        tuple(float(level) for level in came_in.transit["levels"]),
        tuple(came_in.transit["minutes"]),
    )
    follow_parcel(
        session,
        ParcelPlan(
            parcel=ParcelId(parcel.id),
            order=OrderId(rma.order_id),
            order_reference=f"LW-{rma.order_id.hex[-8:].upper()}",
            seller=rma.seller,
            carrier=booking.carrier,
            service=booking.service,
            tracking_number=booking.tracking_number or "",
            departs_at=handed_in_by,
            promised_by=max(handed_in_by, end_of_day(rma.zone, rma.refund_by)),
            level=0.0,
            zone=rma.zone,
            transit=transit,
            direction=Direction.RETURN,
        ),
    )
    return True
