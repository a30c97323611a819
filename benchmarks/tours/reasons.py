"""How often the reason for a stop left out is right, on days built with reasons known beforehand.

Right is: the code and the rules with their amounts are the built ones; the vehicle, relieved of all
that is told, can serve the stop in some order of its stops; and relieved of a little less (a second,
a gram, a metre, or one of the rules) it cannot in any. All orders are tried, by the checker.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

import numpy as np

from benchmarks.figures import Figure
from benchmarks.tours.reason_cases import BROKEN_FLEET, BUILT, Case, built
from benchmarks.tours.reason_twists import TWISTS, twisted
from benchmarks.tours.runs import Bench
from routing.flows.replan_tours import LIMIT_ON_MOVES, replan_tours
from routing.tours.checker import check
from routing.tours.plan import Need, NotFeasible, Plan, Sequence, Unserved
from routing.tours.problem import UNREACHABLE, Matrix, Problem, Stop, VehicleType
from routing.tours.reasons import why_unserved

DAYS_OF_EACH = 8
MUST = 95.0  # per cent


def reasons(bench: Bench, days: int = DAYS_OF_EACH) -> Figure:
    """The share of built days whose reason is right; the wrong ones are told by name."""
    wrong: Counter[str] = Counter()
    total = 0
    for case in cases(days):
        total += 1
        fault = fault_of(case)
        if fault:
            wrong[case.name] += 1
            bench.say(f"reasons: {case.name}: {fault}")
    share = 100 * (total - wrong.total()) / total
    seen = f"{share:.1f} % of {total}"
    if wrong:
        seen += "; wrong: " + ", ".join(f"{name} {count}" for name, count in wrong.most_common())
    must = f"right on ≥ {MUST:g} % of ≥ 200 built days"
    return Figure("tours, why a stop is left out", must, must, seen, share >= MUST)


def cases(days: int) -> Iterator[Case]:
    """So many days of each kind."""
    for seed in range(days):
        yield from (built(name, seed) for name in BUILT)
        yield from (twisted(number, seed) for number in range(len(TWISTS)))


def fault_of(case: Case) -> str:
    """What is wrong with the reason; empty when it is right."""
    plan = check(case.problem, case.tours)
    if isinstance(plan, NotFeasible):
        raise AssertionError(f"the day of {case.name} breaks {plan.violations}")
    if case.code == BROKEN_FLEET:
        return _fault_of_breakdown(case, plan)
    if case.code == LIMIT_ON_MOVES:
        return _fault_of_limit(case, plan)
    note = why_unserved(case.problem, plan, case.stop)
    if note.reason != case.code:
        return f"{note.reason} in place of {case.code} ({note.detail})"
    told = frozenset((need.rule, need.amount) for need in note.needs)
    if (note.vehicle, told) not in case.answers:
        return f"{note.vehicle}: {sorted(told)} in place of {case.answers}"
    return _fault_of_relief(case, plan, note)


def _fault_of_breakdown(case: Case, plan: Plan) -> str:
    """With every vehicle broken nobody is left; with one mended, the stop is served by it."""
    fleet = frozenset(number for number, _ in case.problem.fleet())
    answer = replan_tours(case.problem, plan, now_s=0, broken=fleet, seconds=0.05)
    said = {note.stop: note.reason for note in answer.unserved}
    if said.get(case.stop) != BROKEN_FLEET:
        return f"{said.get(case.stop)} in place of {BROKEN_FLEET}"
    mended = replan_tours(case.problem, plan, now_s=0, broken=fleet - {1}, seconds=0.05)
    served = any(case.stop in sequence.stops for sequence in mended.whole)
    return "" if served else "not served with a vehicle mended"


def _fault_of_limit(case: Case, plan: Plan) -> str:
    """Nothing may move: the one stop left out, this or one put off for it, tells so many moves.

    With as many allowed, all are served.
    """
    answer = replan_tours(case.problem, plan, now_s=0, most_moved=0, seconds=0.05)
    told = frozenset((need.rule, need.amount) for note in answer.unserved for need in note.needs)
    said = [note.reason for note in answer.unserved]
    if said != [LIMIT_ON_MOVES] or (1, told) not in case.answers:
        return f"{said}: {sorted(told)} in place of {case.answers}"
    share = sum(amount for _, amount in told) / answer.churn.old_stops
    moved = replan_tours(case.problem, plan, now_s=0, most_moved=share, seconds=0.05)
    return f"not served with {share:.2f} moved" if moved.unserved else ""


def _fault_of_relief(case: Case, plan: Plan, note: Unserved) -> str:
    if not serves(case, plan, note.vehicle, note.needs):
        return f"not freed by {note.detail}"
    for i, need in enumerate(note.needs):
        less = (replace(need, amount=need.amount - 1),) if need.amount > 1 else ()
        if serves(case, plan, note.vehicle, (*note.needs[:i], *less, *note.needs[i + 1 :])):
            return f"freed by less than {note.detail}: {need.rule}"
    return ""


def serves(case: Case, plan: Plan, vehicle: int | None, needs: tuple[Need, ...]) -> bool:
    """Whether some order of that vehicle's stops serves the stop too, relieved of the needs."""
    problem, worth = case.problem, plan.cost
    for need in needs:
        problem = relieved(problem, vehicle, case.stop, need)
        worth += need.amount if need.rule == "not_worth_its_prize" else 0
    served = {i for tour in case.tours for i in tour.stops}
    with_it = {case.stop}
    for group in (*case.problem.shipments, *case.problem.rules.same_vehicle):
        if case.stop in group:
            with_it |= set(group) - served
    others = [tour for tour in case.tours if tour.vehicle != vehicle]
    own = [i for tour in case.tours if tour.vehicle == vehicle for i in tour.stops]
    optional = not case.problem.stops[case.stop].required
    for order in permutations((*own, *with_it)):
        assert vehicle is not None
        trial = check(problem, (*others, Sequence(vehicle, order)))
        if not isinstance(trial, NotFeasible) and (not optional or trial.cost <= worth):
            return True
    return False


