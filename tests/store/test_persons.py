"""Personal data: sealed under a key of its own, gone when the key is destroyed."""

from dataclasses import replace

from sqlalchemy import select

from core.ids import TenantId
from core.places import Address
from store.persons import (
    Erased,
    Person,
    erase_person,
    keep_person,
    open_bytes,
    read_person,
    seal_bytes,
)
from store.session import Sessions
from store.tables import PersonRow

ANA = Address("Ana Pop", "Strada Lungă 5", "Brașov", "500035", "RO", email="ana@example.org")


def test_a_person_is_readable_until_erased_and_never_in_the_clear(
    sessions: Sessions, tenant: TenantId
) -> None:
    with sessions(tenant) as session:
        subject = keep_person(session, ANA, language="ro")
        twin = keep_person(session, ANA)
        label = seal_bytes(session, subject, b"label")
    assert subject != twin
    with sessions(tenant) as session:
        assert read_person(session, subject) == Person(ANA, "ro")
        assert open_bytes(session, subject, label) == b"label"
        row = session.scalars(select(PersonRow).where(PersonRow.id == subject)).one()
        assert row.sealed is not None
        assert b"Ana" not in row.sealed
        erase_person(session, subject)
    with sessions(tenant) as session:
        assert read_person(session, subject) == Erased()
        assert open_bytes(session, subject, label) == Erased()
        assert read_person(session, twin) == Person(replace(ANA), "en")
