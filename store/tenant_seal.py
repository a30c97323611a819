"""Encrypts what belongs to a marketplace and to no single person, and derives its signing keys."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.orm import Session

from core.errors import WrongMasterKey
from store.session import sessions_of, tenant_of

KEY_BYTES = 32
NONCE_BYTES = 12  # AES-GCM, NIST SP 800-38D


def tenant_key(session: Session, purpose: str) -> bytes:
    """32 bytes for one purpose of this tenant, by HKDF (RFC 5869) from the installation's key."""
    info = b"lanewise:" + purpose.encode() + b":" + tenant_of(session).bytes
    return HKDF(SHA256(), KEY_BYTES, None, info).derive(sessions_of(session).master_key)


def seal_for_tenant(session: Session, raw: bytes, *, purpose: str) -> bytes:
    """Encrypt under the tenant's key of that purpose."""
    nonce = sessions_of(session).entropy(NONCE_BYTES)
    return nonce + AESGCM(tenant_key(session, purpose)).encrypt(nonce, raw, purpose.encode())


def open_for_tenant(session: Session, sealed: bytes, *, purpose: str) -> bytes:
    """Decrypt what `seal_for_tenant` gave; raises WrongMasterKey."""
    key = AESGCM(tenant_key(session, purpose))
    try:
        return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose.encode())
    except InvalidTag as error:
        raise WrongMasterKey from error