def relieved(problem: Problem, vehicle: int | None, stop: int, need: Need) -> Problem:
    """The day in which that rule gives way by that much, for that vehicle alone where it is one's."""
    kinds = {number: problem.vehicles[k] for number, k in problem.fleet()}
    assert vehicle is not None
    kind = kinds[vehicle]
    at = stop if need.stop is None else need.stop
    match need.rule:
        case "window":
            (opens, closes), *more = reversed(problem.stops[at].windows)
            windows = (*reversed(more), (opens, closes + need.amount))
            return _with_stop(problem, at, windows=windows)
        case "release":
            return _with_stop(problem, at, release_s=problem.stops[at].release_s - need.amount)
        case "shift":
            kind = replace(kind, shift=(kind.shift[0], kind.shift[1] + need.amount))
        case "working_time":
            kind = replace(kind, overtime_s=kind.overtime_s + need.amount)
        case "max_distance":
            kind = replace(kind, max_distance_m=kind.max_distance_m + need.amount)
        case "capacity":
            room = list(kind.capacity)
            room[need.dimension or 0] += need.amount
            kind = replace(kind, capacity=tuple(room))
        case "skills":
            kind = replace(kind, skills=kind.skills | problem.stops[at].skills)
        case "not_this_vehicle":
            return _with_stop(problem, at, only=(problem.stops[at].only or frozenset()) | {vehicle})
        case "incompatible":
            return replace(problem, rules=replace(problem.rules, incompatible=frozenset()))
        case "same_vehicle":
            return replace(problem, rules=replace(problem.rules, same_vehicle=()))
        case "order":
            return replace(problem, rules=replace(problem.rules, before=()))
        case "unreachable":
            return replace(problem, matrices=tuple(_joined(each) for each in problem.matrices))
    kinds[vehicle] = kind
    vehicles: tuple[VehicleType, ...] = tuple(
        replace(each, numbers=(number,)) for number, each in kinds.items()
    )
    return replace(problem, vehicles=vehicles)


def _with_stop(problem: Problem, index: int, **changes: object) -> Problem:
    stops: list[Stop] = list(problem.stops)
    stops[index] = replace(stops[index], **changes)  # type: ignore[arg-type]
    return replace(problem, stops=tuple(stops))


def _joined(matrix: Matrix) -> Matrix:
    """Roads of a minute where there were none."""
    gap = matrix.duration_s >= UNREACHABLE
    return Matrix(
        np.where(gap, 600, matrix.distance_m).astype(np.int64),
        np.where(gap, 60, matrix.duration_s).astype(np.int64),
    )
