"""What it costs to gather goods at a node: the cheapest contents of every possible parcel.

A *row* is one location feeding a node, with what it can supply there by some instant. A *tree* of
nodes adds one row after another; at each tree node every state has its labels: the non-dominated
(a, b) of gathering exactly these units, with the way they were gathered. A parcel that leaves a
location has one row; one that leaves a hub has one row for each lane.
"""

from dataclasses import dataclass, field

import numpy as np

from core.kernels import kernel
from routing.checkout.problem import BoolArray, IntArray
from routing.checkout.states import States


@dataclass(slots=True, eq=False)
class Tree:
    """Built node by node; node 0 is empty. Amounts are in the two planning units a and b."""

    location: list[int] = field(default_factory=list)
    """Per row: index of the feeding location."""
    caps: list[list[int]] = field(default_factory=list)
    unit_a: list[list[int]] = field(default_factory=list)
    unit_b: list[list[int]] = field(default_factory=list)
    fixed_a: list[int] = field(default_factory=list)
    fixed_b: list[int] = field(default_factory=list)
    parent: list[int] = field(default_factory=lambda: [0])
    row: list[int] = field(default_factory=lambda: [0])
    optional: list[bool] = field(default_factory=lambda: [False])
    lane: list[int] = field(default_factory=lambda: [-1])
    """Per node: index of the lane that its row uses, -1 at a location."""
    departure: list[int] = field(default_factory=lambda: [0])
    """Per node: the minute that the goods leave the feeder."""

    def add_row(
        self,
        location: int,
        caps: list[int],
        units: tuple[list[int], list[int]],
        fixed: tuple[int, int],
    ) -> int:
        self.location.append(location)
        self.caps.append(caps)
        self.unit_a.append(units[0])
        self.unit_b.append(units[1])
        self.fixed_a.append(fixed[0])
        self.fixed_b.append(fixed[1])
        return len(self.location) - 1

    def add_node(
        self, parent: int, row: int, *, optional: bool = False, lane: int = -1, departure: int = 0
    ) -> int:
        self.parent.append(parent)
        self.row.append(row)
        self.optional.append(optional)
        self.lane.append(lane)
        self.departure.append(departure)
        return len(self.parent) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Labels of all tree nodes; those of node n and state x are `start[n, x]:start[n, x + 1]`."""

    start: IntArray
    a: IntArray
    b: IntArray
    back: IntArray
    """The label this one extends, at the parent node."""
    taken: IntArray
    """The state that the node's row supplies in it; 0: nothing."""


def gather(tree: Tree, states: States, *, both: bool, steps: int) -> tuple[Labels | None, int]:
    """Labels of every node (None when they would need more than `steps` labels), and their number.

    With `both`, labels are non-dominated in (a, b); else there is one with the least a.
    """
    capacity = min(steps, max(256, 4 * len(tree.parent) * states.size // 3))
    arguments = (
        np.array(tree.parent, dtype=np.int64),
        np.array(tree.row, dtype=np.int64),
        np.array(tree.optional, dtype=np.bool_),
        np.array(tree.caps, dtype=np.int64).reshape(-1, len(states.radix)),
        np.array(tree.unit_a, dtype=np.int64).reshape(-1, len(states.radix)),
        np.array(tree.unit_b, dtype=np.int64).reshape(-1, len(states.radix)),
        np.array(tree.fixed_a, dtype=np.int64),
        np.array(tree.fixed_b, dtype=np.int64),
        states.digits,
        states.radix,
        states.valid,
        both,
    )
    while True:
        count, start, a, b, back, taken = _gather(*arguments, capacity)
        if count >= 0:
            return Labels(start, a, b, back, taken), int(count)
        if capacity >= steps:
            return None, steps
        capacity = min(steps, capacity * 4)


@kernel
def _gather(
    parent: IntArray,
    row: IntArray,
    optional: BoolArray,
    caps: IntArray,
    unit_a: IntArray,
    unit_b: IntArray,
    fixed_a: IntArray,
    fixed_b: IntArray,
    digits: IntArray,
    radix: IntArray,
    valid: BoolArray,
    both: bool,
    room: int,
) -> tuple[int, IntArray, IntArray, IntArray, IntArray, IntArray]:
    nodes = len(parent)
    size, classes = digits.shape
    start = np.zeros((nodes, size + 1), dtype=np.int64)
    la = np.empty(room, dtype=np.int64)
    lb = np.empty(room, dtype=np.int64)
    back = np.empty(room, dtype=np.int64)
    taken = np.empty(room, dtype=np.int64)
    y = np.zeros(classes, dtype=np.int64)
    top = np.zeros(classes, dtype=np.int64)
    la[0] = 0
    lb[0] = 0
    back[0] = -1
    taken[0] = 0
    start[0, 1:] = 1
    count = 1
    for n in range(1, nodes):
        p = parent[n]
        r = row[n]
        for x in range(size):
            start[n, x] = count
            if not valid[x]:
                continue
            first = count
            for c in range(classes):
                top[c] = min(digits[x, c], caps[r, c])
                y[c] = 0
            part = 0
            ya = 0
            yb = 0
            while True:
                if part > 0 or optional[n]:
                    add_a = ya + fixed_a[r] if part > 0 else 0
                    add_b = yb + fixed_b[r] if part > 0 else 0
                    for k in range(start[p, x - part], start[p, x - part + 1]):
                        a = la[k] + add_a
                        b = lb[k] + add_b
                        worse = False
                        i = first
                        while i < count:
                            if la[i] <= a and (not both or lb[i] <= b):
                                worse = True
                                break
                            if a <= la[i] and (not both or b <= lb[i]):
                                count -= 1
                                la[i] = la[count]
                                lb[i] = lb[count]
                                back[i] = back[count]
                                taken[i] = taken[count]
                            else:
                                i += 1
                        if worse:
                            continue
                        if count == room:
                            return -1, start, la, lb, back, taken
                        la[count] = a
                        lb[count] = b
                        back[count] = k
                        taken[count] = part
                        count += 1
                place = 0
                while place < classes:
                    if y[place] < top[place]:
                        y[place] += 1
                        part += radix[place]
                        ya += unit_a[r, place]
                        yb += unit_b[r, place]
                        break
                    part -= y[place] * radix[place]
                    ya -= y[place] * unit_a[r, place]
                    yb -= y[place] * unit_b[r, place]
                    y[place] = 0
                    place += 1
                if place == classes:
                    break
        start[n, size] = count
    return count, start, la, lb, back, taken
