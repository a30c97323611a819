"""Days built so that what keeps a stop out lies in other stops, vehicles or prizes."""

import numpy as np

from benchmarks.tours.reason_cases import (
    BEGIN,
    BROKEN_FLEET,
    END,
    Case,
    Draft,
    Random,
    Told,
    draft,
    opens_late,
)
from routing.flows.replan_tours import LIMIT_ON_MOVES
from routing.tours.plan import Sequence
from routing.tours.problem import Kind, Rules


def only(*told: tuple[str, int]) -> Told:
    return frozenset(told)


def others_window(day: Draft) -> Case:
    """Served first, as it must be, it makes the vehicle late at a stop that has hours."""
    day.near = (1,)
    far, late = day.stops[1].location, day.few(250)
    place = int(day.random.integers(200, far))
    slack = day.stops[0].service_s - late
    day.stop(location=place, windows=((0, BEGIN + place),))
    day.stop(1, windows=((0, BEGIN + far + slack),))
    return Case("another's window", *day.day(), 0, "fleet_full", ((1, only(("window", late))),))


def too_heavy(day: Draft) -> Case:
    """More than the vehicle holds even empty; beside what it has, by so much more."""
    dimension = int(day.random.integers(0, 3))
    loads = [day.stops[i].load[dimension] for i in (0, *day.near)]
    room = max(sum(loads[1:]), 5)
    load = list(day.stops[0].load)
    load[dimension] = room + day.few()
    day.stop(load=tuple(load))
    capacity = list(day.vans[0].capacity)
    capacity[dimension] = room
    day.van(capacity=tuple(capacity))
    lack = load[dimension] + sum(loads[1:]) - room
    return Case("heavier than a van", *day.day(), 0, "capacity", ((1, only(("capacity", lack))),))


def long_day(day: Draft) -> Case:
    """More working time than the vehicle has, even alone."""
    alone = 2 * day.place + day.stops[0].service_s
    own = 2 * day.farthest + sum(day.stops[i].service_s for i in day.near)
    day.stop(service_s=day.stops[0].service_s + max(0, own - alone) + 400)
    allowed = 2 * day.place + day.stops[0].service_s - day.few()
    day.van(paid_s=allowed)
    late = day.work_s - allowed
    answers = ((1, only(("working_time", late))),)
    return Case("longer than a day's work", *day.day(), 0, "working_time", answers)


def released_for_the_round(day: Draft) -> Case:
    """Its goods come when the whole round, which waits for them, no more fits the shift."""
    late = day.few()
    released = BEGIN + int(day.random.integers(1800, 3600))
    day.stop(release_s=released)
    day.van(shift=(BEGIN, released + day.work_s - late))
    answers = ((1, only(("release", late))),)
    return Case("release holds the round up", *day.day(), 0, "fleet_full", answers)


def same_vehicle(day: Draft) -> Case:
    """Two that must go together: one needs a skill of vehicle 1, which may not serve the other."""
    day.near = tuple(i for i in day.near if i != 1)
    day.stop(only=None, skills=frozenset({"cold"}))
    day.stop(1, only=frozenset({2}))
    day.rules = Rules(same_vehicle=((0, 1),))
    answers = ((1, only(("not_this_vehicle", 0))), (2, only(("skills", 0))))
    return Case("same vehicle", *day.day(), 0, "same_vehicle", answers)


def both_left_out(day: Draft) -> Case:
    """Two that must go together, neither of which is served, lack room together."""
    day.near = tuple(i for i in day.near if i != 1)
    day.stop(1, only=day.stops[0].only, skills=day.stops[0].skills)
    day.rules = Rules(same_vehicle=((0, 1),))
    loads = [day.stops[i].load[2] for i in range(4)]
    lack = 1 + int(day.random.integers(0, min(loads[0], loads[2] + loads[3])))
    day.van(capacity=(10**6, 10**10, sum(loads) - lack))
    return Case("two together", *day.day(), 0, "fleet_full", ((1, only(("capacity", lack))),))


def comes_after(day: Draft) -> Case:
    """It must follow a stop that opens so late that it is closed by then."""
    first, late = day.stops[2], day.few()
    opens = BEGIN + 4 * 3600
    day.stop(2, windows=((opens, opens + 7200),))
    day.rules = Rules(before=((2, 0),))
    there = opens + first.service_s + abs(first.location - day.place)
    day.stop(windows=((0, there - late),))
    return Case("order", *day.day(), 0, "fleet_full", ((1, only(("window", late))),))


