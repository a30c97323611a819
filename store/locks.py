"""Leader election by a lease row with a fence; works alike on SQLite and PostgreSQL."""

from datetime import timedelta

from sqlalchemy import select, update

from store.session import Sessions, add_if_new, now
from store.tables import LeaseRow


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
