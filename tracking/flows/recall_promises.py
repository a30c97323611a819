"""Recalls the promises that rested on what was learned, with what came of them."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.booking import Direction
from core.calendars import local_day
from routing.flows.read_first_promises import read_first_promises
from routing.tables import PromiseRow
from tracking.flows.recall_parcels import Recalled
from tracking.learning.miss_factors import MEMORY_DAYS, PastPromise
from tracking.past_order import PROMISED_ELSEWHERE
from tracking.tables import TrackedParcelRow

log = structlog.get_logger("tracking")


def recall_promises(
    session: Session, recalled: Recalled, as_of: datetime
) -> tuple[PastPromise, ...]:
    """Our own promises of the last months, first ones only, with events until `as_of`.

    Rows that can't be read teach nothing and are told: the log's `promise_not_readable`.
    """
    since = as_of - timedelta(days=MEMORY_DAYS)
    arrived = _arrivals(session, since, as_of)
    found: dict[UUID, PastPromise] = {}
    window = (PromiseRow.made_at >= since, PromiseRow.made_at < as_of)
    for batch in read_first_promises(session, PromiseRow.model != PROMISED_ELSEWHERE, *window):
        for name in batch.unreadable:
            log.error("promise_not_readable", promise=name)
        for promise in batch.promises:
            destination = recalled.destination_of.get(promise.order)
            if destination is None or promise.probability is None:
                continue
            days = arrived.get(promise.order, [])
            places = recalled.places_of[promise.order]
            found[promise.order] = PastPromise(
                destination=destination,
                made_on=promise.made_at.date(),
                ends_on=promise.promised_date,
                stated=promise.probability,
                arrived_on=max(days) if len(days) >= promise.parcels else None,
                seller=_only({seller for seller, _ in places}),
                lane=_only({lane for _, lane in places}),
                service=_only(promise.services),
            )
    return tuple(found.values())


def _only(names: Collection[str]) -> str:
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
