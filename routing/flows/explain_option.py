"""Explains an option of a stored quote: reads what that needs; changes nothing."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from core.ids import QuoteId
from routing import replanning
from routing.cart import Live
from routing.flows.load_lead_times import load_lead_times
from routing.flows.load_snapshot import load_snapshot
from routing.flows.read_quote import read_quote
from routing.quote import Explanation
from routing.snapshot import PUBLISHED
from routing.tables import free_stock, used_capacity


def explain_option(session: Session, quote_id: QuoteId, option: str) -> Explanation:
    """Why the option is as it is, with what-ifs solved anew; raises NotFound."""
    quote = read_quote(session, quote_id)
    snapshot = load_snapshot(session, quote.network)
    if quote.model != PUBLISHED:
        snapshot = replace(snapshot, lead_times=load_lead_times(session, quote.model))
    live = Live(
        free_stock(session, sorted({line.sku for line in quote.lines})),
        used_capacity(session, quote.at.date() - timedelta(days=1)),
    )
    return replanning.explain_option(snapshot, quote, option, live)
