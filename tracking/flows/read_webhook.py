"""Reads a stored webhook: events of parcels we follow are kept, the rest waits as strays."""

from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from carriers.status import Scan
from core.errors import InvalidInput
from store.session import add_if_new, lock, new_id, now
from store.tenant_seal import open_for_tenant
from tracking.event import CarrierEvent, event_of_scan
from tracking.flows.receive_webhook import BODY
from tracking.flows.refresh_parcel import refresh_parcel
from tracking.tables import (
    StrayScanRow,
    TrackedParcelRow,
    WebhookRow,
    WebhookSourceRow,
    add_event,
    find_by_number,
    lock_number,
)
from tracking.webhook_body import Meaning, plain_meaning, read_body

log = structlog.get_logger("tracking")
UNMATCHED = "?"


def read_webhook(session: Session, webhook_id: UUID, meaning: Meaning = plain_meaning) -> int:
    """Record the scans of one webhook; returns how many events were new. Repeats safely.

    A body that cannot be read is kept with its fault and is not tried again; unreadable scans of
    a readable body are counted there.
    """
    row = lock(session, WebhookRow, webhook_id)
    if row.read_at is not None or row.sealed is None:
        return 0
    source = session.get_one(WebhookSourceRow, row.source_id)
    row.read_at = now(session)
    try:
        scans, faults = read_body(
            open_for_tenant(session, row.sealed, purpose=BODY),
            carrier=source.carrier,
            account_zone=source.account_zone,
            meaning=meaning,
        )
    except InvalidInput as error:
        row.fault = error.message[:500]
        log.warning("webhook_unreadable", webhook=str(webhook_id), reason=error.message)
        return 0
    if faults:
        row.fault = f"{len(faults)} scans unreadable: {faults[0]}"[:500]
        log.warning("scans_unreadable", webhook=str(webhook_id), scans=len(faults))
    row.scans = len(scans)
    return _keep(session, row, scans)


def _keep(session: Session, row: WebhookRow, scans: list[Scan]) -> int:
    by_number: dict[str, list[Scan]] = {}
    for scan in scans:
        by_number.setdefault(scan.tracking_number, []).append(scan)
    found: list[tuple[UUID, list[Scan]]] = []
    for number, own in sorted(by_number.items()):  # one order of locks for all workers
        lock_number(session, own[0].carrier, number)
        parcel = find_by_number(session, own[0].carrier, number)
        if parcel is None:
            row.strays += sum(_keep_stray(session, row, scan) for scan in own)
        else:
            found.append((parcel.id, own))
    new_events = 0
    for parcel_id, own in sorted(found):
        lock(session, TrackedParcelRow, parcel_id)
        added = sum(add_event(session, _event(str(parcel_id), scan, row)) for scan in own)
        if added:
            refresh_parcel(session, parcel_id)
        new_events += added
    return new_events


def _event(parcel: str, scan: Scan, row: WebhookRow) -> CarrierEvent:
    return event_of_scan(
        parcel, scan, source=f"webhook:{row.source_id}", received_at=row.received_at
    )


def _keep_stray(session: Session, row: WebhookRow, scan: Scan) -> bool:
    event = _event(UNMATCHED, scan, row)
    values = {
        "id": new_id(session),
        "carrier": scan.carrier,
        "tracking_number": scan.tracking_number,
        "event_key": event.id,
        "event": {
            "parcel": UNMATCHED,
            "carrier": event.carrier,
            "state": event.state.value,
            "occurred_at": event.occurred_at.isoformat(),
            "occurred_local": event.occurred_local,
            "offset": event.offset,
            "time_basis": event.time_basis.value,
            "reason": event.reason.value if event.reason else None,
            "place": event.place,
            "code": event.code,
            "text": event.text,
            "source": event.source,
        },
        "received_at": row.received_at,
    }
    key = ["tenant_id", "carrier", "tracking_number", "event_key"]
    return add_if_new(session, StrayScanRow, values, key)
