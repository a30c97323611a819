"""Stores a quote as it was told, until it expires."""

from sqlalchemy.orm import Session

from routing.flows.keep_quotes import keep_quotes
from routing.quote import Quote


def keep_quote(session: Session, quote: Quote) -> None:
    """Store a quote as it is told: the last step."""
    keep_quotes(session, [quote])
