"""What comes out of planning: timed tours, stops left out with their reason, cost and bound."""

from dataclasses import dataclass, field, replace

RELOAD = -1
"""In a sequence of stop indices: come back to the depot and load again."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A tour as engines speak of it: a vehicle's number and stop indices, `RELOAD` between trips."""

    vehicle: int
    stops: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Visit:
    """One stop of a tour in time. `stop` is an index, or `RELOAD`; seconds of the day."""

    stop: int
    arrive_s: int
    wait_s: int
    start_s: int  # of service
    leave_s: int
    load: tuple[int, ...]  # on board when leaving
    rest_s: int = 0  # breaks taken here


@dataclass(frozen=True, slots=True)
class Tour:
    """One vehicle's day."""

    vehicle: int
    visits: tuple[Visit, ...]
    leave_s: int
    back_s: int
    distance_m: int
    cost: int
    loaded: tuple[int, ...] = ()  # on board when leaving the depot first

    @property
    def duration_s(self) -> int:
        return self.back_s - self.leave_s

    @property
    def sequence(self) -> Sequence:
        return Sequence(self.vehicle, tuple(visit.stop for visit in self.visits))


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that would have to give: a rule, by how much (0 where it is yes or no), and where."""

    rule: str  # as of a `Violation`, or `release`, `limit_on_moves`, `on_board`
    amount: int = 0  # seconds, metres, load units or stops that move
    stop: int | None = None  # the index of the stop whose window, skills, … it is
    dimension: int | None = None  # of the load
    what: str = ""  # skills that lack, classes of goods that don't go together, a broken vehicle


@dataclass(frozen=True, slots=True)
class Unserved:
    """A stop nobody visits, with the rule that stops it and what would free it."""

    stop: int
    reason: str  # a code of `routing.tours.reasons`
    detail: str = ""
    vehicle: int | None = None  # the one that comes nearest
    needs: tuple[Need, ...] = ()  # all of them together would let that vehicle serve it

    def renumbered(self, kept: tuple[int, ...]) -> "Unserved":
        """The same in another problem's stops: `kept[i]` is this one's stop i there."""
        needs = tuple(
            need if need.stop is None else replace(need, stop=kept[need.stop])
            for need in self.needs
        )
        return replace(self, stop=kept[self.stop], needs=needs)


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule a tour breaks: which, where, by how much (seconds, metres or load units)."""

    rule: str
    vehicle: int | None = None
    stop: int | None = None
    excess: int = 0
    dimension: int | None = None  # of the load, for `capacity`


@dataclass(frozen=True, slots=True)
class Plan:
    """A feasible day. `cost` counts tours and lost prizes; `bound` never exceeds the optimum."""

    tours: tuple[Tour, ...]
    unserved: tuple[Unserved, ...]
    cost: int
    bound: int | None = None
    engine: str = ""
    notes: tuple[str, ...] = ()

    @property
    def sequences(self) -> tuple[Sequence, ...]:
        return tuple(tour.sequence for tour in self.tours)


@dataclass(frozen=True, slots=True)
class NotFeasible:
    """A proposal the checker refused."""

    violations: tuple[Violation, ...] = field(default_factory=tuple)