def comes_after_elsewhere(day: Draft) -> Case:
    """What must come before it is on another vehicle, which may not serve it."""
    day.stop(only=frozenset({1}), skills=frozenset())
    day.rules = Rules(before=((4, 0),))
    answers = ((1, only(("order", 0))), (2, only(("not_this_vehicle", 0))))
    return Case("order, elsewhere", *day.day(), 0, "fleet_full", answers)


def prize_too_small(day: Draft) -> Case:
    """Optional, beyond the others: the way there and back costs more than it brings."""
    day.stop(location=day.farthest + 100 + day.few())
    more = 10 * 2 * (day.place - day.farthest)  # a metre costs one
    missing = int(day.random.integers(1, more))
    day.stop(prize=more - missing)
    answers = ((1, only(("not_worth_its_prize", missing))),)
    return Case("prize too small", *day.day(), 0, "not_worth_its_prize", answers)


def nearer_vehicle(day: Draft) -> Case:
    """Two vehicles may; the one that starts earlier comes nearer to the window."""
    day.stop(only=None, skills=frozenset())
    late, later = day.few(), int(day.random.integers(600, 1800))
    day.van(1, shift=(BEGIN + later, END))
    day.van(2, shift=(BEGIN + 2 * later, END))
    day.stop(windows=((0, BEGIN + day.place - late),))
    return Case("nearer vehicle", *day.day(), 0, "window", ((1, only(("window", late))),))


def minutes_before_kilos(day: Draft) -> Case:
    """One vehicle lacks minutes, the others room: minutes are told."""
    day.stop(only=None, skills=frozenset())
    day.stop(location=int(day.random.integers(200, day.farthest)))
    late = day.few()
    day.van(shift=(BEGIN, BEGIN + day.work_s - late))
    for van, own in ((1, (4, 5)), (2, (6, 7))):
        day.van(van, capacity=(sum(day.stops[i].load[0] for i in own), 10**10, 1000))
    return Case("minutes before kilos", *day.day(), 0, "fleet_full", ((1, only(("shift", late))),))


def shipment(day: Draft) -> Case:
    """Picked up and brought on, it arrives after closing."""
    late, pick = day.few(), day.stops[1]
    day.near = tuple(i for i in day.near if i != 1)
    for index, kind in ((1, Kind.PICKUP), (0, Kind.DROP)):
        allowed = {"only": day.stops[0].only, "skills": day.stops[0].skills}
        day.stop(index, kind=kind, load=day.stops[0].load, **allowed)
    day.shipments = ((1, 0),)
    there = BEGIN + pick.location + pick.service_s + abs(pick.location - day.place)
    day.stop(windows=((0, there - late),))
    return Case("shipment", *day.day(), 0, "window", ((1, only(("window", late))),))


def fleet_broken(day: Draft) -> Case:
    """Every vehicle has broken down before it left."""
    day.stop(only=None, skills=frozenset())
    problem, tours = day.day()
    return Case(BROKEN_FLEET, problem, tours, 0, BROKEN_FLEET, ())


def idle_vehicle(day: Draft) -> Case:
    """The one vehicle that may serve it is at home, and would be back after its shift."""
    day.near = ()
    day.stops[1:4] = []
    told = opens_late(day)
    tours = (Sequence(2, (1, 2)), Sequence(3, (3, 4)))
    return Case("idle vehicle", day.day()[0], tours, 0, "shift", ((1, only(told)),))


def few_may_move(day: Draft) -> Case:
    """The one vehicle that may serve it lacks a parcel's room; any of its own stops could go."""
    room = sum(day.stops[i].load[2] for i in (0, *day.near)) - 1
    day.van(capacity=(*day.vans[0].capacity[:2], room))
    answers = ((1, only((LIMIT_ON_MOVES, 1))),)
    return Case("limit on moves", *day.day(), 0, LIMIT_ON_MOVES, answers)


TWISTS = (
    others_window, too_heavy, long_day, released_for_the_round, same_vehicle,
    both_left_out, comes_after, comes_after_elsewhere, prize_too_small, nearer_vehicle,
    minutes_before_kilos, shipment, fleet_broken, idle_vehicle,
    few_may_move,
)  # fmt: skip


def twisted(number: int, seed: int) -> Case:
    """A day of one of the `TWISTS`."""
    random: Random = np.random.default_rng([seed, number])
    return TWISTS[number](draft(random))
