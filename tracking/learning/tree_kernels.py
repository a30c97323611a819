"""The hot loops of boosted trees over order-days: histograms, splits, growing.

Rows of an order lie side by side. Shapes: `order_cells` uint8 [orders, order columns], `day_cells` uint8
[rows, day columns], node arrays int64 or float64 [2 * leaves - 1].
"""

import numpy as np

from core.kernels import kernel
from routing.distributions.arrays import F64, I64, U8


@kernel
def hashed_share(counter: int) -> float:
    """Uniform in [0, 1) from a counter; products stay below 2**62, so it never overflows."""
    x = counter % 2147483647
    for multiplier in (48271, 69621, 1583458089):
        x = (x * multiplier + 12345) % 2147483647
        x = x ^ (x >> 15)
    return (x % 2147483647) / 2147483647.0


@kernel
def fill_histogram(
    histogram: F64,
    rows: I64,
    start: int,
    stop: int,
    row_order: I64,
    order_cells: U8,
    day_cells: U8,
    gradient: F64,
    hessian: F64,
    columns: I64,
    order_columns: int,
) -> None:
    """Sum gradients and hessians of `rows[start:stop]` per column and cell."""
    histogram[:] = 0.0
    shared = 0
    while shared < len(columns) and columns[shared] < order_columns:
        shared += 1
    i = start
    while i < stop:
        order = row_order[rows[i]]
        g = 0.0
        h = 0.0
        while i < stop and row_order[rows[i]] == order:
            row = rows[i]
            g += gradient[row]
            h += hessian[row]
            for c in range(shared, len(columns)):
                cell = day_cells[row, columns[c] - order_columns]
                histogram[c, cell, 0] += gradient[row]
                histogram[c, cell, 1] += hessian[row]
            i += 1
        for c in range(shared):
            cell = order_cells[order, columns[c]]
            histogram[c, cell, 0] += g
            histogram[c, cell, 1] += h


@kernel
def best_split(histogram: F64, columns: int, l2: float, minimum: float, out: F64) -> None:
    """Write (gain, column position, threshold) of the best split; gain 0 when there is none."""
    out[0] = 0.0
    g_all = 0.0
    h_all = 0.0
    for cell in range(histogram.shape[1]):
        g_all += histogram[0, cell, 0]
        h_all += histogram[0, cell, 1]
    whole = g_all * g_all / (h_all + l2)
    for c in range(columns):
        g = 0.0
        h = 0.0
        for cell in range(histogram.shape[1] - 1):
            g += histogram[c, cell, 0]
            h += histogram[c, cell, 1]
            if h < minimum:
                continue
            if h_all - h < minimum:
                break
            rest = g_all - g
            gain = g * g / (h + l2) + rest * rest / (h_all - h + l2) - whole
            if gain > out[0] + 1e-9:
                out[0] = gain
                out[1] = c
                out[2] = cell


@kernel
def split_rows(
    rows: I64,
    spare: I64,
    start: int,
    stop: int,
    column: int,
    threshold: int,
    row_order: I64,
    order_cells: U8,
    day_cells: U8,
) -> int:
    """Stable partition of `rows[start:stop]`; returns where the right part begins."""
    left = start
    right = 0
    order_columns = order_cells.shape[1]
    for i in range(start, stop):
        row = rows[i]
        if column < order_columns:
            cell = order_cells[row_order[row], column]
        else:
            cell = day_cells[row, column - order_columns]
        if cell <= threshold:
            rows[left] = row
            left += 1
        else:
            spare[right] = row
            right += 1
    for i in range(right):
        rows[left + i] = spare[i]
    return left


