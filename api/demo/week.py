"""Act two: a simulated week of the demo marketplace, with a late parcel warned of and a return."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from api.demo.house import DemoHouse
from api.rehearsal.run import PLACES
from core.ids import TenantId
from simulations.scenario import Scenario
from simulations.shop import open_voice
from simulations.world import World, WorldReport
from store.keys import only_tenant
from tracking.tables import IncidentRow, NoticeRow, TrackedParcelRow

ORDERS_PER_DAY = 4.5


@dataclass(frozen=True, slots=True)
class WeekStory:
    """The world's report, and what the marketplace knew and told meanwhile."""

    report: WorldReport
    notices: list[dict[str, Any]]
    incidents: dict[str, int]
    warned: list[dict[str, Any]]
    """Parcels whose customer was told of an expected delay before the promised date."""


def play_week(house: DemoHouse, say: Callable[[str], None]) -> WeekStory:
    """Run the week on the house's own clock and doors."""
    market = house.marketplace
    start = (market.now() + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    scenario = Scenario("week", start, 7, orders_per_day=ORDERS_PER_DAY, certain_delay=True)
    voices = {carrier.code: open_voice(market, carrier.code) for carrier in house.network.carriers}
    say("a week of orders, late pickups, delays and returns")
    world = World(market, house.network, scenario, seed=7, places=PLACES, voices=voices)
    report = world.run()
    with house.lanewise.sessions.system(read_only=True) as session:
        tenant = only_tenant(session)
    return _told(house, tenant, report)


def _told(house: DemoHouse, tenant: TenantId, report: WorldReport) -> WeekStory:
    with house.lanewise.sessions(tenant, read_only=True) as session:
        notices = session.scalars(select(NoticeRow).order_by(NoticeRow.created_at)).all()
        incidents = session.scalars(select(IncidentRow)).all()
        parcels = {row.id: row for row in session.scalars(select(TrackedParcelRow))}
    kinds: dict[str, int] = {}
    for incident in incidents:
        kinds[incident.kind] = kinds.get(incident.kind, 0) + 1
    told = [
        {
            "occasion": notice.occasion,
            "language": notice.language,
            "state": notice.state,
            "created_at": notice.created_at,
            "parcel_id": str(notice.parcel_id or ""),
            "order_id": str(notice.order_id),
        }
        for notice in notices
    ]
    ours = {order.order_id for order in report.orders}
    warned: dict[str, dict[str, Any]] = {}
    for notice in notices:
        parcel = parcels.get(notice.parcel_id) if notice.parcel_id else None
        if parcel is None or str(parcel.order_id) not in ours:
            continue
        if notice.occasion == "delayed" and notice.created_at < parcel.promised_by:
            warned.setdefault(
                str(parcel.id),
                {
                    "reference": parcel.order_reference,
                    "told_at": notice.created_at,
                    "promised_by": parcel.promised_by,
                    "delivered_at": parcel.delivered_at,
                    "language": notice.language,
                },
            )
    return WeekStory(report, told, kinds, list(warned.values()))
