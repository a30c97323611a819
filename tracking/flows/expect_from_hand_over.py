"""What a parcel's transit is expected to take once it is with its carrier: the learned wait from there."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.calendars import end_of_day, local_day
from core.places import zone
from routing.distributions.lead_times import LearnedLeadTimes
from routing.distributions.traits import Goods, ParcelTraits, parcel_traits
from routing.flows.load_lead_times import load_lead_times
from routing.flows.load_snapshot import load_snapshot
from routing.network.destinations import ResolvedDestination
from routing.quote import freight_minor
from routing.quote_text import destination_in
from routing.snapshot import Snapshot
from routing.tables import OrderLineRow, OrderRow, PlannedParcelRow, QuoteRow
from tracking.parcel import TransitQuantiles
from tracking.tables import TrackedParcelRow

LEAST_STEP = 1e-4  # smaller steps of probability are not tabulated


def expect_from_hand_over(
    session: Session, tracked: TrackedParcelRow, handed_over_at: datetime
) -> TransitQuantiles | None:
    """Minutes from hand-over to delivery; None where nothing was learned of such parcels.

    A parcel expected on a day is expected by its end at the destination. The share beyond the last
    level is what may be lost.
    """
    learned = load_lead_times(session)
    if not isinstance(learned, LearnedLeadTimes):
        return None
    snapshot = load_snapshot(session)
    market_zone = snapshot.network.marketplace.zone
    local = handed_over_at.astimezone(zone(market_zone))
    found = session.execute(
        select(PlannedParcelRow, OrderRow.placed_at, QuoteRow.content)
        .join(OrderRow, OrderRow.id == PlannedParcelRow.order_id)
        .join(QuoteRow, QuoteRow.id == OrderRow.quote_id)
        .where(PlannedParcelRow.id == tracked.id)
    ).first()
    if found is None or not learned.state.covers(local.date()):
        return None
    parcel, placed_at, content = found
    traits = _traits(session, snapshot, parcel, content)
    if traits is None or not learned.knows(traits):
        return None
    handling_days = max((local.date() - local_day(market_zone, placed_at)).days, 0)
    curve = learned.hand_over_curve(traits, local, handling_days)
    odds = learned.state.arrives[1]
    arrives = odds[min(handling_days, len(odds) - 1)]
    start = local_day(tracked.zone, handed_over_at)
    levels: list[float] = []
    minutes: list[int] = []
    for day, still_open in enumerate(curve, start=1):
        level = round(arrives * (1.0 - float(still_open)), 4)
        if level - (levels[-1] if levels else 0.0) >= LEAST_STEP:
            end = end_of_day(tracked.zone, start + timedelta(days=day))
            levels.append(level)
            minutes.append(int((end - handed_over_at).total_seconds()) // 60)
    return TransitQuantiles(tuple(levels), tuple(minutes)) if levels else None


def _traits(
    session: Session, snapshot: Snapshot, parcel: Any, quote_text: str
) -> ParcelTraits | None:
    network, to = snapshot.network, destination_in(quote_text)
    place = network.find_location(parcel.origin)
    there = None if to is None else snapshot.postal.resolve(to)
    if place is None or parcel.through_hub or not isinstance(there, ResolvedDestination):
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
        Goods(network.sku(one["sku"]), int(one["qty"]), prices.get((one["line"], one["seller"]), 0))
        for one in parcel.contents
        if network.has_sku(one["sku"])
    ]
    return parcel_traits(
        place,
        there,
        parcel.service,
        goods,
        sellers=max(len({seller for _, seller in prices}), 1),
        freight_minor=freight_minor(parcel.cost_lines),
    )
