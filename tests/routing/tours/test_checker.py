"""The judge: times, loads and costs of a tour, and the name of every broken rule."""

import pytest

from core.errors import InvalidInput
from routing.tours.checker import check, rank
from routing.tours.plan import RELOAD, NotFeasible, Plan, Sequence
from routing.tours.problem import (
    UNREACHABLE,
    Break,
    Kind,
    Objective,
    Problem,
    Rules,
    Stop,
    VehicleType,
)
from tests.routing.tours.days import at, line_day


def planned(problem: Problem, *tours: tuple[int, ...]) -> Plan:
    plan = check(problem, [Sequence(v, stops) for v, stops in enumerate(tours, start=1)])
    assert isinstance(plan, Plan), plan
    return plan


def broken(problem: Problem, *tours: tuple[int, ...]) -> set[str]:
    answer = check(problem, [Sequence(v, stops) for v, stops in enumerate(tours, start=1)])
    assert isinstance(answer, NotFeasible)
    return {violation.rule for violation in answer.violations}


def test_a_tour_leaves_as_late_as_it_can_without_coming_back_later() -> None:
    plan = planned(line_day(at(3, windows=((50, 60),), service_s=5)), (0,))
    tour = plan.tours[0]
    assert (tour.leave_s, tour.visits[0].arrive_s, tour.visits[0].wait_s, tour.back_s) == (
        47,
        50,
        0,
        58,
    )
    assert plan.cost == tour.distance_m == 6


def test_waiting_between_two_windows_stays_in_the_tour() -> None:
    day = line_day(at(1, windows=((10, 12),)), at(2, windows=((40, 50),)))
    tour = planned(day, (0, 1)).tours[0]
    assert tour.leave_s == 11 and tour.visits[1].wait_s == 40 - 12 - 1


def test_the_second_window_is_used_when_the_first_is_missed() -> None:
    day = line_day(at(5, windows=((0, 3), (20, 30))))
    tour = planned(day, (0,)).tours[0]
    assert tour.visits[0].start_s == 20 and tour.leave_s == 15


@pytest.mark.parametrize(
    ("stop", "rule"),
    [
        (at(5, windows=((0, 3),)), "window"),
        (at(5, load=(11,)), "capacity"),
        (at(5, service_s=995), "shift"),
        (at(5, skills=frozenset({"lift"})), "skills"),
        (at(5, only=frozenset({2})), "not_this_vehicle"),
    ],
)
def test_each_rule_is_named_when_broken(stop: Stop, rule: str) -> None:
    assert broken(line_day(stop), (0,)) == {rule}


def test_paid_time_distance_and_reloads_are_limited() -> None:
    def van(**limits: int) -> tuple[VehicleType, ...]:
        return (VehicleType(numbers=(1,), capacity=(10,), shift=(0, 1000), **limits),)

    far = at(9)
    assert broken(line_day(far, vehicles=van(paid_s=10, overtime_s=5)), (0,)) == {"working_time"}
    assert broken(line_day(far, vehicles=van(max_distance_m=17)), (0,)) == {"max_distance"}
    assert broken(line_day(at(1), at(2), vehicles=van()), (0, RELOAD, 1)) == {"reloads"}
    overtime = line_day(far, vehicles=van(paid_s=10, overtime_s=8, cost_per_overtime_s=7))
    assert planned(overtime, (0,)).cost == 18 + 7 * 8


def test_a_reload_waits_for_the_release_of_what_it_loads() -> None:
    van = (VehicleType(numbers=(1,), capacity=(1,), shift=(0, 1000), reloads=1),)
    day = line_day(at(1), at(2, release_s=100), vehicles=van)
    tour = planned(day, (0, RELOAD, 1)).tours[0]
    assert tour.visits[2].start_s == 102 and tour.leave_s == 98
    assert broken(day, (0, 1)) == {"capacity"}


