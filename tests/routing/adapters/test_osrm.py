"""The road engine's table: blocks, missing cells, and answers that are none."""

import httpx
import pytest

from core.errors import Unavailable
from core.places import GeoPoint
from routing.adapters.osrm.client import road_matrix
from routing.tours.travel import geodesic_matrix

TOWN = [GeoPoint(48.2 + i / 1000, 16.3 + i / 500) for i in range(60)]


def answering(handler: object) -> httpx.Client:
    return httpx.Client(base_url="http://roads.test", transport=httpx.MockTransport(handler))  # type: ignore[arg-type]


def table(request: httpx.Request) -> httpx.Response:
    rows = len(request.url.params["sources"].split(";"))
    columns = len(request.url.params["destinations"].split(";"))
    cells: list[list[float | None]] = [
        [float(10 * r + c) for c in range(columns)] for r in range(rows)
    ]
    cells[0][1] = None
    return httpx.Response(200, json={"code": "Ok", "durations": cells, "distances": cells})


def test_a_town_is_asked_in_blocks_and_missing_cells_are_estimated() -> None:
    with answering(table) as http:
        roads = road_matrix(http, TOWN)
    straight = geodesic_matrix(TOWN)
    assert roads.matrix.distance_m.shape == (60, 60)
    assert roads.matrix.duration_s[2, 5] == 25 and roads.matrix.duration_s[52, 55] == 25
    assert roads.estimated == 4
    assert roads.matrix.distance_m[0, 1] == straight.distance_m[0, 1]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"code": "NoTable", "message": "nothing here"}),
        httpx.Response(200, json={"code": "Ok", "durations": [[1]], "distances": [[1]]}),
        httpx.Response(200, json={"code": "Ok"}),
    ],
)
def test_a_failing_road_engine_is_unavailable(answer: httpx.Response) -> None:
    with answering(lambda _: answer) as http, pytest.raises(Unavailable):
        road_matrix(http, TOWN[:3])


def test_a_road_engine_that_is_away_is_unavailable() -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("away")

    with answering(away) as http, pytest.raises(Unavailable, match="did not answer"):
        road_matrix(http, TOWN[:3])
