"""Tenants and API keys: a key is shown once, only its hash is kept."""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Conflict, NotFound
from core.ids import TenantId
from store.audit import audit
from store.session import lock, new_id, now, sessions_of, tenant_of
from store.tables import ApiKeyRow, TenantRow

KEY_BYTES = 32
ALL_SCOPES = "*"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, by which key, and what it may do."""

    key_id: UUID
    tenant: TenantId
    scopes: frozenset[str]
    seller: str | None

    def may(self, scope: str) -> bool:
        return ALL_SCOPES in self.scopes or scope in self.scopes


def create_tenant(session: Session, name: str) -> TenantId:
    """A new marketplace, on a system session; raises Conflict when the name is taken."""
    if session.scalar(select(TenantRow).where(TenantRow.name == name)) is not None:
        raise Conflict(f"a tenant named {name!r} exists", code="tenant_exists")
    tenant = TenantId(new_id(session))
    session.add(TenantRow(id=tenant, name=name, created_at=now(session)))
    session.flush()
    return tenant


def create_key(
    session: Session, name: str, *, scopes: list[str] | None = None, seller: str | None = None
) -> tuple[UUID, str]:
    """(id, secret) of a new key of the session's tenant; the secret is never shown again."""
    tenant_of(session)
    entropy = sessions_of(session).entropy(KEY_BYTES)
    secret = "lw_" + urlsafe_b64encode(entropy).rstrip(b"=").decode()
    key_id = new_id(session)
    session.add(
        ApiKeyRow(
            id=key_id,
            name=name,
            prefix=secret[:9],
            hash=_hash(secret),
            scopes=scopes or [ALL_SCOPES],
            seller=seller,
            created_at=now(session),
        )
    )
    audit(session, "api_key.created", "api_key", key_id, {"scopes": scopes or [ALL_SCOPES]})
    session.flush()
    return key_id, secret


def find_caller(session: Session, secret: str) -> Caller | None:
    """Who holds this key, on a system session; None for an unknown or revoked one."""
    row = session.scalar(select(ApiKeyRow).where(ApiKeyRow.hash == _hash(secret)))
    if row is None or row.revoked_at is not None:
        return None
    return Caller(row.id, TenantId(row.tenant_id), frozenset(row.scopes), row.seller)


def revoke_key(session: Session, key_id: UUID) -> None:
    """Stop a key at once."""
    row = lock(session, ApiKeyRow, key_id)
    if row.revoked_at is None:
        row.revoked_at = now(session)
        audit(session, "api_key.revoked", "api_key", key_id)


def only_tenant(session: Session) -> TenantId:
    """The single tenant of an embedded installation; raises when there is none or several."""
    ids = session.scalars(select(TenantRow.id).limit(2)).all()
    if not ids:
        raise NotFound("no tenant yet: run `lanewise init` first", code="not_initialized")
    if len(ids) > 1:
        raise Conflict("several tenants: name one with --tenant", code="several_tenants")
    return TenantId(ids[0])


def _hash(secret: str) -> bytes:
    """SHA-256 suffices: the secret has 256 random bits, there is nothing to guess."""
    return hashlib.sha256(secret.encode()).digest()
