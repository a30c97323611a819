"""Personal data in one place, encrypted per person: destroying the key erases the person."""

import json
from dataclasses import asdict, dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import LanewiseError, NotFound, WrongMasterKey
from core.ids import SubjectId
from core.places import Address
from store.session import lock, new_id, now, sessions_of
from store.tables import PersonRow

KEY_BYTES = 32  # AES-256
NONCE_BYTES = 12  # AES-GCM, NIST SP 800-38D


@dataclass(frozen=True, slots=True)
class Person:
    """A consignee: where to deliver and in which language to speak."""

    address: Address
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Erased:
    """There was a person; their key was destroyed."""


def keep_person(session: Session, address: Address, *, language: str = "en") -> SubjectId:
    """Store a person's data under a new random subject id."""
    subject = SubjectId(new_id(session))
    key = sessions_of(session).entropy(KEY_BYTES)
    text = json.dumps({"address": asdict(address), "language": language}).encode()
    session.add(
        PersonRow(
            id=subject,
            wrapped_key=_seal(session, sessions_of(session).master_key, key, subject),
            sealed=_seal(session, key, text, subject),
            created_at=now(session),
        )
    )
    session.flush()
    return subject


def read_person(session: Session, subject: SubjectId) -> Person | Erased:
    """The person's data, or Erased; raises NotFound for an id never given, WrongMasterKey."""
    row = session.get(PersonRow, subject)
    if row is None:
        raise NotFound("no such person")
    if row.wrapped_key is None or row.sealed is None:
        return Erased()
    value = json.loads(_open(_person_key(session, row), row.sealed, subject))
    return Person(Address(**value["address"]), value["language"])


def erase_person(session: Session, subject: SubjectId) -> None:
    """Destroy the key and the data; what carries the subject id stays as statistics."""
    row = lock(session, PersonRow, subject)
    row.wrapped_key = None
    row.sealed = None
    row.erased_at = now(session)


def seal_bytes(session: Session, subject: SubjectId, raw: bytes) -> bytes:
    """Encrypt under the person's key (labels, raw webhook bodies); raises NotFound if erased."""
    return _seal(session, _person_key(session, session.get(PersonRow, subject)), raw, subject)


def open_bytes(session: Session, subject: SubjectId, sealed: bytes) -> bytes | Erased:
    """Decrypt what `seal_bytes` gave, or Erased when the key is gone."""
    row = session.get(PersonRow, subject)
    if row is None or row.wrapped_key is None:
        return Erased()
    return _open(_person_key(session, row), sealed, subject)


def check_master_key(session: Session) -> bool:
    """Whether there was anybody to try it on; raises WrongMasterKey when their key stays shut.

    The oldest and the newest person, over all tenants: a key changed half-way fits only one.
    """
    there = select(PersonRow).where(PersonRow.wrapped_key.is_not(None)).limit(1)
    tried = [session.scalar(there.order_by(by)) for by in (PersonRow.id, PersonRow.id.desc())]
    for row in tried:
        if row is not None:
            _person_key(session, row)
    return any(row is not None for row in tried)


def _person_key(session: Session, row: PersonRow | None) -> bytes:
    if row is None or row.wrapped_key is None:
        raise NotFound("the person is erased or unknown")
    try:
        return _unsealed(sessions_of(session).master_key, row.wrapped_key, row.id)
    except InvalidTag as error:
        raise WrongMasterKey from error


def _seal(session: Session, key: bytes, raw: bytes, subject: UUID) -> bytes:
    nonce = sessions_of(session).entropy(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, raw, subject.bytes)


def _open(key: bytes, sealed: bytes, subject: UUID) -> bytes:
    """Opens what the person's own key sealed; raises LanewiseError when it was damaged."""
    try:
        return _unsealed(key, sealed, subject)
    except InvalidTag as error:
        raise LanewiseError("sealed data were damaged or belong to another person") from error


def _unsealed(key: bytes, sealed: bytes, subject: UUID) -> bytes:
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], subject.bytes)
