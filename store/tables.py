"""Rows of the house itself: tenants, keys, persons, jobs, outbox, leases, audit, idempotency."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.base import Base, OfTenant


class TenantRow(Base):
    """A marketplace. One of the few tables without a tenant: see also leases, number series."""

    __tablename__ = "tenants"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime]


class ApiKeyRow(OfTenant, Base):
    """A key of a caller: only its hash is kept. `seller` narrows it to one seller's things."""

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    prefix: Mapped[str] = mapped_column(String(16))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    scopes: Mapped[list[Any]]
    seller: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class PersonRow(OfTenant, Base):
    """A person's data, encrypted under a key of their own; without the key nobody reads it."""

    __tablename__ = "persons"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class OutboxRow(OfTenant, Base):
    """An event signaled in the transaction of the change it tells of."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_undelivered", "delivered_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]


class JobRow(OfTenant, Base):
    """Work to be done once per (kind, key): queued, running under a lease, done, or dead."""

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("tenant_id", "kind", "key"),
        Index("ix_jobs_due", "state", "run_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(100))
    key: Mapped[str] = mapped_column(String(200))
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10))
    run_at: Mapped[datetime]
    attempts: Mapped[int]
    fence: Mapped[int] = mapped_column(default=0)
    """Grows with every claim, so that a worker which lost its lease can be recognized."""
    max_attempts: Mapped[int]
    lease_holder: Mapped[str | None] = mapped_column(String(100))
    lease_until: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class LeaseRow(Base):
    """Who leads, until when; the fence grows with every change of holder."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    holder: Mapped[str] = mapped_column(String(100))
    until: Mapped[datetime]
    fence: Mapped[int]


class AuditRow(OfTenant, Base):
    """Who did what to which thing; append-only, with ids and never names."""

    __tablename__ = "audit"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(100))
    subject_kind: Mapped[str] = mapped_column(String(50))
    subject_id: Mapped[str] = mapped_column(String(100))
    details: Mapped[dict[str, Any]]


class IdempotencyRow(OfTenant, Base):
    """The answer once given to a key, so that a retry gets the same one."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("tenant_id", "api_key_id", "key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    api_key_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(String(255))
    request_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any]]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    lease_until: Mapped[datetime]
