"""Olist-format orders as the arrays that learning and scoring work on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import holidays
import numpy as np
from numpy.typing import NDArray

from core.errors import invalid
from core.places import EARTH_RADIUS_M
from routing.distributions.waits import DayCalendar
from simulations.olist.orders import COUNTRY, ZONE, OlistData, OlistItem, OlistOrder
from tracking.learning.history import F64, I64, NEVER, OrderHistory, repair_days

DAYS_AFTER = 400  # the calendar reaches this far beyond the last purchase
TRAITS = (
    "items sellers price_minor freight_minor weight_g volume_mm3 distance_km "
    "lat lon seller_lat seller_lon postcode same_state quoted_days"
).split()


@dataclass(frozen=True, slots=True, eq=False)
class BenchOrders:
    """Everything the evaluation needs; `quoted` is the marketplace's promise in days."""

    first_day: date
    order_id: tuple[str, ...]
    history: OrderHistory
    calendar: DayCalendar
    quoted: I64
    state: NDArray[np.str_]
    month: NDArray[np.str_]
    half_month: NDArray[np.str_]
    delivered: NDArray[np.bool_]  # scored when purchased in the window

    def day(self, day: date) -> int:
        return (day - self.first_day).days

    def calendar_day(self, number: int) -> date:
        return self.first_day + timedelta(days=number)

    @property
    def lead(self) -> I64:
        """Days from purchase to delivery, NEVER-like where not delivered."""
        return self.history.delivered - self.history.purchased


def bench_orders(data: OlistData) -> BenchOrders:
    """Arrays in order of purchase (ties by id), local days counted from the first purchase."""
    if not data.orders:
        raise invalid("orders", "no order with an item was found")
    orders = sorted(data.orders, key=lambda order: (order.purchased_at, order.order_id))
    bought = [order.purchased_at.astimezone(ZONE) for order in orders]
    first = bought[0].date()
    purchased = np.array([(when.date() - first).days for when in bought], np.int64)
    handed = _days([order.handed_over_at for order in orders], first)
    delivered = _days([order.delivered_at for order in orders], first)
    handed, delivered, repaired = repair_days(purchased, handed, delivered)
    mains = [_main_item(order) for order in orders]
    seller_state = [data.sellers[item.seller].state for item in mains]
    seller_zip = np.array([data.sellers[item.seller].zip_prefix for item in mains])
    zips = np.array([order.zip_prefix for order in orders])
    states = np.array([order.state for order in orders])
    quoted = np.array(
        [(o.promised_on - w.date()).days for o, w in zip(orders, bought, strict=True)], np.int64
    )
    groups = {
        "seller": _codes([item.seller for item in mains]),
        "origin": _codes(seller_state),
        "destination": _codes(states),
        "district": _codes(zips // 100),
        "lane": _codes([f"{a}-{b}" for a, b in zip(seller_state, states, strict=True)]),
        "area": _codes(seller_zip // 1000),
        "category": _codes([item.category or "" for item in mains]),
    }
    midnight = datetime.combine(first, datetime.min.time())
    seconds = [int((when.replace(tzinfo=None) - midnight).total_seconds()) for when in bought]
    traits = _traits(data, orders, mains, quoted, states == np.array(seller_state))
    return BenchOrders(
        first_day=first,
        order_id=tuple(order.order_id for order in orders),
        history=OrderHistory(
            purchased=purchased,
            purchased_s=np.maximum.accumulate(np.array(seconds, np.int64)),
            handed=handed,
            delivered=delivered,
            groups=groups,
            traits=traits,
            trait_names=tuple(TRAITS),
            repaired=repaired,
        ),
        calendar=work_calendar(first, int(purchased.max()) + DAYS_AFTER),
        quoted=quoted,
        state=states,
        month=np.array([f"{when:%Y-%m}" for when in bought]),
        half_month=np.array([f"{when:%Y-%m}-{'a' if when.day <= 15 else 'b'}" for when in bought]),
        delivered=(delivered < NEVER) & np.array([o.status == "delivered" for o in orders]),
    )


def work_calendar(first: date, days: int) -> DayCalendar:
    """Monday to Friday without the national and customary holidays (carnival, Corpus Christi)."""
    all_days = [first + timedelta(days=number) for number in range(days)]
    free = holidays.country_holidays(
        COUNTRY, years=range(first.year, all_days[-1].year + 1), categories=("public", "optional")
    )
    weekday = np.array([day.weekday() for day in all_days], np.int64)
    return DayCalendar((weekday < 5) & ~np.array([day in free for day in all_days]), weekday)


def _days(instants: Sequence[datetime | None], first: date) -> I64:
    return np.array(
        [NEVER if t is None else (t.astimezone(ZONE).date() - first).days for t in instants],
        np.int64,
    )


def _codes(values: Sequence[object] | NDArray[np.generic]) -> I64:
    return np.unique(np.asarray(values), return_inverse=True)[1].astype(np.int64)


def _main_item(order: OlistOrder) -> OlistItem:
    """The heaviest piece: where several sellers ship, it usually arrives last."""
    return max(order.items, key=lambda item: item.weight_g or 0)


def _traits(
    data: OlistData,
    orders: Sequence[OlistOrder],
    mains: Sequence[OlistItem],
    quoted: I64,
    same_state: NDArray[np.bool_],
) -> F64:
    rows = []
    for order, main in zip(orders, mains, strict=True):
        to = data.places.get(order.zip_prefix)
        start = data.places.get(data.sellers[main.seller].zip_prefix)
        here = (to[0].lat, to[0].lon) if to else (np.nan, np.nan)
        there = (start[0].lat, start[0].lon) if start else (np.nan, np.nan)
        rows.append(
            (
                len(order.items),
                len(order.sellers),
                sum(item.price_minor for item in order.items),
                order.freight_minor,
                sum(item.weight_g or 0 for item in order.items),
                sum(float(np.prod(item.size_mm)) if item.size_mm else 0.0 for item in order.items),
                0.0,
                *here,
                *there,
                order.zip_prefix,
                0.0,
                0.0,
            )
        )
    traits = np.array(rows, np.float64)
    lat, lon, seller_lat, seller_lon = np.radians(traits[:, 7:11]).T
    half = np.sin((lat - seller_lat) / 2) ** 2
    half += np.cos(lat) * np.cos(seller_lat) * np.sin((lon - seller_lon) / 2) ** 2
    traits[:, 6] = 2 * EARTH_RADIUS_M / 1000 * np.arcsin(np.sqrt(half))
    traits[:, 12] = same_state
    traits[:, 13] = quoted
    return traits
