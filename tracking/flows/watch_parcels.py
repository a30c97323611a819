"""Looks at every parcel on its way as time passes: delays, silence and loss come without a scan."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.session import now
from tracking.flows.refresh_parcel import refresh_parcel
from tracking.tables import TrackedParcelRow

BATCH = 500


def watch_parcels(
    session: Session, *, unseen_since: datetime | None = None, limit: int = BATCH
) -> int:
    """Refresh up to `limit` parcels not yet over and not looked at since then (default: now).

    Returns how many; the ones looked at longest ago come first.

    Each is brought up to the present instant, so running it more often only finds things sooner.
    """
    instant = unseen_since or now(session)
    ids = session.scalars(
        select(TrackedParcelRow.id)
        .where(TrackedParcelRow.is_over.is_(False), TrackedParcelRow.refreshed_at < instant)
        .order_by(TrackedParcelRow.refreshed_at, TrackedParcelRow.id)
        .limit(limit)
    ).all()
    for parcel in sorted(ids):
        refresh_parcel(session, parcel)
    return len(ids)
