"""What a parcel's transit is expected to take, once it is with its carrier: the learned wait from there."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.calendars import end_of_day, local_day
from core.places import zone
from routing.distributions.in_flight import given_open
from routing.distributions.lead_times import LearnedLeadTimes
from routing.distributions.traits import Goods, parcel_traits
from routing.flows.load_lead_times import load_lead_times
from routing.flows.load_snapshot import load_snapshot
from routing.network.destinations import ResolvedDestination
from routing.quote import destination_in
from routing.tables import OrderLineRow, OrderRow, PlannedParcelRow, QuoteRow
from tracking.parcel import TransitQuantiles
from tracking.tables import TrackedParcelRow

LEVELS = tuple(number / 40 for number in range(1, 40)) + (0.985, 0.99, 0.995, 0.999)


def expect_from_hand_over(
    session: Session, tracked: TrackedParcelRow, handed_over_at: datetime
) -> TransitQuantiles | None:
    """Minutes from hand-over to delivery; None where nothing was learned of such parcels.

    Days count whole: a parcel expected on a day is expected by its end, at the destination.
    """
    learned = load_lead_times(session)
    if not isinstance(learned, LearnedLeadTimes):
        return None
    found = session.execute(
        select(PlannedParcelRow, OrderRow.placed_at, QuoteRow.content)
        .join(OrderRow, OrderRow.id == PlannedParcelRow.order_id)
        .join(QuoteRow, QuoteRow.id == OrderRow.quote_id)
        .where(PlannedParcelRow.id == tracked.id)
    ).first()
    if found is None:
        return None
    parcel, placed_at, content = found
    network_of = load_snapshot(session)
    place, to = network_of.network.find_location(parcel.origin), destination_in(content)
    there = None if to is None else network_of.postal.resolve(to)
    if place is None or not isinstance(there, ResolvedDestination) or parcel.through_hub:
        return None
    prices = {
        (line, seller): minor
        for line, seller, minor in session.execute(
            select(OrderLineRow.line, OrderLineRow.seller, OrderLineRow.price_minor).where(
                OrderLineRow.order_id == parcel.order_id
            )
        )
    }
    goods = [
        Goods(
            network_of.network.sku(one["sku"]),
            int(one["qty"]),
            prices.get((one["line"], one["seller"]), 0),
        )
        for one in parcel.contents
        if network_of.network.has_sku(one["sku"])
    ]
    traits = parcel_traits(place, there, parcel.service, goods)
    local = handed_over_at.astimezone(zone(network_of.network.marketplace.zone))
    if not learned.knows(traits) or not learned.state.covers(local.date()):
        return None
    bought = local_day(network_of.network.marketplace.zone, placed_at)
    curve = learned.hand_over_curve(traits, local, max((local.date() - bought).days, 0))
    return _quantiles(given_open(curve, 0), handed_over_at, tracked.zone)
