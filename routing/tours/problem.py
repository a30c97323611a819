"""What a day of tours is made of: stops, vehicles, travel matrices and rules, all whole numbers.

Times are seconds from the start of the planning day, distances metres; academic files bring
their own unit (tenths, thousandths) and say so in `Problem.scale`. Costs are whole `cost units`,
`Problem.scale` of them to one unit a person reads.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.errors import Fault, InvalidInput

HORIZON_S = 10**9 - 1
"""Later than any time in a problem; the end of a window that never closes."""

UNREACHABLE = 10**9
"""The matrix cell of a pair with no road between them; longer than any horizon."""

ALWAYS = ((0, HORIZON_S),)

Windows = tuple[tuple[int, int], ...]
Ints = NDArray[np.int64]


class Kind(StrEnum):
    """What happens to the load at a stop."""

    DELIVER = "deliver"  # loaded at the depot, dropped here
    COLLECT = "collect"  # taken here, brought to the depot
    PICKUP = "pickup"  # taken here, dropped at the other stop of its shipment
    DROP = "drop"  # the other end


class Objective(StrEnum):
    COST = "cost"
    VEHICLES = "vehicles"  # fewest tours first, then cost


class Loading(StrEnum):
    """In which order goods may leave a vehicle."""

    ANY = "any"  # from the side, or few enough to walk around
    LIFO = "lifo"  # from the rear: last in, first out (`routing.tours.loading`)


@dataclass(frozen=True, slots=True)
class Stop:
    """A place to serve once. `windows` bound the start of service; waiting is free of charge."""

    number: int  # the caller's own number; never 0, which means a reload at the depot
    location: int  # row of the travel matrices
    load: tuple[int, ...] = ()  # by dimension of the problem; never negative
    kind: Kind = Kind.DELIVER
    windows: Windows = ALWAYS
    service_s: int = 0
    release_s: int = 0  # the goods are at the depot from then on (DELIVER only)
    prize: int | None = None  # cost units lost when left out; None: must be served
    skills: frozenset[str] = frozenset()
    goods: str = ""  # class of goods, for `Rules.incompatible`
    only: frozenset[int] | None = None  # numbers of the vehicles that may serve it
    name: str = ""
    at: tuple[float, float] | None = None  # x, y (lon, lat) for pictures only

    @property
    def required(self) -> bool:
        return self.prize is None


@dataclass(frozen=True, slots=True)
class Break:
    """A rest the driver takes once at a stop or the depot, starting within the window."""

    earliest_s: int
    latest_s: int
    duration_s: int


@dataclass(frozen=True, slots=True)
class VehicleType:
    """Equal vehicles; `numbers` are their names in the answer."""

    numbers: tuple[int, ...]
    capacity: tuple[int, ...] = ()
    start: int = 0  # location
    end: int = 0
    shift: tuple[int, int] = (0, HORIZON_S)
    fixed_cost: int = 0
    cost_per_m: int = 1
    cost_per_s: int = 0
    paid_s: int = HORIZON_S  # working time before overtime starts
    overtime_s: int = 0  # how much overtime is allowed
    cost_per_overtime_s: int = 0  # on top of `cost_per_s`
    max_distance_m: int = HORIZON_S
    skills: frozenset[str] = frozenset()
    breaks: tuple[Break, ...] = ()
    reloads: int = 0  # how often it may come back to `start` for more
    profile: int = 0  # which matrix
    loading: Loading = Loading.ANY
    name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """Travel between locations, int64 [n, n]: metres and seconds; `UNREACHABLE` where no road."""

    distance_m: Ints
    duration_s: Ints
    unrounded: NDArray[np.float64] | None = None  # where a convention prices without rounding


@dataclass(frozen=True, slots=True)
class Rules:
    """What ties stops together; stops by index into `Problem.stops`."""

    same_vehicle: tuple[tuple[int, ...], ...] = ()
    before: tuple[tuple[int, int], ...] = ()  # same tour, first starts before second
    incompatible: frozenset[frozenset[str]] = frozenset()  # classes never on board one tour

    def __bool__(self) -> bool:
        return bool(self.same_vehicle or self.before or self.incompatible)


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A day to plan. `shipments` pair the indices of a PICKUP and its DROP."""

    name: str
    stops: tuple[Stop, ...]
    vehicles: tuple[VehicleType, ...]
    matrices: tuple[Matrix, ...]
    shipments: tuple[tuple[int, int], ...] = ()
    rules: Rules = field(default_factory=Rules)
    objective: Objective = Objective.COST
    scale: int = 1  # cost units to one unit read by people
    currency: str = ""
    depot_at: tuple[float, float] | None = None  # of the first depot, for pictures only

    def __post_init__(self) -> None:
        faults = _faults(self)
        if faults:
            raise InvalidInput(faults=faults)

    @property
    def dimensions(self) -> int:
        return max((len(v.capacity) for v in self.vehicles), default=0)

    def index_of(self) -> dict[int, int]:
        """Stop number to index."""
        return {stop.number: i for i, stop in enumerate(self.stops)}

    def fleet(self) -> list[tuple[int, int]]:
        """Every vehicle as (its number, index of its type), type by type."""
        return [(number, k) for k, v in enumerate(self.vehicles) for number in v.numbers]

    def partner(self) -> dict[int, int]:
        """The other end of each shipment's stop, by index."""
        pairs = dict(self.shipments)
        return pairs | {drop: pickup for pickup, drop in pairs.items()}

    def shown(self, cost: int) -> int | float:
        """A cost as people read it."""
        return cost if self.scale == 1 else cost / self.scale


