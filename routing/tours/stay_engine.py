"""The engine that re-plans a running day: near the plan there is, on a compiled kernel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from routing.tours import ruin_arrays, ruin_kernel, stay_kernel
from routing.tours.engine import Sequences, Watch
from routing.tours.plan import Sequence
from routing.tours.problem import Problem
from routing.tours.ruin_engine import first_seed
from routing.tours.warming import NoTime, smallest_day

HOT, COLD = 0.8, 0.02
"""Start and end temperature over the mean cost of a stop."""

BEYOND = 2  # so many times the limit on moves may be away on the way
WITHIN_FROM = 0.7  # share of the budget from which the limit holds on the way too

FIRST_STEPS, MOST_STEPS = 200, 20_000
CHUNK_SHARE = 0.04
MOST_TOTAL = 2**61  # cost units that all moves and stops left out may come to


@dataclass(frozen=True, slots=True)
class StayEngine:
    """At most `most_away` stops leave the vehicle that `home` says, each for `away_cost`.

    No price of moves leaves a required stop out.
    """

    home: Mapping[int, int] = field(default_factory=dict)  # index of a stop to vehicle number
    most_away: int = 0
    away_cost: int = 0  # cost units
    hot: float = HOT
    cold: float = COLD
    most_steps: int = 0  # stop after so many steps, for answers that repeat; 0: no such limit
    name: str = "stay"

    def solve(self, problem: Problem, *, start: Sequences, seed: int, watch: Watch) -> Sequences:
        if not problem.stops:
            return ()
        data = ruin_arrays.build(problem, home=dict(self.home))
        data.away[:], absent = self._prices(problem)
        current = ruin_arrays.write(problem, data, start)
        ruin_kernel.refresh(data, current, absent)
        work, best = ruin_arrays.empty_state(data), ruin_arrays.empty_state(data)
        ruin_kernel.copy_state(current, work)
        ruin_kernel.copy_state(current, best)
        logs = ruin_kernel.log_table()
        state = np.array([first_seed(seed)], dtype=np.int64)
        per_stop = _mean_cost(data, current, absent)
        limits = self._limits(per_stop)
        steps, done, used = FIRST_STEPS, 0, 0.0
        told = int(best.total[0])
        while used < 1 and not 0 < self.most_steps <= done:
            if self.most_steps:
                steps = min(MOST_STEPS, self.most_steps - done)
                used = done / self.most_steps
            heat = self._heat(used, per_stop)
            if used >= WITHIN_FROM:
                limits[1] = self.most_away
            stay_kernel.improve_near(
                data,
                current,
                work,
                best,
                absent,
                heat,
                logs,
                state,
                steps,
                limits,
            )
            if done == 0:
                per_stop = _mean_cost(data, best, absent)
            done += steps
            if int(best.total[0]) < told:
                told = int(best.total[0])
                watch.better(ruin_arrays.read(problem, best))
            now = watch.share_used()
            if now - used < CHUNK_SHARE / 2:
                steps = min(2 * steps, MOST_STEPS)
            elif now - used > CHUNK_SHARE * 2:
                steps = max(steps // 2, 1)
            used = now
        return ruin_arrays.read(problem, best)

    def _prices(self, problem: Problem) -> tuple[int, ruin_arrays.Longs]:
        """What a move costs in the search, and what leaving each stop out does.

        A required stop costs more than all moves on the way to it. Beyond what leaving one out
        costs without moves, a dearer move changes nothing; sums stay far within 64 bits.
        """
        absent = ruin_arrays.absent_costs(problem)
        required = np.array([stop.required for stop in problem.stops])
        if not required.any():
            return min(self.away_cost, MOST_TOTAL // (len(absent) + 1)), absent
        dear = int(absent[required].max())
        moves = min(BEYOND * self.most_away, len(self.home)) + 1
        price = min(self.away_cost, dear, MOST_TOTAL // ((len(absent) + 1) * moves))
        absent[required] = dear + price * moves
        return price, absent

    def _limits(self, per_stop: int) -> ruin_arrays.Longs:
        """Where every stop may move, a move costs the search nothing."""
        toll = per_stop // 2 if self.most_away < len(self.home) else 0
        return np.array([self.most_away, BEYOND * self.most_away, toll], dtype=np.int64)

    def _heat(self, used: float, per_stop: int) -> ruin_arrays.Longs:
        temperature = per_stop * self.hot * (self.cold / self.hot) ** min(used, 1.0)
        return np.array([int(16 * temperature)] * 2 + [per_stop], dtype=np.int64)


def _mean_cost(data: ruin_arrays.Data, state: ruin_arrays.State, absent: ruin_arrays.Longs) -> int:
    """What a planned stop costs without moves; without one, a quarter of the mean way."""
    n = len(absent)
    planned = state.links[2, :n] >= 0
    if planned.any():
        tours = state.total[0] - absent[~planned].sum() - data.away[1] * state.total[1]
        return max(1, int(tours) // int(planned.sum()))
    return max(1, int(data.unit.max() * data.distance[data.distance < ruin_arrays.FAR].mean()) // 4)


@cache
def warm() -> None:
    """Compile or load every kernel, with the one signature used; once a process."""
    problem = smallest_day()

    engine = StayEngine(home={0: 1}, most_away=1, most_steps=5)
    engine.solve(problem, start=(Sequence(1, (0,)),), seed=1, watch=NoTime())
