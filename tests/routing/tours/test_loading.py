"""Vans loaded from the rear: the judge's rule, the engine that keeps it, and what it costs."""

from collections.abc import Sequence as Several

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput
from routing.tours.checker import check
from routing.tours.day_file import read_day
from routing.tours.engines import ENGINES, choose
from routing.tours.loading import order_of_loading_matters, under_other_goods
from routing.tours.plan import RELOAD, NotFeasible, Plan, Sequence, Violation
from routing.tours.problem import UNREACHABLE, Kind, Loading, Problem, VehicleType
from routing.tours.reasons import explain
from routing.tours.replan import CannotReplan, refuse_what_replanning_lacks
from tests.routing.tours.days import at, line_day
from tests.routing.tours.test_plan_tours import Counted


def van(*numbers: int, loading: Loading = Loading.LIFO, reloads: int = 0) -> VehicleType:
    return VehicleType(
        numbers=numbers, capacity=(100,), shift=(0, 1000), loading=loading, reloads=reloads
    )


def two_shipments(loading: Loading) -> Problem:
    """Picked up at 1 and 2, dropped at 3 and 4; the one for 3 is there in time without a detour."""
    return line_day(
        at(1, kind=Kind.PICKUP),
        at(2, kind=Kind.PICKUP),
        at(3, kind=Kind.DROP, windows=((0, 3),)),
        at(4, kind=Kind.DROP),
        shipments=((0, 2), (1, 3)),
        vehicles=(van(1, loading=loading),),
    )


def rear_loaded(*tour: int, day: Problem) -> Plan | NotFeasible:
    return check(day, [Sequence(1, tour)])


def crosses(day: Problem, tour: Several[int]) -> bool:
    """Whether goods loaded first leave before others on top: intervals that cross, by definition."""
    end = len(tour)
    partner = day.partner()
    aboard = []
    for position, i in enumerate(tour):
        match day.stops[i].kind:
            case Kind.DELIVER:  # the first stop's on top of the next one's
                aboard.append((-1.0 - position, position))
            case Kind.COLLECT:
                aboard.append((position, end))
            case Kind.PICKUP:
                aboard.append((position, list(tour).index(partner[i])))
    return any(a < b < out_a < out_b for a, out_a in aboard for b, out_b in aboard)


@st.composite
def tours_of_all_kinds(draw: st.DrawFn) -> tuple[Problem, tuple[int, ...]]:
    """Up to nine stops of every kind and one tour through all, pick-ups before their drops."""
    pairs = draw(st.integers(0, 3))
    singles = draw(st.lists(st.sampled_from([Kind.DELIVER, Kind.COLLECT]), max_size=3))
    kinds = [*(kind for _ in range(pairs) for kind in (Kind.PICKUP, Kind.DROP)), *singles]
    stops = [at(place, kind=kind) for place, kind in enumerate(kinds, start=1)]
    day = line_day(
        *stops,
        shipments=tuple((2 * s, 2 * s + 1) for s in range(pairs)),
        vehicles=(van(1),),
    )
    tour = list(draw(st.permutations(range(len(stops)))))
    for pickup, drop in day.shipments:
        a, b = tour.index(pickup), tour.index(drop)
        tour[min(a, b)], tour[max(a, b)] = pickup, drop
    return day, tuple(tour)


@given(tours_of_all_kinds())
def test_the_judge_refuses_exactly_the_tours_whose_goods_cross(
    case: tuple[Problem, tuple[int, ...]],
) -> None:
    day, tour = case
    assert isinstance(rear_loaded(*tour, day=day), NotFeasible) == crosses(day, tour)


@given(tours_of_all_kinds(), st.integers(1, 2))
@settings(max_examples=15, deadline=None)
def test_a_plan_never_unloads_under_other_goods(
    case: tuple[Problem, tuple[int, ...]], seed: int
) -> None:
    day, _ = case
    found = ENGINES["ortools"].solve(day, start=None, seed=seed, watch=Counted(60))
    plan = check(day, found)
    assert isinstance(plan, Plan) and not plan.unserved
    assert not any(crosses(day, sequence.stops) for sequence in found)


