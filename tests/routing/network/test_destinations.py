"""Destinations: the longest prefix wins, precision is stated, several zones are all kept."""

import pytest

from core.places import Destination
from routing.network.destinations import (
    PostalIndex,
    Precision,
    ResolvedDestination,
    UnknownDestination,
)
from routing.network.network import Network


@pytest.fixture(scope="module")
def index(request: pytest.FixtureRequest) -> PostalIndex:
    network: Network = request.getfixturevalue("network")
    return PostalIndex(network.postcodes)


@pytest.mark.parametrize(
    ("destination", "precision", "region", "zones"),
    [
        (Destination("FR", "75011"), "postcode", "Paris", ("Europe/Paris",)),
        (Destination("GB", "M1 2AB"), "postcode", "Greater Manchester", ("Europe/London",)),
        (Destination("GB", "ME4 4XX"), "country", "", ("Europe/London",)),  # ME is not M
        (Destination("GB", "IV27 4XX"), "postcode", "Highland", ("Europe/London",)),
        (Destination("ES", "38001"), "postcode", "Canarias", ("Atlantic/Canary",)),
        (Destination("ES"), "country", "", ("Europe/Madrid", "Atlantic/Canary")),
        (
            Destination("PT", "2000-001"),
            "country",
            "",
            ("Europe/Lisbon", "Atlantic/Madeira", "Atlantic/Azores"),
        ),
        (Destination("PT", "9500-001"), "postcode", "Açores", ("Atlantic/Azores",)),
        (Destination("GB", region="scotland"), "region", "Scotland", ("Europe/London",)),
        (Destination("DE", "12345"), "postcode", "Berlin", ("Europe/Berlin",)),
    ],
)
def test_the_finest_row_wins(
    index: PostalIndex,
    destination: Destination,
    precision: str,
    region: str,
    zones: tuple[str, ...],
) -> None:
    found = index.resolve(destination)
    assert isinstance(found, ResolvedDestination)
    assert (found.precision, found.region, found.zones) == (Precision(precision), region, zones)


def test_a_country_without_rows_is_unknown(index: PostalIndex) -> None:
    assert index.resolve(Destination("US", "10001")) == UnknownDestination("US")
