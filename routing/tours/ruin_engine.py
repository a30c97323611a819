"""Lanewise's own engine: ruin and recreate on compiled kernels, for one-way loads with windows."""

from dataclasses import dataclass

import numpy as np

from routing.tours import ruin_arrays, ruin_kernel
from routing.tours.engine import Sequences, TourWatch, Watch, cannot
from routing.tours.problem import Problem, VehicleType
from routing.tours.warming import NoTime, smallest_day

UNABLE = (
    "last in, first out",
    "shipments",
    "rules",
    "several windows",
    "release times",
    "reloads",
    "breaks",
    "paid time",
    "limited time",
    "limited distance",
    "both ways",
)
HOT, COLD = 1.0, 0.03
"""Start and end temperature over the mean cost of a stop; chosen on 400 stops in 4 CPU seconds."""

FIRST_STEPS, MOST_STEPS = 50, 20_000
CHUNK_SHARE = 0.01
GATHER_FROM, GATHER_STEPS = 0.4, 200
"""A watch that wants tours hears them after so many steps, from that share of the search on."""


@dataclass(frozen=True, slots=True)
class RuinEngine:
    """Improves one plan, removing and reinserting strings of stops."""

    name: str = "ruin"
    hot: float = HOT
    cold: float = COLD
    waiting_is_free: bool = False  # plan paid time as if only driving were paid; the judge knows
    most_steps: int = 0  # stop after so many steps, for answers that repeat; 0: no such limit

    def lacks(self, problem: Problem) -> str:
        if len({kind.profile for kind in problem.vehicles}) > 1:
            return "cannot express several travel profiles"
        unable = [
            word
            for word in UNABLE
            if not (self.waiting_is_free and word in ("paid time", "limited time"))
        ]
        if self.waiting_is_free and len({_rates(kind) for kind in problem.vehicles}) > 1:
            return "cannot express several rates for the hour"
        return cannot(problem, unable)

    def warm(self) -> None:
        warm()

    def solve(
        self, problem: Problem, *, start: Sequences | None, seed: int, watch: Watch
    ) -> Sequences:
        if not problem.stops:
            return ()
        data = ruin_arrays.build(problem)
        absent = ruin_arrays.absent_costs(problem)
        current = ruin_arrays.write(problem, data, start or ())
        ruin_kernel.refresh(data, current, absent)
        work, best = ruin_arrays.empty_state(data), ruin_arrays.empty_state(data)
        ruin_kernel.copy_state(current, work)
        ruin_kernel.copy_state(current, best)
        logs = ruin_kernel.log_table()
        state = np.array([first_seed(seed)], dtype=np.int64)
        arrays = (data, current, work, best, absent)
        ruin_kernel.improve(*arrays, np.zeros(2, np.int64), logs, state, 1)
        told = ruin_arrays.read(problem, best)
        watch.better(told)
        per_stop = max(1, int(best.total[0]) // len(problem.stops))
        passed = watch.passed if isinstance(watch, TourWatch) else None
        steps, done, used = FIRST_STEPS, 0, watch.share_used()
        while used < 1 and not 0 < self.most_steps <= done:
            if self.most_steps:
                steps = min(MOST_STEPS, self.most_steps - done)
                used = done / self.most_steps
            heat = self._heat(used, per_stop)
            gains = ruin_kernel.improve(*arrays, heat, logs, state, steps)
            done += steps
            if gains:
                told = ruin_arrays.read(problem, best)
                watch.better(told)
            if passed is not None and used > GATHER_FROM:
                for tour in ruin_arrays.read(problem, current):
                    passed(tour.vehicle, tour.stops)
                steps = min(steps, GATHER_STEPS)
            now = watch.share_used()
            if now - used < CHUNK_SHARE / 2:
                steps = min(2 * steps, MOST_STEPS)
            elif now - used > CHUNK_SHARE * 2:
                steps = max(steps // 2, 1)
            used = now
        return told

    def _heat(self, used: float, per_stop: int) -> ruin_arrays.Longs:
        temperature = per_stop * self.hot * (self.cold / self.hot) ** min(used, 1.0)
        return np.array([int(16 * temperature)] * 2, dtype=np.int64)


def _rates(kind: VehicleType) -> tuple[int, int]:
    return kind.cost_per_m, kind.cost_per_s


def first_seed(seed: int) -> int:
    """A non-zero 32-bit start for the generator (Knuth's multiplicative hash)."""
    return (seed * 2_654_435_761 + 1) % (1 << 32) or 1


def warm() -> None:
    """Compile or load every kernel, with the one signature used."""
    problem = smallest_day()

    RuinEngine(most_steps=5).solve(problem, start=None, seed=1, watch=NoTime())
