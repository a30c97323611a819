"""Orders a pickup from its carrier, exactly once."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from carriers.events import PickupAgreed
from carriers.flows.run_call import CallKind, run_call
from carriers.journal import Call
from carriers.ports import Carrier, PickupRequest, Receipt
from carriers.tables import CallRow, PickupRow, address_of
from core.ids import TenantId
from store.outbox import signal
from store.session import Sessions, lock


def send_pickup(
    sessions: Sessions, tenant: TenantId, carriers: Mapping[str, Carrier], pickup_id: UUID
) -> Call:
    """Take the pickup one step further; run again at `next_at` while it is not settled."""
    return run_call(sessions, tenant, carriers, PICKUP, pickup_id)


def _prepare(session: Session, call: CallRow) -> PickupRequest:
    row = lock(session, PickupRow, call.subject_id)
    return PickupRequest(
        key=str(call.id),
        reference=call.reference,
        account=row.account,
        place=address_of(row.place),
        earliest=row.earliest,
        latest=row.latest,
        parcels=row.parcels,
        weight_g=row.weight_g,
    )


def _send(carrier: Carrier, ask: PickupRequest) -> Receipt:
    return carrier.pickup(ask)


def _look_up(carrier: Carrier, call: CallRow) -> Receipt | None:
    return carrier.find_receipt(call.reference)


def _accept(session: Session, call: CallRow, receipt: Receipt) -> None:
    row = lock(session, PickupRow, call.subject_id)
    row.state = "agreed"
    row.confirmation = receipt.carrier_reference[:100]
    signal(session, PickupAgreed(row.id, row.carrier, receipt.carrier_reference))


def _refuse(session: Session, call: CallRow, code: str, reason: str) -> None:
    row = lock(session, PickupRow, call.subject_id)
    row.state = "refused"
    row.reason = f"{code}: {reason}"[:300]


def _park(session: Session, call: CallRow, reason: str) -> None:
    row = lock(session, PickupRow, call.subject_id)
    row.state = "parked"
    row.reason = reason[:300]


PICKUP = CallKind(
    name="pickup",
    prepare=_prepare,
    send=_send,
    look_up=_look_up,
    accept=_accept,
    refuse=_refuse,
    park=_park,
)
