"""With what probability each service delivers what is gathered at each tree node, by each day."""

import numpy as np

from routing.checkout.arrivals import (
    FloatArray,
    Timetables,
    direct_probability,
    hub_probability,
    latest_inbound,
)
from routing.checkout.gathering import Layout
from routing.checkout.problem import Problem, Service


def pair_chances(
    problem: Problem,
    services: tuple[Service, ...],
    layout: Layout,
    timetables: Timetables,
    need: float,
) -> FloatArray:
    """[pairs, days] probability that a parcel of each pair arrives by each day."""
    service = np.array(layout.pair_service, dtype=np.int64)
    hub = np.array(layout.pair_hub, dtype=np.int64)
    days = len(problem.day_starts) - 1
    chances = np.zeros((len(service), days), dtype=np.float64)
    direct = np.flatnonzero(hub < 0)
    shared = (timetables.pickups, timetables.pickup_start, timetables.delivery_day,
              timetables.day_starts, timetables.minutes, timetables.mass)  # fmt: skip
    minute = np.array(layout.pair_minute, dtype=np.int64)
    chances[direct] = direct_probability(service[direct], minute[direct], *shared, days)
    through = np.flatnonzero(hub >= 0)
    if not len(through):
        return chances
    used = sorted(set(service[through].tolist()))
    table_of = {number: place for place, number in enumerate(used)}
    table = np.array([table_of[s] for s in service[through].tolist()], dtype=np.int64)
    hubs = {place.id: place for place in problem.hubs}
    own = [hubs[services[number].node] for number in used]
    windows = np.full((len(used), max(len(h.windows) for h in own), 2), -1, dtype=np.int64)
    for place, one in enumerate(own):
        for w, window in enumerate(one.windows):
            windows[place, w] = window.open, window.close
    dwell = np.array([one.dwell_min for one in own], dtype=np.int64)
    numbers = np.array(used, dtype=np.int64)
    latest = latest_inbound(numbers, windows, dwell, *shared, days)
    outcomes = max((len(lane.transit.levels) for lane in problem.lanes), default=1)
    minutes = np.full((len(problem.lanes), outcomes), np.iinfo(np.int64).max, dtype=np.int64)
    level = np.zeros((len(problem.lanes), outcomes), dtype=np.float64)
    for place, lane in enumerate(problem.lanes):
        known = len(lane.transit.levels)
        minutes[place, :known] = lane.transit.minutes
        level[place, :known] = [float(one) for one in lane.transit.levels]
    nodes = np.array(layout.pair_node, dtype=np.int64)[through]
    tree = layout.tree
    chances[through] = hub_probability(
        table, nodes, numbers, latest, timetables.mass,
        np.array(tree.parent, dtype=np.int64), np.array(tree.lane, dtype=np.int64),
        np.array(tree.departure, dtype=np.int64), minutes, level, need, days,
    )  # fmt: skip
    return chances
