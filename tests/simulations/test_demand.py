"""Demand: seeded, in order of time, within the network."""

from datetime import UTC, datetime

import pytest

from carriers.adapters.table.published import published_tariffs
from core.errors import InvalidInput
from core.places import Destination
from routing.network.format import read_network
from routing.network.network import Network
from simulations.demand import wishes
from simulations.demo_network import demo_files
from simulations.scenario import SCENARIOS, scenario

START = datetime(2026, 3, 2, tzinfo=UTC)
PLACES = (Destination("FR", "75011"), Destination("NL", "1012AB"))


@pytest.fixture(scope="module")
def network() -> Network:
    return read_network(demo_files(1), published_tariffs())


def test_the_same_seed_wishes_the_same_and_another_does_not(network: Network) -> None:
    week = scenario("week", START, 3)
    first = list(wishes(network, week, PLACES, seed=4))
    assert first == list(wishes(network, week, PLACES, seed=4))
    assert first != list(wishes(network, week, PLACES, seed=5))
    assert [wish.at for wish in first] == sorted(wish.at for wish in first)
    known = {sku.code for sku in network.skus}
    assert all(sku in known and quantity > 0 for wish in first for sku, quantity in wish.lines)


def test_some_carts_have_several_sellers(network: Network) -> None:
    sellers: dict[str, set[str]] = {}
    for offer in network.offers:
        sellers.setdefault(offer.sku, set()).add(offer.seller)
    drawn = list(wishes(network, scenario("week", START, 3), PLACES, seed=4))
    several = [w for w in drawn if len({min(sellers[sku]) for sku, _ in w.lines}) > 1]
    assert len(several) > len(drawn) // 4


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_exists(name: str) -> None:
    assert scenario(name, START, 2).days == 2


def test_an_unknown_scenario_is_refused() -> None:
    with pytest.raises(InvalidInput, match="none of"):
        scenario("quiet", START, 2)
    with pytest.raises(InvalidInput, match="at least one day"):
        scenario("calm", START, 0)
