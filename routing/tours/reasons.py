"""Why a stop is left out, or would not fit a vehicle: the rule that stops it and what frees it.

Codes: those of the checker's violations (`window`, `capacity`, `skills`, `unreachable`, …) when no
vehicle could serve the stop even alone; `fleet_full` when each vehicle alone could but the day is
full; `not_worth_its_prize` for an optional stop; `not_found` when a place exists that the search
did not take.
"""

from dataclasses import dataclass, replace

from routing.tours.checker import check
from routing.tours.plan import RELOAD, NotFeasible, Plan, Sequence, Unserved, Violation
from routing.tours.problem import Kind, Problem, VehicleType

SECONDS = frozenset({"window", "shift", "working_time"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """One vehicle's answer for one stop: feasible with an added cost, or a rule and its excess."""

    vehicle: int
    rule: str  # empty: it fits
    excess: int = 0  # seconds, metres or load units, by the rule
    added_cost: int | None = None
    blocked_at: int | None = None  # the stop where the rule breaks


def explain(problem: Problem, plan: Plan) -> Plan:
    """The plan with a reason and a remedy for every stop it leaves out."""
    return replace(
        plan, unserved=tuple(why_unserved(problem, plan, note.stop) for note in plan.unserved)
    )


def why_unserved(problem: Problem, plan: Plan, stop: int) -> Unserved:
    """The most telling reason for a stop that no tour of the plan visits."""
    alone = [
        _best_alone(problem, number, problem.vehicles[k], stop)
        for number, k in _one_of_each(problem)
    ]
    if all(verdict.rule for verdict in alone):
        nearest = min(alone, key=_weight)
        return Unserved(stop, nearest.rule, remedy(problem, nearest))
    verdicts = why_here(problem, plan, stop)
    fitting = [verdict for verdict in verdicts if not verdict.rule]
    own = problem.stops[stop]
    if fitting:
        cheapest = min(verdict.added_cost or 0 for verdict in fitting)
        if not own.required and cheapest >= (own.prize or 0):
            missing = cheapest - (own.prize or 0)
            detail = f"serving it costs {problem.shown(missing):g} more than its prize"
            return Unserved(stop, "not_worth_its_prize", detail)
        return Unserved(stop, "not_found", "it fits, but the search ended before")
    nearest = min(verdicts, key=_weight)
    return Unserved(stop, "fleet_full", f"nearest: {remedy(problem, nearest)}")


def why_here(problem: Problem, plan: Plan, stop: int) -> tuple[Verdict, ...]:
    """For each vehicle, the cheapest place for the stop, or the rule that comes nearest to it.

    For a stop already planned, the other vehicles are asked with the stop taken out of its tour.
    """
    partner = problem.partner().get(stop)
    ends = {stop} | ({partner} if partner is not None else set())
    tours = {
        sequence.vehicle: tuple(i for i in sequence.stops if i not in ends)
        for sequence in plan.sequences
    }
    answers = []
    idle_types: set[int] = set()
    for number, k in problem.fleet():
        base = tours.get(number, ())
        if not base:
            if k in idle_types and problem.stops[stop].only is None:
                continue
            idle_types.add(k)
        answers.append(_best_place(problem, number, base, stop, partner))
    return tuple(answers)


def remedy(problem: Problem, verdict: Verdict) -> str:
    """What would free the stop, in plain words with units."""
    amount = verdict.excess
    match verdict.rule:
        case "window" | "shift" | "working_time":
            what = {
                "window": "a window open {} longer",
                "shift": "a shift {} longer",
                "working_time": "{} more working time",
            }[verdict.rule]
            time = f"{amount / problem.scale:g}" if not problem.currency else minutes(amount)
            text = what.format(time)
        case "capacity":
            text = f"{amount} more capacity"
        case "max_distance":
            text = f"{amount} m more range"
        case "skills":
            text = "a vehicle with its skills"
        case "not_this_vehicle":
            text = "another vehicle to be allowed"
        case "unreachable":
            text = "a road to it"
        case "under_other_goods":
            text = "a side door: goods would lie under others"
        case "":
            text = "nothing: it fits"
        case other:
            text = f"lifting the rule {other}"
    return f"vehicle {verdict.vehicle} needs {text}"


def minutes(seconds: int) -> str:
    """Seconds as whole minutes, rounded up."""
    return f"{-(-seconds // 60)} min"


def _one_of_each(problem: Problem) -> list[tuple[int, int]]:
    """One vehicle of each type; all where stops name vehicles."""
    if any(stop.only is not None for stop in problem.stops):
        return problem.fleet()
    return [(kind.numbers[0], k) for k, kind in enumerate(problem.vehicles) if kind.numbers]


def _best_alone(problem: Problem, number: int, kind: VehicleType, stop: int) -> Verdict:
    del kind
    return _best_place(problem, number, (), stop, problem.partner().get(stop))


def _best_place(
    problem: Problem, number: int, base: tuple[int, ...], stop: int, partner: int | None
) -> Verdict:
    """The best position for the stop (and its shipment's other end) in that tour."""
    first, second = stop, partner
    if partner is not None and problem.stops[stop].kind is Kind.DROP:
        first, second = partner, stop
    before = _price(problem, number, base)
    best: Verdict | None = None
    for i in range(len(base) + 1):
        with_first = (*base[:i], first, *base[i:])
        spots = [None] if second is None else list(range(i + 1, len(with_first) + 1))
        for j in spots:
            trial = with_first
            if j is not None and second is not None:
                trial = (*with_first[:j], second, *with_first[j:])
            verdict = _try(problem, number, trial, before)
            if best is None or _weight(verdict) < _weight(best):
                best = verdict
    assert best is not None
    return best


def _price(problem: Problem, number: int, stops: tuple[int, ...]) -> int:
    if not any(i != RELOAD for i in stops):
        return 0
    answer = _check_tour(problem, number, stops)
    return 0 if isinstance(answer, NotFeasible) else answer.tours[0].cost


def _try(problem: Problem, number: int, stops: tuple[int, ...], before: int) -> Verdict:
    answer = _check_tour(problem, number, stops)
    if not isinstance(answer, NotFeasible):
        return Verdict(number, "", 0, answer.tours[0].cost - before)
    worst = max(answer.violations, key=_severity)
    return Verdict(number, worst.rule, worst.excess, None, worst.stop)


def _check_tour(problem: Problem, number: int, stops: tuple[int, ...]) -> Plan | NotFeasible:
    answer = check(problem, [Sequence(number, stops)])
    if isinstance(answer, NotFeasible):  # ties to stops of other tours are not this tour's fault
        own = tuple(v for v in answer.violations if v.rule not in ("same_vehicle", "order"))
        if own:
            return NotFeasible(own)
    return answer


def _severity(violation: Violation) -> tuple[int, int]:
    order = (
        *("unreachable", "not_this_vehicle", "skills", "incompatible", "capacity"),
        "under_other_goods",
    )
    if violation.rule in order:
        return len(order) - order.index(violation.rule), violation.excess
    return 0, violation.excess


def _weight(verdict: Verdict) -> tuple[int, int]:
    """Fitting first, then times (freed by minutes), then amounts, then a side door, then nothing."""
    if not verdict.rule:
        return 0, verdict.added_cost or 0
    if verdict.rule in SECONDS:
        return 1, verdict.excess
    if verdict.rule in ("capacity", "max_distance"):
        return 2, verdict.excess
    if verdict.rule == "under_other_goods":
        return 3, verdict.excess
    return 4, verdict.excess
