"""The port of tour engines: what each can express, and how the search is watched and stopped."""

from collections.abc import Callable
from collections.abc import Sequence as Several
from typing import Protocol, runtime_checkable

from routing.tours.loading import order_of_loading_matters
from routing.tours.plan import Sequence
from routing.tours.problem import Kind, Objective, Problem

Sequences = tuple[Sequence, ...]


class Watch(Protocol):
    """The world as an engine sees it: a clock that it must not own, and someone who listens."""

    def share_used(self) -> float:
        """How much of the budget is gone, 0..1; at 1 the engine must return."""
        ...

    def better(self, sequences: Sequences) -> None:
        """Tell a better feasible answer; the best told survives a cancel at any moment."""
        ...


@runtime_checkable
class TourWatch(Watch, Protocol):
    """A watch that also wants to know the tours an engine passes on its way."""

    def passed(self, vehicle: int, stops: tuple[int, ...]) -> None:
        """A tour that `vehicle` can drive, or another of its type."""
        ...


@runtime_checkable
class TimedWatch(Watch, Protocol):
    """A watch that tells how long the whole budget is."""

    @property
    def budget_s(self) -> float:
        """CPU seconds."""
        ...


class Engine(Protocol):
    """A way to plan tours."""

    @property
    def name(self) -> str:
        """As the answer calls it."""
        ...

    def lacks(self, problem: Problem) -> str:
        """Which rule of the problem this engine cannot express; empty when it can all."""
        ...

    def warm(self) -> None:
        """Load libraries and compiled code, before the clock starts."""
        ...

    def solve(
        self, problem: Problem, *, start: Sequences | None, seed: int, watch: Watch
    ) -> Sequences:
        """The best tours found until the watch says stop; `start` is improved when given."""
        ...


def features(problem: Problem) -> frozenset[str]:
    """The words of the capability table that this problem needs."""
    tests: dict[str, Callable[[], bool]] = {
        "shipments": lambda: bool(problem.shipments),
        "rules": lambda: bool(problem.rules),
        "several windows": lambda: any(len(s.windows) > 1 for s in problem.stops),
        "release times": lambda: any(s.release_s for s in problem.stops),
        "reloads": lambda: any(v.reloads for v in problem.vehicles),
        "last in, first out": lambda: order_of_loading_matters(problem),
        "breaks": lambda: any(v.breaks for v in problem.vehicles),
        "paid time": lambda: any(v.cost_per_s or v.cost_per_overtime_s for v in problem.vehicles),
        "limited time": lambda: any(
            v.paid_s + v.overtime_s < v.shift[1] - v.shift[0] for v in problem.vehicles
        ),
        "limited distance": lambda: any(v.max_distance_m < 10**9 - 1 for v in problem.vehicles),
        "both ways": lambda: (
            len({s.kind for s in problem.stops} & {Kind.DELIVER, Kind.COLLECT}) == 2
        ),
        "mixed with shipments": lambda: (
            bool(problem.shipments)
            and any(s.kind in (Kind.DELIVER, Kind.COLLECT) for s in problem.stops)
        ),
        "optional stops": lambda: any(not s.required for s in problem.stops),
        "mixed fleet": lambda: len(problem.vehicles) > 1,
        "skills": lambda: any(s.skills or s.only is not None for s in problem.stops),
        "fewest vehicles": lambda: problem.objective is Objective.VEHICLES,
    }
    return frozenset(word for word, needed in tests.items() if needed())


def cannot(problem: Problem, unable: Several[str]) -> str:
    """The first word of `unable` the problem needs, told as a reason; empty when none."""
    needed = features(problem)
    return next((f"cannot express {word}" for word in unable if word in needed), "")
