"""Asks a road engine for travel matrices, block by block; what it does not know stays estimated."""

from collections.abc import Sequence
from dataclasses import dataclass

import httpx
import numpy as np

from core.errors import LanewiseError, Unavailable
from core.places import GeoPoint
from routing.adapters.osrm.wire import cells, table_path
from routing.tours.problem import Matrix
from routing.tours.travel import fill_missing, geodesic_matrix

BLOCK = 50  # rows and columns a request: OSRM's default limit is 100 coordinates
TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class RoadMatrix:
    """The table, and how many of its cells were estimated for want of a road."""

    matrix: Matrix
    estimated: int


def road_matrix(
    http: httpx.Client, points: Sequence[GeoPoint], *, profile: str = "driving"
) -> RoadMatrix:
    """Metres and seconds between all points by road; raises Unavailable when the engine fails.

    `http` brings the base address. Cells the engine leaves null are estimated by great circle.
    """
    n = len(points)
    distance = np.zeros((n, n), dtype=np.int64)
    duration = np.zeros((n, n), dtype=np.int64)
    blocks = [range(at, min(at + BLOCK, n)) for at in range(0, n, BLOCK)]
    for rows in blocks:
        for columns in blocks:
            path, query = table_path(points, rows, columns, profile=profile)
            try:
                answer = http.get(path, params=query, timeout=TIMEOUT_S)
                answer.raise_for_status()
                document = answer.json()
            except (httpx.HTTPError, ValueError) as error:
                raise Unavailable(f"the road engine did not answer: {error}") from error
            try:
                here = np.ix_(list(rows), list(columns))
                distance[here] = cells(document, "distances", len(rows), len(columns))
                duration[here] = cells(document, "durations", len(rows), len(columns))
            except LanewiseError as error:
                raise Unavailable(f"the road engine answered nonsense: {error.message}") from error
    np.fill_diagonal(distance, 0)
    np.fill_diagonal(duration, 0)
    matrix, estimated = fill_missing(Matrix(distance, duration), geodesic_matrix(points))
    return RoadMatrix(matrix, estimated)
