"""Throws away carriers' rates that may not be used any more, not even as stale ones."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from carriers.rate_shelf import StalePolicy
from carriers.tables import RateRow
from store.session import now


def forget_rates(session: Session, policy: StalePolicy = StalePolicy()) -> None:
    """Delete the rates that were fetched longer ago than they are usable."""
    session.execute(delete(RateRow).where(RateRow.fetched_at < now(session) - policy.usable_for))
