"""Plan a day of tours: pick engines, run them where they can be stopped, check what they say."""

from collections.abc import Callable
from dataclasses import replace

from routing.adapters.solver.process import run_engine
from routing.tours.checker import check, rank
from routing.tours.engine import Sequences
from routing.tours.engines import ENGINES, choose
from routing.tours.hopeless import Renumbering, set_aside
from routing.tours.plan import NotFeasible, Plan
from routing.tours.problem import Problem
from routing.tours.reasons import explain

LEAST_S = 0.05


def plan_tours(
    problem: Problem,
    *,
    seconds: float,
    seed: int = 1,
    engine: str = "",
    start: Sequences | None = None,
    cancelled: Callable[[], bool] | None = None,
    told: Callable[[Plan], None] | None = None,
) -> Plan:
    """The best plan found in so many CPU seconds; stops nobody can serve are told with reasons.

    An engine that crashes is replaced by the next able one with the time that is left. A cancel
    returns the best plan so far. `told` hears every better plan.
    """
    easier, renumbered = set_aside(problem)
    able, notes = ((engine,), ()) if engine else choose(easier)
    jury = _Jury(problem, renumbered, told)
    if start:
        jury.judge(renumbered.forth(start), "given")
    left = seconds
    for name in able:
        jury.name = name
        outcome = run_engine(
            ENGINES[name],
            easier,
            seconds=left,
            seed=seed,
            start=renumbered.forth(start) if start else None,
            cancelled=cancelled,
            told=jury.hear if told is not None else None,
        )
        for answer in reversed(outcome.answers):
            if jury.judge(answer, name):
                break
        if outcome.crash:
            notes = (*notes, f"{name} crashed ({outcome.crash})")
        left -= outcome.cpu_s
        finished = outcome.finished and jury.best is not None
        if outcome.cancelled or finished or left < LEAST_S:
            break
    if jury.best is None:
        nothing = check(problem, ())
        assert not isinstance(nothing, NotFeasible)
        jury.best = replace(nothing, engine="none")
    return replace(explain(problem, jury.best), notes=notes)


class _Jury:
    """Checks every proposal and keeps the best."""

    def __init__(
        self, problem: Problem, renumbered: Renumbering, told: Callable[[Plan], None] | None
    ) -> None:
        self.problem = problem
        self.renumbered = renumbered
        self.told = told
        self.best: Plan | None = None
        self.name = ""

    def hear(self, sequences: Sequences) -> None:
        self.judge(sequences, self.name)

    def judge(self, sequences: Sequences, name: str) -> bool:
        """True when the proposal is feasible."""
        plan = check(self.problem, self.renumbered.back(sequences), engine=name)
        if isinstance(plan, NotFeasible):
            return False
        if self.best is None or rank(self.problem, plan) < rank(self.problem, self.best):
            self.best = plan
            if self.told is not None:
                self.told(plan)
        return True
