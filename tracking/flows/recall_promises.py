"""Recalls the promises that rested on what was learned, with what came of them."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from core.calendars import local_day
from routing.tables import PromiseRow
from tracking.first_promise import FirstPromise, UnreadablePromise
from tracking.flows.read_first_promises import read_first_promises
from tracking.flows.recall_parcels import Recalled
from tracking.learning.miss_factors import MEMORY_DAYS, PastPromise
from tracking.past_order import PROMISED_ELSEWHERE

log = structlog.get_logger("tracking")


def recall_promises(
    session: Session, recalled: Recalled, as_of: datetime
) -> tuple[PastPromise, ...]:
    """Our own promises of the last months, first ones only, with events until `as_of`.

    Rows that can't be read teach nothing and are told: the log's `promise_not_readable`.
    """
    since = as_of - timedelta(days=MEMORY_DAYS)
    found: dict[UUID, PastPromise] = {}
    window = (PromiseRow.made_at >= since, PromiseRow.made_at < as_of)
    for promise in read_first_promises(session, PromiseRow.model != PROMISED_ELSEWHERE, *window):
        if isinstance(promise, UnreadablePromise):
            log.error("promise_not_readable", promise=promise.name)
            continue
        destination = recalled.destination_of.get(promise.order)
        if destination is None or promise.probability is None:
            continue
        days = _arrivals(promise, as_of)
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


def _arrivals(promise: FirstPromise, as_of: datetime) -> list[date]:
    """The local days on which its parcels were there, until `as_of`."""
    return [
        local_day(one.zone, one.delivered_at)
        for one in promise.followed
        if one.delivered_at is not None and one.delivered_at < as_of
    ]
