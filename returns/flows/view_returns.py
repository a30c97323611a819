"""Shows the returns of an order, each with its lines, code, label and refund."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.tables import BookingRow
from core.ids import BookingId
from returns.qr import Slip, private_key, public_text, write_slip
from returns.tables import REQUESTED, RefundRow, RmaLineRow, RmaRow, lines_of, refund_of
from store.tenant_seal import tenant_key


@dataclass(frozen=True, slots=True)
class RmaView:
    """A return as people see it. `code` is the text of its QR, `public_key` checks it offline."""

    row: RmaRow
    lines: tuple[RmaLineRow, ...]
    refund: RefundRow | None
    code: str
    public_key: str
    label: BookingId | None  # the booking whose label can be printed now
    label_state: str  # of that booking; `none` when nobody was asked

    @property
    def is_open(self) -> bool:
        return self.row.state == REQUESTED


def view_returns(
    session: Session,
    *,
    order_id: UUID | None = None,
    rma_id: UUID | None = None,
    seller: str | None = None,
) -> tuple[RmaView, ...]:
    """The returns of an order, or the one with that id, of a seller if one is named; oldest first."""
    query = select(RmaRow).order_by(RmaRow.id)
    if order_id is not None:
        query = query.where(RmaRow.order_id == order_id)
    if rma_id is not None:
        query = query.where(RmaRow.id == rma_id)
    if seller is not None:
        query = query.where(RmaRow.seller == seller)
    key = private_key(tenant_key(session, "return_slip"))
    views = []
    for row in session.scalars(query).all():
        lines = tuple(lines_of(session, row.id))
        booking = session.get(BookingRow, row.booking_id) if row.booking_id else None
        pieces = sum(line.qty for line in lines)
        views.append(
            RmaView(
                row=row,
                lines=lines,
                refund=refund_of(session, row.id),
                code=write_slip(Slip(row.id, row.send_by, pieces), key),
                public_key=public_text(key),
                label=BookingId(booking.id) if booking and booking.has_label else None,
                label_state=booking.state if booking else "none",
            )
        )
    return tuple(views)
