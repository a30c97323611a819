"""Files of orders: what is wrong is named by order, item and field."""

from typing import Any

import pytest

from core.errors import InvalidInput
from routing.packing.orders import read_bins, read_orders

BOX = {
    "id": "B",
    "inner": [10, 10, 10],
    "outer": [12, 12, 12],
    "tare_g": 1,
    "max_gross_g": 100,
    "cost_cents": 5,
}
TARIFF = {
    "id": "T",
    "divisor_mm3_per_g": 5000,
    "dim_threshold_g": 0,
    "brackets": [[100, 50]],
    "extra_cents_per_kg": 1,
}
ITEM = {"l": 5, "w": 5, "h": 5, "g": 5}


def file(**changes: Any) -> dict[str, Any]:
    return {"boxes": [BOX], "tariff": TARIFF, "orders": [{"id": "o1", "items": [ITEM]}], **changes}


def test_a_file_becomes_values() -> None:
    read = read_orders(file(support_pct=80))
    assert read.support_pct == 80
    assert read.boxes[0].inner_mm == (10, 10, 10)
    assert read.orders["o1"][0].height_mm == 5


def test_sellers_share_parcels_unless_the_file_says_otherwise() -> None:
    orders = [{"id": "o", "items": [{**ITEM, "seller": "s1"}, {**ITEM, "seller": "s2"}]}]
    mixed = read_orders(file(orders=orders)).orders["o"]
    apart = read_orders(file(orders=orders, mix_sellers=0)).orders["o"]
    assert [item.group for item in mixed] == ["", ""]
    assert [item.group for item in apart] == ["s1", "s2"]


def test_null_says_no_more_than_nothing() -> None:
    nothing = dict.fromkeys(("id", "sku", "seller", "hazmat"))
    (item,) = read_orders(
        file(orders=[{"id": "o", "items": [{**ITEM, **nothing}]}], mix_sellers=0)
    ).orders["o"]
    assert (item.id, item.sku, item.group, item.hazmat) == ("o.items[0]", "", "", "")
    cup = {**ITEM, "upright": 1, "nest_mm": 1, "sku": None}
    with pytest.raises(InvalidInput, match="SKU, which is missing"):
        read_orders(file(orders=[{"id": "o", "items": [cup]}]))


def test_a_box_may_carry_a_surcharge() -> None:
    read = read_orders(file(tariff={**TARIFF, "box_surcharge_cents": {"B": 7}}))
    assert read.tariff.parcel_minor(read.boxes[0], 5) == 50 + 5 + 7


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"boxes": []}, "boxes"),
        ({"boxes": [{**BOX, "inner": [1, 2]}]}, "boxes[0].inner"),
        ({"boxes": [{**BOX, "tare_g": -1}]}, "boxes[0].tare_g"),
        ({"tariff": None}, "tariff"),
        ({"tariff": {**TARIFF, "brackets": []}}, "tariff.brackets"),
        ({"tariff": {**TARIFF, "brackets": [[5]]}}, "tariff.brackets"),
        ({"tariff": {**TARIFF, "box_surcharge_cents": {"B": -1}}}, "tariff.box_surcharge_minor.B"),
        ({"tariff": {**TARIFF, "box_surcharge_cents": {"C": 1}}}, "tariff.box_surcharge_cents.C"),
        ({"tariff": {**TARIFF, "id": ["T"]}}, "tariff.id"),
        ({"boxes": [{**BOX, "outer": [12, 12, 9]}]}, "boxes[0].outer_mm"),
        ({"orders": [{"id": "o", "items": [{**ITEM, "sku": ["a"]}]}]}, "o.items[0].sku"),
        ({"orders": [{"id": "o", "items": [{**ITEM, "seller": True}]}]}, "o.items[0].seller"),
        ({"mix_sellers": 2}, "file.mix_sellers"),
        ({"support_pct": 101}, "support_pct"),
        ({"support_pct": "70"}, "support_pct"),
        ({"orders": {}}, "orders"),
        ({"orders": [{"items": []}]}, "orders[0].id"),
        ({"orders": [{"id": "a", "items": []}, {"id": "a", "items": []}]}, "orders[1].id"),
        ({"orders": [{"id": "o", "items": [{**ITEM, "l": 0}]}]}, "o.items[0].length_mm"),
        ({"orders": [{"id": "o", "items": [{**ITEM, "g": "5"}]}]}, "o.items[0].weight_g"),
        ({"orders": [{"id": "o", "items": [{**ITEM, "fragile": 2}]}]}, "o.items[0].fragile"),
        ({"orders": [{"id": "o", "items": [{"l": 1}]}]}, "o.items[0].w"),
        ({"orders": [{"id": "o", "items": [7]}]}, "o.items[0]"),
        ({"orders": [{"id": "o"}]}, "o.items"),
        ({"orders": [{"id": "o", "items": None}]}, "o.items"),
        ({"orders": [{"id": "o", "items": {"0": ITEM}}]}, "o.items"),
        ({"orders": [{"id": "o", "items": [{**ITEM, "quantity": "2"}]}]}, "o.items[0].quantity"),
        ({"orders": [{"id": "o", "items": [{**ITEM, "quantity": 100_001}]}]}, "o.items"),
        ({"orders": [{"id": None, "items": [ITEM]}]}, "orders[0].id"),
        ({"orders": [{"id": {"a": 1}, "items": [ITEM]}]}, "orders[0].id"),
        ({"orders": [[ITEM]]}, "orders[0]"),
    ],
)
def test_each_fault_names_its_place(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_orders(file(**changes))
    assert place in [fault.field for fault in refusal.value.faults]


@pytest.mark.parametrize(
    ("instance", "place"),
    [
        ({"bin": [9, 9, 9], "items": []}, "instances[0].id"),
        ({"id": "x", "items": []}, "x.bin"),
        ({"id": "x", "bin": [9, 9], "items": []}, "x.bin"),
        ({"id": "x", "bin": [9, 9, 9]}, "x.items"),
        ({"id": "x", "bin": [9, 9, 9], "items": "many"}, "x.items"),
        ({"id": "x", "bin": [9, 9, 9], "items": [[9, 9, 0]]}, "x.items[0]"),
        ("x", "instances[0]"),
    ],
)
def test_each_fault_of_an_instance_names_its_place(instance: Any, place: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_bins({"instances": [instance]})
    assert place in [fault.field for fault in refusal.value.faults]


def test_an_instance_told_twice_or_turned_unclearly_is_refused() -> None:
    instance = {"id": "x", "bin": [9, 9, 9], "items": []}
    with pytest.raises(InvalidInput, match="twice"):
        read_bins({"instances": [instance, instance]})
    with pytest.raises(InvalidInput, match="rotation"):
        read_bins({"instances": [instance], "rotation": "no"})
    assert read_bins({"instances": [instance], "rotation": True}).turn
