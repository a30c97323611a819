"""Asks for a hub's collection round of a day: the goods that parcels made there wait for."""

from collections import defaultdict
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.calendars import end_of_day, instant_at
from core.errors import NotFound
from core.ids import TourPlanId
from routing.flows.keep_tour_day import WhichDay
from routing.flows.load_snapshot import load_snapshot
from routing.flows.request_tours import request_tours
from routing.network.network import Network
from routing.tables import PlannedParcelRow
from routing.tours.collection_round import Vans, Waiting, round_document, sources_of


def plan_collections(
    session: Session, hub: str, day: date, *, vans: int, van_weight_g: int, seconds: int = 10
) -> TourPlanId:
    """The plan's id. Its visits then say when each place is collected and for which parcels.

    Counted are legs into the hub that depart on that local day. Raises NotFound for a place that
    is no hub, and for a day on which nothing waits.
    """
    network = load_snapshot(session).network
    found = next((each for each in network.hubs if each.location == hub), None)
    if found is None:
        raise NotFound(f"{hub} is no hub", code="no_hub")
    place = network.location(hub)
    zone = place.calendar.zone
    waiting = _waiting(session, network, hub, day, timedelta(minutes=found.dwell_min))
    if not waiting:
        raise NotFound(f"nothing waits to be collected for {hub} on {day}", code="nothing_waits")
    document = round_document(
        f"Collections for {hub} on {day}",
        place.point,
        waiting,
        vans=Vans(vans, van_weight_g),
        day_starts=instant_at(zone, day, 0),
        currency=found.parcel_fee.currency,
    )
    which = WhichDay(day, zone, hub, sources_of(waiting))
    return request_tours(session, document, which=which, seconds=seconds)


def _waiting(
    session: Session, network: Network, hub: str, day: date, dwell: timedelta
) -> list[Waiting]:
    """What each place has for the hub that day, by code of the place."""
    zone = network.location(hub).calendar.zone
    starts, ends = instant_at(zone, day, 0), end_of_day(zone, day)
    parcels: dict[str, list[str]] = defaultdict(list)
    ready: dict[str, datetime] = {}
    due: dict[str, datetime] = {}
    weight: dict[str, int] = defaultdict(int)
    rows = session.scalars(
        select(PlannedParcelRow)
        .where(
            PlannedParcelRow.origin == hub,
            PlannedParcelRow.through_hub.is_(True),
            PlannedParcelRow.state.in_(("planned", "released", "booked")),
            PlannedParcelRow.leaves_at >= starts,
        )
        .order_by(PlannedParcelRow.id)
    )
    for row in rows:
        for leg in row.legs:
            if not starts <= datetime.fromisoformat(leg["departs_at"]) < ends:
                continue
            code, at = leg["location"], datetime.fromisoformat(leg["ready_at"])
            parcels[code].append(str(row.id))
            ready[code] = max(ready.get(code, at), at)
            due[code] = min(due.get(code, row.leaves_at - dwell), row.leaves_at - dwell)
            weight[code] += sum(
                network.sku(item["sku"]).weight_g * item["qty"]
                for item in row.contents
                if item["location"] == code
            )
    found = []
    for code in sorted(parcels):
        place = network.location(code)
        found.append(
            Waiting(
                place=code,
                name=place.address.company or place.address.name,
                point=place.point,
                openings=place.calendar.spans_on(day),
                ready_at=ready[code],
                due_at=due[code],
                weight_g=weight[code],
                parcels=tuple(parcels[code]),
            )
        )
    return found
