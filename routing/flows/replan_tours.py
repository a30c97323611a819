"""Re-plan a running day after new orders, a breakdown or a delay, keeping most of it as it was."""

import time
from dataclasses import dataclass, replace

from routing.tours.checker import check
from routing.tours.engine import Sequences
from routing.tours.hopeless import set_aside
from routing.tours.plan import NotFeasible, Plan, Unserved
from routing.tours.problem import Problem
from routing.tours.reasons import why_unserved
from routing.tours.replan import Churn, Running, freeze
from routing.tours.stay_engine import StayEngine


@dataclass(frozen=True, slots=True)
class Replanned:
    """The rest of the day anew. `whole` is every tour with its driven stops, in full indices."""

    running: Running
    rest: Plan  # in stops of `running.problem`
    whole: Sequences
    unserved: tuple[Unserved, ...]  # in full indices
    churn: Churn


class _Clock:
    def __init__(self, seconds: float) -> None:
        self._until = seconds
        self._began = time.process_time()

    def share_used(self) -> float:
        return (time.process_time() - self._began) / self._until

    def better(self, sequences: Sequences) -> None:
        pass


def replan_tours(
    problem: Problem,
    plan: Plan,
    *,
    now_s: int,
    broken: frozenset[int] = frozenset(),
    most_moved: float = 0.05,
    price_of_move: int = 0,
    seconds: float = 0.3,
    seed: int = 1,
) -> Replanned:
    """Plan what is left at `now_s` in this process, within so many CPU seconds.

    At most the share `most_moved` of the old plan's open stops changes vehicle (stops of broken
    vehicles not counted), and each change costs `price_of_move` cost units in the search. The old
    plan with the new stops put in is always a candidate.
    """
    running = freeze(problem, plan, now_s=now_s, broken=broken)
    easier, renumbered = set_aside(running.problem)
    new = {old: i for i, old in enumerate(renumbered.kept)}
    engine = StayEngine(
        home={new[i]: vehicle for i, vehicle in running.home.items() if i in new},
        away_cost=price_of_move,
        most_away=int(most_moved * len(running.home)),
    )
    found = engine.solve(
        easier, start=renumbered.forth(running.start), seed=seed, watch=_Clock(seconds)
    )
    rest = check(running.problem, renumbered.back(found), engine=engine.name)
    if isinstance(rest, NotFeasible):  # limits the engine does not know, such as working time
        rest = check(running.problem, running.start, engine="old plan")
        if isinstance(rest, NotFeasible):
            nothing = check(running.problem, ())
            assert not isinstance(nothing, NotFeasible)
            rest = nothing
    notes = [why_unserved(running.problem, rest, note.stop) for note in rest.unserved]
    left = tuple(replace(note, stop=running.kept[note.stop]) for note in notes)
    whole = running.whole(rest.sequences)
    return Replanned(running, rest, whole, (*running.stranded, *left), _churn(running, rest))


def _churn(running: Running, rest: Plan) -> Churn:
    """Moves among stops whose vehicle can still serve them."""
    before = dict(running.home)
    after = {visit.stop: tour.vehicle for tour in rest.tours for visit in tour.visits}
    moved = sum(1 for i, vehicle in before.items() if after.get(i, vehicle) != vehicle)
    return Churn(len(before), moved, moved / len(before) if before else 0.0)