def test_shipments_are_picked_up_first_by_the_same_vehicle() -> None:
    day = line_day(at(2, kind=Kind.PICKUP), at(1, kind=Kind.DROP), shipments=((0, 1),))
    assert planned(day, (0, 1)).cost == 4
    assert "drop_before_pickup" in broken(day, (1, 0))
    assert "half_a_shipment" in broken(day, (0,))
    assert "drop_before_pickup" in broken(day, (0,), (1,))


def test_collected_and_delivered_goods_share_the_room() -> None:
    day = line_day(at(1, load=(6,)), at(2, load=(5,), kind=Kind.COLLECT))
    assert planned(day, (0, 1)).tours[0].loaded == (6,)
    full = line_day(at(1, load=(6,)), at(2, load=(5,), kind=Kind.COLLECT), at(3, load=(4,)))
    assert planned(full, (0, 2, 1)).unserved == ()
    assert broken(full, (1, 0, 2)) == {"capacity"}


def test_same_vehicle_order_and_incompatible_goods() -> None:
    rules = Rules(
        same_vehicle=((0, 1),),
        before=((1, 0),),
        incompatible=frozenset({frozenset({"food", "paint"})}),
    )
    day = line_day(at(1, goods="food"), at(2, goods="food"), at(3, goods="paint"), rules=rules)
    assert planned(day, (1, 0), (2,)).unserved == ()
    assert broken(day, (0, 1), (2,)) == {"order"}
    assert broken(day, (0,), (1,)) == {"same_vehicle", "order"}
    assert broken(day, (1, 0, 2)) == {"incompatible"}


def test_a_break_is_taken_at_a_stop_and_waited_for_when_driving_on_would_miss_it() -> None:
    van = (VehicleType(numbers=(1,), capacity=(10,), shift=(0, 1000), breaks=(Break(20, 30, 10),)),)
    day = line_day(at(5, windows=((6, 12),)), at(11, windows=((40, 60),)), vehicles=van)
    tour = planned(day, (0, 1)).tours[0]
    assert sum(visit.rest_s for visit in tour.visits) >= 10
    early = line_day(at(5), vehicles=van)
    assert planned(early, (0,)).tours[0].back_s == 10  # back before the break is due
    tight = line_day(
        at(1, windows=((15, 15),)),
        at(11, windows=((25, 25),)),
        at(2, windows=((38, 38),)),
        vehicles=van,
    )
    assert broken(tight, (0, 1, 2)) >= {"window"} or broken(tight, (0, 1, 2)) == {"break"}


def test_left_out_stops_cost_their_prize_and_required_ones_rank_worst() -> None:
    day = line_day(at(1, prize=7), at(2))
    everything, nothing = planned(day, (0, 1)), planned(day)
    assert nothing.cost == 7 and len(nothing.unserved) == 2
    assert rank(day, everything) < rank(day, nothing)


def test_vehicles_first_prefers_fewer_tours() -> None:
    day = line_day(at(1), at(2), objective=Objective.VEHICLES)
    assert rank(day, planned(day, (0, 1))) < rank(day, planned(day, (0,), (1,)))


def test_no_road_is_never_driven() -> None:
    day = line_day(at(1), at(2))
    day.matrices[0].distance_m[0, 2] = UNREACHABLE
    assert broken(day, (1, 0)) == {"unreachable"}


def test_twice_served_and_unknown_vehicles_are_refused() -> None:
    day = line_day(at(1))
    assert broken(day, (0,), (0,)) == {"served_twice"}
    answer = check(day, [Sequence(9, (0,))])
    assert isinstance(answer, NotFeasible) and answer.violations[0].rule == "no_such_vehicle"


@pytest.mark.parametrize(
    ("stop", "word"),
    [
        (at(1, load=(-1,)), "negative"),
        (at(1, windows=((5, 4),)), "closes"),
        (at(1, location=99), "not a row"),
        (at(1, number=0), "depot"),
        (at(1, kind=Kind.PICKUP), "shipment"),
        (at(1, load=(1, 1)), "dimensions"),
    ],
)
def test_problems_that_make_no_sense_are_refused(stop: Stop, word: str) -> None:
    with pytest.raises(InvalidInput, match=word):
        line_day(stop)
