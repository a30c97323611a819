"""The demo network's files, read once."""

import pytest

from carriers.adapters.table.published import published_tariffs
from routing.network.format import read_network
from routing.network.network import Network
from simulations.demo_network import demo_files


@pytest.fixture(scope="session")
def demo_text() -> dict[str, str]:
    return demo_files(1)


@pytest.fixture
def files(demo_text: dict[str, str]) -> dict[str, str]:
    """A copy with few articles that a test may break."""
    skus = demo_text["skus.csv"].splitlines(keepends=True)[:31]
    known = {row.split(",")[0] for row in skus}
    header, *offers = demo_text["offers.csv"].splitlines(keepends=True)
    kept = [row for row in offers if row.split(",")[1] in known]
    return {**demo_text, "skus.csv": "".join(skus), "offers.csv": "".join([header, *kept])}


@pytest.fixture(scope="session")
def network(demo_text: dict[str, str]) -> Network:
    return read_network(demo_text, published_tariffs())