def test_last_in_first_out_costs_a_detour_that_free_order_does_not() -> None:
    free, strict = two_shipments(Loading.ANY), two_shipments(Loading.LIFO)
    straight = check(free, [Sequence(1, (0, 1, 2, 3))])
    assert isinstance(straight, Plan) and straight.cost == 8
    refused = check(strict, [Sequence(1, (0, 1, 2, 3))])
    assert isinstance(refused, NotFeasible)
    assert refused.violations == (Violation("under_other_goods", 1, 2, 1),)
    best = check(strict, ENGINES["ortools"].solve(strict, start=None, seed=1, watch=Counted(100)))
    assert isinstance(best, Plan) and not best.unserved and best.cost == 10


def test_only_the_vans_loaded_from_the_rear_are_bound() -> None:
    day = line_day(
        at(3, kind=Kind.COLLECT, windows=((0, 3),)),
        at(5, windows=((0, 5),)),
        vehicles=(van(1), van(2, loading=Loading.ANY)),
    )
    assert isinstance(check(day, [Sequence(1, (0, 1))]), NotFeasible)
    found = ENGINES["ortools"].solve(day, start=None, seed=1, watch=Counted(60))
    assert found == (Sequence(2, (0, 1)),)


def test_at_a_reload_what_was_collected_goes_off() -> None:
    day = line_day(at(1, kind=Kind.COLLECT), at(2), vehicles=(van(1, reloads=1),))
    assert under_other_goods(day, (0, 1)) == ((1, 1),)
    assert under_other_goods(day, (0, RELOAD, 1)) == ()
    able, notes = choose(day)
    assert able == () and "ortools cannot express reloads" in notes


def test_deliveries_alone_come_off_in_their_order_and_every_engine_may_plan_them() -> None:
    day = line_day(at(1), at(2), vehicles=(van(1),))
    assert not order_of_loading_matters(day) and choose(day)[0][0] == "relay"


def test_the_engine_that_can_is_chosen_and_the_others_say_why_not() -> None:
    able, notes = choose(two_shipments(Loading.LIFO))
    assert able == ("ortools",)
    assert notes == tuple(
        f"{name} cannot express last in, first out" for name in ("ruin", "ruin-pairs", "pyvrp")
    )


@pytest.mark.parametrize(
    ("loading", "reason"), [(Loading.LIFO, "fleet_full"), (Loading.ANY, "not_found")]
)
def test_a_stop_left_out_because_it_lies_under_others_is_told_so(
    loading: Loading, reason: str
) -> None:
    day = line_day(
        at(3, kind=Kind.COLLECT, windows=((0, 3),)), at(5), vehicles=(van(1, loading=loading),)
    )
    day.matrices[0].distance_m[5, 3] = UNREACHABLE  # so it can only come behind
    plan = check(day, [Sequence(1, (0,))])
    assert isinstance(plan, Plan)
    told = explain(day, plan).unserved[0]
    assert told.reason == reason
    if loading is Loading.LIFO:
        assert told.detail == "nearest: vehicle 1 needs a side door: goods would lie under others"


def test_a_running_day_of_vans_loaded_from_the_rear_is_refused() -> None:
    with pytest.raises(CannotReplan, match="first out"):
        refuse_what_replanning_lacks(line_day(at(1), at(2, kind=Kind.COLLECT), vehicles=(van(1),)))


def test_the_file_names_the_way_a_van_is_loaded() -> None:
    def day(loading: object) -> dict[str, object]:
        return {
            "depots": [{"lat": 48.0, "lon": 16.0}],
            "vehicles": [{"loading": loading}, {}],
            "stops": [{"number": 1, "lat": 48.1, "lon": 16.0}],
        }

    assert [kind.loading for kind in read_day(day("lifo")).vehicles] == [Loading.LIFO, Loading.ANY]
    with pytest.raises(InvalidInput) as caught:
        read_day(day("fifo"))
    assert caught.value.faults[0].field == "vehicles[0].loading"
