"""Keeps whom to tell at a seller: an address of a person, in their language and zone."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.places import Address, zone
from store.persons import erase_person, keep_person
from store.session import new_id
from tracking.tables import SellerContactRow


def set_seller_contact(
    session: Session, seller: str, address: Address, *, language: str, zone_name: str
) -> None:
    """Set or replace the contact; the data of the one before are erased."""
    zone(zone_name)
    person = keep_person(session, address, language=language)
    row = session.scalar(select(SellerContactRow).where(SellerContactRow.seller == seller))
    if row is None:
        row = SellerContactRow(id=new_id(session), seller=seller)
        session.add(row)
    else:
        from core.ids import SubjectId

        erase_person(session, SubjectId(row.person_id))
    row.person_id, row.language, row.zone = person, language, zone_name
    session.flush()
