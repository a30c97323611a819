"""The rule for lost parcels: how likely an open order still arrives, by age and stage.

Orders that never arrive stay "open" for ever and would teach the model endless waits. So an open
order counts with the odds that orders as old and as far as it did arrive, and after `HORIZON`
days not at all.
"""

from dataclasses import dataclass

import numpy as np

from tracking.learning.history import F64, I64, OrderHistory

HORIZON = 75  # days since purchase after which an open parcel counts as lost
LOOK_BACK = 240  # days of purchases that the odds are counted on


@dataclass(frozen=True, slots=True, eq=False)
class ArrivalOdds:
    """P(arrives within HORIZON days | open at this age): [2, HORIZON + 1], row 1 = handed over."""

    odds: F64

    def of(self, age: I64, handed_over: I64) -> F64:
        """Odds per order; 0 beyond the horizon."""
        known = self.odds[handed_over, np.clip(age, 0, HORIZON)]
        return np.where(age > HORIZON, 0.0, known)


def arrival_odds(history: OrderHistory, today: int) -> ArrivalOdds:
    """Count on orders old enough that their fate is known at the start of `today`.

    With nothing to count, every open order is believed (one arrival of 1.3 as the prior).
    """
    old = (history.purchased >= today - HORIZON - LOOK_BACK) & (history.purchased < today - HORIZON)
    lead = np.where(old, history.delivered - history.purchased, 0)[old]
    handling = (history.handed - history.purchased)[old]
    arrived = lead <= HORIZON
    odds = np.ones((2, HORIZON + 1))
    for age in range(HORIZON + 1):
        still = lead > age
        for stage in (0, 1):
            group = still & ((handling <= age) == bool(stage))
            odds[stage, age] = ((group & arrived).sum() + 1.0) / (group.sum() + 1.3)
    return ArrivalOdds(odds)