def clean_cells(cells: object, *, size: int, field_name: str) -> Ints:
    """A travel matrix from rows of numbers; null, negative or NaN cells become unreachable.

    Raises InvalidInput when it is not `size` by `size`.
    """
    try:
        table = np.array(
            [[np.nan if cell is None else cell for cell in row] for row in cells],  # type: ignore[attr-defined]
            dtype=np.float64,
        )
    except (TypeError, ValueError) as error:
        raise InvalidInput(faults=(Fault(field_name, "is not a table of numbers"),)) from error
    if table.shape != (size, size):
        rows = "x".join(str(n) for n in table.shape)
        raise InvalidInput(faults=(Fault(field_name, f"is {rows}, must be {size}x{size}"),))
    missing = ~np.isfinite(table) | (table < 0) | (table >= UNREACHABLE)
    whole: Ints = np.where(missing, UNREACHABLE, np.rint(np.where(missing, 0, table))).astype(
        np.int64
    )
    np.fill_diagonal(whole, 0)
    return whole


def _faults(problem: Problem) -> list[Fault]:
    faults: list[Fault] = []
    if not problem.matrices:
        return [Fault("matrices", "there must be at least one")]
    n = len(problem.matrices[0].distance_m)
    for p, matrix in enumerate(problem.matrices):
        for what, cells in (("distance", matrix.distance_m), ("duration", matrix.duration_s)):
            if cells.shape != (n, n):
                faults.append(Fault(f"matrices[{p}].{what}", f"must be {n}x{n}"))
            elif n and int(cells.min()) < 0:
                faults.append(Fault(f"matrices[{p}].{what}", "has a negative cell"))
    if not problem.vehicles or not any(v.numbers for v in problem.vehicles):
        faults.append(Fault("vehicles", "there must be at least one"))
    if len(problem.fleet()) != len({number for number, _ in problem.fleet()}):
        faults.append(Fault("vehicles", "two have the same number"))
    for k, vehicle in enumerate(problem.vehicles):
        faults += _vehicle_faults(vehicle, f"vehicles[{k}]", n, len(problem.matrices))
    seen: set[int] = set()
    for stop in problem.stops:
        faults += _stop_faults(stop, f"stop {stop.number}", n, problem.dimensions)
        if stop.number in seen:
            faults.append(Fault(f"stop {stop.number}", "appears twice"))
        seen.add(stop.number)
    return faults + _shipment_faults(problem)


