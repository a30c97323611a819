"""One thing that a carrier, a warehouse or a person said happened to a parcel; never changed after."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from carriers.status import EventTime, Party, Reason, Scan, Status, TimeBasis

# No zone is further than 14 hours from UTC: what claims to lie a day ahead is not a zone mistake.
FUTURE_TOLERANCE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class CarrierEvent:
    """An event of one parcel. Append-only: the same thing said twice has the same `id`."""

    id: str
    parcel: str
    carrier: str
    state: Status
    occurred_at: datetime  # UTC
    occurred_local: str  # as written, without offset
    offset: str | None
    time_basis: TimeBasis
    received_at: datetime | None = None  # UTC
    reason: Reason | None = None
    party: Party | None = None
    place: str = ""
    code: str = ""  # the carrier's own, raw
    text: str = ""  # the carrier's own, raw
    source: str = "carrier"  # "webhook:sandbox", "scan:warehouse", "poll:acme"

    @property
    def lies_ahead(self) -> bool:
        """Whether it claims to have happened well after it was heard of."""
        return (
            self.received_at is not None and self.occurred_at > self.received_at + FUTURE_TOLERANCE
        )

    @property
    def is_known(self) -> bool:
        """Whether it says something we understand and can believe."""
        return self.state is not Status.UNKNOWN and not self.lies_ahead


def event_id(parcel: str, carrier: str, state: Status, time: EventTime, code: str) -> str:
    """The deterministic id: 32 hex digits of SHA-256 over what happened, not how or when we heard."""
    parts = (parcel, carrier, state.value, time.occurred_at.isoformat(), code)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def event_of_scan(parcel: str, scan: Scan, *, source: str, received_at: datetime) -> CarrierEvent:
    """Tie a carrier's scan to our parcel."""
    return CarrierEvent(
        id=event_id(parcel, scan.carrier, scan.status, scan.time, scan.code),
        parcel=parcel,
        carrier=scan.carrier,
        state=scan.status,
        occurred_at=scan.time.occurred_at,
        occurred_local=scan.time.occurred_local,
        offset=scan.time.offset,
        time_basis=scan.time.time_basis,
        received_at=received_at,
        reason=scan.reason,
        party=scan.reason.party if scan.reason else None,
        place=scan.place,
        code=scan.code,
        text=scan.text,
        source=source,
    )


def own_event(
    parcel: str, carrier: str, state: Status, *, key: str, at: datetime, source: str
) -> CarrierEvent:
    """What we saw ourselves at the instant `at`; `key` tells it from all others of the parcel."""
    return CarrierEvent(
        id=key[:64],
        parcel=parcel,
        carrier=carrier,
        state=state,
        occurred_at=at,
        occurred_local=at.replace(tzinfo=None).isoformat(),
        offset="+00:00",
        time_basis=TimeBasis.OFFSET,
        received_at=at,
        source=source,
    )


def distinct_events(events: Iterable[CarrierEvent]) -> tuple[CarrierEvent, ...]:
    """Each event of each parcel once, in an order that does not depend on how they came.

    Of two that share an id the one with the smaller content stands, with the earlier receipt.
    """
    kept: dict[tuple[str, str], CarrierEvent] = {}
    for event in events:
        key = (event.parcel, event.id)
        twin = kept.get(key)
        kept[key] = event if twin is None else _merged(twin, event)
    return tuple(sorted(kept.values(), key=lambda event: (event.occurred_at, event.id)))


def _merged(one: CarrierEvent, other: CarrierEvent) -> CarrierEvent:
    heard = [at for at in (one.received_at, other.received_at) if at is not None]
    first = min((one, other), key=_content)
    return replace(first, received_at=min(heard, default=None))


def _content(event: CarrierEvent) -> tuple[str, ...]:
    values = (event.occurred_at.isoformat(), event.state.value, event.code, event.text)
    more = (event.carrier, event.occurred_local, event.offset or "", event.time_basis.value)
    rest = (event.reason or "", event.party or "", event.place, event.source)
    return (*values, *more, *(str(value) for value in rest))
