"""Tours with shipments as linked lists: a pick-up and its drop, and the load on board between."""

from typing import NamedTuple

import numpy as np

from core.kernels import kernel
from routing.tours.ruin_arrays import Data, Longs, Shorts
from routing.tours.tour_links import backward_all, copy_tour, forward_all, remove


class Pairs(NamedTuple):
    """The shipments: node of each pick-up and drop, and the shipment of each node."""

    pickup: Longs  # [m]
    drop: Longs  # [m]
    shipment: Longs  # [n]


class PairState(NamedTuple):
    """As `ruin_arrays.State`; `room` is not used, `board` is the load when leaving a node."""

    links: Shorts
    times: Shorts
    room: Longs
    total: Longs
    touched: Longs
    board: Longs  # [nodes, dimensions]


@kernel
def board_all(data: Data, pairs: Pairs, state: PairState, v: int) -> None:
    """The load on board along a tour."""
    n = data.load.shape[0]
    following = state.links[0]
    for d in range(data.load.shape[1]):
        node = np.int64(n + v)
        aboard = np.int64(0)
        while node >= 0:
            if node < n:
                if pairs.pickup[pairs.shipment[node]] == node:
                    aboard += data.load[node, d]
                else:
                    aboard -= data.load[node, d]
            state.board[node, d] = aboard
            node = np.int64(following[node])


@kernel
def retime(data: Data, pairs: Pairs, state: PairState, v: int) -> bool:
    """Times and loads of a whole tour from its links; False when a stop is reached too late."""
    n, vehicles = data.load.shape[0], data.unit.shape[0]
    in_time = forward_all(data, state, n + v)
    backward_all(data, state, n + vehicles + v)
    board_all(data, pairs, state, v)
    return in_time


@kernel
def refresh_pairs(data: Data, pairs: Pairs, state: PairState, absent: Longs) -> None:
    """Times, loads and total cost of a state from its links alone."""
    n, vehicles = data.load.shape[0], data.unit.shape[0]
    total = np.int64(0)
    for v in range(vehicles):
        start, end = n + v, n + vehicles + v
        retime(data, pairs, state, v)
        node = start
        used = state.links[0, start] != end
        if used:
            total += data.fixed[v]
        while node != end:
            nxt = np.int64(state.links[0, node])
            state.links[3, node] = data.distance[data.place[node], data.place[nxt]]
            if used:
                total += data.unit[v] * state.links[3, node]
            node = nxt
    for m in range(pairs.pickup.shape[0]):
        if state.links[2, pairs.pickup[m]] < 0:
            total += absent[m]
    state.total[0] = total
    state.total[1] = 0


@kernel
def remove_pair(
    data: Data, pairs: Pairs, state: PairState, m: int, removed: Longs, count: int
) -> int:
    remove(data, state, pairs.pickup[m])
    remove(data, state, pairs.drop[m])
    removed[count] = m
    return count + 1


@kernel
def tours_used(data: Data, state: PairState) -> int:
    n = data.load.shape[0]
    used = 0
    for v in range(data.unit.shape[0]):
        if state.links[0, n + v] < n:
            used += 1
    return used


@kernel
def copy_touched_pairs(data: Data, source: PairState, target: PairState) -> None:
    """Copy the tours that either state has marked, and clear the marks."""
    n = data.load.shape[0]
    for side in range(2):
        marks = source.touched if side == 0 else target.touched
        for i in range(1, marks[0] + 1):
            v = marks[i]
            copy_tour(data, source, target, v)
            node = np.int64(n + v)
            while node >= 0:
                for d in range(source.board.shape[1]):
                    target.board[node, d] = source.board[node, d]
                node = np.int64(source.links[0, node])
    source.touched[0] = 0
    target.touched[0] = 0
    target.total[:] = source.total


@kernel
def copy_pairs(source: PairState, target: PairState) -> None:
    target.links[:, :] = source.links
    target.times[:, :] = source.times
    target.board[:, :] = source.board
    target.total[:] = source.total
