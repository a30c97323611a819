"""Reads the scans out of a verified webhook body: JSON with a list of scans in a carrier's words."""

import json
from collections.abc import Callable
from typing import Any

from carriers.status import Reason, Scan, Status, read_event_time
from core.errors import Fault, InvalidInput

MOST_SCANS = 5000
LONGEST_NUMBER = 100  # of any parcel that we follow
Meaning = Callable[[str, str], tuple[Status, Reason | None]]
"""(carrier, raw code) to our words; an unlisted code is `Status.UNKNOWN`."""

_STATES = {state.value: state for state in Status}
_REASONS = {reason.value: reason for reason in Reason}


def plain_meaning(_carrier: str, code: str) -> tuple[Status, Reason | None]:
    """For carriers that speak our words: `state` or `state/reason`."""
    state, _, reason = code.partition("/")
    return _STATES.get(state, Status.UNKNOWN), _REASONS.get(reason)


def read_body(
    raw: bytes, *, carrier: str, account_zone: str, meaning: Meaning
) -> tuple[list[Scan], list[Fault]]:
    """(scans understood, what was wrong with the rest); raises InvalidInput when it is no list.

    Shape: `{"scans": [{"tracking_number", "code", "text", "occurred_local" or "occurred_at",
    "zone", "place", "country"}]}`; `events` is another name of the list, and a single scan may
    stand alone. `number` and `local_time` are read as `tracking_number` and `occurred_local`.
    """
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise InvalidInput("the webhook is not JSON", code="webhook_body") from None
    items = value
    if isinstance(value, dict):
        alone = [value] if "code" in value else None
        items = value.get("scans", value.get("events", alone))
    if not isinstance(items, list):
        raise InvalidInput("the webhook holds no list of scans", code="webhook_body")
    if len(items) > MOST_SCANS:
        raise InvalidInput(f"more than {MOST_SCANS} scans in one webhook", code="webhook_body")
    scans: list[Scan] = []
    faults: list[Fault] = []
    for row, item in enumerate(items):
        try:
            scans.append(_read_scan(item, carrier, account_zone, meaning))
        except InvalidInput as error:
            faults.extend(Fault(fault.field, fault.reason, None, row) for fault in error.faults)
    return scans, faults


def _read_scan(item: Any, carrier: str, account_zone: str, meaning: Meaning) -> Scan:
    if not isinstance(item, dict):
        raise InvalidInput(faults=[Fault("scan", "is not an object")])
    number = _text(item, "tracking_number") or _text(item, "number")
    if not number:
        raise InvalidInput(faults=[Fault("tracking_number", "is missing")])
    if len(number) > LONGEST_NUMBER:
        wrong = f"has more than {LONGEST_NUMBER} characters"
        raise InvalidInput(faults=[Fault("tracking_number", wrong)])
    local = _text(item, "occurred_local") or _text(item, "local_time")
    written = local or _text(item, "occurred_at")
    if not written:
        raise InvalidInput(faults=[Fault("occurred_local", "is missing")])
    zone = _text(item, "zone")
    is_offset = zone[:1] in ("+", "-") or zone == "Z"
    code = _text(item, "code") or _text(item, "status")
    status, reason = meaning(carrier, code)
    place = ", ".join(part for part in (_text(item, "place"), _text(item, "country")) if part)
    return Scan(
        tracking_number=number,
        carrier=carrier,
        status=status,
        time=read_event_time(
            written,
            offset=zone if is_offset else None,
            place_zone=None if is_offset else zone or None,
            account_zone=account_zone or None,
        ),
        code=code,
        text=_text(item, "text"),
        reason=reason,
        place=place,
    )


def _text(item: dict[str, Any], name: str) -> str:
    value = item.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidInput(faults=[Fault(name, "is not a text")])
    return value.strip().replace("\x00", "")
