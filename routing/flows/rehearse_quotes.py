"""Plans a small cart to each country on a snapshot and keeps nothing: what is slow once is done then.

Code is imported, calendars, timetables and prices are worked out, before a shopper asks.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from core.errors import LanewiseError
from core.places import Destination
from routing.cart import Cart, CartLine
from routing.degraded import plan_degraded_quote
from routing.flows.gather import gather
from routing.quoting import plan_quote
from routing.snapshot import Snapshot
from store.session import now

MOST_COUNTRIES = 12
ARTICLES = 2


def rehearse_quotes(session: Session, snapshot: Snapshot) -> int:
    """How many carts could be planned."""
    planned = 0
    for cart in _carts(snapshot, now(session)):
        try:
            found = gather(session, cart, load=lambda _: snapshot)
            rest = (found.snapshot, found.cart, found.live, found.quote_id)
            plan_quote(*rest)
            plan_degraded_quote(*rest)
        except LanewiseError:  # a network may be unable to serve such a cart
            continue
        planned += 1
    return planned


def _carts(snapshot: Snapshot, at: datetime) -> Iterator[Cart]:
    """One cart of the first articles to a place of each country, the first listed ones."""
    skus = list(dict.fromkeys(offer.sku for offer in snapshot.network.offers if offer.stock))
    lines = tuple(CartLine(sku, sku, 1) for sku in skus[:ARTICLES])
    areas = {row.area.country: row.area for row in snapshot.network.postcodes}
    if lines:
        for country in list(areas)[:MOST_COUNTRIES]:
            yield Cart(Destination(country, areas[country].first), lines, at)
