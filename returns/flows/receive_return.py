"""Takes returned goods in: checks the slip, counts the units, instructs the refund, tells the customer."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from carriers.status import Status
from core.calendars import end_of_day, local_day
from core.errors import Conflict, InvalidInput, NotFound, invalid
from returns.events import RefundInstructed, ReturnReceived
from returns.flows.end_journey import end_journey
from returns.policy import Basis
from returns.qr import BadSlip, private_key, public_text, read_slip
from returns.refund import Refund, Returned, refund_for
from returns.tables import (
    ARRIVED,
    CANCELLED,
    RECEIVED,
    Purchase,
    RefundRow,
    RmaRow,
    lines_of,
    load_purchase,
    parcels_of,
    refund_lines_json,
    refund_of,
)
from routing.tables import OrderRow
from store.audit import audit
from store.outbox import signal
from store.session import lock, new_id, now
from store.tenant_seal import tenant_key
from tracking.flows.intend_notice import intend_notice
from tracking.notices.occasions import Occasion
from tracking.tables import parcels_of_order


def receive_return(
    session: Session,
    scanned: str,
    *,
    counted: Mapping[str, int] | None = None,
    seller: str | None = None,
) -> RefundRow:
    """The refund that was instructed. Receiving the same return again gives the same refund.

    `scanned` is the slip's code or the return's id; a slip past its day is accepted, for it was
    signed by us and the goods are here. `counted` says how many units of a line came (default:
    all that were sent); a return of several parcels that are not all here needs it. What was not
    counted may be returned anew. Raises InvalidInput for a forged code or a wrong count, NotFound,
    Conflict if cancelled or for parcels that are missing.
    """
    found = session.get(RmaRow, _rma_id(session, scanned))
    if found is None or (seller is not None and found.seller != seller):
        raise NotFound("no such return")
    lock(session, OrderRow, found.order_id)
    row = lock(session, RmaRow, found.id)
    standing = refund_of(session, row.id)
    if standing is not None:
        return standing
    if row.state == CANCELLED:
        raise Conflict("the return was cancelled", code="return_cancelled")
    parcels = parcels_of(session, row.id)
    if len(parcels) > 1 and row.state != ARRIVED and not counted:
        raise Conflict(
            f"not all of its {len(parcels)} parcels are known to be here: say what was counted",
            code="parcels_missing",
        )
    # What is still under way elsewhere does not count: delivery is paid back once, by the last.
    purchase = load_purchase(session, row.order_id, counting=(RECEIVED,))
    returned = _count(session, row, purchase, counted or {})
    delivery = {s: c for s, c in purchase.delivery.items() if s == row.seller}
    refund = refund_for(
        returned,
        purchase.lines,
        delivery=delivery,
        due_on=row.refund_by,
        currency=purchase.currency,
    )
    row.state, row.received_at = RECEIVED, now(session)
    audit(session, "return.received", "rma", row.id)
    is_whole = all(line.received_qty == line.qty for line in lines_of(session, row.id))
    for parcel in parcels if is_whole or len(parcels) == 1 else ():
        end_journey(session, parcel, Status.DELIVERED)
    signal(session, ReturnReceived(row.id, row.order_id, row.seller))
    return _instruct(session, row, refund)


def _rma_id(session: Session, scanned: str) -> UUID:
    text = scanned.strip()
    try:
        return UUID(text)
    except ValueError:
        pass
    public = public_text(private_key(tenant_key(session, "return_slip")))
    # The first day of all: a slip's own last day is no reason to refuse goods that are here.
    slip = read_slip(text, public, today=now(session).date().min)
    if isinstance(slip, BadSlip):
        raise invalid("code", f"the slip is {slip.value}", code=f"slip_{slip.value}")
    return slip.rma


def _count(
    session: Session, row: RmaRow, purchase: Purchase, counted: Mapping[str, int]
) -> list[Returned]:
    lines = lines_of(session, row.id)
    strange = sorted(set(counted) - {line.line for line in lines})
    if strange:
        raise invalid("lines", f"{strange[0]!r} is not in this return")
    sent: dict[str, int] | None = None
    for parcel in parcels_of(session, row.id):
        sent = sent or {}
        for name, units in parcel.units.items():
            sent[name] = sent.get(name, 0) + units
    returned = []
    for line in lines:
        came = line.qty if sent is None else min(line.qty, sent.get(line.line, 0))
        qty = counted.get(line.line, came)
        if not 0 <= qty <= line.qty:
            raise InvalidInput(f"line {line.line}: 0 to {line.qty} units were to come")
        line.received_qty = qty
        if qty:
            fee_share = purchase.policy(line.line).goodwill_fee_share
            returned.append(Returned(line.line, qty, Basis(line.basis), fee_share))
    return returned


def _instruct(session: Session, row: RmaRow, refund: Refund) -> RefundRow:
    instant = now(session)
    found = RefundRow(
        id=new_id(session),
        rma_id=row.id,
        order_id=row.order_id,
        amount_minor=refund.total.minor,
        currency=refund.total.currency,
        lines=refund_lines_json(refund.lines),
        due_on=max(refund.due_on, local_day(row.zone, instant)),
        instructed_at=instant,
    )
    session.add(found)
    session.flush()
    signal(
        session,
        RefundInstructed(
            found.id,
            row.id,
            row.order_id,
            found.amount_minor,
            found.currency,
            found.due_on.isoformat(),
        ),
    )
    parcels = parcels_of_order(session, row.order_id)
    own = next((one for one in parcels if row.seller in one.sellers), None)
    if own is not None:
        facts = {
            "at": instant.isoformat(),
            "latest": end_of_day(row.zone, found.due_on).isoformat(),
            "amount_minor": found.amount_minor,
            "currency": found.currency,
            "rma_id": str(row.id),
        }
        key = f"{row.id}:{Occasion.REFUND_PROMISED.value}"
        intend_notice(session, own, Occasion.REFUND_PROMISED, "", facts, key=key)
    session.flush()
    return found
