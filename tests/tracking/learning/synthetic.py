"""A small invented marketplace: two regions, one slow, lead times from a seeded generator."""

import numpy as np

from routing.distributions.waits import DayCalendar
from tracking.learning.history import NEVER, OrderHistory, repair_days


def calendar(days: int) -> DayCalendar:
    weekday = np.arange(days, dtype=np.int64) % 7
    return DayCalendar(weekday < 5, weekday)


def history(days: int = 200, per_day: int = 6, seed: int = 3) -> OrderHistory:
    """Region 1 takes twice as long as region 0; one order in forty never arrives."""
    draw = np.random.default_rng(seed)
    purchased = np.repeat(np.arange(days), per_day).astype(np.int64)
    n = len(purchased)
    region = draw.integers(0, 2, n)
    handling = draw.geometric(0.4, n)
    transit = draw.geometric(np.where(region == 1, 0.12, 0.24), n)
    lost = draw.random(n) < 0.025
    handed = purchased + handling
    delivered = np.where(lost, NEVER, handed + transit)
    handed, delivered, _ = repair_days(purchased, handed, delivered)
    seller = draw.integers(0, 10, n)
    groups = {
        "seller": seller, "origin": seller % 3, "destination": region, "district": region,
        "lane": region * 3 + seller % 3, "area": seller, "category": seller % 2,
    }  # fmt: skip
    seconds = np.sort(purchased * 86_400 + draw.integers(0, 86_400, n))
    return OrderHistory(
        purchased=purchased, purchased_s=seconds.astype(np.int64), handed=handed,
        delivered=delivered, groups={k: v.astype(np.int64) for k, v in groups.items()},
        traits=draw.random((n, 2)), trait_names=("weight", "price"),
    )  # fmt: skip


def with_future(known: OrderHistory, today: int, seed: int = 9) -> OrderHistory:
    """The same past, another future: every event from the start of `today` on is redrawn."""
    draw = np.random.default_rng(seed)
    n = known.orders
    earliest = np.maximum(known.purchased, today)
    handed = np.where(known.handed < today, known.handed, earliest + draw.integers(0, 30, n))
    late = np.maximum(handed, today) + draw.integers(0, 40, n)
    delivered = np.where(known.delivered < today, known.delivered, late)
    return OrderHistory(
        purchased=known.purchased, purchased_s=known.purchased_s, handed=handed,
        delivered=delivered, groups=known.groups, traits=known.traits,
        trait_names=known.trait_names,
    )  # fmt: skip
