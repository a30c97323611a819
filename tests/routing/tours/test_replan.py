"""Re-planning a running day: driven stays driven, few stops move, new orders find a place."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from routing.adapters.solver.thread import ThreadWatch
from routing.flows import replan_tours as flow
from routing.flows.replan_tours import replan_tours
from routing.tours import stay_engine
from routing.tours.checker import check
from routing.tours.plan import Need, Plan, Sequence
from routing.tours.problem import Kind, Problem, VehicleType
from routing.tours.pyvrp_engine import PyVrpEngine
from routing.tours.replan import CannotReplan, churn, freeze
from routing.tours.ruin_engine import RuinEngine
from tests.routing.tours.days import at, line_day, town
from tests.routing.tours.test_ruin import Silent


def collecting(problem: Problem) -> Problem:
    return replace(problem, stops=tuple(replace(s, kind=Kind.COLLECT) for s in problem.stops))


def planned_day(count: int, extra: int, seed: int = 4) -> tuple[Problem, Plan]:
    """A town with its old plan; the last `extra` stops are new orders."""
    whole = collecting(town(count + extra, seed=seed, vehicles=14))
    old = replace(whole, stops=whole.stops[:count])
    engine = RuinEngine(waiting_is_free=True, most_steps=4000)
    plan = check(old, engine.solve(old, start=None, seed=1, watch=Silent()))
    assert isinstance(plan, Plan)
    return whole, plan


def test_what_is_driven_stays_and_the_rest_starts_from_there() -> None:
    whole, plan = planned_day(40, 0)
    noon = 12 * 3600
    running = freeze(whole, plan, now_s=noon)
    for tour in plan.tours:
        served = [v.stop for v in tour.visits if v.start_s <= noon]
        assert list(running.driven.get(tour.vehicle, ()))[: len(served)] == served
    assert isinstance(check(running.problem, running.start), Plan)
    driven = {i for stops in running.driven.values() for i in stops}
    assert driven.isdisjoint(running.kept) and len(driven) + len(running.kept) == 40


def test_new_orders_are_served_and_at_most_a_twentieth_of_the_stops_moves() -> None:
    whole, plan = planned_day(60, 4)
    answer = replan_tours(whole, plan, now_s=9 * 3600, seconds=0.3)
    assert answer.churn.share <= 0.05
    assert not answer.unserved
    again = check(whole, answer.whole)
    assert isinstance(again, Plan) and not again.unserved
    assert churn(whole, plan, again).moved == answer.churn.moved


def test_plans_of_the_whole_day_are_told_on_the_way() -> None:
    whole, plan = planned_day(60, 4)
    told: list[Plan] = []
    answer = replan_tours(whole, plan, now_s=-1, seconds=0.3, most_moved=1.0, told=told.append)
    assert told and not answer.unserved
    assert {len(plan.unserved) + sum(len(t.visits) for t in plan.tours) for plan in told} == {64}


def test_a_price_of_moves_keeps_stops_where_they_are() -> None:
    whole, plan = planned_day(60, 4)
    free = replan_tours(whole, plan, now_s=-1, seconds=0.3, most_moved=1.0)
    dear = replan_tours(
        whole, plan, now_s=-1, seconds=0.3, most_moved=1.0, price_of_move=10**6 * whole.scale
    )
    assert free.churn.moved > dear.churn.moved == 0


def full_day() -> tuple[Problem, Plan]:
    """Van 1 is full, van 2 has room for one; the new stop 3 is for van 1 alone."""
    vans = (VehicleType(numbers=(1, 2), capacity=(2,), shift=(0, 1000)),)
    old = [at(place, kind=Kind.COLLECT) for place in (3, 4, 8)]
    new = at(5, kind=Kind.COLLECT, only=frozenset({1}))
    plan = check(line_day(*old, vehicles=vans), [Sequence(1, (0, 1)), Sequence(2, (2,))])
    assert isinstance(plan, Plan)
    return line_day(*old, new, vehicles=vans), plan


@pytest.mark.parametrize("price", [0, 10, 1000, 10**9])
def test_no_price_of_a_move_leaves_a_required_stop_out(price: int) -> None:
    day, plan = full_day()
    answer = replan_tours(
        day, plan, now_s=-1, seconds=0.05, most_moved=0.4, price_of_move=price * day.scale
    )
    assert not answer.unserved and answer.churn.moved == 1


@pytest.mark.parametrize("kind", [Kind.COLLECT, Kind.DELIVER])
def test_a_stop_that_the_limit_on_moves_leaves_out_says_so(kind: Kind) -> None:
    day, plan = full_day()
    late = replace(day.stops[2], kind=kind, release_s=(kind is Kind.DELIVER) * 2)
    day = replace(day, stops=(*day.stops[:2], late, day.stops[3]))
    answer = replan_tours(day, plan, now_s=-1, seconds=0.05)
    (note,) = answer.unserved
    assert (note.stop, note.reason, note.needs[0].amount) == (3, "limit_on_moves", 1)
    assert answer.churn.moved == 0
    within = replan_tours(day, plan, now_s=-1, seconds=0.05, most_moved=0.34)
    assert not within.unserved and within.churn.moved == 1


def test_a_stop_that_no_move_frees_keeps_its_reason() -> None:
    day, plan = full_day()
    day = replace(day, stops=(*day.stops[:3], replace(day.stops[3], load=(2,))))
    assert [note.reason for note in replan_tours(day, plan, now_s=-1, seconds=0.05).unserved] == [
        "fleet_full"
    ]


@pytest.mark.parametrize("late", [False, True])
def test_engines_are_loaded_before_the_clock_runs(
    late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    day, plan = full_day()
    if late:
        day = replace(day, stops=(*day.stops[:-1], replace(day.stops[-1], release_s=1)))
    calls: list[str] = []

    def watch(*given: Any) -> ThreadWatch:
        calls.append("clock")
        return ThreadWatch(*given)

    monkeypatch.setattr(stay_engine, "warm", lambda: calls.append("kernels"))
    monkeypatch.setattr(PyVrpEngine, "warm", lambda _: calls.append("pyvrp"))
    monkeypatch.setattr(flow, "ThreadWatch", watch)
    replan_tours(day, plan, now_s=-1, seconds=0.05)
    assert calls[: calls.index("clock")] == ["kernels", *["pyvrp"] * late]


def test_the_collections_of_a_broken_vehicle_go_to_others() -> None:
    whole, plan = planned_day(30, 0)
    broken = plan.tours[0].vehicle
    answer = replan_tours(whole, plan, now_s=8 * 3600, broken=frozenset({broken}), most_moved=1.0)
    assert all(tour.vehicle != broken for tour in answer.rest.tours)
    assert not [note for note in answer.unserved if note.reason == "on_broken_vehicle"]


def test_goods_on_board_of_a_broken_vehicle_are_told() -> None:
    day = line_day(at(3), at(5), at(7))
    plan = check(day, [Sequence(1, (0, 1)), Sequence(2, (2,))])
    assert isinstance(plan, Plan)
    left = plan.tours[0].leave_s
    answer = replan_tours(day, plan, now_s=left, broken=frozenset({1}), seconds=0.05)
    (note,) = [note for note in answer.unserved if note.reason == "on_broken_vehicle"]
    assert (note.stop, note.needs) == (1, (Need("on_board", what="1"),))


def test_without_a_vehicle_left_what_was_driven_stays_and_every_open_stop_says_why() -> None:
    day = line_day(at(3), at(5, kind=Kind.COLLECT), at(7))
    plan = check(day, [Sequence(1, (0, 1)), Sequence(2, (2,))])
    assert isinstance(plan, Plan)
    fleet = frozenset(number for number, _ in day.fleet())
    now_s = plan.tours[0].leave_s
    answer = replan_tours(day, plan, now_s=now_s, broken=fleet, seconds=0.05)
    driven = {i for sequence in answer.whole for i in sequence.stops}
    told = {note.stop: note.reason for note in answer.unserved}
    assert 0 in driven and told[1] == "no_vehicle_left"
    assert driven | set(told) == {0, 1, 2} and driven.isdisjoint(told)


def test_a_new_delivery_needs_a_vehicle_that_has_not_left() -> None:
    day = line_day(at(3), at(5))
    old = replace(day, stops=day.stops[:1])
    plan = check(old, [Sequence(1, (0,))])
    assert isinstance(plan, Plan)
    answer = replan_tours(day, plan, now_s=plan.tours[0].leave_s, seconds=0.05)
    assert {s.vehicle: s.stops for s in answer.whole} == {1: (0,), 2: (1,)}


def test_rules_that_replanning_does_not_know_are_refused() -> None:
    day = line_day(at(1, kind=Kind.PICKUP), at(2, kind=Kind.DROP), shipments=((0, 1),))
    plan = check(day, [Sequence(1, (0, 1))])
    assert isinstance(plan, Plan)
    with pytest.raises(CannotReplan):
        freeze(day, plan, now_s=0)


def test_paid_driving_is_priced_as_the_judge_prices_it_without_waits() -> None:
    from routing.tours import ruin_arrays, ruin_kernel

    day = town(15, vehicles=3)
    data = ruin_arrays.build(day)
    found = RuinEngine(waiting_is_free=True, most_steps=300).solve(
        day, start=None, seed=1, watch=Silent()
    )
    state = ruin_arrays.write(day, data, found)
    ruin_kernel.refresh(data, state, ruin_arrays.absent_costs(day))
    plan = check(day, found)
    assert isinstance(plan, Plan) and not plan.unserved
    kind = day.vehicles[0]
    idle = sum(v.wait_s + day.stops[v.stop].service_s for t in plan.tours for v in t.visits)
    assert int(state.total[0]) + kind.cost_per_s * idle == plan.cost
    assert np.all(data.unit > 0)


def test_only_goods_that_are_not_there_yet_need_the_slower_engine() -> None:
    whole, plan = planned_day(20, 2)
    assert replan_tours(whole, plan, now_s=-1, seconds=0.05).rest.engine == "stay"
    late = replace(whole.stops[-1], kind=Kind.DELIVER, release_s=9 * 3600)
    delivered = replace(
        whole, stops=(*(replace(s, kind=Kind.DELIVER) for s in whole.stops[:-1]), late)
    )
    answer = replan_tours(delivered, plan, now_s=-1, seconds=0.3)
    assert answer.rest.engine == "pyvrp"
    assert answer.churn.share <= 0.05 and not answer.unserved
