"""Boosted trees at work: daily odds from what is known of an order and of each day.

How they are grown is `tracking/learning/boosting.py`; here they only answer.
"""

from dataclasses import dataclass

import numpy as np

from routing.distributions.arrays import F64, I64, U8

BINS = 64
"""Cells per column; cut points are quantiles of the training orders."""
FEW_ORDERS = 16
"""So many are compared with all cut points at once, which costs them less than a search per column."""


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees as flat arrays, all of shape [trees, 2 * leaves - 1].

    `column` is -1 at a leaf; a column below `cuts.shape[0]` is the order's, above it the day's.
    A row goes left when its cell is at most `threshold`.
    """

    cuts: F64  # [order columns, BINS - 1], ascending; a cell is the number of cuts below the value
    column: I64
    threshold: I64
    left: I64
    right: I64
    value: F64
    base: float  # log odds before any tree


def to_cells(columns: F64, cuts: F64) -> U8:
    """Cells [orders, columns]: how many cut points lie below each value; unknown is cell 0."""
    known = np.where(np.isfinite(columns), columns, -np.inf)
    if len(columns) <= FEW_ORDERS:
        return np.asarray((cuts < known[:, :, None]).sum(axis=2), np.uint8)
    cells = np.empty(columns.shape, np.uint8)
    for c in range(columns.shape[1]):
        cells[:, c] = np.searchsorted(cuts[c], known[:, c], side="left")
    return cells


def daily_odds(forest: Forest, cells: U8, day_cells: U8, day_of: I64, offset: F64) -> F64:
    """Probability of the event on each day, given none before: [orders, days].

    `cells` [orders, columns] are `to_cells` of the orders; `day_of` [orders, days] points into `day_cells`; `offset` [orders] is added to every day.
    """
    from routing.distributions.forest_kernels import score_days  # brings the compiler

    score = np.repeat(offset[:, None] + forest.base, day_of.shape[1], axis=1)
    score_days(
        cells, day_cells, day_of, forest.column, forest.threshold,
        forest.left, forest.right, forest.value, score,
    )  # fmt: skip
    return np.asarray(1.0 / (1.0 + np.exp(-score)), dtype=np.float64)
