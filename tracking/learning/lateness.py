"""What one late parcel is worth in days of waiting, so that a level is kept over the last weeks' parcels.

The cost rule (days + cost x P(late)) waits longer where a day buys much and less where it buys little; the
cost at which a level holds on average follows from the curves alone, no outcome is needed.
"""

from collections.abc import Iterable, Mapping
from math import ceil

import numpy as np

from routing.distributions.arrays import F64, I64
from routing.distributions.choice import lateness_cost_for
from routing.distributions.lead_times import LeadTimeModel, miss_factor_of
from routing.distributions.waits import slow_down
from tracking.learning.judging import curves_as_bought
from tracking.learning.teach import Lesson

COST_WINDOW = 28  # days of purchases that the cost is found on
FEW_PARCELS = 50  # with fewer nothing is said
MOST_PARCELS = 2000  # evenly over the window; more would say the same
LEVELS = (0.8, 0.9, 0.95, 0.97, 0.98, 0.99)


def lateness_costs(
    lesson: Lesson,
    model: LeadTimeModel,
    miss_factors: Mapping[str, float],
    levels: Iterable[float] = LEVELS,
    floors: Mapping[str, Mapping[str, float]] | None = None,
) -> dict[str, float]:
    """By level, as text: days; empty while too few parcels were bought.

    `miss_factors` as a `NetworkState` holds them and `floors` by group and name are today's: the share of the allowed
    misses that is aimed at. Curves are bent as quotes bend them (`NetworkState.log_slow_down`).
    """
    bought = lesson.taught.history.purchased
    rows = np.flatnonzero((bought >= lesson.today - COST_WINDOW) & (bought < lesson.today))
    if len(rows) < FEW_PARCELS:
        return {}
    rows = rows[:: -(-len(rows) // MOST_PARCELS)]
    curves = curves_as_bought(lesson, model.purchase, model.codes, rows)
    factors = _aimed(lesson, rows, miss_factors, floors or {})
    found = {}
    for level in sorted(set(levels)):
        slower = np.log(np.log((1 - level) * factors) / np.log(1 - level))
        cost = lateness_cost_for(slow_down(curves, slower), level)
        found[f"{level:g}"] = ceil(cost * 1000) / 1000
    return found


def _aimed(
    lesson: Lesson,
    rows: I64,
    miss_factors: Mapping[str, float],
    floors: Mapping[str, Mapping[str, float]],
) -> F64:
    """Per parcel the share of the allowed misses that is aimed at: the least that any group says."""
    codes, groups = lesson.taught.codes, lesson.taught.history.groups
    by_service = np.ones((len(codes["service"]), len(codes["destination"])))
    for service, row in codes["service"].items():
        for destination, column in codes["destination"].items():
            by_service[row, column] = miss_factor_of(miss_factors, service, destination)
    aimed = by_service[groups["service"][rows], groups["destination"][rows]]
    for group, shares in floors.items():
        otherwise = shares.get("", 1.0)
        by_code = np.full(len(codes[group]), otherwise)
        for name, code in codes[group].items():
            by_code[code] = shares.get(name, otherwise)
        aimed = np.minimum(aimed, by_code[groups[group][rows]])
    return np.asarray(aimed, np.float64)
