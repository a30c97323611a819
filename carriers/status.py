"""The normalized words of tracking: where a parcel is, why, who answers for it, how a time was read.

Carriers' own codes are translated into these at the edge (`wire.py`); a code that no table knows
reads as `Status.UNKNOWN`, never as progress.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from core.clock import require_aware
from core.errors import invalid
from core.places import zone


class Status(StrEnum):
    """Where a parcel is in its journey."""

    PRE_TRANSIT = "pre_transit"  # the carrier knows of it, does not have it
    ACCEPTED = "accepted"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    AVAILABLE_FOR_PICKUP = "available_for_pickup"
    ATTEMPT_FAILED = "attempt_failed"
    DELIVERED = "delivered"
    RETURNING = "returning"
    RETURNED = "returned"
    EXCEPTION = "exception"
    CANCELLED = "cancelled"
    LOST = "lost"
    EXPIRED = "expired"  # the carrier stopped telling of it
    UNKNOWN = "unknown"


class Party(StrEnum):
    """Who answers for what happened."""

    SELLER = "seller"
    CARRIER = "carrier"
    CUSTOMS = "customs"
    CONSIGNEE = "consignee"
    FORCE_MAJEURE = "force_majeure"


class Reason(StrEnum):
    """Why a parcel is late, stopped or turned back: a closed list, each with its party."""

    NOT_HANDED_OVER = "not_handed_over"
    WRONG_ADDRESS_GIVEN = "wrong_address_given"  # the sender's data were wrong
    BAD_PACKAGING = "bad_packaging"
    LABEL_UNREADABLE = "label_unreadable"
    NOT_ACCEPTABLE = "not_acceptable"  # size, weight or contents against the service's rules
    RECALLED_BY_SENDER = "recalled_by_sender"
    CARRIER_DELAY = "carrier_delay"
    MISSORTED = "missorted"
    DAMAGED = "damaged"
    LOST_BY_CARRIER = "lost_by_carrier"
    NOT_ATTEMPTED = "not_attempted"
    DELIVERY_RETRACTED = "delivery_retracted"  # the carrier says: it was not delivered after all
    CUSTOMS_HOLD = "customs_hold"
    CUSTOMS_PAPERS_MISSING = "customs_papers_missing"
    DUTIES_UNPAID = "duties_unpaid"
    CUSTOMS_REFUSED = "customs_refused"
    NOBODY_HOME = "nobody_home"
    REFUSED_BY_CONSIGNEE = "refused_by_consignee"
    ADDRESS_UNKNOWN = "address_unknown"
    NO_ACCESS = "no_access"
    NOT_COLLECTED = "not_collected"
    RESCHEDULED_BY_CONSIGNEE = "rescheduled_by_consignee"
    WEATHER = "weather"
    STRIKE = "strike"
    DISASTER = "disaster"
    SECURITY = "security"

    @property
    def party(self) -> Party:
        return _PARTIES[self]


_PARTIES: dict[Reason, Party] = {
    **dict.fromkeys(
        (
            Reason.NOT_HANDED_OVER,
            Reason.WRONG_ADDRESS_GIVEN,
            Reason.BAD_PACKAGING,
            Reason.LABEL_UNREADABLE,
            Reason.NOT_ACCEPTABLE,
            Reason.RECALLED_BY_SENDER,
        ),
        Party.SELLER,
    ),
    **dict.fromkeys(
        (
            Reason.CARRIER_DELAY,
            Reason.MISSORTED,
            Reason.DAMAGED,
            Reason.LOST_BY_CARRIER,
            Reason.NOT_ATTEMPTED,
            Reason.DELIVERY_RETRACTED,
        ),
        Party.CARRIER,
    ),
    **dict.fromkeys(
        (
            Reason.CUSTOMS_HOLD,
            Reason.CUSTOMS_PAPERS_MISSING,
            Reason.DUTIES_UNPAID,
            Reason.CUSTOMS_REFUSED,
        ),
        Party.CUSTOMS,
    ),
    **dict.fromkeys(
        (
            Reason.NOBODY_HOME,
            Reason.REFUSED_BY_CONSIGNEE,
            Reason.ADDRESS_UNKNOWN,
            Reason.NO_ACCESS,
            Reason.NOT_COLLECTED,
            Reason.RESCHEDULED_BY_CONSIGNEE,
        ),
        Party.CONSIGNEE,
    ),
    **dict.fromkeys(
        (Reason.WEATHER, Reason.STRIKE, Reason.DISASTER, Reason.SECURITY), Party.FORCE_MAJEURE
    ),
}


class TimeBasis(StrEnum):
    """How the UTC instant of an event was found, most trusted first."""

    OFFSET = "offset"  # the carrier wrote the offset
    UTC_FIELD = "utc_field"  # the carrier wrote a UTC time beside the local one
    PLACE_ZONE = "place_zone"  # local time read in the zone of the place of the scan
    ACCOUNT_ZONE = "account_zone"  # local time read in the zone of the carrier account

    @property
    def trust(self) -> int:
        """0 is the most trusted."""
        return list(TimeBasis).index(self)


@dataclass(frozen=True, slots=True)
class EventTime:
    """An instant as it was written and as it is understood."""

    occurred_local: str  # ISO 8601, as written, without offset
    offset: str | None  # "+02:00", as written or as the zone has it at that time
    occurred_at: datetime  # UTC
    time_basis: TimeBasis


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan as understood: what a carrier says of a tracking number, in our words and in its own."""

    tracking_number: str
    carrier: str
    status: Status
    time: EventTime
    code: str = ""  # the carrier's own code, raw
    text: str = ""  # the carrier's own text, raw
    reason: Reason | None = None
    place: str = ""  # "Lyon, FR", no street


