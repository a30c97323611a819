"""Explains an option of a stored quote: reads what that needs; changes nothing."""

from datetime import timedelta

from sqlalchemy.orm import Session

from core.ids import QuoteId
from routing import replanning
from routing.cart import Live
from routing.flows.load_quoted_snapshot import load_quoted_snapshot
from routing.flows.read_quote import read_quote
from routing.quote import Explanation
from routing.tables import free_stock, used_capacity


def explain_option(session: Session, quote_id: QuoteId, option: str) -> Explanation:
    """Why the option is as it is, with what-ifs solved anew.

    Raises NotFound, or Conflict when the model that the quote names is no longer kept.
    """
    quote = read_quote(session, quote_id)
    snapshot = load_quoted_snapshot(session, quote)
    live = Live(
        free_stock(session, sorted({line.sku for line in quote.lines})),
        used_capacity(session, quote.at.date() - timedelta(days=1)),
    )
    return replanning.explain_option(snapshot, quote, option, live)
