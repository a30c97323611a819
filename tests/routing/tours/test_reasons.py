"""Why a stop is left out: days built so that one rule alone stops it, and what frees it does."""

from dataclasses import replace

import numpy as np
import pytest

from routing.tours.checker import check
from routing.tours.plan import Plan, Sequence
from routing.tours.problem import UNREACHABLE, Problem, Stop, VehicleType
from routing.tours.reasons import explain, why_here, why_unserved
from tests.routing.tours.days import at, line_day

CAUSES = (
    "window",
    "shift",
    "capacity",
    "skills",
    "unreachable",
    "not_this_vehicle",
    "max_distance",
    "working_time",
    "fleet_full",
    "not_worth_its_prize",
)


def built(cause: str, seed: int) -> tuple[Problem, Plan, int]:
    """A day on a line where stop 0 is left out for that cause alone; the others are served."""
    rng = np.random.default_rng(seed)
    place = int(rng.integers(4, 11))
    others = [
        at(int(p)) for p in rng.choice([p for p in range(1, 12) if p != place], 2, replace=False)
    ]
    van = VehicleType(numbers=(1,), capacity=(10,), shift=(0, 1000))
    stop = at(place)
    more = int(rng.integers(1, 4))
    match cause:
        case "window":
            stop = replace(stop, windows=((0, place - more),))
        case "shift":
            stop = replace(stop, windows=((1000 - place, 1000 - place + more),), service_s=more)
        case "capacity":
            stop = replace(stop, load=(10 + more,))
        case "skills":
            stop = replace(stop, skills=frozenset({"lift"}))
        case "not_this_vehicle":
            stop = replace(stop, only=frozenset({9}))
        case "max_distance":
            van = replace(van, max_distance_m=2 * 11 - 1)
            stop = at(11)
            others = [at(int(p)) for p in rng.choice(range(1, 10), 2, replace=False)]
        case "working_time":
            van = replace(van, paid_s=60)
            stop = replace(stop, service_s=61)
        case "fleet_full":
            others = [replace(other, load=(5,)) for other in others]
        case "not_worth_its_prize":
            stop = replace(stop, prize=1, number=50, location=11)
            others = [at(1), at(2)]
    problem = line_day(stop, *others, vehicles=(van,))
    if cause == "unreachable":
        problem.matrices[0].distance_m[place, :] = UNREACHABLE
        problem.matrices[0].distance_m[:, place] = UNREACHABLE
        problem.matrices[0].distance_m[place, place] = 0
    plan = check(problem, [Sequence(1, (1, 2))])
    assert isinstance(plan, Plan)
    return problem, plan, 0


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("seed", range(5))
def test_the_rule_that_stops_it_is_named(cause: str, seed: int) -> None:
    problem, plan, stop = built(cause, seed)
    told = explain(problem, plan)
    assert [note.stop for note in told.unserved] == [stop]
    assert told.unserved[0].reason == cause, told.unserved[0]
    assert told.unserved[0].detail


@pytest.mark.parametrize("seed", range(5))
def test_what_is_said_to_free_it_frees_it(seed: int) -> None:
    problem, plan, stop = built("window", seed)
    own = problem.stops[stop]
    verdict = min(why_here(problem, plan, stop), key=lambda v: v.excess)
    wider = replace(own, windows=((own.windows[0][0], own.windows[0][1] + verdict.excess),))
    freed = replace(problem, stops=(wider, *problem.stops[1:]))
    again = check(freed, plan.sequences)
    assert isinstance(again, Plan)
    assert why_unserved(freed, again, stop).reason == "not_found"


def test_a_place_in_a_tour_is_compared_with_every_other_vehicle() -> None:
    lift = VehicleType(numbers=(2,), capacity=(1,), shift=(0, 1000), skills=frozenset({"lift"}))
    van = VehicleType(numbers=(1,), capacity=(10,), shift=(0, 1000))
    heavy: Stop = at(5, load=(2,))
    problem = line_day(heavy, at(6), vehicles=(van, lift))
    plan = check(problem, [Sequence(1, (0, 1))])
    assert isinstance(plan, Plan)
    verdicts = {verdict.vehicle: verdict for verdict in why_here(problem, plan, 0)}
    assert verdicts[1].rule == "" and verdicts[1].added_cost == 0
    assert (verdicts[2].rule, verdicts[2].excess) == ("capacity", 1)
