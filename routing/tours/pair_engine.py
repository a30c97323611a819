"""Lanewise's own engine for shipments: fewest tours first where asked, then cost."""

from dataclasses import dataclass

import numpy as np

from routing.tours import pair_kernel, pair_links, ruin_arrays, ruin_kernel
from routing.tours.engine import Sequences, Watch, cannot
from routing.tours.pair_links import Pairs, PairState
from routing.tours.problem import Kind, Matrix, Objective, Problem, Stop, VehicleType
from routing.tours.ruin_arrays import Longs
from routing.tours.ruin_engine import first_seed
from routing.tours.warming import NoTime

UNABLE = (
    "last in, first out",
    "mixed with shipments",
    "rules",
    "several windows",
    "release times",
    "reloads",
    "breaks",
    "paid time",
    "limited time",
    "limited distance",
)
FLEET_SHARE = 0.6
"""Of the budget, for trying with fewer tours; the rest makes those left cheaper."""

HOT, COLD, HUNT = 1.0, 0.02, 0.5  # temperatures over the mean cost of a stop
FIRST_STEPS, MOST_STEPS = 20, 5_000
CHUNK_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class PairEngine:
    """Pick-up and delivery by the same vehicle, on compiled kernels."""

    name: str = "ruin-pairs"
    most_steps: int = 0  # stop after so many steps, for answers that repeat; 0: no such limit

    def lacks(self, problem: Problem) -> str:
        if not problem.shipments:
            return "is for shipments"
        if len({kind.profile for kind in problem.vehicles}) > 1:
            return "cannot express several travel profiles"
        return cannot(problem, UNABLE)

    def warm(self) -> None:
        warm()

    def solve(
        self, problem: Problem, *, start: Sequences | None, seed: int, watch: Watch
    ) -> Sequences:
        if not problem.shipments:
            return ()
        return _Search(problem, start, seed, watch, self.most_steps).run()


