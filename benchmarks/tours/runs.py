"""One engine on one problem in one child process, judged; and what came of it as a row."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from routing.adapters.solver.process import run_engine
from routing.tours.checker import check
from routing.tours.engines import ENGINES
from routing.tours.plan import NotFeasible, Plan
from routing.tours.problem import Problem

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Run:
    """One engine on one instance with one seed; the gap is in per cent."""

    row: str  # of the table, e.g. "Solomon 100"
    instance: str
    engine: str
    seconds: float
    seed: int
    gap: float
    tours: int
    more_tours: int  # than the best known plan has; 0 where the fleet does not count


@dataclass(slots=True)
class Bench:
    """How much is measured, and what was: `seeds` of each, the first `instances` of each row."""

    say: Say
    seeds: tuple[int, ...] = (1, 2, 3)
    instances: int = 100
    runs: list[Run] = field(default_factory=list)

    def measure(
        self,
        row: str,
        problem: Problem,
        engine: str,
        *,
        seconds: float,
        best: float,
        fleet: int = 0,
    ) -> list[Run]:
        """A run a seed; raises AssertionError when a plan is not feasible or not whole."""
        found = []
        for seed in self.seeds:
            plan = plan_alone(problem, engine, seconds, seed)
            if plan is None or plan.unserved:
                raise AssertionError(f"{engine} has no feasible plan for {problem.name}")
            gap = 100 * (plan.cost / problem.scale / best - 1)
            more = len(plan.tours) - fleet if fleet else 0
            self.say(
                f"{row}: {problem.name} {engine} {seconds:g} s seed {seed}: {gap:.2f} %, "
                f"{len(plan.tours)} tours" + (f" ({more:+d})" if fleet else "")
            )
            found.append(Run(row, problem.name, engine, seconds, seed, gap, len(plan.tours), more))
        self.runs += found
        return found


def plan_alone(problem: Problem, engine: str, seconds: float, seed: int) -> Plan | None:
    """The engine's best plan as the checker prices it; None when it told no feasible one."""
    outcome = run_engine(ENGINES[engine], problem, seconds=seconds, seed=seed)
    for sequences in reversed(outcome.answers):
        plan = check(problem, sequences, engine=engine)
        if not isinstance(plan, NotFeasible):
            return plan
    return None


def mean_gap(runs: list[Run]) -> float:
    return float(np.mean([run.gap for run in runs]))


def as_markdown(runs: list[Run]) -> str:
    """A line an instance and engine: mean gap over the seeds, each seed's, tours."""
    lines = [
        "| row | instance | engine | CPU s | mean gap % | by seed | tours |",
        "|---|---|---|---|---|---|---|",
    ]
    keys = dict.fromkeys((run.row, run.instance, run.engine, run.seconds) for run in runs)
    for row, instance, engine, seconds in keys:
        same = [
            run
            for run in runs
            if (run.row, run.instance, run.engine, run.seconds) == (row, instance, engine, seconds)
        ]
        gaps = ", ".join(f"{run.gap:.2f}" for run in same)
        tours = ", ".join(
            f"{run.tours}" + (f" ({run.more_tours:+d})" if run.more_tours else "") for run in same
        )
        lines.append(
            f"| {row} | {instance} | {engine} | {seconds:g} | {mean_gap(same):.2f} "
            f"| {gaps} | {tours} |"
        )
    return "\n".join(lines)
