"""Every parcel worth considering: contents at a node, shipped by a service in its best box."""

from dataclasses import dataclass

import numpy as np

from core.kernels import kernel
from routing.checkout.contents import Labels
from routing.checkout.problem import NEVER, BoolArray, IntArray, Problem, Service
from routing.checkout.states import States


@dataclass(frozen=True, slots=True, eq=False)
class Tariffs:
    """The services' prices side by side; S services, B boxes, K brackets (padded)."""

    brackets_g: IntArray
    bracket_count: IntArray
    cost: IntArray
    """[S, B, K] carrier price plus box; NEVER where the box is refused or not at the node."""
    co2_g: IntArray
    volumetric_g: IntArray
    max_g: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Parcels:
    """One entry per candidate parcel: the units it holds, its amounts, and where they come from."""

    state: IntArray
    a: IntArray
    b: IntArray
    pair: IntArray
    """Index of the (service, tree node) pair."""
    box: IntArray
    label: IntArray
    """The way its contents are gathered."""


def pack_tariffs(
    problem: Problem, services: tuple[Service, ...], boxes_at: dict[str, frozenset[str] | None]
) -> Tariffs:
    """Tariffs of these services; `boxes_at` are the boxes of each node (None: all)."""
    widest = max((len(service.tariff.brackets_g) for service in services), default=1)
    shape = (len(services), len(problem.boxes), widest)
    cost = np.full(shape, NEVER, dtype=np.int64)
    brackets = np.zeros((len(services), widest), dtype=np.int64)
    co2_g = np.zeros((len(services), widest), dtype=np.int64)
    counts = np.zeros(len(services), dtype=np.int64)
    volumetric = np.zeros(shape[:2], dtype=np.int64)
    box_cost = np.array([box.cost for box in problem.boxes], dtype=np.int64)[:, None]
    for place, service in enumerate(services):
        tariff = service.tariff
        known = len(tariff.brackets_g)
        counts[place] = known
        brackets[place, :known] = tariff.brackets_g
        co2_g[place, :known] = tariff.co2_g
        volumetric[place] = tariff.volumetric_g
        prices = tariff.cost + box_cost
        if (tariff.cost < 0).any():
            prices[tariff.cost < 0] = NEVER
        cost[place, :, :known] = prices
        at_node = boxes_at[service.node]
        if at_node is not None:
            for index, box in enumerate(problem.boxes):
                if box.id not in at_node:
                    cost[place, index] = NEVER
    max_g = np.array([service.max_g for service in services], dtype=np.int64)
    return Tariffs(brackets, counts, cost, co2_g, volumetric, max_g)


def carried(problem: Problem, services: tuple[Service, ...], states: States) -> BoolArray:
    """[services, states] True where the service refuses none of the contents."""
    flags = [line.item.flags for line in problem.lines]
    result = np.ones((len(services), states.size), dtype=np.bool_)
    if any(flags):
        for place, service in enumerate(services):
            for line, own in enumerate(flags):
                if own & service.refuses:
                    result[place] &= states.counts[:, line] == 0
    return result


def enumerate_parcels(
    states: States,
    labels: Labels,
    tariffs: Tariffs,
    pairs: tuple[IntArray, IntArray],
    boxes: tuple[BoolArray, IntArray, IntArray],
    allowed: BoolArray,
    scale: tuple[int, int],
    *,
    both: bool,
) -> Parcels:
    """All parcels of the (service, tree node) `pairs`.

    `boxes` = (fit [S, B], weight_g of each state, tare_g of each box); `allowed` [services, S].
    `scale` turns cost and CO2e into a: a = cost x scale[0] + co2_g x scale[1]; with `both`,
    b = co2_g and every box that is not dominated is kept.
    """
    service, node = pairs
    if not len(service):
        none = np.zeros(0, dtype=np.int64)
        return Parcels(none, none, none, none, none, none)
    per_label = len(boxes[2]) if both else 1
    room = int((labels.start[node, -1] - labels.start[node, 0]).sum()) * per_label
    found = _enumerate(
        service, node, labels.start, labels.a, labels.b, tariffs.brackets_g,
        tariffs.bracket_count, tariffs.cost, tariffs.co2_g, tariffs.volumetric_g, tariffs.max_g,
        *boxes, allowed, scale[0], scale[1], both, room,
    )  # fmt: skip
    return Parcels(*found)


