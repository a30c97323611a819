"""What a late parcel is worth: the level is kept on average, and tighter aims cost more."""

from datetime import timedelta

import numpy as np

from routing.distributions.choice import days_at_cost
from tests.tracking.learning.invented import FAST, FIRST, facts, known_on, lesson
from tracking.learning.lateness import COST_WINDOW, lateness_costs
from tracking.learning.teach import curves_as_bought, fit

TODAY = FIRST + timedelta(days=130)
TAUGHT = lesson(TODAY)
MODEL = fit(TAUGHT, plan=FAST)


def test_the_cost_keeps_the_level_over_the_last_weeks_parcels() -> None:
    costs = lateness_costs(TAUGHT, MODEL, {}, (0.8, 0.95))
    assert list(costs) == ["0.8", "0.95"]
    assert costs["0.8"] < costs["0.95"]
    bought = TAUGHT.taught.history.purchased
    rows = np.flatnonzero((bought >= TAUGHT.today - COST_WINDOW) & (bought < TAUGHT.today))
    curves = curves_as_bought(TAUGHT, MODEL.purchase, MODEL.codes, rows)
    for level, cost in costs.items():
        days = days_at_cost(curves, cost)
        kept = 1 - curves[np.arange(len(rows)), days - 1].mean()
        assert float(level) - 1e-6 <= kept < float(level) + 0.03


def test_a_tightened_destination_waits_longer() -> None:
    """Its curves are slower, so that a day buys as much later: the cost stays of that order."""
    plain = lateness_costs(TAUGHT, MODEL, {}, (0.95,))
    tight = lateness_costs(TAUGHT, MODEL, {"FR-PAC": 0.3}, (0.95,))
    assert tight["0.95"] != plain["0.95"]


def test_too_few_parcels_say_nothing() -> None:
    young = lesson(FIRST + timedelta(days=5), known_on(FIRST + timedelta(days=5), facts()))
    assert lateness_costs(young, MODEL, {}, (0.95,)) == {}
