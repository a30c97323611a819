"""Begins to follow a parcel that its carrier has accepted, by the plan that was promised."""

from sqlalchemy.orm import Session

from carriers.booking import BookingState, Direction
from carriers.tables import BookingRow
from core.calendars import zone_ending_last
from core.errors import NotFound
from core.ids import BookingId, OrderId, ParcelId, SubjectId
from routing.flows.load_snapshot import load_snapshot
from routing.network.network import Network
from routing.tables import OrderRow, PlannedParcelRow
from store.persons import Person, read_person
from tracking.flows.end_cancelled import end_cancelled
from tracking.flows.follow_parcel import follow_parcel
from tracking.parcel import JOINS_SELLERS, ParcelPlan, TransitQuantiles


def follow_booking(session: Session, booking_id: BookingId) -> bool:
    """True when it is followed from now on; a return, a voided one, one of no planned parcel is not.

    Nor is one of a parcel that was cancelled meanwhile; followed before, its journey ends.
    Repeats safely. Raises NotFound for an unknown booking.
    """
    booking = session.get(BookingRow, booking_id)
    if booking is None:
        raise NotFound("no such booking")
    if booking.direction != Direction.OUTBOUND.value:
        return False
    parcel = session.get(
        PlannedParcelRow, booking.parcel_id, with_for_update=True, populate_existing=True
    )
    if parcel is None:
        return False
    if parcel.state == "cancelled":
        end_cancelled(session, parcel.id)
        return False
    if booking.state == BookingState.VOIDED.value:
        return False
    order = session.get_one(OrderRow, parcel.order_id)
    parcel.state = "booked" if parcel.state == "released" else parcel.state
    follow_parcel(session, _plan(session, booking, parcel, order))
    return True


def _plan(
    session: Session, booking: BookingRow, parcel: PlannedParcelRow, order: OrderRow
) -> ParcelPlan:
    person = read_person(session, SubjectId(order.subject_id))
    network = load_snapshot(session, order.network_hash).network
    names = [network.seller(code).name for code in parcel.sellers]
    transit = TransitQuantiles(
        tuple(float(level) for level in parcel.transit["levels"]),
        tuple(parcel.transit["minutes"]),
    )
    return ParcelPlan(
        parcel=ParcelId(parcel.id),
        order=OrderId(order.id),
        order_reference=f"LW-{order.id.hex[-8:].upper()}",
        seller=JOINS_SELLERS.join(parcel.sellers),
        seller_name=", ".join(names),
        carrier=booking.carrier,
        service=booking.service,
        tracking_number=booking.tracking_number or "",
        departs_at=parcel.leaves_at,
        promised_by=parcel.promise_ends_at,
        level=float(order.level),
        zone=zone_ending_last(order.zones, parcel.promised_date),
        transit=transit,
        consignee=SubjectId(order.subject_id),
        language=person.language if isinstance(person, Person) else "en",
        notices=_notice_rules(network, order),
    )


def _notice_rules(network: Network, order: OrderRow) -> str:
    """What the policy under which the order was quoted says of notices."""
    wanted = (order.policy, order.policy_version)
    found = (one.notices_json for one in network.policies if (one.code, one.version) == wanted)
    return next(found, "{}")
