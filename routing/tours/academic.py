"""Read Solomon (with Gehring-Homberger) and Li & Lim files into problems, by their conventions.

Solomon: total distance, each distance truncated to one decimal and used as travel time
(DIMACS/CVRPLIB); everything here in tenths. Li & Lim: fewest vehicles first, double precision
(SINTEF); here in thousandths rounded up, so that what is feasible here is truly feasible.
"""

import numpy as np
from numpy.typing import NDArray

from core.errors import Fault, InvalidInput
from routing.tours.problem import Kind, Matrix, Objective, Problem, Stop, VehicleType

TENTHS = 10
THOUSANDTHS = 1000


def read_solomon(text: str, *, file: str = "") -> Problem:
    """Solomon (1987) and Gehring & Homberger (1999) text."""
    lines = text.splitlines()
    name = next((line.strip() for line in lines if line.strip()), "") or file
    rows = _number_rows(lines, file)
    fleet = next((row for _, row in rows if len(row) == 2), None)
    stops = [(at, row) for at, row in rows if len(row) == 7]
    odd = [at for at, row in rows if len(row) not in (2, 7)]
    if odd:
        raise _fault("row", "must have 7 numbers (or 2 for the fleet)", file, odd[0])
    if fleet is None or not stops:
        raise _fault("file", "has no fleet or no stops", file)
    coordinates = np.array([row[1:3] for _, row in stops])
    # +1e-9: a distance of exactly one decimal must not fall below it through floating point
    distance = np.floor(TENTHS * distances(coordinates) + 1e-9).astype(np.int64)
    depot = stops[0][1]
    _no_negative(stops, 3, file)
    problem_stops = tuple(
        Stop(
            number=int(row[0]),
            location=i,
            load=(int(row[3]),),
            windows=((round(TENTHS * row[4]), round(TENTHS * row[5])),),
            service_s=round(TENTHS * row[6]),
            at=(row[1], row[2]),
        )
        for i, (_, row) in enumerate(stops)
        if i
    )
    vehicle = VehicleType(
        numbers=tuple(range(1, int(fleet[0]) + 1)),
        capacity=(int(fleet[1]),),
        shift=(round(TENTHS * depot[4]), round(TENTHS * depot[5])),
    )
    return Problem(
        name,
        problem_stops,
        (vehicle,),
        (Matrix(distance, distance),),
        scale=TENTHS,
        depot_at=(depot[1], depot[2]),
    )


def read_li_lim(text: str, *, file: str = "") -> Problem:
    """Li & Lim (2001) text; a pick-up has its delivery's number in the last column."""
    rows = _number_rows(text.splitlines(), file)
    if not rows or len(rows[0][1]) != 3:
        raise _fault("row", "the first must be fleet size, capacity, speed", file, 1)
    fleet, stops = rows[0][1], rows[1:]
    for at, row in stops:
        if len(row) != 9:
            raise _fault("row", "must have 9 numbers", file, at)
    if not stops or fleet[2] <= 0:
        raise _fault("file", "has no stops, or no speed", file)
    exact = distances(np.array([row[1:3] for _, row in stops]))
    distance = np.ceil(THOUSANDTHS * exact - 1e-9).astype(np.int64)
    duration = np.ceil(THOUSANDTHS * exact / fleet[2] - 1e-9).astype(np.int64)
    index = {int(row[0]): i - 1 for i, (_, row) in enumerate(stops)}
    pairs = []
    for i, (at, row) in enumerate(stops[1:]):
        other = index.get(int(row[8])) if row[8] else None
        if row[8] and (other is None or other < 0 or stops[other + 1][1][7] != row[0]):
            raise _fault("delivery", f"{int(row[8])} does not point back", file, at)
        if other is not None:
            pairs.append((i, other))
        elif not row[7]:
            raise _fault("stop", "is the end of no shipment", file, at)
        elif index.get(int(row[7])) is None:
            raise _fault("pickup", f"{int(row[7])} does not exist", file, at)
    problem_stops = tuple(
        Stop(
            number=int(row[0]),
            location=i,
            load=(abs(int(row[3])),),
            kind=Kind.PICKUP if row[8] else Kind.DROP,
            windows=((round(THOUSANDTHS * row[4]), round(THOUSANDTHS * row[5])),),
            service_s=round(THOUSANDTHS * row[6]),
            at=(row[1], row[2]),
        )
        for i, (_, row) in enumerate(stops)
        if i
    )
    depot = stops[0][1]
    vehicle = VehicleType(
        numbers=tuple(range(1, int(fleet[0]) + 1)),
        capacity=(int(fleet[1]),),
        shift=(round(THOUSANDTHS * depot[4]), round(THOUSANDTHS * depot[5])),
    )
    return Problem(
        file,
        problem_stops,
        (vehicle,),
        (Matrix(distance, duration, exact),),
        shipments=tuple(pairs),
        objective=Objective.VEHICLES,
        scale=THOUSANDTHS,
        depot_at=(depot[1], depot[2]),
    )


def distances(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Euclidean distances, float64 [n, n], of coordinates [n, 2]."""
    apart = coordinates[:, None, :] - coordinates[None, :, :]
    result: NDArray[np.float64] = np.sqrt((apart**2).sum(axis=2))
    return result


def _number_rows(lines: list[str], file: str) -> list[tuple[int, list[float]]]:
    """Lines that hold only numbers, with their line number; a line half of numbers is an error."""
    rows: list[tuple[int, list[float]]] = []
    for at, line in enumerate(lines, start=1):
        words = line.split()
        if not words or not (words[0][0].isdigit() or words[0][0] in "-+."):
            continue
        try:
            row = [float(word) for word in words]
        except ValueError as error:
            if not rows:
                continue  # a title such as "100 stops"
            raise _fault("row", "holds something that is no number", file, at) from error
        if not np.isfinite(row).all():
            raise _fault("row", "holds something that is no number", file, at)
        rows.append((at, row))
    return rows


def _no_negative(rows: list[tuple[int, list[float]]], column: int, file: str) -> None:
    for at, row in rows:
        if row[column] < 0:
            raise _fault("demand", "is negative", file, at)


def _fault(field: str, reason: str, file: str, row: int | None = None) -> InvalidInput:
    return InvalidInput(faults=(Fault(field, reason, file or None, row),))
