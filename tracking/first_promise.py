"""The promise of an order that counts, with what was followed since, as one value."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from core.places import Destination
from tracking.outcome import PromiseOutcome


@dataclass(frozen=True, slots=True)
class Followed:
    """A parcel of the order on its way to the consignee, as it stands."""

    seller: str
    delivered_at: datetime | None
    is_over: bool
    zone: str


@dataclass(frozen=True, slots=True)
class FirstPromise:
    """What the ledger holds; `services` and `origins` are those of its parcels."""

    order: UUID
    made_at: datetime
    promised_date: date
    ends_at: datetime
    level: float
    probability: float | None
    """None where it was promised elsewhere, without a reliability."""
    model: str
    parcels: int
    services: frozenset[str]
    origins: frozenset[str]
    destination: Destination | None
    followed: tuple[Followed, ...]


@dataclass(frozen=True, slots=True)
class UnreadablePromise:
    """A row of the ledger that does not parse, by its id as stored."""

    name: str


def outcome_of(promise: FirstPromise, regions: Mapping[str, str]) -> PromiseOutcome:
    """What became of it; `regions` are those of places.

    A promise has as many parcels as the ledger says; one that is not followed yet has not arrived.
    """
    arrivals = [one.delivered_at for one in promise.followed if one.delivered_at is not None]
    starts = {regions.get(origin, "?") for origin in promise.origins}
    to = promise.destination
    end = "" if to is None else f"{to.country} {to.region or to.postcode[:2]}".strip()
    return PromiseOutcome(
        level=promise.level,
        made_at=promise.made_at,
        ends_at=promise.ends_at,
        month=f"{promise.made_at:%Y-%m}",
        services=tuple(sorted(promise.services)),
        sellers=tuple(sorted({one.seller for one in promise.followed})),
        promised_days=(promise.promised_date - promise.made_at.date()).days,
        arrived_at=max(arrivals) if len(arrivals) >= promise.parcels else None,
        is_over=any(one.is_over and one.delivered_at is None for one in promise.followed),
        lanes=tuple(f"{start} → {end}" for start in sorted(starts)),
        model=promise.model,
        probability=promise.probability,
        destination=end,
    )