@kernel
def _enumerate(
    service: IntArray,
    node: IntArray,
    start: IntArray,
    la: IntArray,
    lb: IntArray,
    brackets: IntArray,
    bracket_count: IntArray,
    cost: IntArray,
    co2_g: IntArray,
    volumetric: IntArray,
    max_g: IntArray,
    fit: BoolArray,
    weight_g: IntArray,
    tare_g: IntArray,
    allowed: BoolArray,
    cost_scale: int,
    co2_scale: int,
    both: bool,
    room: int,
) -> tuple[IntArray, ...]:
    size, boxes = fit.shape
    state = np.empty(room, dtype=np.int64)
    pa = np.empty(room, dtype=np.int64)
    pb = np.empty(room, dtype=np.int64)
    pair = np.empty(room, dtype=np.int64)
    box_of = np.empty(room, dtype=np.int64)
    label = np.empty(room, dtype=np.int64)
    # shipping choices of each (service, state), made once: how many (-1: not yet), a, b, box
    known = np.full((len(max_g), size), -1, dtype=np.int64)
    ship_a = np.empty((len(max_g), size, boxes if both else 1), dtype=np.int64)
    ship_b = np.empty(ship_a.shape, dtype=np.int64)
    ship_box = np.empty(ship_a.shape, dtype=np.int64)
    count = 0
    for i in range(len(service)):
        s = service[i]
        n = node[i]
        for x in range(1, size):
            if start[n, x] == start[n, x + 1] or not allowed[s, x]:
                continue
            if known[s, x] < 0:
                choices = 0
                for box in range(boxes):
                    gross = weight_g[x] + tare_g[box]
                    if not fit[x, box] or gross > max_g[s]:
                        continue
                    billed = max(gross, volumetric[s, box])
                    k = 0
                    while k < bracket_count[s] and brackets[s, k] < billed:
                        k += 1
                    if k == bracket_count[s] or cost[s, box, k] < 0:
                        continue
                    a = cost[s, box, k] * cost_scale + co2_g[s, k] * co2_scale
                    b = co2_g[s, k]
                    worse = False
                    j = 0
                    while j < choices:
                        if ship_a[s, x, j] <= a and (not both or ship_b[s, x, j] <= b):
                            worse = True
                            break
                        if a <= ship_a[s, x, j] and (not both or b <= ship_b[s, x, j]):
                            choices -= 1
                            ship_a[s, x, j] = ship_a[s, x, choices]
                            ship_b[s, x, j] = ship_b[s, x, choices]
                            ship_box[s, x, j] = ship_box[s, x, choices]
                        else:
                            j += 1
                    if not worse:
                        ship_a[s, x, choices] = a
                        ship_b[s, x, choices] = b
                        ship_box[s, x, choices] = box
                        choices += 1
                known[s, x] = choices
            for j in range(known[s, x]):
                for k in range(start[n, x], start[n, x + 1]):
                    state[count] = x
                    pa[count] = la[k] + ship_a[s, x, j]
                    pb[count] = (lb[k] + ship_b[s, x, j]) if both else 0
                    pair[count] = i
                    box_of[count] = ship_box[s, x, j]
                    label[count] = k
                    count += 1
    return (
        state[:count].copy(),
        pa[:count].copy(),
        pb[:count].copy(),
        pair[:count].copy(),
        box_of[:count].copy(),
        label[:count].copy(),
    )
