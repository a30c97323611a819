"""The milk run in and the tours out as one day: what comes in late is asked for earlier.

Each leg is planned by whoever is handed in. The inbound tours' arrivals at the hub become release
times of the outbound stops; the outbound tours' wished departures come back as due times of the
inbound stops, the whole way or by a few minutes, for all goods and for one inbound tour at a time.
The plan of the legs apart is always a candidate,
so the day planned as one is never worse.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from routing.tours.checker import check, rank
from routing.tours.engine import Sequences
from routing.tours.plan import NotFeasible, Plan
from routing.tours.problem import Problem, Stop

WHOLE_WAY = 1 << 40
STEPS_S = (WHOLE_WAY, 600, 1200, 300, 2400)  # how much earlier, at most, the goods are asked for
STEPS_ALONE_S = (WHOLE_WAY, 600, 1800)  # the same for one inbound tour
MOST_ROUNDS = 16

Solve = Callable[[Problem, Sequences | None], Plan]


@dataclass(frozen=True, slots=True)
class HubDay:
    """Both legs of a hub's day; `sources` says which inbound stops feed an outbound stop."""

    inbound: Problem
    outbound: Problem
    sources: Mapping[int, tuple[int, ...]]  # outbound stop to inbound stops, by index
    handling_s: int  # from a vehicle's return to goods ready to load


@dataclass(frozen=True, slots=True)
class BothLegs:
    """One plan of the day; cost units of both problems are the same."""

    inbound: Plan
    outbound: Plan
    released: Mapping[int, int]  # outbound stop to its release, s

    @property
    def cost(self) -> int:
        return self.inbound.cost + self.outbound.cost

    @property
    def mean_delivery_s(self) -> float:
        """Mean start of service of the outbound stops served."""
        starts = [visit.start_s for tour in self.outbound.tours for visit in tour.visits]
        return sum(starts) / len(starts) if starts else 0.0

    def order(self, day: HubDay) -> tuple[int, int, float]:
        """Smaller is better: required stops left out on either leg, cost, then how early."""
        missing = rank(day.inbound, self.inbound)[0] + rank(day.outbound, self.outbound)[0]
        return missing, self.cost, self.mean_delivery_s


@dataclass(frozen=True, slots=True)
class Comparison:
    """The legs apart and as one, and how many ways of asking for earlier goods were tried."""

    apart: BothLegs
    together: BothLegs
    rounds: int
    held_up: bool  # with all goods there, a tour would have left earlier than it can

    @property
    def saved(self) -> int:
        """Cost units saved; negative only when more stops are served."""
        return self.apart.cost - self.together.cost


def plan_two_legs(
    day: HubDay,
    solve: Solve,
    *,
    rounds: int = MOST_ROUNDS,
    told: Callable[[BothLegs], None] = lambda _: None,
) -> Comparison:
    """Plan the legs apart, then as one; `solve` is called up to four times and twice a round.

    `told` hears of the legs apart, and of every better day after.
    """
    first = solve(day.inbound, None)
    apart = _onward(day, first, solve, None)
    told(apart)
    wishes = _wishes(day, solve)
    best = apart
    done = 0
    tried: set[tuple[tuple[int, int], ...]] = set()
    for step_s, tour in _asks(apart):
        due = _due(day, best, wishes, step_s, tour)
        ask = tuple(sorted(due.items()))
        if done == rounds or not due or ask in tried:
            continue
        tried.add(ask)
        done += 1
        candidate = _asked(day, best, due, solve)
        if candidate is not None and candidate.order(day) < best.order(day):
            best = candidate
            told(best)
    # nobody waits for anybody any more: another look at what goes out, from the best so far
    last = _onward(day, best.inbound, solve, best.outbound)
    if last.order(day) < best.order(day):
        best = last
    return Comparison(apart, best, done, bool(_due(day, apart, wishes, WHOLE_WAY, None)))


def _asks(apart: BothLegs) -> list[tuple[int, int | None]]:
    """How many seconds earlier, and of which inbound tour alone (None: of all)."""
    alone = range(len(apart.inbound.tours)) if len(apart.inbound.tours) > 1 else ()
    together: list[tuple[int, int | None]] = [(step_s, None) for step_s in STEPS_S]
    return together + [(step_s, tour) for step_s in STEPS_ALONE_S for tour in alone]


