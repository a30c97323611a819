"""OSRM's table service (HTTP API v1) in our units; a null cell is no road."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.errors import invalid
from core.places import GeoPoint
from routing.tours.problem import UNREACHABLE, Ints


def table_path(
    points: Sequence[GeoPoint], rows: Sequence[int], columns: Sequence[int], *, profile: str
) -> tuple[str, dict[str, str]]:
    """Path and query that ask from `rows` to `columns`; only the points named are sent."""
    needed = sorted({*rows, *columns})
    place = {point: at for at, point in enumerate(needed)}
    coordinates = ";".join(f"{points[i].lon:.6f},{points[i].lat:.6f}" for i in needed)
    query = {
        "annotations": "duration,distance",
        "sources": ";".join(str(place[i]) for i in rows),
        "destinations": ";".join(str(place[i]) for i in columns),
    }
    return f"/table/v1/{profile}/{coordinates}", query


def cells(answer: Mapping[str, Any], name: str, rows: int, columns: int) -> Ints:
    """`durations` or `distances` as int64 [rows, columns]; raises InvalidInput when misshapen."""
    if answer.get("code") != "Ok":
        raise invalid("osrm", str(answer.get("message") or answer.get("code") or "no code"))
    table = answer.get(name)
    if not isinstance(table, list) or len(table) != rows:
        raise invalid(f"osrm.{name}", f"must have {rows} rows")
    found = np.full((rows, columns), UNREACHABLE, dtype=np.int64)
    for r, row in enumerate(table):
        if not isinstance(row, list) or len(row) != columns:
            raise invalid(f"osrm.{name}", f"must have {columns} columns")
        for c, cell in enumerate(row):
            if isinstance(cell, int | float) and 0 <= cell < UNREACHABLE:
                found[r, c] = round(cell)
    return found
