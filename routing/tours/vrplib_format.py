"""Read VRPLIB files with the sections of PyVRP's dialect: windows, releases, reloads, mixed fleets.

Numbers follow the `.sol` convention: node 1 is the depot (0), node k is stop k - 1. With time
windows values are DIMACS tenths (distances truncated to one decimal); without, distances are
rounded to thousandths, and where vehicles have their own costs these are hundredths in the file.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np

from core.errors import Fault, InvalidInput
from routing.tours.academic import TENTHS, THOUSANDTHS, distances
from routing.tours.problem import (
    ALWAYS,
    HORIZON_S,
    Ints,
    Matrix,
    Problem,
    Stop,
    VehicleType,
    clean_cells,
)

HUNDREDTHS = 100
MANY_RELOADS = 1000

KNOWN_SECTIONS = frozenset(
    """NODE_COORD_SECTION DEMAND_SECTION TIME_WINDOW_SECTION SERVICE_TIME_SECTION
    RELEASE_TIME_SECTION VEHICLES_RELOAD_DEPOT_SECTION VEHICLES_MAX_RELOADS_SECTION DEPOT_SECTION
    CAPACITY_SECTION VEHICLES_FIXED_COST_SECTION VEHICLES_UNIT_DISTANCE_COST_SECTION
    EDGE_WEIGHT_SECTION PRIZE_SECTION VEHICLES_MAX_DISTANCE_SECTION
    VEHICLES_MAX_DURATION_SECTION""".split()
)


class _File:
    """The file as header words and sections of number rows."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.header: dict[str, str] = {}
        self.sections: dict[str, list[list[float]]] = {}
        section: list[list[float]] | None = None
        for at, line in enumerate(text.splitlines(), start=1):
            words = line.split()
            if not words or words[0] == "EOF":
                continue
            if words[0].rstrip(":").endswith("_SECTION"):
                name = words[0].rstrip(":")
                if name not in KNOWN_SECTIONS:
                    raise self.fault(name, "is not a section this reader knows", at)
                section = self.sections.setdefault(name, [])
            elif section is None or (":" in line and not _is_number(words[0])):
                key, _, value = line.partition(":")
                self.header[key.strip()] = value.strip()
            else:
                try:
                    section.append([float(word) for word in words])
                except ValueError as error:
                    raise self.fault("row", "holds something that is no number", at) from error

    def fault(self, field: str, reason: str, row: int | None = None) -> InvalidInput:
        return InvalidInput(faults=(Fault(field, reason, self.file or None, row),))

    def number(self, key: str, default: float | None = None) -> float:
        text = self.header.get(key)
        if text is None and default is not None:
            return default
        if text is None or not _is_number(text):
            raise self.fault(key, "must be a number")
        return float(text)

    def by_id(self, name: str, count: int, default: float) -> list[float]:
        """One value for each of ids 1..count, from a section or a header word."""
        section = self.sections.get(f"{name}_SECTION")
        if section is None:
            return [self.number(name, default)] * count
        values = {int(row[0]): row[1] for row in section if len(row) == 2}
        if sorted(values) != list(range(1, count + 1)):
            raise self.fault(f"{name}_SECTION", f"must have a value for each of 1..{count}")
        return [values[i] for i in range(1, count + 1)]


def read_vrplib(text: str, *, file: str = "") -> Problem:
    """A VRPLIB problem with one depot."""
    source = _File(text, file)
    n = int(source.number("DIMENSION"))
    depots = [int(row[0]) for row in source.sections.get("DEPOT_SECTION", []) if row[0] > 0]
    if depots != [1]:
        raise source.fault("DEPOT_SECTION", "must name node 1 alone")
    timed = "TIME_WINDOW_SECTION" in source.sections
    unit = TENTHS if timed else THOUSANDTHS
    own_costs = {"VEHICLES_FIXED_COST_SECTION", "VEHICLES_UNIT_DISTANCE_COST_SECTION"}
    cents = HUNDREDTHS if own_costs & set(source.sections) else 1
    distance, coordinates = _distances(source, n, timed, unit)
    windows = _windows(source, n, unit)
    demands = source.by_id("DEMAND", n, 0)
    service = source.by_id("SERVICE_TIME", n, 0)
    release = source.by_id("RELEASE_TIME", n, 0)
    prizes = source.by_id("PRIZE", n, 0)
    if min(demands) < 0:
        raise source.fault("DEMAND_SECTION", "is negative")
    stops = tuple(
        Stop(
            number=i,
            location=i,
            load=(int(demands[i]),),
            windows=(windows[i],),
            service_s=int(unit * service[i]),
            release_s=int(unit * release[i]),
            prize=int(unit * cents * prizes[i]) or None,
            at=coordinates[i] if coordinates else None,
        )
        for i in range(1, n)
    )
    return Problem(
        name=source.header.get("NAME", file),
        stops=stops,
        vehicles=_vehicles(source, windows[0], unit),
        matrices=(Matrix(distance, distance),),
        scale=unit * cents,
        depot_at=coordinates[0] if coordinates else None,
    )


