"""What a parcel looks like over HTTP: its plan, and how far its booking is."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.endpoints.fields import Amount
from api.endpoints.quote_schemas import ContentOut, CostLineOut, LegOut, Out
from carriers.booking import BookingState
from carriers.tables import BookingRow


class BookingOut(Out):
    """How far a parcel's booking is."""

    id: UUID
    state: BookingState
    reason: str = Field(description="Why it was refused or parked; else empty.")
    carrier: str
    service: str
    tracking_number: str | None = None
    has_label: bool
    mailing_date: date
    manifest_id: UUID | None = None


class ParcelOut(Out):
    """A parcel as it stands; a seller's key sees only its own contents."""

    id: UUID
    order_id: UUID
    number: int
    state: str = Field(description="planned, released, booked, refused, handed_over or cancelled.")
    origin: str
    through_hub: bool
    carrier: str
    service: str
    box: str
    weight_g: int
    contents: list[ContentOut]
    legs: list[LegOut]
    ready_at: datetime
    leaves_at: datetime
    own_date: date = Field(description="The parcel's own date at the promise's level.")
    promised_date: date
    cost: Amount | None = Field(None, description="Absent where it is shared with other sellers.")
    cost_lines: list[CostLineOut]
    booking: BookingOut | None = Field(None, description="Absent before the parcel is released.")


def bookings_of(session: Session, parcel_ids: Sequence[UUID]) -> dict[UUID, BookingOut]:
    """The booking that counts of each parcel that has one."""
    rows = session.scalars(
        select(BookingRow).where(
            BookingRow.parcel_id.in_(parcel_ids),
            BookingRow.slot == "live",
            BookingRow.direction == "outbound",
        )
    )
    return {row.parcel_id: BookingOut.model_validate(row) for row in rows}
