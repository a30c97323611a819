"""Reads tracking events written as JSON lines, the format of `lanewise journey`; all faults listed."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from carriers.status import EventTime, Party, Reason, Status, read_event_time
from core.errors import Fault, InvalidInput
from tracking.event import CarrierEvent, event_id
from tracking.journey import fold_by_parcel, order_journey

MOST_FAULTS = 20
_STATES = {state.value: state for state in Status}
_REASONS = {reason.value: reason for reason in Reason}
_PARTIES = {party.value: party for party in Party}


def read_event_lines(text: str, *, file: str) -> list[CarrierEvent]:
    """The events of a JSON-lines text; blank lines are skipped.

    Each line is an object with `parcel`, `state`, and `occurred_at` (ISO 8601 with offset) or
    `occurred_local` with `offset` or `zone`; more fields as in docs/reference/tracking-events.md.
    A state outside the list reads as unknown. Raises InvalidInput naming file, row and field.
    """
    events: list[CarrierEvent] = []
    faults: list[Fault] = []
    for row, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
            if not isinstance(value, dict):
                raise InvalidInput(faults=[Fault("line", "is not a JSON object")])
            events.append(event_from_dict(value))
        except (ValueError, RecursionError):
            faults.append(Fault("line", "is not JSON", file, row))
        except InvalidInput as error:
            faults.extend(replace(fault, file=file, row=row) for fault in error.faults)
        if len(faults) >= MOST_FAULTS:
            break
    if faults:
        raise InvalidInput(faults=faults)
    return events


def event_from_dict(value: dict[str, Any]) -> CarrierEvent:
    """One event from plain JSON; raises InvalidInput naming the field."""
    parcel = _text(value, "parcel", "parcel_id")
    if not parcel:
        raise InvalidInput(faults=[Fault("parcel", "is missing")])
    written_state = _text(value, "state", "status")
    state = _STATES.get(written_state, Status.UNKNOWN)
    code = _text(value, "code", "raw_code")
    if state is Status.UNKNOWN and not code:
        code = written_state
    time = _time(value)
    written_reason, written_party = _text(value, "reason"), _text(value, "party", "responsible")
    reason, party = _REASONS.get(written_reason), _PARTIES.get(written_party)
    carrier = _text(value, "carrier")
    return CarrierEvent(
        id=_text(value, "id", "event_id") or event_id(parcel, carrier, state, time, code),
        parcel=parcel,
        carrier=carrier,
        state=state,
        occurred_at=time.occurred_at,
        occurred_local=time.occurred_local,
        offset=time.offset,
        time_basis=time.time_basis,
        received_at=_received(value),
        reason=reason,
        party=party or (reason.party if reason else None),
        place=_place(value),
        code=code,
        text=_text(value, "text", "raw_text"),
        source=_text(value, "source") or "file",
    )


def _text(value: dict[str, Any], *names: str) -> str:
    for name in names:
        found = value.get(name)
        if found is None:
            continue
        if isinstance(found, bool) or not isinstance(found, str | int):
            raise InvalidInput(faults=[Fault(name, "is not a text")])
        return str(found).strip()
    return ""


def _place(value: dict[str, Any]) -> str:
    place = value.get("place")
    if isinstance(place, dict):
        parts = (place.get("city"), place.get("country"))
        return ", ".join(str(part) for part in parts if part)
    return _text(value, "place")


def _time(value: dict[str, Any]) -> EventTime:
    local, instant = _text(value, "occurred_local"), _text(value, "occurred_at")
    if not local and not instant:
        raise InvalidInput(faults=[Fault("occurred_at", "is missing")])
    place = value.get("place")
    place_zone = place.get("zone") if isinstance(place, dict) else None
    zones = {
        "place_zone": place_zone or _text(value, "zone") or None,
        "account_zone": _text(value, "account_zone") or None,
    }
    offset = _text(value, "offset") or None
    if local:
        return read_event_time(local, utc=instant or None, offset=offset, **zones)
    has_own = _has_offset(instant)
    return read_event_time(instant, offset=None if has_own else offset, **zones)


def _has_offset(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _received(value: dict[str, Any]) -> datetime | None:
    text = _text(value, "received_at")
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(faults=[Fault("received_at", "is not an ISO 8601 time")]) from None
    if instant.tzinfo is None:
        raise InvalidInput(faults=[Fault("received_at", "has no offset")])
    return instant.astimezone(UTC)


def summary(events: list[CarrierEvent]) -> dict[str, Any]:
    """What `lanewise journey` answers: the order's state and next step, and each parcel's."""
    journeys = fold_by_parcel(events)
    order = order_journey(journeys)
    return {
        "state": order.state.value,
        "next_step": order.next_step.value,
        "parcels": {
            parcel: {
                "state": journey.state.value,
                "since": journey.since.isoformat() if journey.since else None,
                "unknown_codes": journey.unknown_events,
                "unknown_code_counts": dict(journey.unknown_codes),
            }
            for parcel, journey in order.parcels
        },
        "events": sum(len(journey.events) for journey in journeys.values()),
    }
