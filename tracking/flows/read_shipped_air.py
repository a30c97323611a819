"""Reads what every parcel handed over in a year held of its box; for the packaging report."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.calendars import local_day
from routing.flows.load_snapshot import load_snapshot
from routing.network.goods import Sku
from routing.network.network import Network
from routing.packing.emptiness import SHARED, ShippedParcel, goods_mm3
from routing.tables import OrderRow, PlannedParcelRow
from tracking.tables import TrackedParcelRow

AT_ONCE = 1000  # rows read together: a year need not fit in memory


def read_shipped_air(session: Session, year: int) -> Iterator[ShippedParcel | None]:
    """One value a parcel that left in that year of its origin's calendar, version by version.

    None for a parcel whose box or goods its version of the network does not know: its air cannot
    be told. The day is the one the carrier had it first, or, when nothing told, the planned one.
    """
    left_at = func.coalesce(TrackedParcelRow.handed_over_at, PlannedParcelRow.leaves_at)
    # Zones are up to 14 hours from UTC.
    first = datetime(year, 1, 1, tzinfo=UTC) - timedelta(days=1)
    last = datetime(year + 1, 1, 1, tzinfo=UTC) + timedelta(days=1)
    rows = session.execute(
        select(PlannedParcelRow, OrderRow.network_hash, TrackedParcelRow.handed_over_at)
        .join(OrderRow, OrderRow.id == PlannedParcelRow.order_id)
        .outerjoin(TrackedParcelRow, TrackedParcelRow.id == PlannedParcelRow.id)
        .where(
            PlannedParcelRow.state == "handed_over",
            left_at >= first,
            left_at < last,
        )
        .order_by(OrderRow.network_hash, left_at, PlannedParcelRow.id)
        .execution_options(yield_per=AT_ONCE)
    )
    version, known = "", _Version({}, {}, {})
    for row, network_hash, handed_over_at in rows:
        if network_hash != version:
            version, known = network_hash, _read(load_snapshot(session, network_hash).network)
        zone, box_set = known.places.get(row.origin, ("UTC", ""))
        day = local_day(zone, handed_over_at or row.leaves_at)
        if day.year == year:
            inner_mm3 = known.inner_mm3.get((box_set, row.box))
            shipped = _shipped(row, day, inner_mm3, known.skus)
            yield shipped and replace(shipped, day_is_planned=handed_over_at is None)


@dataclass(frozen=True, slots=True)
class _Version:
    """What a version of the network says of places, boxes and goods."""

    places: Mapping[str, tuple[str, str]]  # zone and box set by location
    inner_mm3: Mapping[tuple[str, str], int]  # by box set and box
    skus: Mapping[str, Sku]


def _read(network: Network) -> _Version:
    return _Version(
        {place.code: (place.calendar.zone, place.box_set) for place in network.locations},
        {(box.box_set, box.code): box.inner.volume_mm3 for box in network.boxes},
        {sku.code: sku for sku in network.skus},
    )


def _shipped(
    row: PlannedParcelRow, day: date, inner_mm3: int | None, skus: Mapping[str, Sku]
) -> ShippedParcel | None:
    pieces: dict[str, int] = {}
    for content in row.contents:
        pieces[content["sku"]] = pieces.get(content["sku"], 0) + content["qty"]
    if inner_mm3 is None or not pieces.keys() <= skus.keys():
        return None
    return ShippedParcel(
        parcel=str(row.id),
        day=day,
        seller=row.sellers[0] if len(row.sellers) == 1 else SHARED,
        box_id=row.box,
        inner_mm3=inner_mm3,
        goods_mm3=goods_mm3((skus[sku], qty) for sku, qty in sorted(pieces.items())),
    )
