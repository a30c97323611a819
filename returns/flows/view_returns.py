"""Shows the returns of an order, each with its lines, code, label and refund."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.status import Status
from carriers.tables import BookingRow
from core.ids import BookingId
from returns.qr import Slip, private_key, public_text, write_slip
from returns.tables import (
    REQUESTED,
    RefundRow,
    RmaLineRow,
    RmaParcelRow,
    RmaRow,
    lines_of,
    parcels_of,
    refund_of,
)
from store.tenant_seal import tenant_key
from tracking.tables import TrackedParcelRow


@dataclass(frozen=True, slots=True)
class ReturnParcelView:
    """A parcel that goes back, its label, and where it is."""

    id: UUID
    number: int
    units: dict[str, int]  # by line
    weight_g: int
    booking: BookingId | None
    has_label: bool  # it can be printed now
    label_state: str  # of the booking; `none` when nobody was asked
    carrier: str
    tracking_number: str
    state: Status  # of its journey
    since: datetime | None


@dataclass(frozen=True, slots=True)
class RmaView:
    """A return as people see it. `code` is the text of its QR, `public_key` checks it offline."""

    row: RmaRow
    lines: tuple[RmaLineRow, ...]
    refund: RefundRow | None
    code: str
    public_key: str
    parcels: tuple[ReturnParcelView, ...]

    @property
    def is_to_be_sent(self) -> bool:
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
        pieces = sum(line.qty for line in lines)
        views.append(
            RmaView(
                row=row,
                lines=lines,
                refund=refund_of(session, row.id),
                code=write_slip(Slip(row.id, row.send_by, pieces), key),
                public_key=public_text(key),
                parcels=tuple(_parcel(session, one) for one in parcels_of(session, row.id)),
            )
        )
    return tuple(views)


def _parcel(session: Session, row: RmaParcelRow) -> ReturnParcelView:
    booking = session.get(BookingRow, row.booking_id) if row.booking_id else None
    tracked = session.get(TrackedParcelRow, row.id)
    return ReturnParcelView(
        id=row.id,
        number=row.number,
        units=row.units,
        weight_g=row.weight_g,
        booking=BookingId(booking.id) if booking else None,
        has_label=booking is not None and booking.has_label,
        label_state=booking.state if booking else "none",
        carrier=booking.carrier if booking else "",
        tracking_number=(booking.tracking_number or "") if booking else "",
        state=Status(tracked.state) if tracked else Status.UNKNOWN,
        since=tracked.since if tracked else None,
    )
