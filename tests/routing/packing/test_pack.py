"""Packing orders: rules, least cost, the same answer however the goods are listed, bad input."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.packing_validator import faults
from core.errors import InvalidInput
from routing.packing.bulk import ENOUGH
from routing.packing.catalogue import prepare
from routing.packing.goods import Box, CannotPack, Packing, PackItem, Preset, Tariff
from routing.packing.orders import write_packing
from routing.packing.pack import pack, pack_from
from routing.packing.units import Units

BOXES = (
    Box("S", (200, 150, 100), (206, 156, 106), 80, 5_000, 40),
    Box("M", (300, 250, 200), (308, 258, 208), 200, 12_000, 90),
    Box("L", (500, 400, 300), (510, 410, 310), 500, 25_000, 200),
)
TARIFF = Tariff("t", ((500, 400), (1000, 500), (2000, 640), (5000, 900), (10_000, 1500)), 150)


def packed(*items: PackItem, preset: Preset = Preset.CHECKOUT, **more: Any) -> Packing:
    packing = pack(items, BOXES, TARIFF, preset, **more)
    assert isinstance(packing, Packing)
    return packing


def boxes_of(packing: Packing) -> list[str | None]:
    return sorted(parcel.box.id if parcel.box else "" for parcel in packing.parcels)


def wrongs(items: list[PackItem], packing: Packing, support_pct: int = 70) -> list[str]:
    """The validator's view; quantities become single items first."""
    singles = [index for index, item in enumerate(items) for _ in range(item.quantity)]
    order = {
        "items": [
            {
                "l": items[i].length_mm,
                "w": items[i].width_mm,
                "h": items[i].height_mm,
                "g": items[i].weight_g,
                "upright": items[i].upright,
                "fragile": items[i].fragile,
                "alone": items[i].alone,
                "hazmat": items[i].hazmat,
                "nest_mm": items[i].nest_mm,
                "sku": items[i].sku,
            }
            for i in singles
        ]
    }
    answer = write_packing(packing)
    free: dict[int, list[int]] = {}
    for number, index in reversed(list(enumerate(singles))):
        free.setdefault(index, []).append(number)
    for parcel in answer["parcels"]:
        for spot in parcel["placements"]:
            spot["item"] = free[spot["item"]].pop()
    boxes = [
        {
            "id": box.id,
            "inner": box.inner_mm,
            "outer": box.outer_mm,
            "tare_g": box.tare_g,
            "max_gross_g": box.max_gross_g,
            "cost_cents": box.cost_minor,
        }
        for box in BOXES
    ]
    tariff = {
        "brackets": TARIFF.brackets,
        "extra_cents_per_kg": TARIFF.extra_minor_per_kg,
        "divisor_mm3_per_g": TARIFF.divisor_mm3_per_g,
        "dim_threshold_g": TARIFF.dim_threshold_g,
    }
    return faults(order, answer, boxes, tariff, support_pct, geometric=support_pct < 0)


def test_the_cheapest_box_that_holds_everything_is_taken() -> None:
    packing = packed(PackItem("a", 190, 140, 45, 200, quantity=2))
    assert boxes_of(packing) == ["S"]
    assert packing.proven
    assert packing.parcels[0].empty_share == pytest.approx(1 - 2 * 190 * 140 * 45 / 3_000_000)


def test_weight_alone_can_force_two_parcels() -> None:
    assert len(packed(PackItem("lead", 50, 50, 50, 4_000, quantity=8)).parcels) == 2


def test_nothing_rests_on_a_fragile_piece() -> None:
    flat = PackItem("vase", 190, 140, 45, 200, fragile=True)
    assert boxes_of(packed(replace(flat, quantity=2))) != ["S"]
    assert boxes_of(packed(flat, replace(flat, fragile=False))) == ["S"]
    assert boxes_of(packed(replace(flat, quantity=2), support_pct=-1)) == ["S"]


def test_a_piece_needs_its_share_of_support() -> None:
    # The post may not stand on the plate, and would hold a tenth of it as a foot.
    goods = (
        PackItem("post", 40, 40, 90, 100, upright=True),
        PackItem("plate", 195, 140, 9, 100, upright=True, fragile=True),
    )
    assert boxes_of(packed(*goods, support_pct=-1)) == ["S"]
    assert boxes_of(packed(*goods, support_pct=0)) == ["S"]
    assert boxes_of(packed(*goods)) == ["M"]


def test_an_upright_piece_keeps_its_height_vertical() -> None:
    tall = PackItem("lamp", 90, 90, 180, 100, upright=True)
    assert boxes_of(packed(tall)) == ["M"]
    assert boxes_of(packed(replace(tall, upright=False))) == ["S"]


