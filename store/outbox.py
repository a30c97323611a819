"""Events leave through the outbox: written with the change, delivered at least once as jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, ClassVar, Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.jobs import enqueue
from store.session import Sessions, new_id, now
from store.tables import OutboxRow


class Event(Protocol):
    """A frozen dataclass of a room's `events.py`: a name, and fields that JSON can hold."""

    name: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


def signal(session: Session, event: Event) -> None:
    """Tell of a change in the same transaction."""
    payload = {field.name: _plain(getattr(event, field.name)) for field in fields(event)}
    session.add(
        OutboxRow(id=new_id(session), name=event.name, payload=payload, created_at=now(session))
    )


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value


def relay(sessions: Sessions, reactions: Mapping[str, Sequence[str]], *, limit: int = 200) -> int:
    """Turn undelivered events into one job per reaction; returns how many events left.

    `reactions` maps an event's name to job kinds. The job's key is the event's id, so an event
    relayed twice enqueues nothing new; its payload is the event's, with `event_id` added.
    """
    with sessions.system(read_only=True) as session:
        waiting = session.execute(
            select(OutboxRow.id, OutboxRow.tenant_id)
            .where(OutboxRow.delivered_at.is_(None))
            .order_by(OutboxRow.id)
            .limit(limit)
        ).all()
    by_tenant: dict[Any, list[UUID]] = {}
    for event_id, tenant in waiting:
        by_tenant.setdefault(tenant, []).append(event_id)
    for tenant, ids in by_tenant.items():
        with sessions(tenant) as session:
            rows = session.scalars(
                select(OutboxRow)
                .where(OutboxRow.id.in_(ids), OutboxRow.delivered_at.is_(None))
                .order_by(OutboxRow.id)
                .with_for_update(skip_locked=True)
            ).all()
            for row in rows:
                for kind in reactions.get(row.name, ()):
                    payload = {**row.payload, "event_id": str(row.id)}
                    enqueue(session, kind, payload, key=str(row.id))
                row.delivered_at = now(session)
    return len(waiting)