def _vehicle_faults(vehicle: VehicleType, where: str, n: int, profiles: int) -> list[Fault]:
    faults = []
    if any(size < 0 for size in vehicle.capacity):
        faults.append(Fault(f"{where}.capacity", "is negative"))
    if vehicle.shift[1] < vehicle.shift[0]:
        faults.append(Fault(f"{where}.shift", "ends before it starts"))
    if not (0 <= vehicle.start < n and 0 <= vehicle.end < n):
        faults.append(Fault(f"{where}.start", "is not a row of the matrix"))
    if not 0 <= vehicle.profile < profiles:
        faults.append(Fault(f"{where}.profile", "names no matrix"))
    costs = (vehicle.fixed_cost, vehicle.cost_per_m, vehicle.cost_per_s, vehicle.reloads)
    if min(costs) < 0 or min(vehicle.cost_per_overtime_s, vehicle.overtime_s) < 0:
        faults.append(Fault(f"{where}.cost", "is negative"))
    faults += [
        Fault(f"{where}.breaks", "closes before it opens, or lasts less than nothing")
        for pause in vehicle.breaks
        if pause.latest_s < pause.earliest_s or pause.duration_s < 0
    ]
    return faults


def _stop_faults(stop: Stop, where: str, n: int, dimensions: int) -> list[Fault]:
    faults = []
    if stop.number == 0:
        faults.append(Fault(where, "0 is the depot's number"))
    if not 0 <= stop.location < n:
        faults.append(Fault(f"{where}.location", "is not a row of the matrix"))
    if any(amount < 0 for amount in stop.load):
        faults.append(Fault(f"{where}.load", "is negative"))
    if len(stop.load) > dimensions:
        faults.append(
            Fault(f"{where}.load", f"has more than the vehicles' {dimensions} dimensions")
        )
    if not stop.windows:
        faults.append(Fault(f"{where}.windows", "there is none"))
    faults += [
        Fault(f"{where}.windows", f"closes ({close}) before it opens ({opens})")
        for opens, close in stop.windows
        if close < opens
    ]
    if list(stop.windows) != sorted(stop.windows):
        faults.append(Fault(f"{where}.windows", "are not in order"))
    if stop.service_s < 0 or stop.release_s < 0 or (stop.prize or 0) < 0:
        faults.append(Fault(where, "service, release or prize is negative"))
    return faults


def _shipment_faults(problem: Problem) -> list[Fault]:
    faults = []
    count = len(problem.stops)
    tied: set[int] = set()
    for pickup, drop in problem.shipments:
        if not (0 <= pickup < count and 0 <= drop < count) or pickup == drop:
            faults.append(Fault("shipments", f"({pickup}, {drop}) is not a pair of stops"))
            continue
        if tied & {pickup, drop}:
            faults.append(Fault("shipments", f"a stop of ({pickup}, {drop}) is in two shipments"))
        tied |= {pickup, drop}
        first, last = problem.stops[pickup], problem.stops[drop]
        if first.kind is not Kind.PICKUP or last.kind is not Kind.DROP:
            faults.append(
                Fault("shipments", f"stop {first.number} must be pickup, {last.number} drop")
            )
        if first.load != last.load:
            faults.append(Fault("shipments", f"stops {first.number}, {last.number} differ in load"))
    for i, stop in enumerate(problem.stops):
        if stop.kind in (Kind.PICKUP, Kind.DROP) and i not in tied:
            faults.append(Fault(f"stop {stop.number}", "is the end of no shipment"))
    named = [i for group in problem.rules.same_vehicle for i in group]
    named += [i for pair in problem.rules.before for i in pair]
    if any(not 0 <= i < count for i in named):
        faults.append(Fault("rules", "name a stop that does not exist"))
    return faults
