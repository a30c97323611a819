"""Reads what planning a cart needs: the snapshot, free stock, used capacity."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core.ids import QuoteId
from routing.cart import Cart, Live
from routing.flows.load_lead_times import load_lead_times
from routing.flows.load_snapshot import load_snapshot
from routing.snapshot import Snapshot
from routing.tables import free_stock, used_capacity
from store.session import new_id, now


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that planning needs; the planning itself touches nothing outside."""

    snapshot: Snapshot
    cart: Cart
    live: Live
    quote_id: QuoteId
    asked_at: datetime


def gather(
    session: Session, cart: Cart, *, load: Callable[[Session], Snapshot] = load_snapshot
) -> Gathered:
    """Read what planning this cart needs: the first of the three steps of `quote_cart`.

    `load` gives the snapshot to plan on.
    """
    snapshot = replace(load(session), lead_times=load_lead_times(session))
    live = Live(
        free_stock(session, sorted({line.sku for line in cart.lines})),
        used_capacity(session, cart.at.date() - timedelta(days=1)),
    )
    return Gathered(snapshot, cart, live, QuoteId(new_id(session)), now(session))
