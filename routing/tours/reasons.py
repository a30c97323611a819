"""Why a stop is left out, or would not fit a vehicle: the rules that stop it and what frees it.

Codes: those of the checker's violations (`window`, `capacity`, `skills`, `unreachable`, …) and
`release`, when no vehicle could serve the stop even alone; `fleet_full` when a vehicle alone could
but the day is full; `not_worth_its_prize` for an optional stop; `not_found` when a place exists
that the search did not take. The needs beside the code are those of the vehicle that comes nearest,
with the tour that it has: all of them together free the stop, and nothing less does.
"""

from dataclasses import dataclass, replace
from typing import Literal

from routing.tours.plan import RELOAD, Need, Plan, Unserved
from routing.tours.problem import Problem, VehicleType
from routing.tours.relief import TIMES, Place, Weight, ask, ties, weight

Unit = Literal["", "s", "m", "g", "mm3", "parcels", "minor"]
LOADS: tuple[tuple[Unit, str, int], ...] = (
    ("g", "kg", 1000),
    ("mm3", "l", 1_000_000),
    ("parcels", "parcels", 1),
)
"""Of a Lanewise day: each load's unit, the one people read, and how many of the first make one."""
IN_MONEY = frozenset({"not_worth_its_prize"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """One vehicle's answer for one stop: it fits at an added cost, or needs what is told."""

    vehicle: int
    needs: tuple[Need, ...] = ()  # the gravest first; empty: it fits
    added_cost: int | None = None
    weight: Weight = (0, 0, 0, 0, 0)  # smaller is nearer

    @property
    def rule(self) -> str:
        """The gravest rule; empty when it fits."""
        return self.needs[0].rule if self.needs else ""

    @property
    def excess(self) -> int:
        """By how much, in the rule's unit."""
        return self.needs[0].amount if self.needs else 0


def explain(problem: Problem, plan: Plan) -> Plan:
    """The plan with a reason and a remedy for every stop it leaves out."""
    return replace(
        plan, unserved=tuple(why_unserved(problem, plan, note.stop) for note in plan.unserved)
    )


def why_unserved(problem: Problem, plan: Plan, stop: int) -> Unserved:
    """The most telling reason for a stop that no tour of the plan visits."""
    verdicts = why_here(problem, plan, stop)
    fitting = [verdict for verdict in verdicts if not verdict.needs]
    if fitting:
        nearest = min(fitting, key=lambda verdict: verdict.added_cost or 0)
        together = _together(problem, plan, stop)
        prize = sum(problem.stops[i].prize or 0 for i in together)
        missing = (nearest.added_cost or 0) - prize
        if missing >= 0 and not any(problem.stops[i].required for i in together):
            detail = f"serving it costs {problem.shown(missing):g} more than its prize"
            need = Need("not_worth_its_prize", missing, stop)
            return Unserved(stop, "not_worth_its_prize", detail, nearest.vehicle, (need,))
        detail = "it fits, but the search ended before"
        return Unserved(stop, "not_found", detail, nearest.vehicle)
    nearest = min(verdicts, key=lambda verdict: verdict.weight)
    detail = remedy(problem, nearest, stop)
    reason = _code(problem, plan, stop, nearest)
    if reason == "fleet_full":
        detail = f"nearest: {detail}"
    return Unserved(stop, reason, detail, nearest.vehicle, nearest.needs)


def _code(problem: Problem, plan: Plan, stop: int, nearest: Verdict) -> str:
    """The rule that no vehicle meets even with nothing else to do; `fleet_full` where one does."""
    fleet = _one_of_each(problem)
    added = _together(problem, plan, stop)
    if any(not _alone(problem, number, k, added).needs for number, k in fleet):
        return "fleet_full"
    tied = len(added) > 1 and problem.partner().get(stop) not in added
    if tied and any(not _alone(problem, number, k, (stop,)).needs for number, k in fleet):
        ordered = any(stop in pair and set(pair) <= set(added) for pair in problem.rules.before)
        return "order" if ordered else "same_vehicle"
    own = _alone(problem, nearest.vehicle, dict(problem.fleet())[nearest.vehicle], added)
    rules = {need.rule for need in own.needs}
    return next((need.rule for need in nearest.needs if need.rule in rules), nearest.rule)


def why_here(problem: Problem, plan: Plan, stop: int) -> tuple[Verdict, ...]:
    """For each vehicle, the cheapest place for the stop, or the rules that stand in its way.

    For a stop already planned, the other vehicles are asked with the stop taken out of its tour.
    """
    added = _together(problem, plan, stop)
    tours = {
        sequence.vehicle: tuple(i for i in sequence.stops if i not in added)
        for sequence in plan.sequences
    }
    vehicle_of = {i: vehicle for vehicle, stops in tours.items() for i in stops if i != RELOAD}
    named = any(problem.stops[i].only is not None for i in added)
    answers = []
    idle_types: set[int] = set()
    for number, k in problem.fleet():
        base = tours.get(number, ())
        if not base:
            if k in idle_types and not named:
                continue
            idle_types.add(k)
        kind = problem.vehicles[k]
        tied = ties(problem, number, kind, base, added, vehicle_of)
        answers.append(_verdict(problem, number, kind, base, added, tied))
    return tuple(answers)


def remedy(problem: Problem, verdict: Verdict, stop: int | None = None) -> str:
    """What would free the stop, in plain words with units."""
    words = [_said(problem, need, stop) for need in verdict.needs] or ["nothing: it fits"]
    return f"vehicle {verdict.vehicle} needs {' and '.join(words)}"


def _said(problem: Problem, need: Need, stop: int | None) -> str:
    time = minutes(need.amount) if problem.currency else f"{need.amount / problem.scale:g}"
    other = need.stop is not None and need.stop != stop
    number = problem.stops[need.stop].number if need.stop is not None else 0
    match need.rule:
        case "window":
            whose = f"the window of stop {number}" if other else "a window"
            return f"{whose} open {time} longer"
        case "shift":
            return f"a shift {time} longer"
        case "working_time":
            return f"{time} more working time"
        case "release":
            return f"its goods {time} earlier"
        case "capacity":
            return f"{amount_of_load(problem, need)} more capacity"
        case "max_distance":
            return f"{need.amount} m more range"
        case "skills":
            return f"the skills {need.what}"
        case "incompatible":
            return f"{need.what} to be allowed on one tour"
        case "not_this_vehicle":
            return "to be allowed to serve it"
        case "unreachable":
            return "a road to it"
        case "under_other_goods":
            return "a side door: goods would lie under others"
        case "same_vehicle":
            return f"what must come with stop {number} on the same vehicle"
        case "order":
            return f"what must come before or after stop {number} on the same tour"
        case rule:
            return f"lifting the rule {rule}"


def amount_of_load(problem: Problem, need: Need) -> str:
    """A load in the unit that people read, rounded up; a bare number in academic files."""
    if not problem.currency or need.dimension is None:
        return f"{need.amount}"
    _, unit, size = LOADS[need.dimension]
    return f"{-(-need.amount // size)} {unit}"


def unit_of(need: Need) -> Unit:
    """Of the amount, in a Lanewise day; `minor` is after division by the problem's scale."""
    if need.rule in TIMES:
        return "s"
    if need.rule in IN_MONEY:
        return "minor"
    if need.rule == "max_distance":
        return "m"
    return "" if need.dimension is None else LOADS[need.dimension][0]


def minutes(seconds: int) -> str:
    """Seconds as whole minutes, rounded up."""
    return f"{-(-seconds // 60)} min"


def _together(problem: Problem, plan: Plan, stop: int) -> tuple[int, ...]:
    """The stop, and before it those left out that must be served with it or ahead of it."""
    served = {visit.stop for tour in plan.tours for visit in tour.visits}
    partner = problem.partner()
    found, waiting = [stop], [stop]
    while waiting:
        one = waiting.pop()
        near = {partner[one]} if one in partner else set()
        near |= {i for group in problem.rules.same_vehicle if one in group for i in group} - served
        near |= {first for first, second in problem.rules.before if second == one} - served
        new = sorted(near - set(found))
        found += new
        waiting += new
    return tuple(reversed(found))


def _one_of_each(problem: Problem) -> list[tuple[int, int]]:
    """One vehicle of each type; all where stops name vehicles."""
    if any(stop.only is not None for stop in problem.stops):
        return problem.fleet()
    return [(kind.numbers[0], k) for k, kind in enumerate(problem.vehicles) if kind.numbers]


def _alone(problem: Problem, number: int, k: int, added: tuple[int, ...]) -> Verdict:
    """The answer of that vehicle if it had nothing else to do."""
    kind = problem.vehicles[k]
    tied = ties(problem, number, kind, (), added, {})
    return _verdict(problem, number, kind, (), added, tied)


def _verdict(
    problem: Problem,
    number: int,
    kind: VehicleType,
    base: tuple[int, ...],
    added: tuple[int, ...],
    tied: tuple[Need, ...],
) -> Verdict:
    asked = ask(problem, number, kind, base, added, tied)
    place: Place = asked.least()
    cost = None if place.needs else place.cost - asked.base_cost()
    return Verdict(number, place.needs, cost, weight(kind, place))
