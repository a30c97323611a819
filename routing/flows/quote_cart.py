"""Quotes a cart: plans it on the active network and live stock, and keeps what was told."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from core.ids import QuoteId
from routing.cart import Cart, Live
from routing.flows.load_snapshot import load_snapshot
from routing.network.canonical import canonical_json
from routing.quote import Quote
from routing.quoting import plan_quote
from routing.snapshot import Snapshot
from routing.tables import QuoteRow, free_stock, used_capacity
from store.session import new_id


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that planning needs; the planning itself touches nothing outside."""

    snapshot: Snapshot
    cart: Cart
    live: Live
    quote_id: QuoteId


def quote_cart(session: Session, cart: Cart) -> Quote:
    """The quote of a cart, stored until it expires."""
    found = gather(session, cart)
    quote = plan_quote(found.snapshot, found.cart, found.live, found.quote_id)
    keep_quote(session, quote)
    return quote


def gather(session: Session, cart: Cart) -> Gathered:
    """Read what planning this cart needs: the first of the three steps of `quote_cart`."""
    snapshot = load_snapshot(session)
    live = Live(
        free_stock(session, sorted({line.sku for line in cart.lines})),
        used_capacity(session, cart.at.date() - timedelta(days=1)),
    )
    return Gathered(snapshot, cart, live, QuoteId(new_id(session)))


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
