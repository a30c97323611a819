"""Whether learned lead times can serve: a model is asked for some curves, a state for its figures.

What reads well can still forecast nonsense; it is found before a quote rests on it.
"""

from math import isfinite

import numpy as np

from core.errors import invalid
from routing.distributions.lead_times import LeadTimeModel, NetworkState
from routing.distributions.waits import LONGEST_DAYS, DayCalendar, WaitModel, open_curves

EXTREMES = (np.nan, -1e9, 1e9)  # nothing is known; all columns are far below, or above, any cut
LEAST_ARRIVING = 0.5  # of parcels that nothing is known of, within the days of a curve
WEEKS = LONGEST_DAYS // 7 + 2


def require_sound_model(model: LeadTimeModel) -> None:
    """Raises InvalidInput where a wait's curve rises, leaves 0..1, or most parcels never come."""
    for waits in (model.purchase, model.hand_over):
        curves = _probe(waits)
        if not np.isfinite(curves).all():
            raise invalid("model", f"the wait from {waits.stage} forecasts no numbers")
        if (curves < 0).any() or (curves > 1).any() or (np.diff(curves, axis=1) > 0).any():
            raise invalid("model", f"the wait from {waits.stage} forecasts no probabilities")
        if curves[0, -1] > 1 - LEAST_ARRIVING:
            raise invalid("model", f"after the wait from {waits.stage} most parcels never come")


def _probe(waits: WaitModel) -> np.ndarray:
    """Curves [EXTREMES, LONGEST_DAYS] from a Monday on, in weeks of five working days."""
    weekday = np.tile(np.arange(7, dtype=np.int64), WEEKS)
    columns = np.array([[value] * len(waits.columns) for value in EXTREMES])
    start = np.zeros(len(EXTREMES), np.int64)
    with np.errstate(over="ignore"):  # what is certain has infinite odds
        return open_curves(waits, columns, start, DayCalendar(weekday < 5, weekday))


def require_sound_state(state: NetworkState) -> None:
    """Raises InvalidInput naming the figure that is none, or that odds can't be made of."""
    figures = [state.pressure, state.transit_pressure, *state.lateness_costs.values()]
    if not all(isfinite(value) and value >= 0 for value in figures):
        raise invalid("pressure", "queues and costs are numbers, none below 0")
    shares = [
        *state.miss_factors.values(),
        *(s for own in state.floors.values() for s in own.values()),
    ]
    if not all(0 < share <= 1 for share in shares):
        raise invalid("miss_factors", "shares of the allowed misses lie above 0, and not above 1")
    if not all(0 <= odds <= 1 for stage in state.arrives for odds in stage):
        raise invalid("arrives", "probabilities lie between 0 and 1")
    for reading in state.readings:
        if not all(isfinite(value) for value in (*reading.values.values(), reading.otherwise)):
            raise invalid(reading.column, "is no number")
