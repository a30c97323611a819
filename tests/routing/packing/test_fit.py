"""What fits into one box, as the planner asks it."""

import random
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.kernels import compiled
from routing.packing import filling, joining, pairs, partition, proof, refilling
from routing.packing.catalogue import prepare
from routing.packing.fit import FitMemory, warm
from routing.packing.goods import Box, CannotPack, Packing, PackItem, Tariff
from routing.packing.memory import PackingMemory
from routing.packing.pack import pack
from routing.packing.trial import MOST_AT_ONCE

BOX = Box("S", (200, 150, 100), (206, 156, 106), 80, 5_000, 40)


def test_goods_fit_until_room_or_weight_runs_out() -> None:
    fit = FitMemory()
    book = PackItem("book", 190, 140, 24, 600)
    for quantity, fits in ((1, True), (4, True), (5, False)):
        goods = [PackItem("book", 190, 140, 24, 600, quantity=quantity)]
        assert fit.fits_in_one(goods, BOX) is fits
    assert not fit.fits_in_one([PackItem("lead", 10, 10, 10, 4_921)], BOX)
    assert not fit.fits_in_one([book, PackItem("acid", 10, 10, 10, 10, hazmat="8")], BOX)
    assert not fit.fits_in_one([book, PackItem("sword", 10, 10, 10, 10, alone=True)], BOX)
    warm()


items = st.builds(
    PackItem,
    id=st.just("i"),
    length_mm=st.integers(20, 190),
    width_mm=st.integers(20, 140),
    height_mm=st.integers(20, 110),
    weight_g=st.just(1),
    upright=st.booleans(),
    fragile=st.booleans(),
)


@settings(max_examples=25, deadline=None)
@given(goods=st.lists(items, min_size=1, max_size=3))
def test_a_part_of_what_fits_fits_and_a_larger_box_takes_no_less(goods: list[PackItem]) -> None:
    most = [2, 1, 1][: len(goods)]
    rows = list(product(*(range(count + 1) for count in most)))
    inners = [(200, 150, 100), (200, 150, 140), (300, 200, 150)]
    memory = FitMemory()
    table = memory.table(np.array(rows), goods, inners)
    again = memory.table(np.array(rows), goods, inners)
    assert (table == again).all()
    at = {row: index for index, row in enumerate(rows)}
    for row in rows:
        for i in range(len(row)):
            if row[i]:
                part = (*row[:i], row[i] - 1, *row[i + 1 :])
                assert (table[at[row]] <= table[at[part]]).all()
        assert table[at[row]][0] <= table[at[row]][1] <= table[at[row]][2]


INNERS = [(150, 120, 60), (200, 150, 100), (200, 150, 140), (300, 200, 150)]


