"""Closes a manifest for hand-over: fixes its parcels; the worker submits it to the carrier."""

from sqlalchemy.orm import Session

from carriers.call_jobs import MANIFEST_JOB
from carriers.tables import ManifestRow, add_call, manifest_bookings
from core.errors import Conflict
from core.ids import ManifestId
from store.audit import audit
from store.jobs import enqueue
from store.session import lock


def close_manifest(session: Session, manifest_id: ManifestId) -> str:
    """The manifest's state: `submitted`, or what it already was. Raises Conflict when it is empty."""
    row = lock(session, ManifestRow, manifest_id)
    if row.state != "open":
        return row.state
    if not manifest_bookings(session, manifest_id):
        raise Conflict("there is no parcel on it", code="empty_manifest")
    row.state = "submitted"
    call = add_call(
        session, "manifest", row.id, carrier=row.carrier, account=row.account, reference=row.number
    )
    enqueue(session, MANIFEST_JOB, {"manifest_id": str(row.id)}, key=str(call.id))
    audit(session, "manifest.submitted", "manifest", row.id)
    return row.state
