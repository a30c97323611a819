"""Real and synthetic orders: every packing is valid, and as cheap as the published ones."""

import json
from typing import Any

import pytest

from benchmarks.packing_validator import faults
from core.kernels import compiled
from routing.packing.catalogue import prepare
from routing.packing.goods import Packing, Preset
from routing.packing.orders import read_orders, write_packing
from routing.packing.pack import pack_from
from tests.shared_data import shared_path

# preset, and by set how much dearer than the best known with all rules (share of it)
DEARER = {
    Preset.CHECKOUT: {"flat": 0.001, "olist": 0.008, "olist_local": 0.008, "cut": 0.03},
    Preset.WAREHOUSE: {"flat": 0.002, "olist": 0.002, "olist_local": 0.005, "cut": 0.005},
}
FEW = 25  # orders of each set where kernels run as plain Python
CASES = [
    *(
        (Preset.CHECKOUT, name, geometric)
        for name in DEARER[Preset.CHECKOUT]
        for geometric in (0, 1)
    ),
    *((Preset.WAREHOUSE, name, 0) for name in DEARER[Preset.WAREHOUSE]),
]


def load(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    folder = shared_path("data/packing")
    orders = json.loads((folder / f"orders_{name}.json").read_text())
    bounds = json.loads((folder / "bounds.json").read_text())
    return orders, bounds[f"orders_{name}"]


@pytest.mark.parametrize(("preset", "name", "geometric"), CASES)
def test_packings_are_valid_and_near_the_best_known(
    preset: Preset, name: str, geometric: int
) -> None:
    if preset is Preset.WAREHOUSE and not compiled():
        pytest.skip("the warehouse preset takes minutes as plain Python")
    document, bounds = load(name)
    file = read_orders(document)
    catalogue = prepare(file.boxes, file.tariff, support_pct=-1 if geometric else file.support_pct)
    best = "best_geometric" if geometric else "best_rules70"
    seen = known = 0
    for order in document["orders"][: None if compiled() else FEW]:
        packing = pack_from(file.orders[order["id"]], catalogue, preset)
        assert isinstance(packing, Packing)
        answer = write_packing(packing)
        wrong = faults(
            order,
            answer,
            document["boxes"],
            document["tariff"],
            document["support_pct"],
            geometric=bool(geometric),
        )
        assert wrong == [], order["id"]
        assert packing.lower_bound_minor <= min(bounds[order["id"]][best], packing.cost_minor)
        assert packing.proven == (packing.lower_bound_minor == packing.cost_minor)
        seen += packing.cost_minor
        known += bounds[order["id"]][best]
    assert seen <= known * (1 + DEARER[preset][name])


def test_a_stated_cost_that_is_wrong_is_found() -> None:
    document, _ = load("flat")
    file = read_orders(document)
    order = document["orders"][0]
    answer = write_packing(_packed(file.orders[order["id"]], prepare(file.boxes, file.tariff)))
    rules = (document["boxes"], document["tariff"], document["support_pct"])
    assert faults(order, answer, *rules) == []
    assert faults(order, {**answer, "cost": answer["cost"] - 1}, *rules)
    spot = answer["parcels"][0]["placements"][0]
    spot["z"] += 1
    assert faults(order, answer, *rules)


def _packed(items: Any, catalogue: Any) -> Packing:
    packing = pack_from(items, catalogue)
    assert isinstance(packing, Packing)
    return packing
