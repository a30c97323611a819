"""Holds promises of the ledger against what was tracked since, as outcomes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from carriers.booking import Direction
from routing.flows.read_first_promises import FirstPromise, read_first_promises
from tracking.outcome import PromiseOutcome
from tracking.tables import TrackedParcelRow


@dataclass(frozen=True, slots=True)
class JudgedBatch:
    """Some outcomes, those of promises made elsewhere apart; `unreadable` are names of rows."""

    own: tuple[PromiseOutcome, ...]
    elsewhere: tuple[PromiseOutcome, ...]
    unreadable: tuple[str, ...]


def judge_promises(
    session: Session, starts: Mapping[str, str], *which: ColumnElement[bool]
) -> Iterator[JudgedBatch]:
    """The promises that `which` says, some hundred at once; `starts` are the regions of places.

    The first promise of an order is the one that counts; a cancelled order counts nowhere. A promise
    has as many parcels as the ledger says; one that is not followed yet has not arrived.
    """
    for batch in read_first_promises(session, *which):
        parcels = _parcels(session, [promise.order for promise in batch.promises])
        outcomes = [
            (promise.probability is None, _outcome(promise, parcels, starts))
            for promise in batch.promises
        ]
        yield JudgedBatch(
            own=tuple(one for is_elsewhere, one in outcomes if not is_elsewhere),
            elsewhere=tuple(one for is_elsewhere, one in outcomes if is_elsewhere),
            unreadable=batch.unreadable,
        )


def _parcels(session: Session, orders: Sequence[UUID]) -> Mapping[UUID, list[Any]]:
    """What is followed of these orders: seller, arrival, whether it is over."""
    rows = session.execute(
        select(
            TrackedParcelRow.order_id,
            TrackedParcelRow.seller,
            TrackedParcelRow.delivered_at,
            TrackedParcelRow.is_over,
        ).where(
            TrackedParcelRow.order_id.in_(orders),
            TrackedParcelRow.direction == Direction.OUTBOUND.value,
        )
    )
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row.order_id, []).append(row)
    return found


def _outcome(
    promise: FirstPromise, parcels: Mapping[UUID, list[Any]], starts: Mapping[str, str]
) -> PromiseOutcome:
    own = parcels.get(promise.order, [])
    arrivals = [row.delivered_at for row in own if row.delivered_at is not None]
    origins = {starts.get(origin, "?") for origin in promise.origins}
    to = promise.destination
    end = "" if to is None else f"{to.country} {to.region or to.postcode[:2]}".strip()
    return PromiseOutcome(
        level=promise.level,
        made_at=promise.made_at,
        ends_at=promise.ends_at,
        month=f"{promise.made_at:%Y-%m}",
        services=tuple(sorted(promise.services)),
        sellers=tuple(sorted({row.seller for row in own})),
        promised_days=(promise.promised_date - promise.made_at.date()).days,
        arrived_at=max(arrivals) if len(arrivals) >= promise.parcels else None,
        is_over=any(row.is_over and row.delivered_at is None for row in own),
        lanes=tuple(f"{start} → {end}" for start in sorted(origins)),
        model=promise.model,
        probability=promise.probability,
        destination=end,
    )
