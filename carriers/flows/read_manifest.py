"""Gives a manifest as it is printed."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.manifest_paper import LeftOut, ManifestLine, ManifestPaper
from carriers.tables import CallRow, ManifestRow, address_of, manifest_bookings
from core.errors import NotFound
from core.ids import ManifestId, SubjectId
from store.persons import Erased, read_person


def read_manifest(session: Session, manifest_id: ManifestId) -> ManifestPaper:
    """The paper of a manifest in any state; raises NotFound."""
    row = session.get(ManifestRow, manifest_id)
    if row is None:
        raise NotFound("no such manifest")
    submitted = session.scalar(
        select(CallRow.created_at)
        .where(CallRow.kind == "manifest", CallRow.subject_id == row.id)
        .limit(1)
    )
    lines = []
    for booking in manifest_bookings(session, row.id):
        person = read_person(session, SubjectId(booking.person_id))
        country = "" if isinstance(person, Erased) else person.address.country
        lines.append(
            ManifestLine(
                tracking_number=booking.tracking_number or "",
                service=booking.service,
                reference=booking.reference,
                weight_g=booking.weight_g,
                country=country,
                carrier=booking.carrier,
            )
        )
    place = address_of(row.place)
    return ManifestPaper(
        number=row.number,
        title=f"{row.carrier} manifest",
        account=row.account,
        ship_from=place,
        mailing_date=row.mailing_date,
        printed_at=submitted or row.created_at,
        lines=tuple(lines),
        left_out=tuple(LeftOut(reference, reason) for reference, reason in row.left_out),
        carrier_reference=row.carrier_reference or "",
    )
