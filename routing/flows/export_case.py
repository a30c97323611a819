"""Writes a stored quote as a planning case, to be solved again or sent in a bug report."""

from typing import Any

from sqlalchemy.orm import Session

from core.ids import QuoteId
from routing.flows.load_snapshot import load_snapshot
from routing.flows.read_quote import read_quote
from routing.replanning import case_of_quote


def export_case(session: Session, quote_id: QuoteId) -> dict[str, Any]:
    """The case (`plan-checkout/1`), on the network and the stock that the quote was made on.

    Raises NotFound, or Conflict for a cart too large to be written down.
    """
    quote = read_quote(session, quote_id)
    return case_of_quote(load_snapshot(session, quote.network), quote)
