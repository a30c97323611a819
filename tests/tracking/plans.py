"""A parcel's plan for tests: departs Monday noon, takes one to three days, promised by Thursday."""

from datetime import UTC, datetime
from uuid import UUID

from core.calendars import end_of_day
from core.ids import OrderId, ParcelId
from tracking.parcel import ParcelPlan, TransitQuantiles

DEPARTS = datetime(2026, 3, 2, 12, tzinfo=UTC)
PROMISED = end_of_day("Europe/Paris", datetime(2026, 3, 5).date())
TRANSIT = TransitQuantiles((0.05, 0.5, 0.9, 0.95, 0.999), (1200, 1800, 3000, 3600, 8640))


def plan(**changes: object) -> ParcelPlan:
    values: dict[str, object] = {
        "parcel": ParcelId(UUID(int=1)),
        "order": OrderId(UUID(int=2)),
        "order_reference": "SHOP-1",
        "seller": "north",
        "carrier": "sandbox",
        "service": "standard",
        "tracking_number": "SB1",
        "departs_at": DEPARTS,
        "promised_by": PROMISED,
        "level": 0.95,
        "zone": "Europe/Paris",
        "transit": TRANSIT,
    }
    return ParcelPlan(**(values | changes))  # type: ignore[arg-type]
