"""Opens the manifest of a carrier account, place and mailing date, and puts on it what is ready."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.booking import BookingState, Direction
from carriers.journal import CallState
from carriers.tables import BookingRow, CallRow, ManifestRow
from core.errors import NotFound
from core.ids import ManifestId
from store.session import lock, new_id, now


def open_manifest(
    session: Session, *, carrier: str, account: str, location: str, mailing_date: date
) -> ManifestId:
    """The open manifest, with every booked, unvoided, unmanifested outbound parcel of that day.

    Called again it takes up what was booked since. What stays off it, and why, is listed on it.
    Raises NotFound when no parcel of that account, place and day was ever requested.
    """
    here = (
        BookingRow.carrier == carrier,
        BookingRow.account == account,
        BookingRow.location == location,
        BookingRow.mailing_date == mailing_date,
        BookingRow.direction == Direction.OUTBOUND.value,
    )
    first = session.scalar(select(BookingRow).where(*here).limit(1))
    if first is None:
        raise NotFound("nothing was booked there for that day", code="nothing_booked")
    manifest = session.scalar(
        select(ManifestRow)
        .where(
            ManifestRow.carrier == carrier,
            ManifestRow.account == account,
            ManifestRow.location == location,
            ManifestRow.mailing_date == mailing_date,
            ManifestRow.state == "open",
        )
        .with_for_update()
    )
    if manifest is None:
        manifest = ManifestRow(
            id=new_id(session),
            number="",
            carrier=carrier,
            account=account,
            location=location,
            place=first.place,
            mailing_date=mailing_date,
            state="open",
            left_out=[],
            created_at=now(session),
        )
        manifest.number = f"M{mailing_date:%y%m%d}{manifest.id.hex[-10:].upper()}"
        session.add(manifest)
        session.flush()
    rows = session.scalars(
        select(BookingRow)
        .where(
            *here,
            BookingRow.state == BookingState.BOOKED.value,
            BookingRow.manifest_id.is_(None),
        )
        .order_by(BookingRow.id)
        .with_for_update()
    ).all()
    for row in rows:
        row.manifest_id = manifest.id
    manifest = lock(session, ManifestRow, manifest.id)
    manifest.left_out = [
        [row.reference, _why(session, row)]
        for row in session.scalars(
            select(BookingRow)
            .where(*here, BookingRow.manifest_id.is_(None))
            .order_by(BookingRow.id)
        )
    ]
    session.flush()
    return ManifestId(manifest.id)


def _why(session: Session, row: BookingRow) -> str:
    """One short reason for not being on the list."""
    match BookingState(row.state):
        case BookingState.REQUESTED:
            waiting = session.scalar(
                select(CallRow.state).where(CallRow.kind == "book", CallRow.subject_id == row.id)
            )
            sent = waiting not in (CallState.INTENT.value, None)
            return "the carrier has not answered yet" if sent else "not yet sent to the carrier"
        case BookingState.REFUSED:
            return f"refused: {row.reason}"
        case BookingState.PARKED:
            return f"to be cleared up: {row.reason}"
        case BookingState.VOIDED | BookingState.VOIDING:
            return f"cancelled, {row.reason}" if row.reason else "cancelled"
        case BookingState.BOOKED:
            return "booked meanwhile"