def _asked(day: HubDay, best: BothLegs, due: Mapping[int, int], solve: Solve) -> BothLegs | None:
    """The day when the goods are due so; None when they cannot be."""
    asked = replace(day.inbound, stops=_with_due(day, due))
    inbound = solve(asked, _still_feasible(asked, best.inbound))
    honest = check(day.inbound, inbound.sequences, unserved=inbound.unserved)
    if isinstance(honest, NotFeasible):
        return None
    return _onward(day, honest, solve, best.outbound)


def releases(day: HubDay, inbound: Plan) -> dict[int, int]:
    """When each outbound stop's goods can be loaded: after the last of its sources is in."""
    at_hub = {
        visit.stop: tour.back_s + day.handling_s for tour in inbound.tours for visit in tour.visits
    }
    return {
        out: max((at_hub[i] for i in sources if i in at_hub), default=0)
        for out, sources in day.sources.items()
    }


def _onward(day: HubDay, inbound: Plan, solve: Solve, old: Plan | None) -> BothLegs:
    """The outbound leg after this inbound plan. What never came in cannot go out."""
    released = releases(day, inbound)
    stops = _released(day, released)
    problem = replace(day.outbound, stops=stops)
    missing = {note.stop for note in inbound.unserved}
    if missing:
        nobody: frozenset[int] = frozenset()
        stops = tuple(
            replace(stop, only=nobody) if missing & set(day.sources.get(i, ())) else stop
            for i, stop in enumerate(stops)
        )
        problem = replace(problem, stops=stops)
    start = None if old is None else _still_feasible(problem, old)
    return BothLegs(inbound, solve(problem, start), released)


def _released(day: HubDay, released: Mapping[int, int]) -> tuple[Stop, ...]:
    return tuple(
        replace(stop, release_s=max(stop.release_s, released.get(i, 0)))
        for i, stop in enumerate(day.outbound.stops)
    )


def _wishes(day: HubDay, solve: Solve) -> dict[int, int]:
    """When the outbound tours would leave if all goods were there, by outbound stop."""
    free = solve(day.outbound, None)
    return {visit.stop: tour.leave_s for tour in free.tours for visit in tour.visits}


def _due(
    day: HubDay, best: BothLegs, wishes: Mapping[int, int], step_s: int, tour: int | None
) -> dict[int, int]:
    """When inbound stops' goods should be at the hub, where that is earlier than they are.

    At most by `step_s`; with `tour`, the position of an inbound tour, only for its goods.
    """
    tours = best.inbound.tours
    heard = None if tour is None else {v.stop for t in tours[tour : tour + 1] for v in t.visits}
    due: dict[int, int] = {}
    for out, sources in day.sources.items():
        wished = wishes.get(out)
        now = best.released.get(out, 0)
        if wished is None or now <= wished:
            continue
        asked = max(wished, now - step_s) - day.handling_s
        for i in sources:
            if heard is None or i in heard:
                due[i] = min(due.get(i, asked), asked)
    return due


def _with_due(day: HubDay, due: Mapping[int, int]) -> tuple[Stop, ...]:
    """Inbound stops that must be left in time to be at the hub when due, if they can be."""
    problem = day.inbound
    kind = problem.vehicles[0]
    way = problem.matrices[kind.profile].duration_s[:, kind.end]
    stops = []
    for i, stop in enumerate(problem.stops):
        if i not in due:
            stops.append(stop)
            continue
        latest = due[i] - int(way[stop.location]) - stop.service_s
        windows = tuple(
            (opens, min(closes, latest)) for opens, closes in stop.windows if opens <= latest
        )
        stops.append(replace(stop, windows=windows or ((stop.windows[0][0],) * 2,)))
    return tuple(stops)


def _still_feasible(problem: Problem, plan: Plan) -> Sequences | None:
    answer = check(problem, plan.sequences)
    return None if isinstance(answer, NotFeasible) else plan.sequences
