"""Submits a closed manifest to its carrier, exactly once."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from carriers.events import ManifestClosed, ManifestFailed
from carriers.flows.run_call import CallKind, Unread, run_call
from carriers.journal import Call
from carriers.ports import Capability, Carrier, ManifestRequest, Receipt
from carriers.tables import CallRow, ManifestRow, address_of, manifest_bookings
from core.ids import ManifestId, TenantId
from store.outbox import signal
from store.session import Sessions, lock, now


def send_manifest(
    sessions: Sessions, tenant: TenantId, carriers: Mapping[str, Carrier], manifest_id: ManifestId
) -> Call:
    """Take the manifest one step further; run again at `next_at` while it is not settled."""
    return run_call(sessions, tenant, carriers, MANIFEST, manifest_id)


def _prepare(session: Session, call: CallRow) -> ManifestRequest:
    row = lock(session, ManifestRow, call.subject_id)
    numbers = [b.tracking_number for b in manifest_bookings(session, row.id) if b.tracking_number]
    return ManifestRequest(
        key=str(call.id),
        reference=row.number,
        account=row.account,
        ship_from=address_of(row.place),
        mailing_date=row.mailing_date,
        tracking_numbers=tuple(numbers),
    )


def _send(carrier: Carrier, ask: ManifestRequest) -> Receipt | Unread:
    if Capability.MANIFEST not in carrier.profile.capabilities:
        return Receipt("")  # such a carrier takes the paper alone
    return carrier.manifest(ask)


def _look_up(carrier: Carrier, call: CallRow) -> Receipt | None:
    return carrier.find_receipt(call.reference)


def _accept(session: Session, call: CallRow, receipt: Receipt) -> None:
    row = lock(session, ManifestRow, call.subject_id)
    row.carrier_reference = receipt.carrier_reference[:100]
    if (
        row.state == "failed"
    ):  # given up: its parcels went elsewhere, the carrier has it all the same
        row.reason = f"given up, yet accepted as {row.carrier_reference}"
        return
    row.state = "closed"
    row.reason = ""
    row.closed_at = now(session)
    signal(session, ManifestClosed(row.id, row.carrier, len(manifest_bookings(session, row.id))))


def _refuse(session: Session, call: CallRow, code: str, reason: str) -> None:
    """Its parcels are free for another manifest."""
    row = lock(session, ManifestRow, call.subject_id)
    row.state = "failed"
    row.reason = f"{code}: {reason}"[:300]
    for booking in manifest_bookings(session, row.id):
        booking.manifest_id = None
    signal(session, ManifestFailed(row.id, row.carrier, code))


def _park(session: Session, call: CallRow, reason: str) -> None:
    row = lock(session, ManifestRow, call.subject_id)
    row.reason = f"to be cleared up: {reason}"[:300]


MANIFEST = CallKind(
    name="manifest",
    prepare=_prepare,
    send=_send,
    look_up=_look_up,
    accept=_accept,
    refuse=_refuse,
    park=_park,
)
