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
def insert(data: Data, state: Linked, p: int, c: int) -> None:
    """Put c behind p; times, loads and counts follow, as far as anything changes.

    Written out: in a kernel, passing the arrays on to another costs more than these loops.
    """
    following, previous, vehicle, edge = (
        state.links[0],
        state.links[1],
        state.links[2],
        state.links[3],
    )
    early, late = state.times[0], state.times[1]
    place, service, duration, distance = data.place, data.service, data.duration, data.distance
    opens, closes, load, room = data.opens, data.closes, data.load, state.room
    q = np.int64(following[p])
    v = vehicle[p]
    following[p] = previous[q] = c
    following[c], previous[c], vehicle[c] = q, p, v
    edge[p] = distance[place[p], place[c]]
    edge[c] = distance[place[c], place[q]]
    for d in range(load.shape[1]):
        room[v, d] -= load[c, d]
    if data.home[c] >= 0 and data.home[c] != v:
        state.total[1] += 1
    touch(state, v)
    early[c] = late[c] = -1
    node, nxt = np.int64(p), np.int64(c)
    while nxt >= 0:
        time = max(early[node] + service[node] + duration[place[node], place[nxt]], opens[nxt])
        if early[nxt] == time:
            break
        early[nxt] = time
        node, nxt = nxt, np.int64(following[nxt])
    node, prv = q, np.int64(c)
    while prv >= 0:
        time = min(late[node] - service[prv] - duration[place[prv], place[node]], closes[prv])
        if late[prv] == time:
            break
        late[prv] = time
        node, prv = prv, np.int64(previous[prv])


@kernel
def remove(data: Data, state: Linked, c: int) -> None:
    """Take c out of its tour and its costs out of the total; times are left to the caller."""
    following, previous, vehicle, edge = (
        state.links[0],
        state.links[1],
        state.links[2],
        state.links[3],
    )
    place, load, room = data.place, data.load, state.room
    n = load.shape[0]
    p, q, v = previous[c], following[c], vehicle[c]
    unit = data.unit[v]
    direct = np.int64(data.distance[place[p], place[q]])
    cost = unit * (np.int64(edge[p]) + edge[c] - direct)
    if p >= n and q >= n:  # the vehicle is not taken out any more
        cost += data.fixed[v] + unit * direct
    if data.home[c] >= 0 and data.home[c] != v:
        cost += data.away[0]
        state.total[1] -= 1
    state.total[0] -= cost
    following[p], previous[q], vehicle[c] = q, p, -1
    edge[p] = direct
    for d in range(load.shape[1]):
        room[v, d] += load[c, d]


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
