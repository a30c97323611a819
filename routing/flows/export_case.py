"""Writes a stored quote as a planning case, to be solved again or sent in a bug report."""

from typing import Any

from sqlalchemy.orm import Session

from core.ids import QuoteId
from routing.flows.load_quoted_snapshot import load_quoted_snapshot
from routing.flows.read_quote import read_quote
from routing.replanning import case_of_quote


def export_case(session: Session, quote_id: QuoteId) -> dict[str, Any]:
    """The case (`plan-checkout/1`), on the network and the stock that the quote was made on.

    Raises NotFound, or Conflict for a cart too large to be written down and for a model no longer kept.
    """
    quote = read_quote(session, quote_id)
    snapshot = load_quoted_snapshot(session, quote)
    return case_of_quote(snapshot, quote)
