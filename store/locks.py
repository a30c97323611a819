"""Locks on what has no row: a name until the transaction ends, and the leader's lease with its fence."""

import hashlib
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from store.session import Sessions, add_if_new, now, tenant_of
from store.tables import LeaseRow


def lock_name(session: Session, *words: str) -> None:
    """Let nobody else of this tenant pass here with the same words until the transaction ends.

    For decisions on the absence of a row, which no row lock covers. Take several in sorted order,
    and before any row. On SQLite the one writer holds all locks already.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    text = "\x1f".join((str(tenant_of(session)), *words))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    session.execute(
        select(func.pg_advisory_xact_lock(int.from_bytes(digest[:8], "big", signed=True)))
    )


def take_lease(sessions: Sessions, name: str, holder: str, ttl: timedelta) -> int | None:
    """Take or renew the lease; returns its fence, or None while somebody else holds it.

    The fence grows whenever the holder changes, so that a late writer can be recognized.
    """
    with sessions.system() as session:
        instant = now(session)
        fresh = add_if_new(
            session,
            LeaseRow,
            {"name": name, "holder": holder, "until": instant + ttl, "fence": 1},
            ["name"],
        )
        if fresh:
            return 1
        row = session.scalars(select(LeaseRow).where(LeaseRow.name == name).with_for_update()).one()
        if row.holder != holder:
            if row.until > instant:
                return None
            row.holder = holder
            row.fence += 1
        row.until = instant + ttl
        return row.fence


def drop_lease(sessions: Sessions, name: str, holder: str) -> None:
    """Give the lease up at a graceful stop, so that the next leader need not wait."""
    with sessions.system() as session:
        session.execute(
            update(LeaseRow)
            .where(LeaseRow.name == name, LeaseRow.holder == holder)
            .values(until=now(session))
        )