def test_what_ships_alone_and_other_hazmat_classes_are_kept_apart() -> None:
    small = PackItem("a", 50, 50, 50, 100)
    assert len(packed(small, replace(small, alone=True)).parcels) == 2
    assert len(packed(small, replace(small, hazmat="3")).parcels) == 2
    assert len(packed(replace(small, hazmat="3"), replace(small, hazmat="8")).parcels) == 2
    assert len(packed(replace(small, hazmat="3", quantity=2)).parcels) == 1


def test_goods_of_groups_that_may_not_be_mixed_are_kept_apart() -> None:
    small = PackItem("a", 50, 50, 50, 100, group="seller 1")
    assert len(packed(small, replace(small, group="seller 2")).parcels) == 2
    assert len(packed(small, replace(small, id="b")).parcels) == 1


def test_copies_that_nest_take_little_room() -> None:
    bucket = PackItem("b", 140, 140, 80, 50, upright=True, nest_mm=10, sku="bucket", quantity=3)
    packing = packed(bucket)
    assert boxes_of(packing) == ["S"]
    assert sorted(spot.z for spot in packing.parcels[0].placements) == [0, 10, 20]
    assert wrongs([bucket], packing) == []
    assert boxes_of(packed(replace(bucket, nest_mm=0))) != ["S"]
    assert boxes_of(packed(replace(bucket, fragile=True))) != ["S"]


def test_splitting_pays_when_the_tariff_is_steep() -> None:
    steep = Tariff("steep", ((1000, 100), (2000, 2000)), 2000, divisor_mm3_per_g=10_000_000)
    packing = pack([PackItem("a", 50, 50, 50, 700, quantity=2)], BOXES, steep)
    assert isinstance(packing, Packing)
    assert len(packing.parcels) == 2
    assert packing.cost_minor == 280
    assert packing.proven


def test_a_box_may_carry_a_surcharge() -> None:
    dear = replace(TARIFF, box_surcharge_minor={"S": 1000})
    packing = pack([PackItem("a", 100, 100, 50, 100)], BOXES, dear)
    assert isinstance(packing, Packing)
    assert boxes_of(packing) == ["M"]


def test_pieces_come_in_an_order_in_which_they_can_be_put_in() -> None:
    packing = packed(PackItem("a", 95, 70, 45, 50, quantity=7), preset=Preset.WAREHOUSE)
    for parcel in packing.parcels:
        for later, spot in enumerate(parcel.placements):
            for above in parcel.placements[:later]:
                apart = (
                    above.x >= spot.x + spot.dx
                    or spot.x >= above.x + above.dx
                    or above.y >= spot.y + spot.dy
                    or spot.y >= above.y + above.dy
                )
                assert apart or above.z + above.dz <= spot.z


items = st.builds(
    PackItem,
    id=st.just("i"),
    length_mm=st.integers(5, 260),
    width_mm=st.integers(5, 220),
    height_mm=st.integers(5, 190),
    weight_g=st.integers(0, 3000),
    upright=st.booleans(),
    fragile=st.booleans(),
    hazmat=st.sampled_from(["", "", "", "3"]),
    quantity=st.integers(1, 3),
)


@settings(max_examples=60, deadline=None)
@given(goods=st.lists(items, min_size=1, max_size=6), support_pct=st.sampled_from([-1, 0, 70]))
def test_a_packing_keeps_every_rule(goods: list[PackItem], support_pct: int) -> None:
    packing = packed(*goods, support_pct=support_pct)
    assert wrongs(goods, packing, support_pct) == []
    assert packing.lower_bound_minor <= packing.cost_minor


@settings(max_examples=30, deadline=None)
@given(goods=st.lists(items, min_size=1, max_size=5), seed=st.randoms(use_true_random=False))
def test_the_answer_does_not_depend_on_how_the_goods_are_listed(
    goods: list[PackItem], seed: Any
) -> None:
    shuffled = [
        replace(item, length_mm=item.width_mm, width_mm=item.length_mm, quantity=1)
        for item in goods
        for _ in range(item.quantity)
    ]
    seed.shuffle(shuffled)
    one, other = packed(*goods), packed(*shuffled)
    assert (one.cost_minor, one.lower_bound_minor, one.work) == (
        other.cost_minor,
        other.lower_bound_minor,
        other.work,
    )
    assert [[(s.x, s.y, s.z, s.dx, s.dy, s.dz) for s in p.placements] for p in one.parcels] == [
        [(s.x, s.y, s.z, s.dx, s.dy, s.dz) for s in p.placements] for p in other.parcels
    ]


@settings(max_examples=10, deadline=None)
@given(goods=st.lists(items, min_size=5, max_size=9), copies=st.integers(3, 4))
def test_the_bound_of_a_large_order_holds(goods: list[PackItem], copies: int) -> None:
    packing = packed(*(replace(item, quantity=copies) for item in goods))
    assert packing.lower_bound_minor >= 440  # the cheapest parcel there is
    assert packing.lower_bound_minor <= packing.cost_minor


