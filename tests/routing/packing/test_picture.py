"""Pictures for the packer: every step numbered, nothing painted over what is in front of it."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.packing import picture
from routing.packing.goods import Box, PackedParcel, Packing, PackItem, Placement, Tariff
from routing.packing.pack import pack
from routing.packing.picture import back_to_front, behind, draw, flat, frames, outline, outside

BOX = Box("S", (200, 150, 100), (206, 156, 106), 80, 5_000, 40)
TARIFF = Tariff("t", ((10_000, 100),), 10)
SVG = "{http://www.w3.org/2000/svg}"


def parcel(*goods: PackItem) -> PackedParcel:
    packing = pack(goods, [BOX], TARIFF)
    assert isinstance(packing, Packing)
    return packing.parcels[0]


def numbers(drawn: str) -> list[int]:
    return sorted(int(text.text or "") for text in ET.fromstring(drawn).iter(f"{SVG}text"))


def test_a_picture_numbers_every_step_and_escapes_its_title() -> None:
    packed = parcel(PackItem("a", 90, 70, 40, 10, quantity=5))
    drawn = draw(packed, title="order <1> & more")
    assert numbers(drawn) == [1, 2, 3, 4, 5]
    title = ET.fromstring(drawn).find(f"{SVG}title")
    assert title is not None
    assert title.text == "order <1> & more"


def test_frames_add_one_piece_a_step_and_stress_it() -> None:
    packed = parcel(PackItem("a", 90, 70, 40, 10, quantity=4))
    pictures = frames(packed, title="o")
    assert [numbers(frame) for frame in pictures] == [[1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]
    assert all(frame.count("#ffd166") == 1 for frame in pictures)
    assert "#ffd166" not in draw(packed, title="o")


def test_a_number_stands_where_its_piece_is_seen() -> None:
    # Half of the top of the lower one, and of each side, lies behind the upper and the front one.
    low = Placement(0, 0, 0, 0, 100, 100, 40)
    high = Placement(1, 0, 0, 40, 60, 100, 40)
    front = Placement(2, 100, 0, 0, 60, 100, 30)
    packed = PackedParcel(BOX, (low, high, front), 1, 1, 1, 1)
    texts = {
        text.text: (float(text.get("x", "")), float(text.get("y", "")))
        for text in ET.fromstring(draw(packed, title="o")).iter(f"{SVG}text")
    }
    assert set(texts) == {"1", "2", "3"}
    x, y = texts["1"]
    size = 9.0  # the smallest: the middle of the number is a third of it above its foot
    for hiding in (high, front):
        assert outside((x, y - size / 3), outline(hiding)) > 0
    assert outside((x, y - size / 3), outline(low)) < 0


def test_a_piece_without_a_box_is_drawn_too() -> None:
    spot = Placement(0, 0, 0, 0, 900, 40, 40)
    assert numbers(draw(PackedParcel(None, (spot,), 1, 1, 1, 1), title="beam")) == [1]


def test_the_axes_run_right_left_and_up() -> None:
    assert flat(10, 0, 0)[0] > 0 > flat(0, 10, 0)[0]
    assert flat(0, 0, 10)[1] < 0


sizes = st.integers(10, 120)


@settings(max_examples=40, deadline=None)
@given(goods=st.lists(st.tuples(sizes, sizes, sizes), min_size=2, max_size=7))
def test_what_is_behind_is_painted_first(goods: list[tuple[int, int, int]]) -> None:
    large = Box("X", (400, 400, 400), (400, 400, 400), 0, 10_000, 0)
    packing = pack([PackItem("i", *sides, 1) for sides in goods], [large], TARIFF)
    assert isinstance(packing, Packing)
    painted = back_to_front(list(enumerate(packing.parcels[0].placements)))
    for (_, one), (_, other) in pairwise(painted):
        assert behind(one, other) or not behind(other, one)


def test_a_step_of_a_full_parcel_costs_little_more_than_the_parcel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packed = parcel(*(PackItem("a", 38 + k % 3, 48, 24, 10, quantity=12) for k in range(5)))
    count = len(packed.placements)
    assert count > 40
    sought = 0
    seek = picture._spot

    def counted(piece: Placement, hiding: Sequence[Any]) -> Any:
        nonlocal sought
        sought += 1
        return seek(piece, hiding)

    monkeypatch.setattr(picture, "_spot", counted)
    pictures = frames(packed, title="o")
    assert numbers(pictures[-1]) == list(range(1, count + 1))
    assert sought < 12 * count  # anew for every piece of every step it would be count² / 2
    assert pictures[-1].count("#ffd166") == 1


@given(
    corner=st.tuples(sizes, sizes, sizes),
    extents=st.tuples(sizes, sizes, sizes),
    point=st.tuples(st.integers(-200, 200), st.integers(-200, 200)),
)
def test_a_shadow_is_the_outline(
    corner: tuple[int, int, int], extents: tuple[int, int, int], point: tuple[int, int]
) -> None:
    piece = Placement(0, *corner, *extents)
    told = picture._beyond(point, picture._shadow(piece))
    assert told == pytest.approx(outside(point, outline(piece)), abs=0.02)
