"""Queue pressure: how much longer parcels will wait because more of them wait than the network moves.

Trees can't say what they have never seen, and a network has seldom seen its Black Friday. A queue
can: when `open` parcels wait and at most `capacity` leave per day, the share that leaves each day is
capacity / open (Little 1961), whoever they are. So an order bought while the drain time
open / capacity stands x times above its usual value has its daily odds divided by x. Nothing is fitted:
capacity is the best week of the last eight, usual is their median, and only congestion counts (an
empty network does not drive faster). It leads: it moves with the orders, not with the misses.
"""

from collections.abc import Callable

import numpy as np

from tracking.learning.history import F64, OrderHistory
from tracking.learning.signals import events_before, open_at_start, recent_rate, stage_days

WINDOW_DAYS = 56  # the network's own recent past: eight weeks
WEEK_DAYS = 7
OPEN_LIMIT_DAYS = {"handling": 25, "transit": 40}  # older ones are lost or forgotten, not queued


def drain_days(history: OrderHistory, stage: str, days: int) -> F64:
    """Days to clear what waits at the start of each day, at the best recent week's pace."""
    start, end = stage_days(history, stage)
    waiting = open_at_start(start, end, OPEN_LIMIT_DAYS[stage], days)
    pace = recent_rate(events_before(end, days), WEEK_DAYS)[:days]
    best = _trailing(pace, lambda week: float(week.max()))
    return np.asarray((waiting + 5) / (best + 0.3), dtype=np.float64)


def pressure(history: OrderHistory, days: int) -> F64:
    """Log factor >= 0 by which daily odds fall for orders bought on each day.

    The stages count by their usual share of the lead time.
    """
    total, weights = np.zeros(days), np.zeros(days)
    for stage in ("handling", "transit"):
        usual, excess = _congestion(history, stage, days)
        total += usual * excess
        weights += usual
    return np.maximum(total / weights, 0.0)


def transit_pressure(history: OrderHistory, days: int) -> F64:
    """The same for parcels handed over on each day: what queues at the sellers is behind them."""
    return np.maximum(_congestion(history, "transit", days)[1], 0.0)


def _congestion(history: OrderHistory, stage: str, days: int) -> tuple[F64, F64]:
    """Usual days to drain, and the log of how far the queue stands above that."""
    drain = drain_days(history, stage, days)
    usual = np.exp(_trailing(np.log(drain), lambda past: float(np.median(past))))
    return usual, np.log(drain / usual)


def _trailing(values: F64, summary: Callable[[F64], float]) -> F64:
    return np.array(
        [summary(values[max(0, day - WINDOW_DAYS) : day + 1]) for day in range(len(values))]
    )
