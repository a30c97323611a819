"""What fits into one box, as the planner asks it."""

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.packing.fit import FitMemory, warm
from routing.packing.goods import Box, PackItem

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
