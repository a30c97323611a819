"""Stores quotes as they were told, until they expire: several in one statement."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from routing.quote import Quote
from routing.quote_text import quote_text
from routing.tables import QuoteRow
from store.session import add_rows


def keep_quotes(session: Session, quotes: Sequence[Quote]) -> None:
    """Store quotes of the session's tenant."""
    rows = [
        {
            "id": quote.id,
            "network_hash": quote.network,
            "at": quote.at,
            "expires_at": quote.expires_at,
            "content": quote_text(quote),
        }
        for quote in quotes
    ]
    add_rows(session, QuoteRow, rows)