def least_costs(
    goods: list[PackItem], most: tuple[int, ...], memory: FitMemory
) -> dict[tuple[int, ...], int]:
    """What each part of a cart costs at least, by the planner's fit and a rising tariff."""
    rows = list(product(*(range(count + 1) for count in most)))
    table = memory.table(np.array(rows), goods, INNERS)
    one: dict[tuple[int, ...], int] = {}
    for row, fits in zip(rows, table.tolist(), strict=True):
        grams = sum(item.weight_g * count for item, count in zip(goods, row, strict=True))
        prices = [90 + 70 * b + grams // 100 for b, fit in enumerate(fits) if fit]
        one[row] = min(prices, default=10**6)
    least = {rows[0]: 0}
    for row in rows[1:]:  # every part of a row comes before it
        parts = product(*(range(count + 1) for count in row))
        least[row] = min(
            one[part] + least[tuple(a - b for a, b in zip(row, part, strict=True))]
            for part in parts
            if any(part)
        )
    return least


@settings(max_examples=25, deadline=None)
@given(
    goods=st.lists(
        st.builds(
            PackItem,
            id=st.just("i"),
            length_mm=st.integers(20, 190),
            width_mm=st.integers(20, 140),
            height_mm=st.integers(20, 110),
            weight_g=st.integers(1, 900),
            upright=st.booleans(),
            fragile=st.booleans(),
            alone=st.sampled_from([False, False, False, True]),
            hazmat=st.sampled_from(["", "", "3"]),
        ),
        min_size=2,
        max_size=3,
        unique_by=lambda item: (item.length_mm, item.width_mm, item.height_mm),
    )
)
def test_a_part_of_a_cart_never_costs_the_planner_more_than_the_whole(
    goods: list[PackItem],
) -> None:
    most = (2, 2, 1)[: len(goods)]
    whole = least_costs(goods, most, FitMemory())
    for row, cost in whole.items():
        for i, count in enumerate(row):
            if count:
                assert whole[(*row[:i], count - 1, *row[i + 1 :])] <= cost
    # Asked for on its own, by a planner that never saw the rest, a part costs the same.
    for i in range(len(goods)):
        fewer = (*most[:i], most[i] - 1, *most[i + 1 :])
        alone = least_costs(goods, fewer, FitMemory())
        assert all(alone[row] == whole[row] for row in alone)


def test_what_was_asked_before_does_not_change_an_answer() -> None:
    goods = [
        PackItem("a", 90, 70, 50, 1),
        PackItem("b", 110, 80, 40, 1),
        PackItem("c", 60, 60, 99, 1),
    ]
    rows = np.array(list(product(range(3), range(2), range(2))))
    memory = FitMemory()
    for item in goods:
        memory.fits_in_one([item, PackItem("x", 33, 44, 55, 1, quantity=3)], BOX)
    first = memory.table(rows, goods, [BOX.inner_mm])
    assert (first == FitMemory().table(rows, goods, [BOX.inner_mm])).all()


def test_more_pieces_than_a_trial_takes_are_refused_and_stacks_count_once() -> None:
    crumbs = [PackItem("crumb", 5, 5, 5, 1, quantity=MOST_AT_ONCE + 20)]
    assert not FitMemory().fits_in_one(crumbs, BOX)
    assert FitMemory().fits_in_one([replace(crumbs[0], quantity=MOST_AT_ONCE)], BOX)
    rows = np.array([[0], [MOST_AT_ONCE], [MOST_AT_ONCE + 20]])
    assert FitMemory().table(rows, crumbs, [BOX.inner_mm])[:, 0].tolist() == [True, True, False]
    cups = PackItem("cup", 90, 90, 20, 1, upright=True, nest_mm=1, sku="cup", quantity=160)
    assert FitMemory().fits_in_one([cups], BOX)
    packing = pack([replace(crumbs[0], quantity=300)], [BOX], Tariff("t", ((5000, 100),)))
    assert isinstance(packing, Packing)
    assert sum(len(parcel.placements) for parcel in packing.parcels) == 300


def test_threads_share_a_memory_that_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.packing.fit.REMEMBERED", 20)
    interval = sys.getswitchinterval()
    rows = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    shared = FitMemory()

    def ask(seed: int) -> int:
        rng = random.Random(seed)
        wrong = 0
        for _ in range(300):
            goods = [
                PackItem(name, rng.randint(60, 210), rng.randint(50, 160), rng.randint(30, 110), 1)
                for name in "ab"
            ]
            alone = FitMemory().table(rows, goods, [BOX.inner_mm])
            wrong += bool((shared.table(rows, goods, [BOX.inner_mm]) != alone).any())
        return wrong

    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            assert sum(threads.map(ask, range(4))) == 0
    finally:
        sys.setswitchinterval(interval)
    # Forgotten numbers are not given again, whatever the threads happened to do.
    assert min(shared._shapes.values()) > 20


def test_a_packing_remembered_names_the_items_as_they_are_listed_now() -> None:
    catalogue = prepare([BOX], Tariff("t", ((5000, 100),)))
    large, small = PackItem("large", 190, 140, 60, 500), PackItem("small", 90, 60, 30, 50)
    memory = PackingMemory()
    for goods in ([large, small], [small, large], [large, small]):
        packing = memory.pack(goods, catalogue)
        assert isinstance(packing, Packing)
        for spot in packing.parcels[0].placements:
            item = goods[spot.item]
            sides = sorted((item.length_mm, item.width_mm, item.height_mm))
            assert sorted((spot.dx, spot.dy, spot.dz)) == sides
    answer = memory.pack([small, PackItem("beam", 900, 1, 1, 1)], catalogue)
    assert isinstance(answer, CannotPack)
    assert [(lack.item, lack.item_id) for lack in answer.items] == [(1, "beam")]


def test_rows_of_equal_goods_are_one_key_and_each_gets_its_copies() -> None:
    catalogue = prepare([BOX], Tariff("t", ((5000, 100),)))
    book, mug = PackItem("book", 190, 140, 24, 600), PackItem("mug", 90, 60, 30, 50)
    memory = PackingMemory()
    for goods in (
        [replace(book, quantity=3), mug],
        [book, mug, replace(book, id="again", quantity=2)],
        [mug, book, book, book],
    ):
        packing = memory.pack(goods, catalogue)
        assert isinstance(packing, Packing)
        placed = sorted(spot.item for parcel in packing.parcels for spot in parcel.placements)
        assert placed == [k for k, item in enumerate(goods) for _ in range(item.quantity)]
    assert memory.size == 1


def test_the_packing_asked_for_last_is_forgotten_last() -> None:
    catalogue = prepare([BOX], Tariff("t", ((5000, 100),)))
    one, two, three = (PackItem("a", 90, 60, side, 50) for side in (30, 40, 50))
    memory = PackingMemory(most=2)
    first = memory.pack([one], catalogue)
    memory.pack([two], catalogue)
    memory.pack([one], catalogue)
    memory.pack([three], catalogue)
    assert memory.size == 2
    known = list(memory._known.values())
    assert known[0] == first


def test_packings_are_remembered_by_what_a_catalogue_holds() -> None:
    other = Box("M", (300, 250, 200), (308, 258, 208), 200, 12_000, 90)
    tariff = Tariff("2026-01", ((5000, 100),), 50)
    goods = [PackItem("a", 190, 140, 60, 500)]
    memory = PackingMemory()
    memory.pack(goods, prepare([BOX, other], tariff))
    assert memory.size == 1
    # Prepared again, the boxes listed otherwise, the tariff renamed: the same packing.
    memory.pack(goods, prepare([other, BOX], replace(tariff, id="2026-02")))
    assert memory.size == 1
    changed = (
        prepare([BOX, other], replace(tariff, brackets=((5000, 101),))),
        prepare([BOX, other], replace(tariff, extra_minor_per_kg=51)),
        prepare([BOX, other], replace(tariff, divisor_mm3_per_g=4000)),
        prepare([BOX, other], replace(tariff, box_surcharge_minor={"S": 3})),
        prepare([replace(BOX, cost_minor=41), other], tariff),
        prepare([BOX], tariff),
        prepare([BOX, other], tariff, support_pct=60),
    )
    for count, catalogue in enumerate(changed, start=2):
        memory.pack(goods, catalogue)
        assert memory.size == count
    dearer = memory.pack(goods, changed[0])
    assert isinstance(dearer, Packing)
    assert dearer.cost_minor == 141


@pytest.mark.skipif(not compiled(), reason="kernels run as plain Python here")
def test_warming_compiles_every_kernel_once() -> None:
    warm()
    entered = (
        refilling.improve,
        refilling.refill,
        joining.assemble,
        pairs.befriend,
        partition.price_subsets,
        partition.refute,
        partition.split,
        filling.construct,
        filling.fill,
        proof.prove,
    )
    # Kernels within them are compiled along; these are the ones that Python calls.
    counts = {kernel.__name__: len(kernel.overloads) for kernel in entered}
    assert counts == dict.fromkeys(counts, 1)
