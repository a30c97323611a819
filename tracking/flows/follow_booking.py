"""Begins to follow a parcel that its carrier has accepted, by the plan that was promised."""

from dataclasses import replace

from sqlalchemy.orm import Session

from carriers.booking import BookingState, Direction
from carriers.tables import BookingRow
from core.calendars import end_of_day, has_holidays, instant_at, zone_ending_last
from core.errors import NotFound
from core.ids import BookingId, OrderId, ParcelId, QuoteId, SubjectId
from routing.flows.load_snapshot import load_snapshot
from routing.flows.read_quote import read_quote
from routing.network.network import Network
from routing.tables import OrderRow, PlannedParcelRow
from store.persons import Person, read_person
from tracking.delivery import ANY_TIME, DeliveryTerms
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
        delivery=_delivery(session, network, parcel, order),
        consignee=SubjectId(order.subject_id),
        language=person.language if isinstance(person, Person) else "en",
        notices=_notice_rules(network, order),
    )


def _delivery(
    session: Session, network: Network, parcel: PlannedParcelRow, order: OrderRow
) -> DeliveryTerms:
    """The service's delivery days, and the day or window that the customer chose."""
    service = next((each for each in network.services if each.code == parcel.service), None)
    if service is None:
        return ANY_TIME
    country = order.country if has_holidays(order.country) else ""
    terms = DeliveryTerms(
        service.delivery_weekdays, "" if service.delivers_on_holidays else country
    )
    day = parcel.promised_date
    zone = zone_ending_last(order.zones, day)
    for slot in service.slots:
        ends = instant_at(zone, day, slot.closes_min)
        if ends == parcel.promise_ends_at != end_of_day(zone, day):
            begins = instant_at(zone, day, slot.opens_min)
            return replace(terms, held_from=begins, held_until=ends)
    if service.nominates and read_quote(session, QuoteId(order.quote_id)).nominated_day == day:
        midnight = instant_at(zone, day, 0)
        return replace(terms, held_from=midnight, held_until=end_of_day(zone, day))
    return terms


def _notice_rules(network: Network, order: OrderRow) -> str:
    """What the policy under which the order was quoted says of notices."""
    wanted = (order.policy, order.policy_version)
    found = (one.notices_json for one in network.policies if (one.code, one.version) == wanted)
    return next(found, "{}")
