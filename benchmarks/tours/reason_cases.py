"""Days built so that a stop is left out for reasons known beforehand, by how they are built.

Places lie on a line through the depot, one second and ten metres to a step, so that the shortest way
round is twice the farthest place. Vehicle 1 is near; the others are kept off by rules of yes or no.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from routing.tours.plan import Sequence
from routing.tours.problem import UNREACHABLE, Matrix, Problem, Rules, Stop, VehicleType

BEGIN, END = 6 * 3600, 22 * 3600
FARTHEST = 4000
BROKEN_FLEET = "no_vehicle_left"

Random = np.random.Generator
Told = frozenset[tuple[str, int]]  # rules that bind, and by how much (0: yes or no)


@dataclass(frozen=True, slots=True)
class Case:
    """A day, the tours it has, the stop they leave out, and what must be said of it."""

    name: str
    problem: Problem
    tours: tuple[Sequence, ...]
    stop: int
    code: str
    answers: tuple[tuple[int, Told], ...]  # vehicle and needs; any of them is right


@dataclass(slots=True)
class Draft:
    """A day with room for everything: vehicle 1 has three stops, 2 and 3 have two each; stop 0 is
    left out. Changed by what a case is about."""

    random: Random
    stops: list[Stop]
    vans: list[VehicleType]
    rules: Rules
    near: tuple[int, ...]
    shipments: tuple[tuple[int, int], ...] = ()
    cut_off: bool = False  # no road to stop 0

    @property
    def place(self) -> int:
        """Of the stop left out: steps from the depot."""
        return self.stops[0].location

    @property
    def farthest(self) -> int:
        """Of the near vehicle's own stops."""
        return max((self.stops[i].location for i in self.near), default=0)

    @property
    def work_s(self) -> int:
        """The near vehicle's shortest day with the stop."""
        far = max(self.farthest, self.place)
        return 2 * far + sum(self.stops[i].service_s for i in (0, *self.near))

    def few(self, most: int = 300) -> int:
        return int(self.random.integers(1, most + 1))

    def stop(self, index: int = 0, **changes: object) -> None:
        self.stops[index] = replace(self.stops[index], **changes)  # type: ignore[arg-type]

    def van(self, index: int = 0, **changes: object) -> None:
        self.vans[index] = replace(self.vans[index], **changes)  # type: ignore[arg-type]

    def day(self) -> tuple[Problem, tuple[Sequence, ...]]:
        steps = np.arange(FARTHEST + 1)
        used = [0, *(stop.location for stop in self.stops)]
        time = np.abs(steps[used][:, None] - steps[used][None, :]).astype(np.int64)
        if self.cut_off:
            time[1, :] = time[:, 1] = UNREACHABLE
            time[1, 1] = 0
        metres = np.where(time >= UNREACHABLE, UNREACHABLE, 10 * time)
        stops = tuple(replace(stop, location=i + 1) for i, stop in enumerate(self.stops))
        problem = Problem(
            "built",
            stops,
            tuple(self.vans),
            (Matrix(metres, time),),
            self.shipments,
            self.rules,
            scale=18_000,
            currency="EUR",
        )
        tours = (Sequence(1, self.near), Sequence(2, (4, 5)), Sequence(3, (6, 7)))
        return problem, tuple(tour for tour in tours if tour.stops)


def draft(random: Random, *, others: str = "") -> Draft:
    """`others` says what keeps vehicles 2 and 3 off: `only`, `skills` or `both`; empty: by lot."""
    others = others or str(random.choice(["only", "skills"]))
    places = random.choice(np.arange(300, FARTHEST - 500), size=8, replace=False)
    stops = [
        Stop(
            number=10 + i,
            location=int(place),
            load=tuple(int(n) for n in (random.integers(800, 9000), random.integers(10**6, 9 * 10**6), random.integers(2, 9))),
            service_s=int(random.integers(301, 900)),
        )
        for i, place in enumerate(places)
    ]  # fmt: skip
    if others in ("only", "both"):
        stops[0] = replace(stops[0], only=frozenset({1}))
    if others in ("skills", "both"):
        stops[0] = replace(stops[0], skills=frozenset({"cold"}))
    van = VehicleType((1,), (10**6, 10**10, 1000), shift=(BEGIN, END), skills=frozenset({"cold"}))
    bare = replace(van, skills=frozenset())
    vans = [van, replace(bare, numbers=(2,)), replace(bare, numbers=(3,))]
    if others == "both":  # full as well, so that one rule of yes or no on vehicle 1 is nearer
        for index, own in ((1, (4, 5)), (2, (6, 7))):
            room = tuple(sum(stops[i].load[d] for i in own) for d in range(3))
            vans[index] = replace(vans[index], capacity=room)
    near = tuple(sorted((1, 2, 3), key=lambda i: stops[i].location))
    return Draft(random, stops, vans, Rules(), near)