@kernel
def grow_tree(
    rows: I64,
    row_order: I64,
    order_cells: U8,
    day_cells: U8,
    gradient: F64,
    hessian: F64,
    columns: I64,
    leaves: int,
    l2: float,
    minimum: float,
    column: I64,
    threshold: I64,
    left: I64,
    right: I64,
    value: F64,
) -> None:
    """Grow one tree best-first over `rows` (permuted in place) into the five node arrays."""
    order_columns = order_cells.shape[1]
    cells = 64  # BINS
    histogram = np.zeros((leaves, len(columns), cells, 2))
    spare = np.empty(len(rows), np.int64)
    node_of = np.zeros(leaves, np.int64)
    begin = np.zeros(leaves, np.int64)
    end = np.zeros(leaves, np.int64)
    split = np.zeros((leaves, 3))
    end[0] = len(rows)
    fill_histogram(
        histogram[0], rows, 0, len(rows), row_order, order_cells, day_cells,
        gradient, hessian, columns, order_columns,
    )  # fmt: skip
    best_split(histogram[0], len(columns), l2, minimum, split[0])
    slots = 1
    nodes = 1
    column[:] = -1
    while slots < leaves:
        best = 0
        for s in range(slots):
            if split[s, 0] > split[best, 0]:
                best = s
        if split[best, 0] <= 0.0:
            break
        where = columns[int(split[best, 1])]
        cut = int(split[best, 2])
        middle = split_rows(
            rows, spare, begin[best], end[best], where, cut, row_order, order_cells, day_cells
        )
        node = node_of[best]
        column[node] = where
        threshold[node] = cut
        left[node] = nodes
        right[node] = nodes + 1
        node_of[best] = nodes
        node_of[slots] = nodes + 1
        nodes += 2
        begin[slots] = middle
        end[slots] = end[best]
        end[best] = middle
        # The smaller part is counted, the larger is what remains.
        if end[best] - begin[best] <= end[slots] - begin[slots]:
            histogram[slots] = histogram[best]
            fill_histogram(
                histogram[best], rows, begin[best], end[best], row_order, order_cells, day_cells,
                gradient, hessian, columns, order_columns,
            )  # fmt: skip
            histogram[slots] -= histogram[best]
        else:
            fill_histogram(
                histogram[slots], rows, begin[slots], end[slots], row_order, order_cells, day_cells,
                gradient, hessian, columns, order_columns,
            )  # fmt: skip
            histogram[best] -= histogram[slots]
        best_split(histogram[best], len(columns), l2, minimum, split[best])
        best_split(histogram[slots], len(columns), l2, minimum, split[slots])
        slots += 1
    for s in range(slots):
        g = 0.0
        h = 0.0
        for i in range(begin[s], end[s]):
            g += gradient[rows[i]]
            h += hessian[rows[i]]
        value[node_of[s]] = -g / (h + l2)


@kernel
def add_tree(
    score: F64,
    row_order: I64,
    order_cells: U8,
    day_cells: U8,
    column: I64,
    threshold: I64,
    left: I64,
    right: I64,
    value: F64,
) -> None:
    """Add one tree's values to the score of every row."""
    order_columns = order_cells.shape[1]
    for row in range(len(score)):
        node = 0
        while column[node] >= 0:
            c = column[node]
            if c < order_columns:
                cell = order_cells[row_order[row], c]
            else:
                cell = day_cells[row, c - order_columns]
            node = left[node] if cell <= threshold[node] else right[node]
        score[row] += value[node]


@kernel
def gradients(score: F64, happened: U8, weight: F64, gradient: F64, hessian: F64) -> None:
    """First and second derivative of the weighted log loss at `score` (log odds)."""
    for row in range(len(score)):
        p = 1.0 / (1.0 + np.exp(-score[row]))
        gradient[row] = weight[row] * (p - happened[row])
        hessian[row] = weight[row] * p * (1.0 - p)


@kernel
def sample_rows(row_order: I64, share: float, stream: int, rows: I64) -> int:
    """Rows of a random share of the orders, in order; returns how many."""
    count = 0
    kept = False
    for row in range(len(row_order)):
        if row == 0 or row_order[row] != row_order[row - 1]:
            kept = hashed_share(stream + row_order[row]) < share
        if kept:
            rows[count] = row
            count += 1
    return count
