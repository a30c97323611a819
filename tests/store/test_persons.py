"""Personal data: sealed under a key of its own, gone when the key is destroyed."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from core.errors import LanewiseError, Misconfigured, WrongMasterKey
from core.ids import TenantId
from core.places import Address
from store.persons import (
    Erased,
    Person,
    check_master_key,
    erase_person,
    keep_person,
    open_bytes,
    read_person,
    seal_bytes,
)
from store.session import Sessions
from store.tables import PersonRow
from store.tenant_seal import open_for_tenant, seal_for_tenant

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


def _elsewhere(sessions: Sessions) -> Sessions:
    """The same database, opened by an installation with another master key."""
    return Sessions(sessions.engine, sessions.clock, sessions.entropy, bytes(32))


def test_a_wrong_master_key_is_told_as_such_and_loses_nothing(
    sessions: Sessions, tenant: TenantId
) -> None:
    with sessions(tenant) as session:
        assert not check_master_key(session)
        subject = keep_person(session, ANA)
        label = seal_bytes(session, subject, b"label")
        secret = seal_for_tenant(session, b"secret", purpose="test")
        assert check_master_key(session)
    with _elsewhere(sessions)(tenant) as session:
        for attempt in (
            lambda: read_person(session, subject),
            lambda: seal_bytes(session, subject, b"more"),
            lambda: open_bytes(session, subject, label),
            lambda: open_for_tenant(session, secret, purpose="test"),
            lambda: check_master_key(session),
        ):
            with pytest.raises(WrongMasterKey) as caught:
                attempt()
            assert isinstance(caught.value, Misconfigured)
            assert "LANEWISE_SECRET_KEY" in caught.value.message
    with sessions(tenant) as session:
        assert read_person(session, subject) == Person(ANA, "en")


def test_a_key_changed_half_way_is_found(sessions: Sessions, tenant: TenantId) -> None:
    with sessions(tenant) as session:
        keep_person(session, ANA)
    with _elsewhere(sessions)(tenant) as session:
        keep_person(session, ANA)
    for one in (sessions, _elsewhere(sessions)):
        with one.system(read_only=True) as session, pytest.raises(WrongMasterKey):
            check_master_key(session)


def test_damaged_data_are_not_mistaken_for_a_wrong_key(
    sessions: Sessions, tenant: TenantId
) -> None:
    with sessions(tenant) as session:
        subject = keep_person(session, ANA)
        row = session.get_one(PersonRow, subject)
        assert row.sealed is not None
        row.sealed = row.sealed[:-1] + bytes([row.sealed[-1] ^ 1])
    with sessions(tenant) as session, pytest.raises(LanewiseError) as caught:
        read_person(session, subject)
    assert "damaged" in caught.value.message
    assert not isinstance(caught.value, WrongMasterKey)
