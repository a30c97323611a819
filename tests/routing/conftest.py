"""The demo network's files, read once."""

import pytest

from carriers.adapters.table.published import published_tariffs
from routing.cart import Live
from routing.network.format import read_network
from routing.network.network import Network
from routing.snapshot import Snapshot, compile_snapshot
from simulations.demo_network import demo_files


@pytest.fixture(scope="session")
def demo_text() -> dict[str, str]:
    return demo_files(1)


@pytest.fixture(scope="session")
def small_text(demo_text: dict[str, str]) -> dict[str, str]:
    """The demo with few articles, for tests that import it again and again."""
    families = ("MUG", "COFFEE", "BOOK", "PUZZLE", "SCARF")
    header, *skus = demo_text["skus.csv"].splitlines(keepends=True)
    kept = [row for row in skus if row.startswith(families)]
    known = {row.split(",")[0] for row in kept}
    top, *offers = demo_text["offers.csv"].splitlines(keepends=True)
    sold = [row for row in offers if row.split(",")[1] in known]
    return {
        **demo_text,
        "skus.csv": "".join([header, *kept]),
        "offers.csv": "".join([top, *sold]),
    }


@pytest.fixture
def files(small_text: dict[str, str]) -> dict[str, str]:
    """A copy that a test may break."""
    return dict(small_text)


@pytest.fixture(scope="session")
def network(demo_text: dict[str, str]) -> Network:
    return read_network(demo_text, published_tariffs())


@pytest.fixture(scope="session")
def snapshot(network: Network) -> Snapshot:
    return compile_snapshot(network, "test")


@pytest.fixture(scope="session")
def live(network: Network) -> Live:
    """Opening stock, nothing reserved."""
    return Live({offer.key: offer.stock for offer in network.offers})
