"""Both legs of a hub's day as one: never worse than apart, release times respected."""

from dataclasses import replace

import numpy as np
import pytest

from core.places import GeoPoint
from routing.tours.checker import check
from routing.tours.engine import Sequences
from routing.tours.engines import ENGINES
from routing.tours.hopeless import set_aside
from routing.tours.plan import NotFeasible, Plan
from routing.tours.problem import Kind, Problem, Stop, VehicleType
from routing.tours.travel import geodesic_matrix
from routing.tours.two_legs import HubDay, plan_two_legs, releases
from tests.routing.tours.test_plan_tours import Counted

MINUTE = 60


def hub_day(seed: int, *, sellers: int = 8, buyers: int = 14) -> HubDay:
    """A seeded town: sellers open in the morning, buyers wait for two hours from noon on."""
    rng = np.random.default_rng(seed)
    hub = GeoPoint(48.2, 16.37)

    def leg(count: int, kind: Kind) -> Problem:
        points = [hub]
        stops = []
        for i in range(count):
            points.append(
                GeoPoint(48.2 + float(rng.normal(0, 0.04)), 16.37 + float(rng.normal(0, 0.05)))
            )
            opens = (
                int(rng.integers(8 * 60, 10 * 60))
                if kind is Kind.COLLECT
                else int(rng.integers(11 * 60, 14 * 60))
            )
            closes = opens + (240 if kind is Kind.COLLECT else 90)
            stops.append(
                Stop(
                    i + 1,
                    i + 1,
                    (1,),
                    kind,
                    ((opens * MINUTE, closes * MINUTE),),
                    service_s=5 * MINUTE,
                )
            )
        van = VehicleType(
            numbers=(1, 2, 3, 4),
            capacity=(8,),
            shift=(7 * 3600, 20 * 3600),
            fixed_cost=3_000_000,
            cost_per_m=720,
            cost_per_s=2500,
        )
        return Problem(
            kind.value,
            tuple(stops),
            (van,),
            (geodesic_matrix(points),),
            scale=18_000,
            currency="EUR",
        )

    inbound, outbound = leg(sellers, Kind.COLLECT), leg(buyers, Kind.DELIVER)
    sources = {
        out: tuple(sorted({int(i) for i in rng.integers(0, sellers, size=2)}))
        for out in range(buyers)
    }
    return HubDay(inbound, outbound, sources, handling_s=20 * MINUTE)


def solve(problem: Problem, start: Sequences | None) -> Plan:
    easier, renumbered = set_aside(problem)
    begin = renumbered.forth(start) if start else None
    found = ENGINES["pyvrp"].solve(easier, start=begin, seed=1, watch=Counted(250))
    plan = check(problem, renumbered.back(found))
    if isinstance(plan, NotFeasible):
        plan = check(problem, ())
    assert isinstance(plan, Plan)
    return plan


@pytest.mark.parametrize("seed", range(4))
def test_the_day_as_one_is_never_worse_than_the_legs_apart(seed: int) -> None:
    day = hub_day(seed)
    answer = plan_two_legs(day, solve)
    assert answer.together.order(day) <= answer.apart.order(day)
    for both in (answer.apart, answer.together):
        assert isinstance(check(day.inbound, both.inbound.sequences), Plan)
        ready = releases(day, both.inbound)
        for tour in both.outbound.tours:
            assert all(tour.leave_s >= ready[visit.stop] for visit in tour.visits)


def test_goods_that_never_came_in_do_not_go_out() -> None:
    day = hub_day(1)
    lost = replace(day.inbound.stops[0], load=(99,))
    inbound = replace(day.inbound, stops=(lost, *day.inbound.stops[1:]))
    answer = plan_two_legs(replace(day, inbound=inbound), solve, rounds=1)
    fed = {out for out, sources in day.sources.items() if 0 in sources}
    assert fed <= {note.stop for note in answer.together.outbound.unserved}
