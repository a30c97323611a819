"""Gives the label of a booked parcel as it was first printed, byte for byte."""

from sqlalchemy.orm import Session

from carriers.ports import LabelFile, LabelFormat
from carriers.tables import BookingRow, label_row
from core.errors import Conflict, Expired, NotFound
from core.ids import BookingId, SubjectId
from store.persons import Erased, open_bytes
from store.session import now


def read_label(
    session: Session, booking_id: BookingId, wanted: LabelFormat | None = None
) -> LabelFile:
    """The label in the wanted format (None: the one it was booked with).

    Raises Conflict while it is not there yet, Expired when it or the person was erased.
    """
    row = session.get(BookingRow, booking_id)
    if row is None:
        raise NotFound("no such booking")
    chosen = wanted or LabelFormat(row.label_format)
    label = label_row(session, booking_id, chosen)
    if label is None:
        raise Conflict(f"there is no {chosen.value} label yet", code="label_not_ready")
    if label.expires_at <= now(session):
        raise Expired("the label is past its retention", code="label_expired")
    content = open_bytes(session, SubjectId(row.person_id), label.sealed)
    if isinstance(content, Erased):
        raise Expired("the person's data were erased", code="erased")
    return LabelFile(chosen, content)
