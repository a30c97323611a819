"""Stores a quote as it was told, until it expires."""

from sqlalchemy.orm import Session

from routing.network.canonical import canonical_json
from routing.quote import Quote
from routing.tables import QuoteRow


def keep_quote(session: Session, quote: Quote) -> None:
    """Store a quote as it is told: the last step."""
    session.add(
        QuoteRow(
            id=quote.id,
            network_hash=quote.network,
            at=quote.at,
            expires_at=quote.expires_at,
            content=canonical_json(quote),
        )
    )
    session.flush()