def test_what_fits_no_box_is_named_with_what_it_lacks() -> None:
    answer = pack([PackItem("beam", 900, 40, 40, 100), PackItem("a", 5, 5, 5, 5)], BOXES, TARIFF)
    assert isinstance(answer, CannotPack)
    (beam,) = answer.items
    assert (beam.item_id, beam.box_id, beam.over_mm) == ("beam", "L", 400)
    assert "400 mm too long" in str(beam)
    heavy = pack([PackItem("safe", 40, 40, 40, 90_000)], BOXES, TARIFF)
    assert isinstance(heavy, CannotPack)
    assert "g too heavy" in str(heavy.items[0])


def test_an_outsized_piece_may_ship_as_it_is() -> None:
    goods = [PackItem("beam", 900, 40, 40, 900, quantity=2), PackItem("a", 50, 50, 50, 100)]
    packing = pack_from(goods, prepare(BOXES, TARIFF), unboxed=True)
    assert isinstance(packing, Packing)
    assert boxes_of(packing) == ["", "", "S"]
    assert packing.cost_minor == 2 * 500 + 500 + 40
    placed = [spot.item for parcel in packing.parcels for spot in parcel.placements]
    assert sorted(placed) == [0, 0, 1]


def test_bad_goods_boxes_and_tariffs_are_refused() -> None:
    for wrong in ({"length_mm": 0}, {"width_mm": -3}, {"weight_g": -1}, {"quantity": 0}):
        with pytest.raises(InvalidInput) as refusal:
            replace(PackItem("a", 1, 1, 1, 1), **wrong)
        assert refusal.value.faults[0].field in wrong
    with pytest.raises(InvalidInput, match="upright"):
        PackItem("a", 1, 1, 5, 1, nest_mm=2, sku="s")
    with pytest.raises(InvalidInput, match="contradicts"):
        PackItem("a", 1, 1, 5, 1, upright=True, nest_mm=2, sku="s", alone=True)
    with pytest.raises(InvalidInput, match="no boxes"):
        pack([PackItem("a", 1, 1, 1, 1)], [], TARIFF)
    with pytest.raises(InvalidInput, match="no prices"):
        Tariff("empty", ())
    with pytest.raises(InvalidInput):
        Tariff("falling weights", ((500, 1), (400, 2)))


def test_an_empty_order_costs_nothing() -> None:
    assert packed().cost_minor == 0


def test_ten_thousand_pieces_are_packed_by_all_rules_and_flagged() -> None:
    goods = [
        PackItem(
            str(k),
            20 + k % 37,
            15 + k % 23,
            10 + k % 11,
            20,
            upright=k % 7 == 0,
            fragile=k % 9 == 0,
            hazmat="3" if k % 5 == 0 else "",
            quantity=10,
        )
        for k in range(999)
    ]
    goods.append(PackItem("apart", 40, 30, 20, 20, alone=True, quantity=10))
    packing = packed(*goods)
    assert packing.best_effort
    assert sum(len(parcel.placements) for parcel in packing.parcels) == 10_000
    assert wrongs(goods, packing) == []
    assert packing.lower_bound_minor <= packing.cost_minor


@pytest.mark.parametrize(
    "item",
    [
        PackItem("cup", 140, 140, 80, 20, upright=True, nest_mm=2, sku="cup"),
        PackItem("flat", 100, 70, 20, 40),
    ],
)
def test_one_piece_more_than_a_search_takes_costs_no_more_than_a_parcel_more(
    item: PackItem,
) -> None:
    one, sixty = packed(item).cost_minor, packed(replace(item, quantity=ENOUGH)).cost_minor
    goods = [replace(item, quantity=ENOUGH + 1)]
    more = packed(*goods)
    assert more.cost_minor <= sixty + one
    assert wrongs(goods, more) == []


def test_copies_nest_in_bulk_too() -> None:
    cup = PackItem("cup", 140, 140, 80, 20, upright=True, nest_mm=2, sku="cup", quantity=500)
    packing = packed(cup, PackItem("b", 60, 50, 40, 30, quantity=20))
    assert packing.best_effort
    assert len(packing.parcels) <= 10
    assert wrongs([cup, PackItem("b", 60, 50, 40, 30, quantity=20)], packing) == []


@settings(max_examples=5, deadline=None)
@given(goods=st.lists(items, min_size=3, max_size=5), copies=st.integers(13, 21))
def test_bulk_is_never_dearer_than_the_largest_by_search_and_the_rest(
    goods: list[PackItem], copies: int
) -> None:
    many = [replace(item, quantity=copies) for item in goods]
    packing = packed(*many)
    if not packing.best_effort:
        return
    assert wrongs(many, packing) == []
    units = Units(many, prepare(BOXES, TARIFF))
    members = [member for kind in units.kinds for member in kind.members]
    parts = [
        packed(*(replace(many[i], quantity=part.count(i)) for i in sorted(set(part))))
        for part in (members[:ENOUGH], members[ENOUGH:])
    ]
    assert packing.cost_minor <= sum(part.cost_minor for part in parts)
