"""Quotes a cart: plans it on the active network and live stock, and keeps what was told."""

from sqlalchemy.orm import Session

from routing.cart import Cart
from routing.flows.gather import gather as gather
from routing.flows.keep_quote import keep_quote as keep_quote
from routing.quote import Quote
from routing.quoting import plan_quote


def quote_cart(session: Session, cart: Cart) -> Quote:
    """The quote of a cart, stored until it expires."""
    found = gather(session, cart)
    quote = plan_quote(
        found.snapshot, found.cart, found.live, found.quote_id, asked_at=found.asked_at
    )
    keep_quote(session, quote)
    return quote
