"""Deletes quotes that expired some days ago and were not bought."""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from routing.tables import OrderRow, QuoteRow
from store.session import now

KEPT_FOR = timedelta(days=2)
"""Beyond expiry: so long a late commit still gets a fresh quote, and support can replay it."""
BATCH = 2_000


def purge_quotes(session: Session, *, limit: int = BATCH) -> int:
    """Delete at most `limit` of them, oldest first; how many."""
    bought = select(OrderRow.quote_id)
    old = session.scalars(
        select(QuoteRow.id)
        .where(QuoteRow.expires_at < now(session) - KEPT_FOR, QuoteRow.id.not_in(bought))
        .order_by(QuoteRow.expires_at)
        .limit(limit)
    ).all()
    session.execute(delete(QuoteRow).where(QuoteRow.id.in_(old)))
    return len(old)
