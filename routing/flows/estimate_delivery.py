"""Estimates the earliest date for a product page; stores nothing."""

from sqlalchemy.orm import Session

from routing import estimating
from routing.cart import Cart
from routing.estimating import Estimate, NoEstimate
from routing.flows.quote_cart import gather


def estimate_delivery(session: Session, cart: Cart) -> Estimate | NoEstimate:
    """What checkout will keep, whatever the address in the destination's country or region."""
    found = gather(session, cart)
    return estimating.estimate_delivery(found.snapshot, found.cart, found.live)