def _vehicles(source: _File, shift: tuple[int, int], unit: int) -> tuple[VehicleType, ...]:
    stops = int(source.number("DIMENSION")) - 1
    count = int(source.number("VEHICLES", float(max(stops, 1))))
    if count < 1:
        raise source.fault("VEHICLES", "must be at least 1")
    capacity = source.by_id("CAPACITY", count, HORIZON_S)
    fixed = source.by_id("VEHICLES_FIXED_COST", count, 0)
    per_unit = source.by_id("VEHICLES_UNIT_DISTANCE_COST", count, 1)
    longest = source.by_id("VEHICLES_MAX_DISTANCE", count, HORIZON_S)
    duration = source.by_id("VEHICLES_MAX_DURATION", count, HORIZON_S)
    may_reload = "VEHICLES_RELOAD_DEPOT_SECTION" in source.sections
    reloads = source.by_id("VEHICLES_MAX_RELOADS", count, MANY_RELOADS if may_reload else 0)
    described = [
        (capacity[v], fixed[v], per_unit[v], longest[v], duration[v], reloads[v])
        for v in range(count)
    ]
    order = sorted(range(count), key=lambda v: described[v])
    return tuple(
        VehicleType(
            numbers=tuple(v + 1 for v in members),
            capacity=(int(what[0]),),
            shift=shift,
            fixed_cost=int(unit * what[1]),
            cost_per_m=int(what[2]),
            max_distance_m=min(HORIZON_S, int(unit * what[3])),
            paid_s=min(HORIZON_S, int(unit * what[4])),
            reloads=int(what[5]),
        )
        for what, members in _groups(order, described)
    )


def _groups(
    order: Iterable[int], described: Sequence[tuple[float, ...]]
) -> Iterable[tuple[tuple[float, ...], list[int]]]:
    for what, members in groupby(order, key=lambda v: described[v]):
        yield what, list(members)


def _distances(
    source: _File, n: int, timed: bool, unit: int
) -> tuple[Ints, list[tuple[float, float]]]:
    rows = source.sections.get("NODE_COORD_SECTION", [])
    coordinates = [(row[1], row[2]) for row in rows if len(row) == 3]
    kind = source.header.get("EDGE_WEIGHT_TYPE", "")
    if kind == "EUC_2D":
        if len(coordinates) != n:
            raise source.fault("NODE_COORD_SECTION", f"must have {n} rows of three numbers")
        exact = unit * distances(np.array(coordinates))
        # truncation as PyVRP does it; rounding to the nearest where there are no windows
        return (np.floor(exact) if timed else np.rint(exact)).astype(np.int64), coordinates
    if kind == "EXPLICIT" and source.header.get("EDGE_WEIGHT_FORMAT") == "FULL_MATRIX":
        flat = [cell for row in source.sections.get("EDGE_WEIGHT_SECTION", []) for cell in row]
        if len(flat) != n * n:
            raise source.fault("EDGE_WEIGHT_SECTION", f"must have {n * n} numbers")
        table = unit * np.array(flat).reshape(n, n)
        return clean_cells(table, size=n, field_name="EDGE_WEIGHT_SECTION"), coordinates
    raise source.fault("EDGE_WEIGHT_TYPE", f"{kind!r} is not EUC_2D or EXPLICIT FULL_MATRIX")


def _windows(source: _File, n: int, unit: int) -> list[tuple[int, int]]:
    rows = source.sections.get("TIME_WINDOW_SECTION")
    if rows is None:
        return [ALWAYS[0]] * n
    windows = {
        int(row[0]): (int(unit * row[1]), int(unit * row[2])) for row in rows if len(row) == 3
    }
    if sorted(windows) != list(range(1, n + 1)):
        raise source.fault("TIME_WINDOW_SECTION", f"must have a row for each of 1..{n}")
    return [windows[i] for i in range(1, n + 1)]


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
