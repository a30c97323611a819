"""Reads a quote back as it was told."""

from sqlalchemy.orm import Session

from core.errors import NotFound
from core.ids import QuoteId
from routing.quote import Quote
from routing.quote_text import quote_of
from routing.tables import QuoteRow


def read_quote(session: Session, quote_id: QuoteId) -> Quote:
    """The quote; raises NotFound."""
    row = session.get(QuoteRow, quote_id)
    if row is None:
        raise NotFound("no such quote", code="unknown_quote")
    return quote_of(row.content)
