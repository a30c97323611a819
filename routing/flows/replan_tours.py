"""Re-plan a running day after new orders, a breakdown or a delay, keeping most of it as it was."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from routing.adapters.solver.thread import ThreadWatch
from routing.tours import stay_engine
from routing.tours.checker import check
from routing.tours.engine import Sequences
from routing.tours.hopeless import Renumbering, set_aside
from routing.tours.plan import Need, NotFeasible, Plan, Sequence, Unserved
from routing.tours.problem import Problem
from routing.tours.pyvrp_engine import PyVrpEngine
from routing.tours.reasons import why_unserved
from routing.tours.replan import Churn, Running, freeze, held
from routing.tours.stay_engine import StayEngine

LIMIT_ON_MOVES = "limit_on_moves"
ASK_AGAIN = 0.1  # of the seconds, on top: to see whether it is the limit that leaves stops out


@dataclass(frozen=True, slots=True)
class Replanned:
    """The rest of the day anew. `whole` is every tour with its driven stops, in full indices."""

    running: Running
    rest: Plan  # in stops of `running.problem`
    whole: Sequences
    unserved: tuple[Unserved, ...]  # in full indices
    churn: Churn


def replan_tours(
    problem: Problem,
    plan: Plan,
    *,
    now_s: int,
    broken: frozenset[int] = frozenset(),
    late: frozenset[int] = frozenset(),
    reached: Mapping[int, int] | None = None,
    most_moved: float = 0.05,
    price_of_move: int = 0,
    seconds: float = 0.45,
    seed: int = 1,
    cancelled: Callable[[], bool] | None = None,
    told: Callable[[Plan], None] | None = None,
) -> Replanned:
    """Plan what is left at `now_s` in this process, within so many CPU seconds of search.

    At most the share `most_moved` of the old plan's open stops changes vehicle (stops of broken
    vehicles and `late` ones, whose goods have a new release, are not counted), and each change
    costs `price_of_move` cost units in the search (not in one with releases). `reached` as in
    `freeze`. The old plan with the new stops put in is always a candidate. When no vehicle is left,
    only what was driven is. `told` hears of the whole day as often as the search finds better.
    A required stop left out that is served when more stops move says so (`limit_on_moves`).
    """
    running = freeze(problem, plan, now_s=now_s, broken=broken, reached=reached)
    new = {full: i for i, full in enumerate(running.kept)}
    delayed = frozenset(new[i] for i in late if i in new)
    home = {i: vehicle for i, vehicle in running.home.items() if i not in delayed}
    most_away = int(round(most_moved * len(home), 9))  # 0.29 of 100 is 29
    released = any(stop.release_s > max(now_s, 0) for stop in running.problem.stops)
    _load(released)
    clock = _Clock(problem, running, seconds, cancelled, told)
    if running.nobody:
        rest = _left_as_it_is(running)
    elif released:
        rest = _with_releases(running, home, delayed, most_away, seed, clock)
    else:
        rest = _near(running, home, most_away, price_of_move, seed, clock)
    lifted = _beyond_limit(running, home, most_away, rest, seed, clock)
    moved = _churn(home, lifted).moved
    if moved <= most_away:
        rest = lifted
    freed = _required_left(running, rest) - _required_left(running, lifted)
    notes = [
        _limited(note.stop, moved, most_away) if note.stop in freed else _told(running, rest, note)
        for note in rest.unserved
    ]
    left = tuple(note.renumbered(running.kept) for note in notes)
    whole = running.whole(rest.sequences)
    return Replanned(running, rest, whole, (*running.stranded, *left), _churn(home, rest))


def _load(released: bool) -> None:
    """Have the engines ready before the clock runs: the first day of a process loads them."""
    stay_engine.warm()
    if released:
        PyVrpEngine().warm()


class _Clock:
    """The time there is, from now on, and who hears of better plans of the whole day."""

    def __init__(
        self,
        problem: Problem,
        running: Running,
        seconds: float,
        cancelled: Callable[[], bool] | None,
        told: Callable[[Plan], None] | None,
    ) -> None:
        self._problem, self._running, self._told = problem, running, told
        self._back: Callable[[Sequences], Sequences] = tuple
        self._seconds, self._cancelled = seconds, cancelled
        self._watch = ThreadWatch(seconds, cancelled, None if told is None else self._hear)

    def telling(self, renumbered: Renumbering) -> ThreadWatch:
        """The watch of an engine that plans the easier problem."""
        self._back = renumbered.back
        return self._watch

    def asking(self, _: Renumbering) -> ThreadWatch:
        """The watch of a short search whose plans nobody hears of."""
        return ThreadWatch(self._seconds * ASK_AGAIN, self._cancelled)

    def _hear(self, sequences: Sequences) -> None:
        plan = check(self._problem, self._running.whole(self._back(sequences)))
        if self._told is not None and not isinstance(plan, NotFeasible):
            self._told(plan)


def _left_as_it_is(running: Running) -> Plan:
    """Nobody goes on: every open stop waits, and the note says why."""
    notes = [
        Unserved(i, "no_vehicle_left", "every vehicle is broken or its shift is over")
        for i in range(len(running.problem.stops))
    ]
    plan = check(running.problem, (), unserved=notes, engine="nobody")
    assert not isinstance(plan, NotFeasible)
    return plan


def _near(
    running: Running,
    home: Mapping[int, int],
    most_away: int,
    price: int,
    seed: int,
    clock: "_Clock",
) -> Plan:
    """By the own kernel, which knows the limit on moves but no releases."""
    found = _kernel(running, home, running.start, most_away, price, seed, clock.telling)
    return _judged(running, found, StayEngine().name)


def _beyond_limit(
    running: Running,
    home: Mapping[int, int],
    most_away: int,
    rest: Plan,
    seed: int,
    clock: "_Clock",
) -> Plan:
    """A plan that serves more of the required stops, moving few beyond the limit; else `rest`."""
    left = _required_left(running, rest)
    if running.nobody or not left or len(home) <= most_away:
        return rest
    dear = stay_engine.MOST_TOTAL
    found = _kernel(running, home, rest.sequences, len(home), dear, seed, clock.asking)
    plan = check(running.problem, found, engine=StayEngine().name)
    if isinstance(plan, NotFeasible) or not _required_left(running, plan) < left:
        return rest
    return plan


def _required_left(running: Running, plan: Plan) -> set[int]:
    return {note.stop for note in plan.unserved if running.problem.stops[note.stop].required}


def _told(running: Running, rest: Plan, note: Unserved) -> Unserved:
    return note if running.nobody else why_unserved(running.problem, rest, note.stop)


def _limited(stop: int, moved: int, most_away: int) -> Unserved:
    detail = f"served when {moved} stops may change vehicle; the limit is {most_away}"
    return Unserved(stop, LIMIT_ON_MOVES, detail, needs=(Need(LIMIT_ON_MOVES, moved),))


def _kernel(
    running: Running,
    home: Mapping[int, int],
    start: Sequences,
    most_away: int,
    price: int,
    seed: int,
    watch: Callable[[Renumbering], ThreadWatch],
) -> Sequences:
    """What the own kernel finds from `start` on."""
    easier, renumbered = set_aside(running.problem, sure=frozenset(running.home))
    new = {old: i for i, old in enumerate(renumbered.kept)}
    engine = StayEngine(
        home={new[i]: vehicle for i, vehicle in home.items() if i in new},
        away_cost=price,
        most_away=most_away,
    )
    first = renumbered.forth(start)
    return renumbered.back(engine.solve(easier, start=first, seed=seed, watch=watch(renumbered)))


def _with_releases(
    running: Running,
    home: Mapping[int, int],
    delayed: frozenset[int],
    most_away: int,
    seed: int,
    clock: "_Clock",
) -> Plan:
    """By PyVRP: only so many stops as may move are let go, the ones on tours with late goods."""
    problem = held(running, home, delayed, most_away)
    easier, renumbered = set_aside(problem)
    start = check(problem, running.start)
    begin = None if isinstance(start, NotFeasible) else renumbered.forth(running.start)
    found = PyVrpEngine().solve(easier, start=begin, seed=seed, watch=clock.telling(renumbered))
    return _judged(running, renumbered.back(found), PyVrpEngine.name)


def _judged(running: Running, found: Sequences, engine: str) -> Plan:
    """What was found as the checker prices it; else the old plan, or what is left of it."""
    for sequences, name in ((found, engine), (running.start, "old plan")):
        plan = check(running.problem, sequences, engine=name)
        if not isinstance(plan, NotFeasible):
            return plan  # limits the engine does not know, such as working time, may refuse it
    alone: list[Sequence] = []
    for sequence in running.start:
        if not isinstance(check(running.problem, (*alone, sequence)), NotFeasible):
            alone.append(sequence)
    plan = check(running.problem, alone, engine="old plan")
    assert not isinstance(plan, NotFeasible)
    return plan


def _churn(before: Mapping[int, int], rest: Plan) -> Churn:
    """Moves among stops whose vehicle can still serve them."""
    after = {visit.stop: tour.vehicle for tour in rest.tours for visit in tour.visits}
    moved = sum(1 for i, vehicle in before.items() if after.get(i, vehicle) != vehicle)
    return Churn(len(before), moved, moved / len(before) if before else 0.0)
