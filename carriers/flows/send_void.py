"""Asks the carrier to cancel a booking, exactly once."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from carriers.booking import BookingState
from carriers.flows.end_booking import end_booking
from carriers.flows.run_call import CallKind, run_call
from carriers.journal import Call, CallState
from carriers.ports import Carrier, Receipt, VoidRequest
from carriers.tables import BookingRow, CallRow
from core.errors import CarrierRejected
from core.ids import BookingId, TenantId
from store.session import Sessions, lock


def send_void(
    sessions: Sessions, tenant: TenantId, carriers: Mapping[str, Carrier], booking_id: BookingId
) -> Call:
    """Take the void one step further; run again at `next_at` while it is not settled."""
    return run_call(sessions, tenant, carriers, VOID, booking_id)


def _prepare(session: Session, call: CallRow) -> VoidRequest:
    row = lock(session, BookingRow, call.subject_id)
    return VoidRequest(
        key=str(call.id),
        tracking_number=row.tracking_number or "",
        carrier_reference=row.carrier_reference or "",
        account=row.account,
    )


NOT_VOIDED = "not voided: "  # how the reason of a void that a carrier refused begins
ALREADY = "voided"  # a refusal with this code says that it was cancelled before: by us, unheard


def _send(carrier: Carrier, ask: VoidRequest) -> Receipt:
    try:
        return carrier.void(ask)
    except CarrierRejected as error:
        if error.code == ALREADY:
            return Receipt("")
        raise


def _look_up(carrier: Carrier, call: CallRow) -> Receipt | None:
    """Voids leave no record of their own to look up: asking again is the look-up, see `_send`."""
    return carrier.find_receipt(call.reference)


def _accept(session: Session, call: CallRow, receipt: Receipt) -> None:
    if lock(session, BookingRow, call.subject_id).state != BookingState.VOIDED.value:
        end_booking(session, call.subject_id)


def _refuse(session: Session, call: CallRow, code: str, reason: str) -> None:
    """Hand a refused void to a person: the label stays out of use, whatever the carrier says."""
    row = lock(session, BookingRow, call.subject_id)
    row.reason = f"{NOT_VOIDED}{code}: {reason}"[:300]
    call.state = CallState.PARKED.value
    call.reason = row.reason


def _park(session: Session, call: CallRow, reason: str) -> None:
    row = lock(session, BookingRow, call.subject_id)
    row.reason = f"void unknown: {reason}"[:300]


VOID = CallKind(
    name="void",
    prepare=_prepare,
    send=_send,
    look_up=_look_up,
    accept=_accept,
    refuse=_refuse,
    park=_park,
)
