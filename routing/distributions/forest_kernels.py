"""The hot loop of a forest at work: the score of every day of an order, shared columns looked at once.

Shapes: `order_cells` uint8 [orders, order columns], `day_cells` uint8 [rows, day columns], node arrays
int64 or float64 [trees, nodes].
"""

import numpy as np

from core.kernels import kernel
from routing.distributions.arrays import F64, I64, U8


@kernel
def score_days(
    order_cells: U8,
    day_cells: U8,
    day_of: I64,
    column: I64,
    threshold: I64,
    left: I64,
    right: I64,
    value: F64,
    score: F64,
) -> None:
    """Add the forest to `score` [orders, days]; day d of order i has cells `day_cells[day_of[i, d]]`.

    The days of an order go down each tree together: a question about the order sends all of them one
    way, one about the day parts them.
    """
    order_columns = order_cells.shape[1]
    days = score.shape[1]
    nodes = column.shape[1]
    together = np.empty(days, np.int64)
    aside = np.empty(days, np.int64)
    todo = np.empty((nodes + 1, 3), np.int64)
    for i in range(score.shape[0]):
        for tree in range(column.shape[0]):
            for d in range(days):
                together[d] = d
            todo[0, 0] = 0
            todo[0, 1] = 0
            todo[0, 2] = days
            waiting = 1
            while waiting > 0:
                waiting -= 1
                node = todo[waiting, 0]
                start = todo[waiting, 1]
                stop = todo[waiting, 2]
                while column[tree, node] >= 0:
                    c = column[tree, node]
                    cut = threshold[tree, node]
                    if c < order_columns:
                        below = order_cells[i, c] <= cut
                        node = left[tree, node] if below else right[tree, node]
                        continue
                    low = start
                    high = 0
                    for place in range(start, stop):
                        d = together[place]
                        if day_cells[day_of[i, d], c - order_columns] <= cut:
                            together[low] = d
                            low += 1
                        else:
                            aside[high] = d
                            high += 1
                    for place in range(high):
                        together[low + place] = aside[place]
                    if low == start:
                        node = right[tree, node]
                    elif high == 0:
                        node = left[tree, node]
                    else:
                        todo[waiting, 0] = right[tree, node]
                        todo[waiting, 1] = low
                        todo[waiting, 2] = stop
                        waiting += 1
                        stop = low
                        node = left[tree, node]
                add = value[tree, node]
                for place in range(start, stop):
                    score[i, together[place]] += add
