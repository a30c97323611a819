"""Recalls the promises that rested on what was learned, with what came of them."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.booking import Direction
from core.calendars import local_day
from routing.tables import OrderRow, PromiseRow
from tracking.flows.recall_parcels import Recalled
from tracking.learning.miss_factors import MEMORY_DAYS, PastPromise
from tracking.past_order import PROMISED_ELSEWHERE
from tracking.tables import TrackedParcelRow


def recall_promises(
    session: Session, recalled: Recalled, as_of: datetime
) -> tuple[PastPromise, ...]:
    """Our own promises of the last months, first ones only, with events until `as_of`."""
    since = as_of - timedelta(days=MEMORY_DAYS)
    arrived = _arrivals(session, since, as_of)
    rows = session.execute(
        select(
            PromiseRow.order_id,
            PromiseRow.made_at,
            PromiseRow.promised_date,
            PromiseRow.probability,
            PromiseRow.parcels,
        )
        .join(OrderRow, OrderRow.id == PromiseRow.order_id)
        .where(PromiseRow.model != PROMISED_ELSEWHERE, OrderRow.state != "cancelled")
        .where(PromiseRow.made_at >= since, PromiseRow.made_at < as_of)
        .order_by(PromiseRow.made_at, PromiseRow.id)
    )
    found: dict[UUID, PastPromise] = {}
    for order, made_at, promised, probability, parcels in rows:
        destination = recalled.destination_of.get(order)
        if destination is None or order in found:
            continue
        days = arrived.get(order, [])
        done = len(days) >= max(len(parcels), 1)
        found[order] = PastPromise(
            destination=destination,
            made_on=made_at.date(),
            ends_on=promised,
            stated=float(probability),
            arrived_on=max(days) if done else None,
            seller=_only({seller for seller, _ in recalled.places_of[order]}),
            lane=_only({lane for _, lane in recalled.places_of[order]}),
        )
    return tuple(found.values())


def _only(names: set[str]) -> str:
    """The one there is; empty where there are several."""
    return min(names) if len(names) == 1 else ""


def _arrivals(session: Session, since: datetime, as_of: datetime) -> Mapping[UUID, list[date]]:
    rows = session.execute(
        select(TrackedParcelRow.order_id, TrackedParcelRow.delivered_at, TrackedParcelRow.zone)
        .where(TrackedParcelRow.direction == Direction.OUTBOUND.value)
        .where(TrackedParcelRow.delivered_at.is_not(None))
        .where(TrackedParcelRow.delivered_at >= since, TrackedParcelRow.delivered_at < as_of)
    )
    found: dict[UUID, list[date]] = {}
    for order, at, zone in rows:
        if at is not None:
            found.setdefault(order, []).append(local_day(zone, at))
    return found