class _Search:
    def __init__(
        self, problem: Problem, start: Sequences | None, seed: int, watch: Watch, most_steps: int
    ) -> None:
        self.problem = problem
        self.watch = watch
        self.fleet = len(problem.fleet())
        self.most_steps = most_steps
        self.done = 0
        self.last_used = 0.0
        self.told: Sequences = ()
        self.per_stop = 1
        self.steps = FIRST_STEPS
        self.data = ruin_arrays.build(problem)
        self.pairs = pairs_of(problem)
        single = ruin_arrays.absent_costs(problem)
        self.absent: Longs = single[self.pairs.pickup] + single[self.pairs.drop]
        self.hard = np.ones(len(self.pairs.pickup), dtype=np.int64)
        self.current = self._state(start or ())
        self.work, self.best = self._state(()), self._state(())
        self._begin_at(self.current)
        self.logs = ruin_kernel.log_table()
        self.seed = np.array([first_seed(seed)], dtype=np.int64)

    def run(self) -> Sequences:
        self._improve(0, 1, most_tours=self.fleet)
        self.told = ruin_arrays.read(self.problem, _plain(self.best))
        self.watch.better(self.told)
        self.per_stop = max(1, int(self.best.total[0]) // len(self.problem.stops))
        fewest = self.problem.objective is Objective.VEHICLES
        if fewest:
            self._polish(0.0, FLEET_SHARE / 8, most_tours=self.fleet)
        if fewest and self._waiting(self.best) == 0:
            self._hunt()
        most = len(self._sizes(self.best)) if fewest else self.fleet
        self._polish(self._used(), 1.0, most_tours=most)
        return self.told

    def _used(self) -> float:
        if self.most_steps:
            return self.done / self.most_steps
        return self.watch.share_used()

    def _polish(self, begin: float, end: float, *, most_tours: int) -> None:
        """Cheaper tours, cooling from `begin` to `end` of the budget."""
        self._begin_at(self.best)
        while (used := self._used()) < end:
            passed = min(1.0, (used - begin) / max(end - begin, 1e-9))
            heat = int(16 * self.per_stop * HOT * (COLD / HOT) ** passed)
            if self._improve(heat, self._chunk(used), most_tours=most_tours):
                self.told = ruin_arrays.read(self.problem, _plain(self.best))
                self.watch.better(self.told)

    def _hunt(self) -> None:
        """Dissolve tour after tour as long as their shipments find other places."""
        full = self._copy(self.best)
        heat = int(16 * self.per_stop * HUNT)
        while (used := self._used()) < FLEET_SHARE and len(self._sizes(full)) > 1:
            self._begin_at(self._without_one(full))
            most = len(self._sizes(full)) - 1
            while self._waiting(self.current) and (used := self._used()) < FLEET_SHARE:
                self._improve(heat, self._chunk(used), most_tours=most)
            if self._waiting(self.current):
                break
            full = self._copy(self.current)
            self.told = ruin_arrays.read(self.problem, _plain(full))
            self.watch.better(self.told)
        self._begin_at(full)

    def _chunk(self, used: float) -> int:
        if self.most_steps:
            return max(1, min(MOST_STEPS, self.most_steps - self.done, self.most_steps // 50))
        if used - self.last_used < CHUNK_SHARE / 2:
            self.steps = min(2 * self.steps, MOST_STEPS)
        elif used - self.last_used > 2 * CHUNK_SHARE:
            self.steps = max(1, self.steps // 2)
        self.last_used = used
        return self.steps

    def _improve(self, heat: int, steps: int, *, most_tours: int) -> int:
        self.done += steps
        return pair_kernel.improve_pairs(
            self.data,
            self.pairs,
            self.current,
            self.work,
            self.best,
            self.absent,
            self.hard,
            heat,
            self.logs,
            self.seed,
            steps,
            most_tours,
        )

    def _state(self, sequences: Sequences) -> PairState:
        plain = ruin_arrays.write(self.problem, self.data, sequences)
        board = np.zeros((plain.links.shape[1], self.data.load.shape[1]), dtype=np.int64)
        state = PairState(
            plain.links, plain.times, self.data.capacity.copy(), plain.total, plain.touched, board
        )
        pair_links.refresh_pairs(self.data, self.pairs, state, self.absent)
        return state

    def _copy(self, state: PairState) -> PairState:
        return PairState(
            state.links.copy(),
            state.times.copy(),
            state.room.copy(),
            state.total.copy(),
            state.touched.copy(),
            state.board.copy(),
        )

    def _begin_at(self, state: PairState) -> None:
        """Search on from this state, forgetting a cheaper one with more left out or more tours."""
        source = self._copy(state)
        for target in (self.current, self.work, self.best):
            pair_links.copy_pairs(source, target)
            target.touched[0] = 0

    def _waiting(self, state: PairState) -> int:
        return int((state.links[2][self.pairs.pickup] < 0).sum())

    def _sizes(self, state: PairState) -> dict[int, int]:
        """How hard to place each tour's shipments have been, by vehicle."""
        sizes: dict[int, int] = {}
        for m, node in enumerate(self.pairs.pickup):
            v = int(state.links[2][node])
            if v >= 0:
                sizes[v] = sizes.get(v, 0) + int(self.hard[m])
        return sizes

    def _without_one(self, state: PairState) -> PairState:
        sizes = self._sizes(state)
        dissolved = min(sizes, key=lambda v: (sizes[v], v))
        number = self.problem.fleet()[dissolved][0]
        kept = tuple(
            sequence
            for sequence in ruin_arrays.read(self.problem, _plain(state))
            if sequence.vehicle != number
        )
        return self._state(kept)


def _plain(state: PairState) -> ruin_arrays.State:
    return ruin_arrays.State(state.links, state.times, state.room, state.total, state.touched)


def pairs_of(problem: Problem) -> Pairs:
    """The shipments as arrays."""
    shipment = np.zeros(len(problem.stops), dtype=np.int64)
    for m, (pickup, drop) in enumerate(problem.shipments):
        shipment[pickup] = shipment[drop] = m
    both = np.array(problem.shipments, dtype=np.int64).reshape(-1, 2)
    return Pairs(both[:, 0].copy(), both[:, 1].copy(), shipment)


def warm() -> None:
    """Compile or load every kernel, with the one signature used."""
    table = np.array([[0, 1, 2], [1, 0, 1], [2, 1, 0]], dtype=np.int64)
    van = VehicleType(numbers=(1, 2), capacity=(2,), shift=(0, 100))
    stops = (
        Stop(number=1, location=1, load=(1,), kind=Kind.PICKUP),
        Stop(number=2, location=2, load=(1,), kind=Kind.DROP),
    )
    problem = Problem(
        "warm",
        stops,
        (van,),
        (Matrix(table, table),),
        shipments=((0, 1),),
        objective=Objective.VEHICLES,
    )

    PairEngine(most_steps=20).solve(problem, start=None, seed=1, watch=NoTime())
