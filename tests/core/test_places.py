"""Places: known distances, symmetric matrices, refused coordinates and zones."""

import numpy as np
import pytest

from core.errors import InvalidInput
from core.places import GeoPoint, distance_m, distance_matrix_m, zone

BERLIN = GeoPoint(52.5200, 13.4050)
PARIS = GeoPoint(48.8566, 2.3522)
LISBON = GeoPoint(38.7223, -9.1393)


def test_a_pair_is_measured_on_the_ellipsoid() -> None:
    assert distance_m(BERLIN, PARIS) == pytest.approx(879_700, abs=500)


def test_the_matrix_agrees_with_the_pairs_and_is_symmetric() -> None:
    points = [BERLIN, PARIS, LISBON]
    matrix = distance_matrix_m(points)
    assert matrix.dtype == np.int64
    assert (matrix == matrix.T).all()
    assert (np.diag(matrix) == 0).all()
    for i, a in enumerate(points):
        for j, b in enumerate(points):
            assert matrix[i, j] == pytest.approx(distance_m(a, b), rel=0.006)


@pytest.mark.parametrize(("lat", "lon"), [(91, 0), (0, 181), (-90.1, 0)])
def test_impossible_coordinates_are_refused(lat: float, lon: float) -> None:
    with pytest.raises(InvalidInput):
        GeoPoint(lat, lon)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="IANA"):
        zone(name)
