"""Two engines try briefly on the same problem; the one ahead goes on from the better plan."""

from contextlib import suppress
from dataclasses import dataclass

from routing.tours.checker import check, rank
from routing.tours.engine import Engine, Sequences, TimedWatch, Watch
from routing.tours.plan import NotFeasible
from routing.tours.problem import Problem
from routing.tours.seen import Seen, recombines

TRY_SHARE = 0.12
HAND_OVER = 0.3
"""Of the budget: of 0.12, 0.2, 0.3 and 0.5 the best on 200 stops, on average."""

RECOMBINE_FROM = 0.93
"""Of the budget: from then on the tours seen are put together; decision 13 tells what it brings."""

RECOMBINE_LEAST_S = 30.0
"""A shorter budget is better searched to the end: noting the tours costs more than they bring."""


@dataclass(frozen=True, slots=True)
class Race:
    """An engine made of two; a crash of one leaves the other."""

    runners: tuple[Engine, ...]
    name: str = "race"

    def lacks(self, problem: Problem) -> str:
        able = [runner for runner in self.runners if not runner.lacks(problem)]
        return "" if len(able) > 1 else "has fewer than two engines for this"

    def warm(self) -> None:
        for runner in self.runners:
            runner.warm()

    def solve(
        self, problem: Problem, *, start: Sequences | None, seed: int, watch: Watch
    ) -> Sequences:
        able = [runner for runner in self.runners if not runner.lacks(problem)]
        heat = _Best(problem, watch)
        results = []
        for place, runner in enumerate(able):
            lane = _Lane(heat, watch, TRY_SHARE * (place + 1))
            try:
                found = runner.solve(problem, start=start, seed=seed, watch=lane)
            except Exception:  # noqa: S112 - whatever it throws, the other runs on
                continue
            answer = check(problem, found)
            if not isinstance(answer, NotFeasible):
                results.append((rank(problem, answer), place))
        for _, place in sorted(results):
            try:
                able[place].solve(
                    problem, start=heat.sequences, seed=seed, watch=_Lane(heat, watch, 1.0)
                )
            except Exception:  # noqa: S112
                continue
            break
        return heat.sequences


@dataclass(frozen=True, slots=True)
class Relay:
    """The first begins, the second goes on from its plan: other moves, other minima.

    Near the end of a long budget the best plan is put together of all tours seen; the second has
    what time is left.
    """

    runners: tuple[Engine, Engine]
    name: str = "relay"

    def lacks(self, problem: Problem) -> str:
        return self.runners[0].lacks(problem) or self.runners[1].lacks(problem)

    def warm(self) -> None:
        for runner in self.runners:
            runner.warm()

    def solve(
        self, problem: Problem, *, start: Sequences | None, seed: int, watch: Watch
    ) -> Sequences:
        first, second = self.runners
        if _is_short(watch) or not recombines(problem):
            best = _Best(problem, watch)
            self._run(first, best, _Lane(best, watch, HAND_OVER), seed, start)
            self._run(second, best, _Lane(best, watch, 1.0), seed, start)
            return best.sequences
        seen = Seen(problem)
        best = _Best(problem, watch, seen)
        self._run(first, best, _Listening(best, watch, HAND_OVER, seen), seed, start)
        self._run(second, best, _Listening(best, watch, RECOMBINE_FROM, seen), seed, start)
        if best.sequences:
            best.hear(seen.best_plan(best.sequences, lambda: watch.share_used() >= 1))
        if watch.share_used() < 1:
            self._run(second, best, _Lane(best, watch, 1.0), seed, start)
        return best.sequences

    def _run(
        self, runner: Engine, best: "_Best", lane: "_Lane", seed: int, start: Sequences | None
    ) -> None:
        with suppress(Exception):  # whatever it throws, the other runs on
            begin = best.sequences or start
            runner.solve(best.problem, start=begin, seed=seed, watch=lane)


def _is_short(watch: Watch) -> bool:
    return isinstance(watch, TimedWatch) and watch.budget_s < RECOMBINE_LEAST_S


class _Best:
    """The best plan of all runners, judged."""

    def __init__(self, problem: Problem, watch: Watch, seen: Seen | None = None) -> None:
        self.problem = problem
        self.seen = seen
        self.watch = watch
        self.sequences: Sequences = ()
        self.rank: tuple[int, int, int] | None = None

    def hear(self, sequences: Sequences) -> None:
        answer = check(self.problem, sequences)
        if isinstance(answer, NotFeasible):
            return
        if self.seen is not None:
            for sequence in sequences:
                self.seen.add(sequence.vehicle, sequence.stops)
        order = rank(self.problem, answer)
        if self.rank is None or order < self.rank:
            self.rank, self.sequences = order, sequences
            self.watch.better(sequences)


class _Lane:
    """A runner's watch: its share of the budget reads as the whole."""

    def __init__(self, best: _Best, watch: Watch, until: float) -> None:
        self._best = best
        self._watch = watch
        self._from = watch.share_used()
        self._until = until

    def share_used(self) -> float:
        now = self._watch.share_used()
        if self._until <= self._from:
            return 1.0
        return (now - self._from) / (self._until - self._from)

    def better(self, sequences: Sequences) -> None:
        self._best.hear(sequences)


class _Listening(_Lane):
    """A lane whose runner's tours are kept."""

    def __init__(self, best: _Best, watch: Watch, until: float, seen: Seen) -> None:
        super().__init__(best, watch, until)
        self._seen = seen

    def passed(self, vehicle: int, stops: tuple[int, ...]) -> None:
        self._seen.add(vehicle, stops)
