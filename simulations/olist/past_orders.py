"""Olist-format orders as past orders: a shipment and a parcel per seller, on the derived service.

Published are places, goods, prices, freight, the promised date and one tracking history per order,
which each of its parcels shares. Derived are box, service, planned hand-over and transit times.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from carriers.status import Status
from core.calendars import end_of_day
from core.units import Dimensions
from routing.network.goods import Box
from routing.network.network import Network
from simulations.olist.network import (
    CARRIER,
    PLAIN_SIZE,
    PLAIN_WEIGHT_G,
    ZONE_NAME,
    home_state,
    location_code,
)
from simulations.olist.orders import (
    COUNTRY,
    CURRENCY,
    ZONE,
    OlistData,
    OlistItem,
    OlistOrder,
)
from simulations.olist.regions import STATES, state_of
from tracking.past_order import PastEvent, PastLine, PastOrder, PastParcel

SOURCE = "olist"
CANCELLED = frozenset({"canceled", "unavailable"})  # statuses of the data set


def past_orders(data: OlistData, network: Network) -> Callable[[OlistOrder], PastOrder]:
    """A function that maps an order of `data`; `network` is the one derived from it."""
    handling = {place.code: place.handling_min for place in network.locations}
    transit = {
        (row.service, state_of(int(row.area.first)) or ""): (row.table.levels, row.table.minutes)
        for row in network.transit
    }
    boxes = sorted(network.boxes, key=lambda box: box.inner.volume_mm3)

    def parcel(order: OlistOrder, code: str, events: tuple[PastEvent, ...]) -> PastParcel:
        seller = data.sellers[code]
        own = [(n, item) for n, item in enumerate(order.items, start=1) if item.seller == code]
        items = [item for _, item in own]
        box = smallest_box(boxes, items)
        to = order.state if order.state in STATES else state_of(order.zip_prefix) or "SP"
        service = f"derived-{home_state(seller)}"
        origin = location_code(code)
        return PastParcel(
            seller=code,
            seller_name=f"Seller {code[:6]}",
            origin=origin,
            carrier=CARRIER,
            service=service,
            box=box.code,
            size=box.outer,
            weight_g=box.tare_g + sum(item.weight_g or PLAIN_WEIGHT_G for item in items),
            leaves_at=order.purchased_at + timedelta(minutes=handling[origin]),
            transit=transit[service, to],
            freight_minor=sum(item.freight_minor for item in items),
            lines=_lines(own),
            events=events,
        )

    def past_order(order: OlistOrder) -> PastOrder:
        events = _events(order)
        return PastOrder(
            source=SOURCE,
            reference=order.order_id,
            country=COUNTRY,
            postcode=f"{order.zip_prefix:05d}",
            region=order.state,
            zone=ZONE_NAME,
            currency=CURRENCY,
            placed_at=order.purchased_at,
            promised_date=order.promised_on,
            promise_ends_at=end_of_day(ZONE_NAME, order.promised_on),
            is_cancelled=order.status in CANCELLED,
            parcels=tuple(parcel(order, seller, events) for seller in order.sellers),
        )

    return past_order


def _lines(own: Sequence[tuple[int, OlistItem]]) -> tuple[PastLine, ...]:
    """Pieces of one product at one price are one line, named for the first piece."""
    found: dict[tuple[str, int], list[tuple[int, OlistItem]]] = {}
    for number, item in own:
        found.setdefault((item.product, item.price_minor), []).append((number, item))
    return tuple(
        PastLine(str(pieces[0][0]), product, pieces[0][1].category or "unnamed", len(pieces), price)
        for (product, price), pieces in found.items()
    )


def smallest_box(boxes: Sequence[Box], items: Sequence[OlistItem]) -> Box:
    """The first of `boxes` (by rising volume) that each item fits and that holds all volume.

    How the goods were really packed was not published; what fits none gets the largest.
    """
    sizes = [Dimensions(*(item.size_mm or PLAIN_SIZE)) for item in items]
    needed_mm3 = sum(size.volume_mm3 for size in sizes)
    most_mm = [max(sides) for sides in zip(*(size.sorted_mm() for size in sizes), strict=True)]
    for box in boxes:
        fits = all(a <= b for a, b in zip(most_mm, box.inner.sorted_mm(), strict=True))
        if fits and box.inner.volume_mm3 >= needed_mm3:
            return box
    return boxes[-1]


def _events(order: OlistOrder) -> tuple[PastEvent, ...]:
    """Approval, hand-over and delivery; a cancellation, which has no published time, comes last."""
    published = (
        (Status.PRE_TRANSIT, order.approved_at, "approved", "order approved"),
        (Status.ACCEPTED, order.handed_over_at, "carrier", "handed over to the carrier"),
        (Status.DELIVERED, order.delivered_at, "delivered", "delivered to the customer"),
    )
    events = [_event(state, at, code, text) for state, at, code, text in published if at]
    if order.status in CANCELLED and order.delivered_at is None:
        last = max([order.purchased_at, *(event.occurred_at for event in events)])
        text = f"{order.status}; the time is not published: put after the last known one"
        events.append(_event(Status.CANCELLED, last + timedelta(seconds=1), order.status, text))
    return tuple(events)


def _event(state: Status, at: datetime, code: str, text: str) -> PastEvent:
    local = at.astimezone(ZONE).replace(tzinfo=None).isoformat()
    return PastEvent(state, at, local, code, text)