def lacks_room(day: Draft, dimension: int) -> tuple[str, int]:
    """Room for all but a little of the load; the vehicle alone could take the stop."""
    loads = [day.stops[i].load[dimension] for i in (0, *day.near)]
    lack = 1 + int(day.random.integers(0, min(loads[0], sum(loads[1:]) or loads[0])))
    room = list(day.vans[0].capacity)
    room[dimension] = sum(loads) - lack
    day.van(capacity=tuple(room))
    return "capacity", lack


def closes_early(day: Draft) -> tuple[str, int]:
    """Closed before anybody who leaves when the shift begins is there."""
    late = day.few()
    day.stop(windows=((0, BEGIN + day.place - late),))
    return "window", late


def opens_late(day: Draft) -> tuple[str, int]:
    """Whoever serves it is back after the shift."""
    late = day.few()
    opens = END - day.place - day.stops[0].service_s + late
    day.stop(windows=((opens, opens + 60),))
    return "shift", late


def full_shift(day: Draft) -> tuple[str, int]:
    """Everything together takes longer than the shift, by less than the stop's own service."""
    day.stop(location=int(day.random.integers(200, day.farthest)))
    late = day.few()
    day.van(shift=(BEGIN, BEGIN + day.work_s - late))
    return "shift", late


def overtime(day: Draft) -> tuple[str, int]:
    """The same in working time, some of it overtime."""
    day.stop(location=int(day.random.integers(200, day.farthest)))
    late = day.few()
    over = int(day.random.integers(0, 1800))
    day.van(paid_s=day.work_s - late - over, overtime_s=over)
    return "working_time", late


def too_far(day: Draft) -> tuple[str, int]:
    """Beyond the others, and out of reach even alone."""
    day.stop(location=day.farthest + int(day.random.integers(400, 499)))
    metres = 10 * day.few(700)
    day.van(max_distance_m=20 * day.place - metres)
    return "max_distance", metres


def released_late(day: Draft) -> tuple[str, int]:
    """Loaded when the goods are there, it is closed on arrival; the others have no hours."""
    late = day.few()
    released = BEGIN + int(day.random.integers(1800, 3600))
    day.stop(release_s=released, windows=((0, released + day.place - late),))
    return "release", late


def lacks_skill(day: Draft) -> tuple[str, int]:
    day.stop(skills=day.stops[0].skills | {"lift"})
    return "skills", 0


def not_allowed(day: Draft) -> tuple[str, int]:
    day.stop(only=frozenset({9}))
    return "not_this_vehicle", 0


def other_goods(day: Draft) -> tuple[str, int]:
    day.stop(goods="paint")
    day.stop(int(day.random.choice(day.near)), goods="food")
    day.rules = replace(day.rules, incompatible=frozenset({frozenset({"paint", "food"})}))
    return "incompatible", 0


def no_road(day: Draft) -> tuple[str, int]:
    day.cut_off = True
    return "unreachable", 0


Change = Callable[[Draft], tuple[str, int]]


def room_of(dimension: int) -> Change:
    return lambda day: lacks_room(day, dimension)


# What binds, by name: the changes made to a day with room for everything, and the code to be told
# (`fleet_full` where the vehicle alone could serve it).
BUILT: dict[str, tuple[str, tuple[Change, ...]]] = {
    "capacity g": ("fleet_full", (room_of(0),)),
    "capacity mm3": ("fleet_full", (room_of(1),)),
    "capacity parcels": ("fleet_full", (room_of(2),)),
    "window closes too early": ("window", (closes_early,)),
    "back after the shift": ("shift", (opens_late,)),
    "shift is full": ("fleet_full", (full_shift,)),
    "overtime used up": ("fleet_full", (overtime,)),
    "out of range": ("max_distance", (too_far,)),
    "release too late": ("release", (released_late,)),
    "skill": ("skills", (lacks_skill,)),
    "not this vehicle": ("not_this_vehicle", (not_allowed,)),
    "incompatible goods": ("fleet_full", (other_goods,)),
    "unreachable cell": ("unreachable", (no_road,)),
    "weight and parcels": ("fleet_full", (room_of(0), room_of(2))),
    "window and weight": ("window", (closes_early, room_of(0))),
    "window and skill": ("skills", (closes_early, lacks_skill)),
    "shift and parcels": ("shift", (opens_late, room_of(2))),
    "overtime and volume": ("fleet_full", (overtime, room_of(1))),
    "release and weight": ("release", (released_late, room_of(0))),
    "range and weight": ("max_distance", (too_far, room_of(0))),
    "goods and window": ("window", (other_goods, closes_early)),
    "skill, window and parcels": ("skills", (lacks_skill, closes_early, room_of(2))),
    "road and weight": ("unreachable", (no_road, room_of(0))),
}
HARD = frozenset({lacks_skill, not_allowed, other_goods, no_road})


def built(name: str, seed: int) -> Case:
    """A day of `BUILT` where those rules alone bind."""
    code, changes = BUILT[name]
    hard = bool(HARD & set(changes))
    day = draft(np.random.default_rng([seed, len(name), *name.encode()]), others="both" * hard)
    told = frozenset(change(day) for change in changes)
    return Case(name, *day.day(), 0, code, ((1, told),))
