"""What a late parcel is worth: the level is kept on average, and tighter aims cost more."""

from dataclasses import replace
from datetime import timedelta
from math import ceil, nan

import numpy as np

from routing.distributions.choice import days_at_cost, lateness_cost_for
from routing.distributions.traits import GROUPS, TRAITS, ParcelTraits
from routing.distributions.waits import slow_down
from tests.tracking.learning.invented import FAST, FIRST, facts, known_on, lesson
from tracking.learning.judging import curves_as_bought
from tracking.learning.lateness import COST_WINDOW, lateness_costs
from tracking.learning.pulse import state_of_day
from tracking.learning.teach import fit

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


def test_what_is_aimed_tighter_makes_a_late_parcel_worth_more() -> None:
    """The curves of a tightened destination, seller or lane are slower, as in quotes."""
    plain = lateness_costs(TAUGHT, MODEL, {}, (0.95,))["0.95"]
    tight = lateness_costs(TAUGHT, MODEL, {"FR-PAC": 0.3}, (0.95,))["0.95"]
    assert tight > plain
    assert lateness_costs(TAUGHT, MODEL, {"post>FR-PAC": 0.3}, (0.95,))["0.95"] == tight
    for group in ("seller", "lane"):
        name = next(iter(TAUGHT.taught.codes[group]))
        one = lateness_costs(TAUGHT, MODEL, {}, (0.95,), {group: {name: 0.3}})["0.95"]
        others = lateness_costs(TAUGHT, MODEL, {}, (0.95,), {group: {"": 0.3, name: 1.0}})["0.95"]
        every = lateness_costs(TAUGHT, MODEL, {}, (0.95,), {group: {"": 0.3}})["0.95"]
        assert plain < one < every
        assert plain < others < every


def test_curves_are_bent_exactly_as_those_of_quotes() -> None:
    """One factor for all: the cost is the one found over the curves that a quote bends."""
    state = replace(state_of_day(TAUGHT, {}), pressure=0.0, floors={"lane": {"": 0.4}})
    bought = TAUGHT.taught.history.purchased
    rows = np.flatnonzero((bought >= TAUGHT.today - COST_WINDOW) & (bought < TAUGHT.today))
    curves = curves_as_bought(TAUGHT, MODEL.purchase, MODEL.codes, rows)
    traits = ParcelTraits(("any",) * len(GROUPS), (nan,) * len(TRAITS))
    bend = np.full(len(rows), state.log_slow_down(traits, 0.95))
    cost = lateness_costs(TAUGHT, MODEL, {}, (0.95,), state.floors)["0.95"]
    assert cost == ceil(lateness_cost_for(slow_down(curves, bend), 0.95) * 1000) / 1000


def test_too_few_parcels_say_nothing() -> None:
    young = lesson(FIRST + timedelta(days=5), known_on(FIRST + timedelta(days=5), facts()))
    assert lateness_costs(young, MODEL, {}, (0.95,)) == {}