def offset_text(instant: datetime) -> str:
    """The UTC offset of an aware instant as `+HH:MM`."""
    seconds = round((require_aware("instant", instant).utcoffset() or timedelta()).total_seconds())
    sign = "-" if seconds < 0 else "+"
    hours, rest = divmod(abs(seconds), 3600)
    return f"{sign}{hours:02d}:{rest // 60:02d}"


def read_event_time(
    written: str,
    *,
    utc: str | None = None,
    offset: str | None = None,
    place_zone: str | None = None,
    account_zone: str | None = None,
) -> EventTime:
    """Understand a carrier's time by the best evidence there is.

    Trust: an offset (in the text or beside it), then a UTC field, then the zone of the place, then
    the zone of the account. Without any of them a naive time is refused (InvalidInput).
    """
    text = written.strip() + (offset.strip() if offset else "")
    try:
        moment = datetime.fromisoformat(text)
        in_utc = datetime.fromisoformat(utc) if utc else None
    except ValueError:
        raise invalid("occurred_at", f"{written!r} is not an ISO 8601 time") from None
    if moment.tzinfo is not None:
        return _event_time(moment, TimeBasis.OFFSET)
    if in_utc is not None:
        instant = in_utc if in_utc.tzinfo else in_utc.replace(tzinfo=UTC)
        return EventTime(moment.isoformat(), None, instant.astimezone(UTC), TimeBasis.UTC_FIELD)
    for name, basis in (
        (place_zone, TimeBasis.PLACE_ZONE),
        (account_zone, TimeBasis.ACCOUNT_ZONE),
    ):
        if name:
            return _event_time(moment.replace(tzinfo=zone(name)), basis)
    raise invalid("occurred_at", f"{written!r} has no offset and no zone to read it in")


def _event_time(moment: datetime, basis: TimeBasis) -> EventTime:
    return EventTime(
        moment.replace(tzinfo=None).isoformat(),
        offset_text(moment),
        moment.astimezone(UTC),
        basis,
    )
