"""Plans real carts as they were bought, with only what was known then; beside what was promised.

Pure: each month's network is derived from the orders before it and compiled once; a cart is quoted
at the instant of its purchase on the month's network.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from core.errors import InvalidInput
from core.ids import QuoteId
from core.places import Destination
from routing.cart import Cart, CartLine, Live
from routing.quote import DeliveryOption, Quote
from routing.quoting import plan_quote
from routing.snapshot import compile_snapshot
from simulations.olist.derived import History
from simulations.olist.network import STOCK, derive_network
from simulations.olist.orders import COUNTRY, ZONE, OlistData, OlistOrder


@dataclass(frozen=True, slots=True)
class CartComparison:
    """One real cart: what we would have offered, what was promised, charged, and what came true.

    Days are calendar days after the day of purchase; money in centavos.
    """

    order_id: str
    purchased_at: datetime
    from_states: tuple[str, ...]
    to_state: str
    sellers: int
    pieces: int
    options: int
    our_days: int
    our_parcels: int
    our_charge_minor: int
    probability: str
    exact: bool
    their_days: int
    their_charge_minor: int
    came_days: int | None
    """None: it never arrived, as far as the data say."""

    @property
    def we_kept(self) -> bool | None:
        return None if self.came_days is None else self.came_days <= self.our_days

    @property
    def they_kept(self) -> bool | None:
        return None if self.came_days is None else self.came_days <= self.their_days


def choose_orders(data: OlistData, count: int) -> list[OlistOrder]:
    """All orders of several sellers, filled up to `count` with others spread over time."""
    several = [order for order in data.orders if len(order.sellers) > 1]
    others = [order for order in data.orders if len(order.sellers) == 1]
    missing = max(count - len(several), 0)
    step = max(len(others) // missing, 1) if missing else 1
    return sorted(
        [*several, *others[::step][:missing]],
        key=lambda order: (order.purchased_at, order.order_id),
    )


def compare_carts(
    data: OlistData,
    past: History,
    orders: Sequence[OlistOrder],
) -> Iterator[CartComparison]:
    """Quote each cart as of its purchase; the cheapest option that meets the level is compared."""
    months: dict[date, list[OlistOrder]] = {}
    for order in orders:
        local = order.purchased_at.astimezone(ZONE).date()
        months.setdefault(local.replace(day=1), []).append(order)
    for month in sorted(months):
        begun = datetime(month.year, month.month, 1, tzinfo=UTC)
        bought = months[month]
        network = derive_network(data, past, as_of=begun, orders=bought)
        snapshot = compile_snapshot(network, f"olist-{month:%Y-%m}")
        stock = {offer.key: STOCK for offer in network.offers}
        for order in bought:
            quote = plan_quote(snapshot, cart_of(order), Live(stock), _quote_id(order))
            if not quote.options:
                codes = ", ".join(reason.code for reason in quote.reasons)
                raise InvalidInput(f"cart {order.order_id} cannot be served: {codes}")
            yield _compare(data, order, quote, _cheapest(quote))


def cart_of(order: OlistOrder) -> Cart:
    """The cart as it was bought: each piece from the seller that sold it."""
    counts: dict[tuple[str, str], int] = {}
    for item in order.items:
        key = (item.product, item.seller)
        counts[key] = counts.get(key, 0) + 1
    lines = tuple(
        CartLine(f"l{number}", product, qty, seller)
        for number, ((product, seller), qty) in enumerate(counts.items(), start=1)
    )
    return Cart(
        Destination(COUNTRY, f"{order.zip_prefix:05d}", order.state), lines, order.purchased_at
    )


def _quote_id(order: OlistOrder) -> QuoteId:
    return QuoteId(UUID(order.order_id)) if len(order.order_id) == 32 else QuoteId(UUID(int=0))


def _cheapest(quote: Quote) -> DeliveryOption:
    return quote.option("cheapest") or quote.options[0]


def _compare(
    data: OlistData, order: OlistOrder, quote: Quote, option: DeliveryOption
) -> CartComparison:
    day = order.purchased_at.astimezone(ZONE).date()
    came = order.delivered_on
    return CartComparison(
        order_id=order.order_id,
        purchased_at=order.purchased_at,
        from_states=tuple(sorted({data.sellers[name].state for name in order.sellers})),
        to_state=order.state,
        sellers=len(order.sellers),
        pieces=len(order.items),
        options=len(quote.options),
        our_days=(option.promise.date - day).days,
        our_parcels=len(option.parcels),
        our_charge_minor=option.charge.total.minor,
        probability=option.promise.probability,
        exact=quote.exact,
        their_days=(order.promised_on - day).days,
        their_charge_minor=order.freight_minor,
        came_days=None if came is None else (came - day).days,
    )
