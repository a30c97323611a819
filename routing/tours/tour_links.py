"""Tours as linked lists, compiled: times, loads and costs kept while stops come and go.

What the kernels for stops and for shipments share; whole numbers throughout.
"""

import numpy as np

from core.kernels import kernel
from routing.tours.ruin_arrays import Data, Linked, Longs

MASK = 0xFFFFFFFF


@kernel
def draw(seed: Longs) -> int:
    """The next 32-bit number of Marsaglia's xorshift; `seed[0]` must not be 0."""
    x = int(seed[0])
    x ^= (x << 13) & MASK
    x ^= x >> 17
    x ^= (x << 5) & MASK
    seed[0] = x
    return x


@kernel
def below(seed: Longs, limit: int) -> int:
    """A number from 0 to limit - 1."""
    return (draw(seed) * limit) >> 32


@kernel
def forward(data: Data, state: Linked, node: int) -> None:
    """Earliest times from `node` on, until nothing changes."""
    following, early = state.links[0], state.times[0]
    while True:
        nxt = following[node]
        if nxt < 0:
            return
        time = early[node] + data.service[node] + data.duration[data.place[node], data.place[nxt]]
        if time < data.opens[nxt]:
            time = data.opens[nxt]
        if early[nxt] == time:
            return
        early[nxt] = time
        node = nxt


@kernel
def backward(data: Data, state: Linked, node: int) -> None:
    """Latest times from `node` back, until nothing changes."""
    previous, late = state.links[1], state.times[1]
    while True:
        prv = previous[node]
        if prv < 0:
            return
        time = late[node] - data.service[prv] - data.duration[data.place[prv], data.place[node]]
        if time > data.closes[prv]:
            time = data.closes[prv]
        if late[prv] == time:
            return
        late[prv] = time
        node = prv


@kernel
def link_cost(data: Data, state: Linked, p: int, c: int, q: int, v: int) -> int:
    """Cost of putting c between p and q on vehicle v, move away from home included."""
    a, b, e = data.place[p], data.place[c], data.place[q]
    cost = data.unit[v] * (
        np.int64(data.distance[a, b]) + data.distance[b, e] - data.distance[a, e]
    )
    if data.home[c] >= 0 and data.home[c] != v:
        cost += data.away[0]
    n = data.load.shape[0]
    if p >= n and q >= n:  # an empty vehicle is taken out
        cost += data.fixed[v] + data.unit[v] * data.distance[a, e]
    return int(cost)


@kernel
def fits(data: Data, state: Linked, p: int, c: int, q: int) -> bool:
    """True when c can be served between p and q in time."""
    b = data.place[c]
    time = state.times[0, p] + data.service[p] + data.duration[data.place[p], b]
    if time < data.opens[c]:
        time = data.opens[c]
    if time > data.closes[c]:
        return False
    return bool(time + data.service[c] + data.duration[b, data.place[q]] <= state.times[1, q])


@kernel
def has_room(data: Data, state: Linked, v: int, c: int) -> bool:
    for d in range(data.load.shape[1]):
        if data.load[c, d] > state.room[v, d]:
            return False
    return bool(data.allowed[c, v] != 0)


@kernel
def insert(data: Data, state: Linked, p: int, c: int) -> None:
    """Put c behind p; times, loads and counts follow."""
    following, previous, vehicle = state.links[0], state.links[1], state.links[2]
    q = following[p]
    v = vehicle[p]
    following[p] = c
    following[c] = q
    edge = state.links[3]
    edge[p] = data.distance[data.place[p], data.place[c]]
    edge[c] = data.distance[data.place[c], data.place[q]]
    previous[q] = c
    previous[c] = p
    vehicle[c] = v
    for d in range(data.load.shape[1]):
        state.room[v, d] -= data.load[c, d]
    if data.home[c] >= 0 and data.home[c] != v:
        state.total[1] += 1
    state.times[0, c] = -1
    state.times[1, c] = -1
    touch(state, v)
    forward(data, state, p)
    backward(data, state, q)


@kernel
def remove(data: Data, state: Linked, c: int) -> None:
    """Take c out of its tour and its costs out of the total; times are left to the caller."""
    following, previous, vehicle = state.links[0], state.links[1], state.links[2]
    p, q, v = previous[c], following[c], vehicle[c]
    state.total[0] -= link_cost(data, state, p, c, q, v)
    following[p] = q
    previous[q] = p
    vehicle[c] = -1
    state.links[3, p] = data.distance[data.place[p], data.place[q]]
    for d in range(data.load.shape[1]):
        state.room[v, d] += data.load[c, d]
    if data.home[c] >= 0 and data.home[c] != v:
        state.total[1] -= 1


@kernel
def forward_all(data: Data, state: Linked, start: int) -> bool:
    """Earliest times of a whole tour; False when a stop is reached too late."""
    following, early = state.links[0], state.times[0]
    node = start
    nxt = following[node]
    in_time = True
    while nxt >= 0:
        time = early[node] + data.service[node] + data.duration[data.place[node], data.place[nxt]]
        early[nxt] = max(time, data.opens[nxt])
        if time > data.closes[nxt]:
            in_time = False
        node = nxt
        nxt = following[node]
    return in_time


@kernel
def backward_all(data: Data, state: Linked, end: int) -> None:
    """Latest times of a whole tour."""
    previous, late = state.links[1], state.times[1]
    node = end
    prv = previous[node]
    while prv >= 0:
        time = late[node] - data.service[prv] - data.duration[data.place[prv], data.place[node]]
        late[prv] = min(time, data.closes[prv])
        node = prv
        prv = previous[node]


@kernel
def copy_tour(data: Data, source: Linked, target: Linked, v: int) -> None:
    """Make vehicle v's tour in `target` what it is in `source`."""
    n = data.load.shape[0]
    links, times, links_to, times_to = source.links, source.times, target.links, target.times
    node = np.int64(n + v)
    while node >= 0:
        links_to[0, node] = links[0, node]
        links_to[1, node] = links[1, node]
        links_to[2, node] = links[2, node]
        links_to[3, node] = links[3, node]
        times_to[0, node] = times[0, node]
        times_to[1, node] = times[1, node]
        node = np.int64(links[0, node])
    for d in range(source.room.shape[1]):
        target.room[v, d] = source.room[v, d]


@kernel
def touch(state: Linked, v: int) -> None:
    """Mark a tour as changed since the last copy."""
    marks = state.touched
    for i in range(1, marks[0] + 1):
        if marks[i] == v:
            return
    marks[0] += 1
    marks[marks[0]] = v
